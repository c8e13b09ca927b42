"""The periphery: converters between numbers and voltages or currents, each with its own error."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuroskyrm.errors import ConfigError

Array = NDArray[np.float64]

STEP_ENERGY = 20e-15
"""Energy of a converter for each resolved step [J].

An assumption: the Walden figure of merit of good published designs lies between 5 and 50 fJ a
step (B. Murmann, "ADC performance survey 1997-2024").
"""


@dataclass(frozen=True)
class Dac:
    """A converter from numbers to read voltages.

    Attributes
    ----------
    bits : int or None
        Resolution, sign included; None: no rounding.
    full_scale : float
        Voltage of an input of one [V].
    noise : float
        Standard deviation of the output [V].
    """

    bits: int | None = 8
    full_scale: float = 0.1
    noise: float = 0.0

    def __post_init__(self) -> None:
        _check_converter("Dac", self.bits, self.full_scale, self.noise)

    def convert(self, values: ArrayLike, rng: np.random.Generator | None = None) -> Array:
        """Return voltages [V] for inputs in -1 ... 1; what lies beyond is clipped.

        Parameters
        ----------
        values : array_like
            Inputs, any shape.
        rng : numpy.random.Generator, optional
            Source of the noise; without it there is none.

        Returns
        -------
        ndarray
        """
        inputs = np.asarray(values, np.float64)
        noise = self.noise / self.full_scale
        return _convert(inputs, 1.0, self.bits, rng, noise=noise) * self.full_scale

    @property
    def energy(self) -> float:
        """Energy of one conversion [J]: `STEP_ENERGY` for each of 2^bits steps."""
        return STEP_ENERGY * 2**self.bits if self.bits is not None else 0.0


@dataclass(frozen=True)
class SpikeDriver:
    """A driver that turns spikes into pulses of one fixed amplitude; it needs no converter.

    Attributes
    ----------
    full_scale : float
        Pulse amplitude [V].
    """

    full_scale: float = 0.1
    noise: float = 0.0

    def __post_init__(self) -> None:
        _check_converter("SpikeDriver", None, self.full_scale, self.noise)

    def convert(self, values: ArrayLike, rng: np.random.Generator | None = None) -> Array:
        """Return voltages [V] for spikes (0 or 1, or -1 for inhibitory lines).

        Raises
        ------
        ConfigError
            A value is none of these.
        """
        spikes = np.asarray(values, np.float64)
        if not np.isin(spikes, (-1.0, 0.0, 1.0)).all():
            raise ConfigError("SpikeDriver: inputs must be spikes (-1, 0 or 1).")
        return (
            _convert(spikes, 1.0, None, rng, noise=self.noise / self.full_scale) * self.full_scale
        )

    @property
    def energy(self) -> float:
        """Energy of one conversion [J]: none, the line is only switched."""
        return 0.0


@dataclass(frozen=True)
class Adc:
    """A converter from output currents to numbers, over a symmetric range.

    Attributes
    ----------
    bits : int or None
        Resolution, sign included; None: no rounding.
    full_scale : float
        Largest current of either sign [A]; see `calibrated`.
    noise : float
        Standard deviation of the input-referred noise [A].
    """

    bits: int | None = 8
    full_scale: float = 1e-5
    noise: float = 0.0

    def __post_init__(self) -> None:
        _check_converter("Adc", self.bits, self.full_scale, self.noise)

    def calibrated(self, currents: ArrayLike, coverage: float = 0.999) -> Adc:
        """Return this converter with its range set from data.

        Parameters
        ----------
        currents : array_like
            Typical output currents [A].
        coverage : float, optional
            Share of them that must lie inside the range; the rest is clipped.

        Returns
        -------
        Adc

        Raises
        ------
        ConfigError
            The currents are all zero, or the coverage is not in 0 ... 1.
        """
        return replace(self, full_scale=calibrated_range(currents, coverage))

    def convert(self, currents: ArrayLike, rng: np.random.Generator | None = None) -> Array:
        """Return the currents [A] as the converter reports them, clipped to its range."""
        values = np.asarray(currents, np.float64)
        return _convert(values, self.full_scale, self.bits, rng, noise=self.noise)

    @property
    def energy(self) -> float:
        """Energy of one conversion [J]: `STEP_ENERGY` for each of 2^bits steps."""
        return STEP_ENERGY * 2**self.bits if self.bits is not None else 0.0


@dataclass(frozen=True)
class IntegrateFire:
    """A column that integrates its current and fires whenever a charge is reached.

    It needs no range: more current, more spikes. The residue stays on the capacitor (reset by
    subtraction), so that counts are exact to one spike.

    Attributes
    ----------
    charge : float
        Charge of one spike [C].
    window : float
        How long one input vector is integrated when used as a converter [s].
    """

    charge: float
    window: float = 10e-9

    def __post_init__(self) -> None:
        for name in ("charge", "window"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ConfigError(f"IntegrateFire: '{name}' = {value} must be positive.")

    def calibrated(self, currents: ArrayLike, coverage: float = 0.999) -> IntegrateFire:
        """Return itself: spikes have no range that data could set."""
        del currents, coverage
        return self

    def convert(self, currents: ArrayLike, rng: np.random.Generator | None = None) -> Array:
        """Return the currents [A] that the spikes of one window stand for, rounded towards 0."""
        del rng  # counting is exact
        counted: Array = np.trunc(np.asarray(currents, np.float64) * self.window / self.charge)
        return counted * (self.charge / self.window)

    @property
    def energy(self) -> float:
        """Energy of one conversion [J]: not counted here, it is the neuron's own."""
        return 0.0

    def spikes(self, currents: ArrayLike, step: float) -> NDArray[np.int64]:
        """Return the signed number of spikes in each time step.

        Parameters
        ----------
        currents : array_like, shape (steps, ...)
            Column currents [A], constant within a step.
        step : float
            Duration of a step [s].

        Returns
        -------
        ndarray of int64, shape (steps, ...)
        """
        total = np.cumsum(np.asarray(currents, np.float64), axis=0) * step / self.charge
        fired = np.trunc(total).astype(np.int64)
        return np.diff(fired, axis=0, prepend=0)

    def current(self, spikes: NDArray[np.int64], step: float) -> Array:
        """Return the mean current [A] that a spike train (steps, ...) stands for."""
        mean: Array = spikes.sum(axis=0) * self.charge / (len(spikes) * step)
        return mean


