"""What the wires of the array do to an STDP network: a cheap model to learn with, an exact one.

Learning changes a few devices at every spike, so it works with the attenuation of each word and
bit line of each tile, fitted once or now and then; evaluation uses the exact effective matrix of
the finished array.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crossbar import Layout, MeanAttenuation, solve_layout
from devicemodels.base import DeviceModel
from networks.stdp import StdpNetwork
from neuroskyrm.errors import ConfigError

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class WiredArray:
    """The devices of an STDP network on tiles with resistive lines.

    Devices that count as weights lie on tiles of their own; the reference is an array of devices
    in their lowest state behind wires of the same kind.

    Attributes
    ----------
    model : DeviceModel
        Conductances of the states.
    layout : Layout
        Wires and tiles, with placement ``separate``.
    spread : float32 array, shape (inputs, neurons) or (0, 0)
        Spread of the devices themselves, without wires.
    trim : float64 array, shape (inputs, neurons) or (1, 1)
        What the periphery multiplies: height of the spikes on a word line of a tile, times gain
        on the partial sum of a bit line.
    """

    model: DeviceModel
    layout: Layout
    spread: NDArray[np.float32]
    trim: Matrix

    @classmethod
    def of(
        cls, network: StdpNetwork, model: DeviceModel, layout: Layout, trimmed: bool = False
    ) -> WiredArray:
        """Return the array of a `network` that has not yet been put behind wires.

        Parameters
        ----------
        network : StdpNetwork
            Its devices.
        model, layout : DeviceModel, Layout
            See `WiredArray`.
        trimmed : bool, optional
            Set spike heights and gains so that they undo the attenuation of the present states,
            one factor a word line and one a bit line of each tile.

        Raises
        ------
        ConfigError
            The network has no reference, whose pedestal the wires would have to attenuate too.
        """
        if not network.weight_map.reference:
            raise ConfigError(
                "wires: the STDP network needs a reference column (reference = true)."
            )
        bare = cls(model, layout, network.synapses.spread, np.ones((1, 1)))
        if not trimmed:
            return bare
        return cls(model, layout, bare.spread, 1 / bare.fitted(network))

    def attenuate(self, network: StdpNetwork) -> Matrix:
        """Let `network` learn through the wires: every weight is attenuated by its lines.

        Called again, it renews the attenuation for the states that have been reached.

        Returns
        -------
        ndarray, shape (inputs, neurons)
            Factors of the conductance above the lowest state, trim included.
        """
        factors = self.fitted(network) * self.trim
        own = self.spread if self.spread.size else np.float32(1)
        wired = np.ascontiguousarray(factors * own, dtype=np.float32)
        network.weights[...] = self._bare_weights(network) + self._levels(network) * (wired - own)
        network.synapses = network.synapses._replace(spread=wired)
        return factors

    def deliver_exactly(self, network: StdpNetwork) -> float:
        """Set the weights of a trained `network` to what the exact array delivers.

        The noise of a read is attenuated as its device is.

        Returns
        -------
        float
            Mean of the weights after, relative to without wires.
        """
        per_siemens = self._per_siemens(network)
        bare = self._bare_weights(network)
        devices, effective = self._weighing(network)
        network.weights[...] = np.maximum(effective * self.trim * per_siemens, 0)
        if network.synapses.read_sd.size:
            whole = np.divide(effective, devices, out=np.ones_like(devices), where=devices > 0)
            lines = np.clip(whole * self.trim, 0, 2)
            network.synapses.device_read_sd[...] *= lines.astype(np.float32)
        return float(network.weights.mean() / bare.mean())

    def fitted(self, network: StdpNetwork) -> Matrix:
        """Return the attenuation of the present devices, rank 1 in each tile, untrimmed."""
        devices, effective = self._weighing(network)
        factors = np.empty_like(devices)
        rows, columns = self.layout.cuts((devices.shape[0], devices.shape[1]))
        for cut in rows:
            for other in columns:
                tile = cut, other
                fit = MeanAttenuation.fit(devices[tile], effective[tile])
                factors[tile] = fit.row * fit.column
        return factors

    def _weighing(self, network: StdpNetwork) -> tuple[Matrix, Matrix]:
        """Return the conductances that count as weights [S], without wires and exactly."""
        lowest = float(self.model.levels[0])
        weights = self._bare_weights(network) / self._per_siemens(network)
        reference = np.full(weights.shape, lowest)
        return weights, solve_layout(weights + lowest, reference, self.layout).effective

    def _bare_weights(self, network: StdpNetwork) -> Matrix:
        """Return the weights of the devices as they are, without wires."""
        present = network.synapses.spread
        weights = network.weights.astype(np.float64)
        if not present.size:
            return weights
        own = self.spread if self.spread.size else np.float32(1)
        return np.maximum(weights - self._levels(network) * (present - own), 0)

    def _levels(self, network: StdpNetwork) -> NDArray[np.float32]:
        return network.synapses.levels[network.states]

    def _per_siemens(self, network: StdpNetwork) -> float:
        levels = self.model.levels
        return network.weight_map.full_scale / float(levels[-1] - levels[0])
