"""The unsupervised network on devices: Poisson input, lateral inhibition, states moved by pulses.

A layer of leaky integrate-and-fire neurons, fully connected to the pixels, learns without labels:
each output spike pulses the devices of its neuron up where the input was active and down where it
was silent. Every neuron becomes a prototype; labels are given afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from crossbar import Ledger
from devicemodels.base import DeviceModel, States
from networks.encoding import PoissonCode, spike_capacity, stream_key
from networks.neurons import LifParameters, NeuronState
from networks.stdp_array import WeightMap, continuous_synapses, make_synapses
from networks.stdp_health import troubles
from networks.stdp_kernel import (
    FROZEN,
    CodeConstants,
    Presentation,
    RuleConstants,
    SynapseState,
    show_images,
)
from networks.stdp_labels import (
    Assignment,
    Evaluation,
    LiveAccuracy,
    Responses,
    assign,
    evaluate,
)
from networks.stdp_rules import IdealContinuous, ProbabilisticAdjacent, Rule
from neuroskyrm.errors import ConfigError, ConvergenceError
from neuroskyrm.seeds import generator

Progress = Callable[[float, str], None]
"""Called with the fraction done and a short text."""

CHUNK = 250
"""Images between two calls of `Progress`, and between two looks for troubles."""


@dataclass(frozen=True)
class DeviceCosts:
    """What the ledger needs to know of a device: name, energy [J] and time [s] of a pulse, area.

    `card` is the digest of the card that the device was made from, if there is one.
    """

    name: str = "ideal synapse"
    card: str = ""
    pulse_energy: float = 0.0
    pulse_time: float = 0.0
    area: float = 0.0


@dataclass(frozen=True)
class TrainingCurve:
    """What was seen during a call of `StdpNetwork.train`, one entry a chunk of images.

    Attributes
    ----------
    presented : int64 array
        Images presented since the network was made.
    accuracy : float64 array
        Accuracy on the chunk by the labels of the images before it; NaN while unknown.
    spikes : float64 array
        Mean output spikes an image.
    energy : float64 array
        Energy of all pulses so far [J].
    """

    presented: NDArray[np.int64]
    accuracy: NDArray[np.float64]
    spikes: NDArray[np.float64]
    energy: NDArray[np.float64]

    @classmethod
    def empty(cls) -> TrainingCurve:
        """Return a curve without entries."""
        return cls(np.zeros(0, np.int64), *(np.zeros(0) for _ in range(3)))

    def __add__(self, later: TrainingCurve) -> TrainingCurve:
        """Return this curve, gone on with `later`."""
        pairs = zip(asdict(self).values(), asdict(later).values(), strict=True)
        return TrainingCurve(*(np.concatenate(pair) for pair in pairs))

    def until(self, presented: int) -> TrainingCurve:
        """Return the curve up to so many presented images."""
        known = self.presented <= presented
        return TrainingCurve(*(values[known] for values in asdict(self).values()))


class StdpNetwork:
    """A layer of neurons that learns images by spike-timing-dependent plasticity.

    Parameters
    ----------
    model : DeviceModel or None
        The device that stores a weight; None for the ideal continuous rule.
    neurons : int
        Number of neurons.
    rule : Rule
        What an output spike does (see `networks.stdp_rules`).
    inputs : int
        Pixels of an image.
    weight_map : WeightMap
        From conductances to weights.
    lif, code : LifParameters, PoissonCode
        Constants of the neurons and of the input.
    seed : int
        Fixes initial states, input spikes, pulses and noise.

    Attributes
    ----------
    presented : int
        Images presented in training so far.
    assignment : Assignment or None
        What the neurons stand for, after `label`.
    live : LiveAccuracy
        The estimate that is shown during training; not saved.

    Raises
    ------
    ConfigError
        The rule needs a device and none is given, or the rest is too short.

    References
    ----------
    P. U. Diehl and M. Cook, Front. Comput. Neurosci. 9, 99 (2015).
    R. Chen et al., Phys. Rev. Applied 14, 014096 (2020), Sec. III, Appendix B.
    """

    def __init__(
        self,
        model: DeviceModel | None,
        neurons: int = 400,
        rule: Rule | None = None,
        *,
        inputs: int = 784,
        weight_map: WeightMap | None = None,
        lif: LifParameters | None = None,
        code: PoissonCode | None = None,
        seed: int = 0,
        states: States | None = None,
    ) -> None:
        self.rule: Rule = rule if rule is not None else ProbabilisticAdjacent()
        self.lif = lif if lif is not None else LifParameters()
        self.code = code if code is not None else PoissonCode()
        self.weight_map = weight_map if weight_map is not None else WeightMap()
        self.seed = seed
        if self.code.rest < self.lif.refractory:
            raise ConfigError(
                f"StdpNetwork: the rest of {self.code.rest:g} s must be at least the refractory "
                f"time of {self.lif.refractory:g} s."
            )
        rng = generator(seed, "stdp", "array")
        shape = (inputs, neurons)
        if isinstance(self.rule, IdealContinuous):
            total = self.rule.total * self.weight_map.full_scale
            self.synapses: SynapseState = continuous_synapses(shape, total, rng)
            self.costs = DeviceCosts()
        elif model is None:
            raise ConfigError(f"StdpNetwork: the {self.rule.name} rule needs a device model.")
        else:
            self.synapses = make_synapses(model, shape, self.weight_map, rng, states)
            card = getattr(getattr(model, "card", None), "digest", "")
            self.costs = DeviceCosts(
                model.name, card, model.energy(1), model.pulse_time, model.area
            )
        if self.rule_constants.total > 0 and self.synapses.states.size:
            self.synapses = self.synapses._replace(gain=np.ones(neurons, np.float32))
        self.neurons = NeuronState.at_rest(neurons, self.lif)
        self.presented = 0
        self.pulses = np.zeros(3, np.int64)
        self.assignment: Assignment | None = None
        self.live = LiveAccuracy(neurons)

    @property
    def rule_constants(self) -> RuleConstants:
        """The rule in time steps."""
        return self.rule.discrete(self.code.step, self.weight_map.full_scale)

    @property
    def weights(self) -> NDArray[np.float32]:
        """Weights that the neurons see, without read noise, float32, shape (inputs, neurons)."""
        return self.synapses.weights

    @property
    def states(self) -> States:
        """Device states, uint8, shape (inputs, neurons); empty for the ideal rule."""
        return self.synapses.states

    @property
    def ledger(self) -> Ledger:
        """Costs of learning so far; a column's up and down pulses take one pulse time each."""
        count = self.weights.size
        pulses = int(self.pulses[0] + self.pulses[1])
        return Ledger(
            energy=pulses * self.costs.pulse_energy,
            pulses=pulses,
            latency=2 * int(self.pulses[2]) * self.costs.pulse_time,
            area=count * self.costs.area,
            devices=count if self.states.size else 0,
        )

    def train(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.integer] | None = None,
        until: int | None = None,
        progress: Progress | None = None,
    ) -> TrainingCurve:
        """Learn from `images`, without their labels.

        Image k of a network's life is ``images[k % len(images)]``: a network that was saved and
        loaded goes on, with the same bits, where it stopped.

        Parameters
        ----------
        images : uint8 array, shape (images, inputs)
            Grey values.
        labels : int array, shape (images,), optional
            Only for the accuracy shown during training.
        until : int, optional
            Stop when this many images have been presented in all. Default: each image once more.
        progress : callable, optional
            See `Progress`.

        Returns
        -------
        TrainingCurve

        Raises
        ------
        ConfigError
            The images do not fit the network.
        ConvergenceError
            The network is silent, its weights are saturated, or its thresholds explode.
        """
        flat = self._checked(images)
        goal = self.presented + len(flat) if until is None else until
        key = stream_key(self.seed, "stdp", "train")
        rows = []
        while self.presented < goal:
            take = min(CHUNK - self.presented % CHUNK, goal - self.presented)
            order = (self.presented + np.arange(take)) % len(flat)
            some = flat[order]
            scratch = self._scratch(some)
            responses = self._show(some, self.rule_constants, scratch, key, self.presented)
            self.presented += take
            self._raise_troubles(responses)
            accuracy = np.nan if labels is None else self.live.update(responses, labels[order])
            spikes = responses.sum(axis=1).mean()
            rows.append((self.presented, accuracy, spikes, self.ledger.energy))
            if progress is not None:
                shown = "" if np.isnan(accuracy) else f"accuracy about {accuracy:.0%}, "
                energy = f"{self.ledger.energy * 1e6:.3g} uJ in pulses"
                progress(self.presented / goal, f"{self.presented} images, {shown}{energy}")
        table = np.array(rows, np.float64).reshape(-1, 4)
        return TrainingCurve(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3])

    def respond(
        self, images: NDArray[np.uint8], stream: str = "test", threads: int = 1
    ) -> Responses:
        """Return the output spikes to `images`, without learning.

        Every image finds the neurons at rest and has its own random stream, so the result does not
        depend on the number of threads.

        Parameters
        ----------
        images : uint8 array, shape (images, inputs)
            Grey values.
        stream : str
            Name of the random stream of the input spikes.
        threads : int
            Threads to use.

        Returns
        -------
        uint16 array, shape (images, neurons)
        """
        flat = self._checked(images)
        key = stream_key(self.seed, "stdp", stream)
        frozen = self.rule_constants._replace(mode=FROZEN)

        def part(start: int) -> Responses:
            own = _copy_for_reading(self)
            some = flat[start : start + CHUNK]
            return own._show(some, frozen, own._scratch(some), key, start)

        with ThreadPoolExecutor(max(1, threads)) as pool:
            return np.concatenate(list(pool.map(part, range(0, len(flat), CHUNK))))

    def label(
        self, images: NDArray[np.uint8], labels: NDArray[np.integer], threads: int = 1
    ) -> Assignment:
        """Find out what each neuron stands for, from labelled training images (kept, returned)."""
        classes = max(10, int(np.max(labels, initial=0)) + 1)
        self.assignment = assign(self.respond(images, "label", threads), labels, classes)
        return self.assignment

    def evaluate(
        self, images: NDArray[np.uint8], labels: NDArray[np.integer], threads: int = 1
    ) -> Evaluation:
        """Classify `images` and compare with `labels`.

        Raises
        ------
        ConfigError
            `label` has not been called.
        """
        if self.assignment is None:
            raise ConfigError("StdpNetwork: call label() before evaluate().")
        return evaluate(self.assignment, self.respond(images, "test", threads), labels)

    def _show(
        self,
        images: NDArray[np.uint8],
        rule: RuleConstants,
        scratch: Presentation,
        key: np.uint64,
        ordinal: int,
    ) -> Responses:
        responses = np.zeros((len(images), len(self.neurons.v)), np.uint16)
        constants = self.lif.discrete(self.code.step, learning=rule.mode != FROZEN)
        shows = np.zeros(len(images), np.int32)
        show_images(
            images, self.neurons, self.synapses, rule, constants, scratch, self._code_constants(),
            key, ordinal, responses, shows,
        )  # fmt: skip
        return responses

    def _code_constants(self) -> CodeConstants:
        code = self.code
        return CodeConstants(
            steps=code.steps,
            rest_steps=code.rest_steps,
            spikes_per_level=code.rate * code.step / 255,
            boost=code.boost,
            wanted=code.wanted_spikes,
            tries=code.tries,
            keep_theta=np.float32(exp(-(code.duration + code.rest) / self.lif.tau_theta)),
        )

    def _scratch(self, images: NDArray[np.uint8]) -> Presentation:
        """Return work arrays that hold the spikes of the brightest image at the highest rate."""
        inputs, neurons = self.weights.shape
        code = self._code_constants()
        highest = code.spikes_per_level * (1 + (code.tries - 1) * code.boost)
        brightest = int(images.sum(axis=1, dtype=np.int64).max(initial=0))
        return Presentation(
            lottery=np.empty(255 * inputs, np.uint16),
            first=np.zeros(code.steps + 1, np.int32),
            pixels=np.empty(spike_capacity(brightest * highest, code.steps), np.uint16),
            last=np.zeros(inputs, np.int32),
            counts=np.zeros(neurons, np.int32),
            gates=np.zeros(inputs, np.float32),
            hits=np.zeros(inputs, np.int32),
            pulses=self.pulses,
            record_step=np.zeros(code.steps + code.rest_steps, np.int32),
            record_neuron=np.zeros(code.steps + code.rest_steps, np.int32),
        )

    def _checked(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        inputs = self.weights.shape[0]
        if images.dtype != np.uint8 or len(images) == 0 or images[0].size != inputs:
            raise ConfigError(
                f"images: {images.dtype} of shape {images.shape}; must be uint8 of shape "
                f"(images, {inputs})."
            )
        return np.ascontiguousarray(images).reshape(len(images), inputs)

    def _raise_troubles(self, responses: Responses) -> None:
        for name, sentence in troubles(responses, self.neurons, self.synapses, self.lif).items():
            raise ConvergenceError(f"{name} after {self.presented} images: {sentence}.")


def _copy_for_reading(network: StdpNetwork) -> StdpNetwork:
    """Return a view on `network` with neurons of its own, for one thread."""
    own = object.__new__(StdpNetwork)
    own.__dict__.update(network.__dict__)
    own.pulses = np.zeros(3, np.int64)
    own.code = network.code.for_reading()
    own.neurons = NeuronState.at_rest(len(network.neurons.v), network.lif)
    own.neurons.theta[:] = network.neurons.theta
    return own