def calibrated_range(values: ArrayLike, coverage: float = 0.999) -> float:
    """Return the range that covers a share of the magnitudes of `values`.

    Raises
    ------
    ConfigError
        All values are zero, one is not finite, or the coverage is not in 0 ... 1.
    """
    magnitudes = np.abs(np.asarray(values, np.float64))
    if not 0 < coverage <= 1:
        raise ConfigError(f"coverage = {coverage}: must lie between 0 and 1.")
    if not (magnitudes.size and np.isfinite(magnitudes).all() and magnitudes.any()):
        raise ConfigError("calibration data: values must be finite and not all zero.")
    covered = float(np.quantile(magnitudes, coverage))
    return covered if covered > 0 else float(magnitudes.max())


def _convert(
    values: Array,
    full_scale: float,
    bits: int | None,
    rng: np.random.Generator | None,
    *,
    noise: float,
) -> Array:
    """Return `values` with noise, clipped to +-full_scale, rounded to 2^bits - 1 even steps."""
    if rng is not None and noise > 0:
        values = values + rng.normal(0.0, noise, values.shape)
    clipped: Array = np.clip(values, -full_scale, full_scale)
    if bits is None:
        return clipped
    steps = 2 ** (bits - 1) - 1
    rounded: Array = np.round(clipped * (steps / full_scale)) * (full_scale / steps)
    return rounded


def _check_converter(kind: str, bits: int | None, full_scale: float, noise: float) -> None:
    if bits is not None and not 2 <= bits <= 24:
        raise ConfigError(f"{kind}: 'bits' = {bits} must lie between 2 and 24 (or be None).")
    if not (np.isfinite(full_scale) and full_scale > 0):
        raise ConfigError(f"{kind}: 'full_scale' = {full_scale} must be positive.")
    if not (np.isfinite(noise) and noise >= 0):
        raise ConfigError(f"{kind}: 'noise' = {noise} must be at least 0.")
