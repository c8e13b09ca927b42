"""The fused, event-driven time step of the STDP network: arrays in, arrays out.

One presentation is `steps` time steps with input and a silence after it. The order within a step
is that of Brian2's schedule: membranes, threshold, synapses (input before learning), reset.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from networks.encoding import bits, draw_spikes, fill_uniforms, mix
from networks.neurons import NeuronState, StepConstants
from networks.stdp_reading import add_noisy_rows, add_rows, stretch
from neuroskyrm.jit import fast_kernel, inline_kernel, kernel

PER_SYNAPSE, PER_COLUMN, CONTINUOUS, FROZEN = range(4)
"""How a rule spends its pulses; FROZEN does not learn."""

_NEGLIGIBLE = np.float32(1e-7)
NEVER = -(1 << 30)
_LOW32 = np.uint64(0xFFFFFFFF)
_S32 = np.uint64(32)
_PER_BIT = 2.0**-32


class SynapseState(NamedTuple):
    """The device array as the kernels see it; `optional` arrays are empty when not used.

    `weights` float32 (inputs, neurons); `states` uint8 (inputs, neurons); `levels`, `visit_sd`
    float32 (states,) in weight units; `base` float32 weight of the pedestal; `spread` float32
    (inputs, neurons) optional factor on the range; `stuck` bool (inputs, neurons) optional;
    `gain` float32 (neurons,) optional column-current gain; `cumulative` float64 (2, states, states)
    transition probabilities summed over the target state; `read_sd` float32 (states,) standard
    deviation of one read, and `device_read_sd` float32 (inputs, neurons) the same for each device,
    both empty without read noise; `normals` float32, see `networks.stdp_reading.normal_table`.
    """

    weights: NDArray[np.float32]
    states: NDArray[np.uint8]
    levels: NDArray[np.float32]
    visit_sd: NDArray[np.float32]
    base: np.float32
    spread: NDArray[np.float32]
    stuck: NDArray[np.bool_]
    gain: NDArray[np.float32]
    cumulative: NDArray[np.float64]
    read_sd: NDArray[np.float32]
    device_read_sd: NDArray[np.float32]
    normals: NDArray[np.float32]


class RuleConstants(NamedTuple):
    """A learning rule as the kernels see it (see `networks.stdp_rules`).

    `mode` one of the modes above; `potentiation`, `depression` probabilities of a pulse; `window`
    in steps; `rate`, `target`, `ceiling` of the continuous rule; `trace` float32 (window,) what is
    left of an input's trace after so many steps; `total` the column sum of weights to hold, 0 for
    none.
    """

    mode: int
    potentiation: float
    depression: float
    window: int
    rate: float
    target: float
    ceiling: float
    trace: NDArray[np.float32]
    total: float


class Presentation(NamedTuple):
    """Scratch and results of the presentation at hand.

    `lottery`, `first`, `pixels`: see `draw_spikes`; `last` int32 (inputs,) step of each input's
    last spike; `counts` int32 (neurons,) output spikes; `gates` float32 (inputs,) uniform numbers
    that decide which devices get a pulse, and `hits` int32 (inputs,) those that do; `pulses` int64
    (3,) potentiating pulses, depressing pulses and output spikes of learning so far;
    `record_step`, `record_neuron` int32 (spikes,) the output spikes in order.
    """

    lottery: NDArray[np.uint16]
    first: NDArray[np.int32]
    pixels: NDArray[np.uint16]
    last: NDArray[np.int32]
    counts: NDArray[np.int32]
    gates: NDArray[np.float32]
    hits: NDArray[np.int32]
    pulses: NDArray[np.int64]
    record_step: NDArray[np.int32]
    record_neuron: NDArray[np.int32]


class CodeConstants(NamedTuple):
    """`PoissonCode` as the kernels see it; `keep_theta` is the decay of theta a presentation."""

    steps: int
    rest_steps: int
    spikes_per_level: float
    boost: float
    wanted: int
    tries: int
    keep_theta: np.float32


@kernel
def showing_key(key: np.uint64, ordinal: int, attempt: int) -> np.uint64:
    """Return the random stream of one showing of image number `ordinal`."""
    stream: np.uint64 = bits(key, np.uint64(ordinal) * _S32 + np.uint64(attempt))
    return stream


@kernel
def spike_key(showing: np.uint64, spike: int) -> np.uint64:
    """Return the random stream of what output spike number `spike` (from 1) does to its column."""
    stream: np.uint64 = mix(showing + np.uint64(spike))
    return stream


@fast_kernel
def _advance(
    v: NDArray[np.float32],
    g_exc: NDArray[np.float32],
    g_inh: NDArray[np.float32],
    theta: NDArray[np.float32],
    c: StepConstants,
) -> np.float32:
    """Move all membranes by one step; return how many are above threshold."""
    # A float32 sum: an integer one would be 64 bits wide, and the loop twice as slow.
    above = np.float32(0.0)
    for j in range(v.size):
        vj, e, i = v[j], g_exc[j], g_inh[j]
        vj += c.rate * ((c.rest - vj) + e * (c.e_exc - vj) + i * (c.e_inh - vj))
        # Explicit Euler overshoots where the conductances are beyond 1 / rate: bound it.
        vj = min(max(vj, c.e_inh), c.e_exc)
        v[j] = vj
        g_exc[j] = e * c.keep_exc
        g_inh[j] = i * c.keep_inh
        above += np.float32(1.0) if vj > c.threshold + theta[j] else np.float32(0.0)
    return above


@kernel
def _winner(v: NDArray[np.float32], theta: NDArray[np.float32], c: StepConstants) -> int:
    """Return the neuron furthest above its threshold (refractory ones are at reset), or -1."""
    best, winner = np.float32(0.0), -1
    for j in range(v.size):
        margin = v[j] - (c.threshold + theta[j])
        if margin > best:
            best, winner = margin, j
    return winner


@inline_kernel
def _target_state(row: Any, uniform: Any) -> Any:
    """Return the first state whose cumulative probability exceeds `uniform`."""
    state = 0
    while state < row.size - 1 and uniform >= row[state]:
        state += 1
    return state


@kernel
def _pulse(s: SynapseState, i: int, j: int, polarity: int, uniform: float, word: np.uint64) -> None:
    """Give synapse (i, j) one pulse: 0 potentiates, 1 depresses."""
    if s.stuck.size > 0 and s.stuck[i, j]:
        return
    before = s.states[i, j]
    after = _target_state(s.cumulative[polarity, before], uniform)
    if after == before:
        return
    s.states[i, j] = after
    if s.read_sd.size > 0:
        s.device_read_sd[i, j] = s.read_sd[after]
    weight = s.levels[after]
    if s.spread.size > 0:
        weight *= s.spread[i, j]
    normal = s.normals[stretch(mix(word), s.normals.size, s.states.shape[1])]
    noise = s.visit_sd[after] * normal
    s.weights[i, j] = max(s.base + weight + noise, np.float32(0.0))


@kernel
def _gated(
    gates: NDArray[np.float32],
    last: NDArray[np.int32],
    since: int,
    chances: tuple[np.float32, np.float32],
    hits: NDArray[np.int32],
) -> int:
    """Find the inputs whose uniform number is below the chance of their pulse; return how many.

    Two plain loops, without a branch, over what would be a rarely taken one.
    """
    up, down, oldest = chances[0], chances[1], np.int32(since)
    for i in range(gates.size):
        gates[i] = (up if last[i] > oldest else down) - gates[i]
    count = 0
    for i in range(gates.size):
        hits[count] = i
        count += 1 if gates[i] > 0 else 0
    return count


@kernel
def learn_pulses(
    s: SynapseState, r: RuleConstants, p: Presentation, step: int, j: int, key: np.uint64
) -> None:
    """Pulse the column of the spiking neuron `j`: up where the input was active, else down.

    Every random number is a function of (key, input): one gates the pulse, another decides what
    the device makes of it.
    """
    if r.mode == PER_COLUMN:
        p.gates[:] = float(bits(key, np.uint64(s.states.shape[0])) >> _S32) * _PER_BIT
    else:
        fill_uniforms(key, p.gates)
    since = step - r.window
    chances = (np.float32(r.potentiation), np.float32(r.depression))
    for hit in range(_gated(p.gates, p.last, since, chances, p.hits)):
        i = p.hits[hit]
        polarity = 0 if p.last[i] > since else 1
        p.pulses[polarity] += 1
        word = bits(key, np.uint64(i))
        _pulse(s, i, j, polarity, float(word & _LOW32) * _PER_BIT, word)


@kernel
def learn_continuous(s: SynapseState, r: RuleConstants, p: Presentation, step: int, j: int) -> None:
    """Apply dw = rate (trace - target) room to the column of neuron `j`.

    The room is ceiling - w where the trace is above the target, and w where it is below.
    """
    for i in range(s.weights.shape[0]):
        age = step - p.last[i]
        trace = r.trace[age] if age < r.window else np.float32(0.0)
        weight = s.weights[i, j]
        drive = trace - r.target
        weight += r.rate * drive * (r.ceiling - weight if drive > 0 else weight)
        s.weights[i, j] = min(max(weight, 0.0), r.ceiling)


@kernel
def hold_total(s: SynapseState, r: RuleConstants, j: int) -> None:
    """Bring the summed weight of column `j` to `total`: weights themselves, or a current gain."""
    current = 0.0
    for i in range(s.weights.shape[0]):
        current += s.weights[i, j]
    if current <= 0:
        return
    if r.mode == CONTINUOUS:
        for i in range(s.weights.shape[0]):
            s.weights[i, j] *= r.total / current
    elif s.gain.size > 0:
        s.gain[j] = r.total / current


@kernel
def _fire(
    n: NeuronState,
    s: SynapseState,
    r: RuleConstants,
    c: StepConstants,
    p: Presentation,
    step: int,
    winner: int,
    key: np.uint64,
) -> None:
    """Let neuron `winner` spike: inhibit the others, learn, reset, raise its threshold."""
    own = n.g_inh[winner]
    for j in range(n.g_inh.size):
        n.g_inh[j] += c.inhibition
    n.g_inh[winner] = own
    n.v[winner] = c.reset
    p.counts[winner] += 1
    if r.mode == FROZEN:
        return
    p.pulses[2] += 1
    if r.mode == CONTINUOUS:
        learn_continuous(s, r, p, step, winner)
    else:
        learn_pulses(s, r, p, step, winner, key)
    n.theta[winner] += c.theta_plus


@kernel
def _settle(n: NeuronState, c: StepConstants, steps: int) -> None:
    """Let membranes without conductances relax for `steps` steps at once."""
    left = np.float32((1.0 - np.float64(c.rate)) ** steps)
    for j in range(n.v.size):
        n.v[j] = c.rest + (n.v[j] - c.rest) * left
        n.g_exc[j] = 0
        n.g_inh[j] = 0


@kernel
def _quiet(g_exc: NDArray[np.float32], g_inh: NDArray[np.float32]) -> bool:
    largest = np.float32(0.0)
    for j in range(g_exc.size):
        largest = max(largest, g_exc[j], g_inh[j])
    return bool(largest < _NEGLIGIBLE)


@kernel
def _present(
    image: NDArray[np.uint8],
    n: NeuronState,
    s: SynapseState,
    r: RuleConstants,
    c: StepConstants,
    p: Presentation,
    times: tuple[int, int],
    spikes_per_level: float,
    key: np.uint64,
) -> int:
    """Show `image` for ``times[0]`` steps, then nothing for ``times[1]``; return output spikes."""
    draw_spikes(image, spikes_per_level, key, p.lottery, p.first, p.pixels)
    p.last[:] = NEVER
    # Local names: passing the tuples into every step would cost more than the step itself.
    v, g_exc, g_inh, theta = n.v, n.g_exc, n.g_inh, n.theta
    weights, gain, last = s.weights, s.gain, p.last
    read_sd, normals, noisy, reads = s.device_read_sd, s.normals, s.read_sd.size > 0, mix(key)
    first, pixels, when, who = p.first, p.pixels, p.record_step, p.record_neuron
    fired = 0
    for step in range(times[0] + times[1]):
        above = _advance(v, g_exc, g_inh, theta, c)
        for k in range(fired - 1, -1, -1):
            if step - when[k] >= c.refractory:
                break
            v[who[k]] = c.reset
        winner = _winner(v, theta, c) if above > 0 else -1
        if step < times[0]:
            for k in range(first[step], first[step + 1]):
                last[pixels[k]] = step
            begin, end = first[step], first[step + 1]
            if noisy:
                add_noisy_rows(g_exc, weights, read_sd, normals, gain, pixels, begin, end, reads)
            else:
                add_rows(g_exc, weights, gain, pixels, begin, end)
        elif (step & 7) == 0 and winner < 0 and _quiet(g_exc, g_inh):
            _settle(n, c, times[0] + times[1] - step - 1)
            break
        if winner >= 0:
            when[fired], who[fired] = step, winner
            fired += 1
            _fire(n, s, r, c, p, step, winner, spike_key(key, fired))
    return fired


@kernel
def show_images(
    images: NDArray[np.uint8],
    n: NeuronState,
    s: SynapseState,
    r: RuleConstants,
    c: StepConstants,
    p: Presentation,
    code: CodeConstants,
    key: np.uint64,
    ordinal: int,
    responses: NDArray[np.uint16],
    shows: NDArray[np.int32],
) -> None:
    """Present each image until it draws enough output spikes; learn unless the rule is FROZEN.

    Parameters
    ----------
    images : uint8 array, shape (images, inputs)
    ordinal : int
        Number of the first image: image k draws from the random streams of ``ordinal + k``.
    responses : uint16 array, shape (images, neurons)
        Out: output spikes of each neuron in the last showing.
    shows : int32 array, shape (images,)
        Out: how often each image was shown.
    """
    for k in range(images.shape[0]):
        if r.mode == FROZEN:
            _settle(n, c, 1 << 20)
        for attempt in range(code.tries):
            p.counts[:] = 0
            stream = showing_key(key, ordinal + k, attempt)
            level = code.spikes_per_level * (1.0 + attempt * code.boost)
            times = (code.steps, code.rest_steps)
            fired = _present(images[k], n, s, r, c, p, times, level, stream)
            shows[k] = attempt + 1
            if r.mode != FROZEN:
                _after_learning(n, s, r, p, code)
            if fired >= code.wanted:
                break
        for j in range(p.counts.size):
            responses[k, j] = p.counts[j]


@kernel
def _after_learning(
    n: NeuronState, s: SynapseState, r: RuleConstants, p: Presentation, code: CodeConstants
) -> None:
    """Let the thresholds return, and hold the column sums of neurons that learned."""
    for j in range(n.theta.size):
        # Once a presentation: one step's decay is below the resolution of float32.
        n.theta[j] *= code.keep_theta
        if r.total > 0 and p.counts[j] > 0:
            hold_total(s, r, j)
