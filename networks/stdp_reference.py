"""The STDP network written in Brian2: the same model in equations, to compare the kernel with.

Slow, and meant to be read: membranes, conductances, lateral inhibition and the device rule as a
reader of Diehl & Cook (2015) knows them. It takes its initial states, input spikes and random
words from a `StdpNetwork`, so that both engines can be compared spike by spike.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from networks.encoding import fill_uniforms, mix, poisson_spikes, random_words, stream_key
from networks.stdp import StdpNetwork
from networks.stdp_kernel import NEVER, PER_COLUMN, showing_key, spike_key
from networks.stdp_reading import stretches

MEMBRANE = """
dv/dt = ((v_rest - v) + g_e*(E_exc - v) + g_i*(E_inh - v)) / tau : volt (unless refractory)
dg_e/dt = -g_e * rate_e : 1
dg_i/dt = -g_i * rate_i : 1
theta : volt
winner : integer (shared)
"""
"""Diehl & Cook's excitatory neuron; rate = (1 - exp(-dt/tau))/dt makes the Euler step exact."""

SYNAPSE = """
level : integer
last : integer
w : 1
"""

PRE = """
g_e_post += read(w, level, i, j)
last = timestep(t, dt)
"""

POST = """
fresh = pulsed(level, i, timestep(t, dt) - last < window)
w = written(w, level, fresh, i, j)
level = fresh
"""


@dataclass(frozen=True)
class Showing:
    """What one showing of an image did.

    Attributes
    ----------
    steps, neurons : int arrays, shape (spikes,)
        Output spikes, in order.
    states : uint8 array, shape (inputs, neurons)
        Device states afterwards.
    theta : float64 array, shape (neurons,)
        Thresholds afterwards [V].
    """

    steps: NDArray[np.int64]
    neurons: NDArray[np.int64]
    states: NDArray[np.uint8]
    theta: NDArray[np.float64]


