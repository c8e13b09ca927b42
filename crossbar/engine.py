"""A matrix product on hardware: converters, tiles, wires and devices between x and y = x W."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crossbar.array import Crossbar
from crossbar.dale import signed_levels
from crossbar.periphery import Adc, Dac, IntegrateFire, SpikeDriver, calibrated_range
from crossbar.threads import on_one_thread
from neuroskyrm.errors import ConfigError

Array = NDArray[np.float64]


class MatrixEngine:
    """Products with a signed weight matrix, as a crossbar and its periphery compute them.

    Parameters
    ----------
    crossbar : Crossbar
        The programmed array.
    scale : float
        Conductance of a weight of one [S], as given to `dale.quantise`.
    dac : Dac or SpikeDriver
        Input converters, one a row.
    adc : Adc or IntegrateFire
        Output converters, one a column (and tile, if partial sums are added digitally).
    duration : float, optional
        How long each input vector is applied [s].

    Raises
    ------
    ConfigError
        `scale` or `duration` is not positive.
    """

    def __init__(
        self,
        crossbar: Crossbar,
        scale: float,
        dac: Dac | SpikeDriver,
        adc: Adc | IntegrateFire,
        duration: float = 10e-9,
    ) -> None:
        for name, value in (("scale", scale), ("duration", duration)):
            if not (np.isfinite(value) and value > 0):
                raise ConfigError(f"MatrixEngine: '{name}' = {value} must be positive.")
        self.crossbar = crossbar
        self.scale = scale
        self.dac = dac
        self.adc: Adc | IntegrateFire = adc
        self.duration = duration
        self.input_range = 1.0

    def calibrate(self, inputs: ArrayLike, coverage: float = 0.999) -> MatrixEngine:
        """Set the input range and the range of the output converters from sample inputs.

        Parameters
        ----------
        inputs : array_like, shape (samples, n_in)
            Typical inputs.
        coverage : float, optional
            Share of inputs, and of partial currents, that must not be clipped.

        Returns
        -------
        MatrixEngine
            Itself.
        """
        sample = np.asarray(inputs, np.float64)
        if not isinstance(self.dac, SpikeDriver):
            self.input_range = calibrated_range(sample, coverage)
        voltages = self.dac.convert(sample / self.input_range)
        partial = self._partial_currents(voltages, self.crossbar.conductances())
        self.adc = self.adc.calibrated(np.concatenate([p.ravel() for p in partial]), coverage)
        return self

    @on_one_thread
    def __call__(self, inputs: ArrayLike, rng: np.random.Generator | None = None) -> Array:
        """Return x W as the hardware gives it.

        Parameters
        ----------
        inputs : array_like, shape (samples, n_in)
            Inputs x.
        rng : numpy.random.Generator, optional
            Source of converter and read noise; without it there is none.

        Returns
        -------
        ndarray, shape (samples, n_out)

        Raises
        ------
        ConfigError
            The inputs do not fit the array.
        """
        values = np.asarray(inputs, np.float64)
        if values.ndim != 2 or values.shape[1] != self.crossbar.shape[0]:
            raise ConfigError(
                f"inputs: shape {values.shape} must be (samples, {self.crossbar.shape[0]})."
            )
        voltages = self.dac.convert(values / self.input_range, rng)
        self.crossbar.account(voltages, self.duration)
        matrix = self.crossbar.conductances() if rng is None else self.crossbar.read(rng)
        partial = self._partial_currents(voltages, matrix)
        self._account(len(voltages), len(partial))
        current = np.sum([self.adc.convert(p, rng) for p in partial], axis=0)
        return self._in_weights(current)

    @on_one_thread
    def error_budget(self, inputs: ArrayLike, rng: np.random.Generator) -> dict[str, float]:
        """Return how much each stage alone adds to the error, relative to the rms output.

        Parameters
        ----------
        inputs : array_like, shape (samples, n_in)
            Inputs x.
        rng : numpy.random.Generator
            Source of read and converter noise.

        Returns
        -------
        dict
            Relative rms error by stage: ``dac``, ``devices`` (programming and spread), ``wires``,
            ``read`` (one draw of read noise), ``adc``, and ``total``; codes are the reference, so
            rounding of the weights is not in it.
        """
        x = np.asarray(inputs, np.float64)
        exact = x / self.input_range * self.dac.full_scale
        levels = signed_levels(self.crossbar.model.levels)
        middle = levels.size // 2
        ideal = levels[self.crossbar.target.astype(np.int64) + middle]
        own = np.subtract(*self.crossbar.device_conductances())
        wired = self.crossbar.conductances()
        right = exact @ ideal
        sensed = self._partial_currents(exact, wired)
        errors = {
            "dac": self.dac.convert(x / self.input_range, rng) @ ideal - right,
            "devices": exact @ (own - ideal),
            "wires": exact @ (wired - own),
            "read": exact @ (self.crossbar.read(rng) - wired),
            "adc": np.sum([self.adc.convert(p, rng) - p for p in sensed], axis=0),
            "total": self._total_current(x, rng) - right,
        }
        size = np.sqrt((right**2).mean())
        return {stage: float(np.sqrt((e**2).mean()) / size) for stage, e in errors.items()}

    def _total_current(self, x: Array, rng: np.random.Generator) -> Array:
        voltages = self.dac.convert(x / self.input_range, rng)
        partial = self._partial_currents(voltages, self.crossbar.read(rng))
        total: Array = np.sum([self.adc.convert(p, rng) for p in partial], axis=0)
        return total

    def _partial_currents(self, voltages: Array, matrix: Array) -> list[Array]:
        """Return the currents that are converted one by one, each (samples, n_out) [A]."""
        groups = self.crossbar.partial_sums
        return [voltages[:, rows] @ matrix[rows] for rows in groups]

    def _in_weights(self, current: Array) -> Array:
        return current * (self.input_range / (self.dac.full_scale * self.scale))

    def _account(self, samples: int, groups: int) -> None:
        """Add the energy of the converters to the ledger."""
        rows, columns = self.crossbar.shape
        energy = samples * (rows * self.dac.energy + groups * columns * self.adc.energy)
        ledger = self.crossbar.ledger
        self.crossbar.ledger = replace(ledger, converter_energy=ledger.converter_energy + energy)
