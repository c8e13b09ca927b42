"""Learning rules of the STDP network: what one output spike does to its column of synapses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypedDict

import numpy as np

from devicemodels.base import DeviceModel
from networks.encoding import PoissonCode
from networks.neurons import LONG_TRAINING, MIDDLE_TRAINING, LifParameters
from networks.stdp_array import WeightMap, transition_matrix, without_reference
from networks.stdp_kernel import CONTINUOUS, PER_COLUMN, PER_SYNAPSE, RuleConstants
from neuroskyrm.errors import ConfigError

WINDOW = 20e-3
"""An input that spiked within this time before the output spike caused it [s]."""


class Rule(Protocol):
    """What the network asks of a learning rule."""

    @property
    def name(self) -> str:
        """Name of the rule in reports."""

    def discrete(self, step: float, ceiling: float) -> RuleConstants:
        """Return the rule in time steps of `step` [s], for weights up to `ceiling`."""


@dataclass(frozen=True)
class DeterministicAdjacent:
    """Every synapse of the spiking neuron gets a pulse: the rule of Chen et al.

    Active inputs (spiked within `window`) are potentiated, all others depressed; an ideal device
    moves "to the adjacent synaptic value" (Appendix B).

    Parameters
    ----------
    window : float
        See `WINDOW` [s].
    gain_total : float
        Column sum of weights that a current amplifier holds, 0: no such amplifier.
    """

    window: float = WINDOW
    gain_total: float = 0.0
    name = "deterministic"

    def discrete(self, step: float, ceiling: float) -> RuleConstants:
        """Return the rule in time steps of `step` [s]."""
        return _pulses(PER_SYNAPSE, (1.0, 1.0), self.window / step, self.gain_total)


@dataclass(frozen=True)
class ProbabilisticAdjacent:
    """Each synapse of the spiking neuron gets its pulse with a small probability.

    Many weak, random steps of a few-state device add up to what one fine step of an analogue
    one would do.

    Parameters
    ----------
    potentiation, depression : float
        Probability of a pulse for an active and for a silent input.
    window, gain_total : float
        See `DeterministicAdjacent`.
    """

    potentiation: float = 0.05
    depression: float = 0.025
    window: float = WINDOW
    gain_total: float = 0.0
    name = "probabilistic"

    def __post_init__(self) -> None:
        _check_probabilities(self)

    def discrete(self, step: float, ceiling: float) -> RuleConstants:
        """Return the rule in time steps of `step` [s]."""
        chances = (self.potentiation, self.depression)
        return _pulses(PER_SYNAPSE, chances, self.window / step, self.gain_total)


@dataclass(frozen=True)
class ColumnFraction:
    """Some output spikes pulse all active inputs, some all silent ones: one lot a spike.

    Needs no random number per synapse, only one per output spike.

    Parameters
    ----------
    potentiation, depression : float
        Fraction of output spikes that pulse the active and the silent inputs.
    window, gain_total : float
        See `DeterministicAdjacent`.
    """

    potentiation: float = 0.05
    depression: float = 0.025
    window: float = WINDOW
    gain_total: float = 0.0
    name = "column"

    def __post_init__(self) -> None:
        _check_probabilities(self)

    def discrete(self, step: float, ceiling: float) -> RuleConstants:
        """Return the rule in time steps of `step` [s]."""
        chances = (self.potentiation, self.depression)
        return _pulses(PER_COLUMN, chances, self.window / step, self.gain_total)


@dataclass(frozen=True)
class IdealContinuous:
    """The ideal baseline: real-valued weights, and a normalisation no device array can do.

    At an output spike dw = rate (x - target) room, with the trace x of each input, set to 1 by a
    spike and decaying with `window`; room is the distance to the end of the range that the weight
    moves to. Then each column is scaled to its `total`. In Diehl & Cook's own form the room is
    w_max - w for both signs, so that weights near w_max are never unlearned; the two forms were
    not compared at equal settings.

    Parameters
    ----------
    rate, target : float
        Learning rate, and the trace at which a synapse does not change.
    total : float
        Column sum of the weights, in units of the largest weight.
    window : float
        Time constant of the trace [s].

    References
    ----------
    P. U. Diehl and M. Cook, Front. Comput. Neurosci. 9, 99 (2015), section 2.4, with
    mu = 1.
    """

    rate: float = 0.01
    target: float = 0.2
    total: float = 78.0
    window: float = WINDOW
    name = "ideal"

    def discrete(self, step: float, ceiling: float) -> RuleConstants:
        """Return the rule in time steps of `step` [s], for weights up to `ceiling`."""
        longest = round(8 * self.window / step)
        trace = np.exp(-np.arange(longest) * step / self.window).astype(np.float32)
        return RuleConstants(
            mode=CONTINUOUS,
            potentiation=0.0,
            depression=0.0,
            window=longest,
            rate=self.rate,
            target=self.target,
            ceiling=ceiling,
            trace=trace,
            total=self.total * ceiling,
        )


def _pulses(
    mode: int, chances: tuple[float, float], window: float, gain_total: float
) -> RuleConstants:
    return RuleConstants(
        mode=mode,
        potentiation=chances[0],
        depression=chances[1],
        window=round(window),
        rate=0.0,
        target=0.0,
        ceiling=0.0,
        trace=np.zeros(0, np.float32),
        total=float(gain_total),
    )


def _check_probabilities(rule: ProbabilisticAdjacent | ColumnFraction) -> None:
    for field in ("potentiation", "depression"):
        value = getattr(rule, field)
        if not 0 <= value <= 1:
            raise ConfigError(f"{type(rule).__name__}: '{field}' = {value} must be from 0 to 1.")


def matched_rule(
    model: DeviceModel, up: float = 0.01, down: float = 0.005
) -> ProbabilisticAdjacent:
    """Return rule (b) with the pulse probabilities that suit a device.

    A pulse moves the weight by its device's mean step; the probabilities are chosen so that an
    output spike moves weights by `up` and `down` on average, whatever the number of states and
    the failures. The defaults are those found for six ideal states (see docs/stdp.md).

    Parameters
    ----------
    model : DeviceModel
        The device.
    up, down : float
        Mean change of the weight of an active and of a silent input at an output spike, in parts
        of the conductance range.
    """
    levels = model.levels
    height = (levels - levels[0]) / (levels[-1] - levels[0])
    chances = []
    for polarity, wanted, movable in ((1, up, slice(None, -1)), (-1, down, slice(1, None))):
        drift = np.abs(transition_matrix(model, polarity) @ height - height)[movable].mean()
        chances.append(float(min(1.0, wanted / max(drift, 1e-12))))
    return ProbabilisticAdjacent(chances[0], chances[1])


RULES: dict[str, type[Rule]] = {
    "deterministic": DeterministicAdjacent,
    "probabilistic": ProbabilisticAdjacent,
    "column": ColumnFraction,
    "ideal": IdealContinuous,
}
"""Rules by the name they have in studies."""


class Suited(TypedDict):
    """Arguments of `StdpNetwork` that belong together."""

    rule: Rule
    lif: LifParameters
    weight_map: WeightMap
    code: PoissonCode


def suited(name: str, model: DeviceModel, images: int, reference: bool = True) -> Suited:
    """Return rule, neurons, weights and input with the constants found best for a training.

    Parameters
    ----------
    name : str
        A key of `RULES`.
    model : DeviceModel
        The device; trainings of 5,000 images and more match the pulse probabilities to it.
    images : int
        Images that will be presented.
    reference : bool, optional
        The array has a reference column (see `WeightMap`); the ideal rule needs none.

    Returns
    -------
    dict
        For ``StdpNetwork(model, neurons, **suited(...))``.

    Raises
    ------
    ConfigError
        There is no such rule.
    """
    if name not in RULES:
        raise ConfigError(f"rule: '{name}' is not known; choose {', '.join(RULES)}.")
    if name == "ideal":
        weights = WeightMap(full_scale=1.0)
        return {
            "rule": IdealContinuous(),
            "lif": MIDDLE_TRAINING,
            "weight_map": weights,
            "code": PoissonCode(),
        }
    matched = images >= 5000 and name == "probabilistic"
    rule = matched_rule(model) if matched else RULES[name]()
    code = PoissonCode()
    if images >= 30000:
        lif, code = LONG_TRAINING, PoissonCode(duration_reading=0.7)
    else:
        lif = MIDDLE_TRAINING if images >= 5000 else LifParameters()
    weights = WeightMap() if reference else without_reference(model)
    return {"rule": rule, "lif": lif, "weight_map": weights, "code": code}