class Brian2Stdp:
    """A Brian2 twin of `network`, from its present state (pulse rules only).

    Parameters
    ----------
    network : StdpNetwork
        Gives constants, states and random streams; it is not changed.
    """

    def __init__(self, network: StdpNetwork) -> None:
        self.network = network
        self.states = network.states.copy()
        self.ordinal = network.presented
        self._showing = np.uint64(0)
        self._fired = 0
        self._words: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self._gates: NDArray[np.float32] = np.zeros(0, np.float32)
        with _single_precision():
            self._build()

    def present(self, images: NDArray[np.uint8]) -> list[Showing]:
        """Show `images` with learning, as `StdpNetwork.train` does; return every showing."""
        showings = []
        code = self.network.code
        with _single_precision():
            for image in images:
                for attempt in range(code.tries):
                    showings.append(self._show(image, attempt))
                    if len(showings[-1].steps) >= code.wanted_spikes:
                        break
                self.ordinal += 1
        return showings

    def _build(self) -> None:
        import brian2 as b

        net, lif, code = self.network, self.network.lif, self.network.code
        dt = code.step
        inputs, neurons = net.weights.shape
        volt, second = b.volt, b.second
        self.dt = dt * second
        space = {
            "v_rest": lif.rest * volt,
            "E_exc": lif.e_exc * volt,
            "E_inh": lif.e_inh * volt,
            "tau": lif.tau * second,
            "rate_e": (1 - np.exp(-dt / lif.tau_exc)) / dt / second,
            "rate_i": (1 - np.exp(-dt / lif.tau_inh)) / dt / second,
            "v_reset": lif.reset * volt,
            "theta_plus": lif.theta_plus * volt,
            "inhibition": lif.inhibition,
            "window": net.rule_constants.window,
            "pulsed": _brian_function(b, self._pulsed, ("level", "i", "active")),
            "written": _brian_function(b, self._written, ("w", "level", "fresh", "i", "j")),
            "read": _brian_function(b, self._read, ("w", "level", "i", "j")),
        }
        clock = b.Clock(dt=self.dt)
        self.layer = b.NeuronGroup(
            neurons, MEMBRANE, threshold="i == winner", reset="v = v_reset; theta += theta_plus",
            refractory=lif.refractory * second, method="euler", namespace=space, clock=clock,
        )  # fmt: skip
        self.layer.run_regularly("v = clip(v, E_inh, E_exc)", when="after_groups")
        self.pixels = b.SpikeGeneratorGroup(inputs, [], [] * second, clock=clock)
        self.synapses = b.Synapses(
            self.pixels, self.layer, SYNAPSE, on_pre=PRE, on_post=POST, namespace=space, clock=clock
        )
        self.synapses.connect()
        self.synapses.pre.order, self.synapses.post.order = -1, 1  # input before learning
        self.synapses.level = self.states.ravel()
        self.synapses.w = net.weights.ravel()
        lateral = b.Synapses(
            self.layer, self.layer, on_pre="g_i_post += inhibition", namespace=space, clock=clock
        )
        lateral.connect(condition="i != j")
        self.spikes = b.SpikeMonitor(self.layer)
        for name in ("v", "theta"):
            setattr(self.layer, name, getattr(net.neurons, name) * volt)
        self.layer.g_e, self.layer.g_i = net.neurons.g_exc, net.neurons.g_inh
        choose = b.NetworkOperation(self._choose, clock=clock, when="before_thresholds")
        self.brian = b.Network(self.layer, self.pixels, self.synapses, lateral, self.spikes, choose)

    def _show(self, image: NDArray[np.uint8], attempt: int) -> Showing:
        import brian2 as b

        code = self.network.code
        key = stream_key(self.network.seed, "stdp", "train")
        self._showing, self._fired = np.uint64(showing_key(key, self.ordinal, attempt)), 0
        steps, pixels = poisson_spikes(image, code, self._showing, 1 + attempt * code.boost)
        self._first = np.searchsorted(steps, np.arange(code.steps + 1))
        self._pixels = pixels
        normals = self.network.synapses.normals.size
        words = random_words(self._stream(0), len(pixels))
        self._stretches = stretches(words, normals, self.states.shape[1])
        start = round(float(self.brian.t / self.dt))
        self._start = start
        self.pixels.set_spikes(pixels, (start + steps) * self.dt)
        self.synapses.last = NEVER
        before = self.spikes.num_spikes
        self.brian.run((code.steps + code.rest_steps) * self.dt)
        self.layer.theta *= np.exp(-(code.duration + code.rest) / self.network.lif.tau_theta)
        times = np.round(np.asarray(self.spikes.t[before:] / self.dt)).astype(np.int64) - start
        self.states = np.asarray(self.synapses.level).astype(np.uint8).reshape(self.states.shape)
        return Showing(
            times, np.array(self.spikes.i[before:], np.int64), self.states,
            np.array(self.layer.theta / b.volt),
        )  # fmt: skip

    def _choose(self) -> None:
        """Let at most one neuron spike: the one furthest above its threshold."""
        lif = self.network.lif
        margin = np.asarray(self.layer.v_) - (lif.threshold + np.asarray(self.layer.theta_))
        best = int(margin.argmax())
        fires = margin[best] > 0
        self.layer.winner = best if fires else -1
        if fires:
            self._fired += 1
            inputs = self.states.shape[0]
            self._words = random_words(self._stream(self._fired), inputs + 1)
            self._gates = np.empty(inputs, np.float32)
            fill_uniforms(self._stream(self._fired), self._gates)

    def _stream(self, spike: int) -> np.uint64:
        return np.uint64(spike_key(self._showing, spike))

    def _pulsed(self, level: Any, i: Any, active: Any) -> Any:
        """Return the states after the pulses of one output spike."""
        rule, synapses = self.network.rule_constants, self.network.synapses
        words = self._words[i]
        shared = np.float32(float(self._words[-1] >> np.uint64(32)) * 2.0**-32)
        gates = shared if rule.mode == PER_COLUMN else self._gates[i]
        chance = np.where(active, rule.potentiation, rule.depression).astype(np.float32)
        pulsed = gates < chance
        uniform = (words & np.uint64(0xFFFFFFFF)).astype(np.float64) * 2.0**-32
        rows = synapses.cumulative[np.where(active, 0, 1), level]
        after = (uniform[:, None] >= rows[:, :-1]).sum(axis=1)
        return np.where(pulsed, after, level)

    def _written(self, w: Any, level: Any, fresh: Any, i: Any, j: Any) -> Any:
        """Return the weights after the pulses: those of new states, each with its write noise."""
        synapses = self.network.synapses
        weight = synapses.levels[fresh]
        if synapses.spread.size:
            weight = weight * synapses.spread[i, j]
        normals = synapses.normals
        begin = stretches(mix(self._words), normals.size, self.states.shape[1])
        weight = weight + synapses.base + synapses.visit_sd[fresh] * normals[begin[i]]
        return np.where(fresh == level, w, np.maximum(weight, 0))

    def _read(self, w: Any, level: Any, i: Any, j: Any) -> Any:
        """Return one read of each device of the rows that spike, with its noise."""
        synapses = self.network.synapses
        if not synapses.read_sd.size:
            return w
        step = round(float(self.brian.t / self.dt)) - self._start
        now = slice(self._first[step], self._first[step + 1])
        begin = np.zeros(self.states.shape[0], np.int64)
        begin[self._pixels[now]] = self._stretches[now]
        return w + synapses.read_sd[level] * synapses.normals[begin[i] + j]


def _brian_function(b: Any, function: Any, arguments: tuple[str, ...]) -> Any:
    """Return `function` as Brian2 wants it: without units, for its numpy target."""
    wrapped = b.Function(
        function, arg_units=[1] * len(arguments), arg_names=list(arguments), return_unit=1
    )
    wrapped.implementations.add_implementation("numpy", function)
    return wrapped


@contextmanager
def _single_precision() -> Iterator[None]:
    """Let Brian2 compute with numpy in single precision, as the kernel does, for a while."""
    import brian2 as b

    before = b.prefs.core.default_float_dtype, b.prefs.codegen.target
    b.prefs.core.default_float_dtype, b.prefs.codegen.target = np.float32, "numpy"
    try:
        with np.errstate(over="ignore"):  # Brian2 looks for values above 1e50
            yield
    finally:
        b.prefs.core.default_float_dtype, b.prefs.codegen.target = before
