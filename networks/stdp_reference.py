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

from networks.encoding import poisson_spikes, random_words, stream_key
from networks.stdp import StdpNetwork
from networks.stdp_kernel import NEVER, PER_COLUMN, showing_key, spike_key

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
g_e_post += w
last = timestep(t, dt)
"""

POST = """
level = pulsed(level, i, timestep(t, dt) - last < window)
w = weight(level, i, j)
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
        self._columns = np.arange(network.weights.shape[1])
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
            "weight": _brian_function(b, self._weight, ("level", "i", "j")),
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
        operations = [b.NetworkOperation(self._choose, clock=clock, when="before_thresholds")]
        if net.synapses.variance.size:
            operations.append(b.NetworkOperation(self._read_noise, clock=clock, when="synapses"))
        self.brian = b.Network(
            self.layer, self.pixels, self.synapses, lateral, self.spikes, *operations
        )

    def _show(self, image: NDArray[np.uint8], attempt: int) -> Showing:
        import brian2 as b

        code = self.network.code
        key = stream_key(self.network.seed, "stdp", "train")
        self._showing, self._fired = np.uint64(showing_key(key, self.ordinal, attempt)), 0
        steps, pixels = poisson_spikes(image, code, self._showing, 1 + attempt * code.boost)
        self._first = np.searchsorted(steps, np.arange(code.steps + 1))
        self._pixels = pixels
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

    def _stream(self, spike: int) -> np.uint64:
        return np.uint64(spike_key(self._showing, spike))

    def _pulsed(self, level: Any, i: Any, active: Any) -> Any:
        """Return the states after the pulses of one output spike."""
        rule, synapses = self.network.rule_constants, self.network.synapses
        words = self._words[i]
        gates = self._words[-1] if rule.mode == PER_COLUMN else words
        chance = np.where(active, rule.potentiation, rule.depression)
        pulsed = (gates >> np.uint64(32)).astype(np.float64) * 2.0**-32 < chance
        uniform = (words & np.uint64(0xFFFFFFFF)).astype(np.float64) * 2.0**-32
        rows = synapses.cumulative[np.where(active, 0, 1), level]
        after = (uniform[:, None] >= rows[:, :-1]).sum(axis=1)
        return np.where(pulsed, after, level)

    def _weight(self, level: Any, i: Any, j: Any) -> Any:
        """Return the mean weights of the states (write noise is left to the kernel)."""
        synapses = self.network.synapses
        weight = synapses.levels[level]
        if synapses.spread.size:
            weight = weight * synapses.spread[i, j]
        return weight + synapses.base

    def _read_noise(self) -> None:
        """Add this step's read noise, summed over the spiking rows, to g_e."""
        step = round(float(self.brian.t / self.dt)) - self._start
        if step >= self.network.code.steps:
            return
        synapses = self.network.synapses
        begin, end = self._first[step], self._first[step + 1]
        rows = np.asarray(self.synapses.level).reshape(self.states.shape)[self._pixels[begin:end]]
        variance = synapses.variance[rows].sum(axis=0)
        if end == begin:
            return
        places = synapses.normals.size - self._columns.size
        offset = int(random_words(self._stream(0), begin + 1)[begin]) % places
        normals = synapses.normals[offset + self._columns]
        self.layer.g_e_ = np.asarray(self.layer.g_e_) + np.sqrt(variance) * normals


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
