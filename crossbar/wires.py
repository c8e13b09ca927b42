"""What wires do to a crossbar: exact effective matrices, powers, node voltages, approximations.

With linear devices the output currents are a linear map of the input voltages. That map is
computed once for each programming; inference is then a dense product.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from crossbar.circuit import Nodes, Wires, whole_edges
from crossbar.schur import Matrix, reduce_to_terminals
from neuroskyrm.errors import ConfigError, ConvergenceError

CurveFactor = Callable[[Matrix], Matrix]
"""Relative conductance as a function of device voltage."""


@dataclass(frozen=True)
class Network:
    """An array of linear devices and wires, as seen from its drivers and sense amplifiers.

    Attributes
    ----------
    effective : ndarray, shape (n_in, n_out)
        Output current per input voltage [S]: currents = inputs @ effective.
    admittance : ndarray, shape (n_in, n_in)
        Driver current per input voltage [S], symmetric.
    """

    effective: Matrix
    admittance: Matrix

    def currents(self, inputs: ArrayLike) -> Matrix:
        """Return output currents [A], shape (..., n_out), for inputs [V], shape (..., n_in)."""
        return np.asarray(inputs, dtype=np.float64) @ self.effective

    def power(self, inputs: ArrayLike) -> Matrix:
        """Return the power the drivers deliver [W], shape (...), for inputs [V] (..., n_in)."""
        voltages = np.asarray(inputs, dtype=np.float64)
        power: Matrix = ((voltages @ self.admittance) * voltages).sum(axis=-1)
        return power


def solve(devices: ArrayLike, wires: Wires) -> Network:
    """Return the exact network of an array.

    Parameters
    ----------
    devices : array_like, shape (n_in, n_out)
        Device conductances [S]; 0 is an open device.
    wires : Wires
        Line, driver and sense resistances.

    Returns
    -------
    Network

    Raises
    ------
    ConfigError
        The conductances are not a matrix of finite numbers of at least 0.

    Examples
    --------
    >>> solve([[1e-3]], Wires(driver=500.0, sense=500.0)).effective.tolist()
    [[0.0005]]
    """
    matrix = checked_devices(devices)
    rows, columns = matrix.shape
    if wires.ideal:
        return Network(matrix.copy(), np.diag(matrix.sum(axis=1)))
    return terminal_network(reduce_to_terminals(matrix, Nodes(rows, columns, wires)), rows)


def terminal_network(mesh: Matrix, sources: int) -> Network:
    """Return the network of a mesh between terminals, the first `sources` of which drive."""
    admittance = -mesh[:sources, :sources]
    admittance[np.diag_indices(sources)] = mesh[:sources].sum(axis=1)
    return Network(mesh[:sources, sources:].copy(), admittance)


def checked_devices(devices: ArrayLike) -> Matrix:
    """Return device conductances as a float matrix; raise ConfigError if they are not one."""
    matrix = np.asarray(devices, dtype=np.float64)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ConfigError(f"devices: shape {matrix.shape} must be a matrix (n_in, n_out).")
    if not (np.isfinite(matrix).all() and matrix.min() >= 0):
        raise ConfigError("devices: conductances must be finite numbers of at least 0 [S].")
    return matrix


@dataclass(frozen=True)
class NodeVoltages:
    """Voltages inside an array for one input.

    Attributes
    ----------
    word, bit : ndarray, shape (n_in, n_out)
        Word-line and bit-line voltage at each device [V].
    currents : ndarray, shape (n_out,)
        Currents into the sense amplifiers [A].
    driver_currents : ndarray, shape (n_in,)
        Currents out of the drivers [A].
    dissipated : float
        Power dissipated in all devices and wires, resistor by resistor [W].
    """

    word: Matrix
    bit: Matrix
    currents: Matrix
    driver_currents: Matrix
    dissipated: float

    @property
    def device_voltage(self) -> Matrix:
        """Voltage across each device [V]; without wires it is the input of its row."""
        return self.word - self.bit


def node_voltages(devices: ArrayLike, wires: Wires, inputs: ArrayLike) -> NodeVoltages:
    """Return the voltage at every node for one input vector, by one sparse factorisation.

    Parameters
    ----------
    devices : array_like, shape (n_in, n_out)
        Device conductances [S].
    wires : Wires
        Line, driver and sense resistances.
    inputs : array_like, shape (n_in,)
        Input voltages [V].

    Returns
    -------
    NodeVoltages

    Raises
    ------
    ConfigError
        Shapes do not fit, or values are not finite.
    """
    matrix = checked_devices(devices)
    rows, columns = matrix.shape
    driven = np.asarray(inputs, dtype=np.float64)
    if driven.shape != (rows,) or not np.isfinite(driven).all():
        raise ConfigError(f"inputs: shape {driven.shape} must be ({rows},), all finite [V].")
    nodes = Nodes(rows, columns, wires)
    edges = whole_edges(nodes)
    conductance = np.concatenate([matrix.ravel(), edges.wire_conductance])
    voltage = np.zeros(2 * rows * columns + rows + columns)
    voltage[2 * rows * columns : 2 * rows * columns + rows] = driven
    _solve_inner(voltage, edges.ends, conductance, 2 * rows * columns)
    a, b = edges.ends
    current = conductance * (voltage[a] - voltage[b])
    net = np.zeros_like(voltage)
    np.add.at(net, a, current)
    np.add.at(net, b, -current)
    i, j = np.mgrid[:rows, :columns].astype(np.int64)
    return NodeVoltages(
        word=voltage[nodes.word(i, j)],
        bit=voltage[nodes.bit(i, j)],
        currents=-net[2 * rows * columns + rows :],
        driver_currents=net[2 * rows * columns :][:rows],
        dissipated=float(current @ (voltage[a] - voltage[b])),
    )


def _solve_inner(
    voltage: Matrix, ends: NDArray[np.int64], conductance: Matrix, terminal: int
) -> None:
    """Fill in the voltages of inner nodes (numbers below `terminal`), in place."""
    a, b = ends
    used = np.unique(ends)
    inner = used[used < terminal]
    if not inner.size:
        return
    pairs = np.concatenate([a, b, a, b]), np.concatenate([a, b, b, a])
    values = np.concatenate([conductance, conductance, -conductance, -conductance])
    laplacian = sparse.coo_matrix((values, pairs), shape=(voltage.size,) * 2).tocsr()[inner]
    source = -laplacian[:, terminal:] @ voltage[terminal:]
    voltage[inner] = splu(laplacian[:, inner].tocsc(), permc_spec="MMD_AT_PLUS_A").solve(source)


@dataclass(frozen=True)
class MeanAttenuation:
    """Wires approximated by one factor a row and one a column: effective = row * G * column.

    For on-line learning, where devices change at every image: fitted to an exact solution,
    it is good until the mean of the devices has moved, and costs one multiplication a device.

    Attributes
    ----------
    row : ndarray, shape (n_in, 1)
        Attenuation of each word line.
    column : ndarray, shape (1, n_out)
        Attenuation of each bit line.
    """

    row: Matrix
    column: Matrix

    @classmethod
    def fit(cls, devices: Matrix, effective: Matrix, sweeps: int = 20) -> MeanAttenuation:
        """Return the factors with the least squared error in `effective`, alternating sweeps.

        Parameters
        ----------
        devices, effective : ndarray, shape (n_in, n_out)
            Device conductances, and the exact effective matrix they have [S].
        sweeps : int, optional
            Alternations between rows and columns; a handful suffices.

        Returns
        -------
        MeanAttenuation
        """
        square, product = devices**2, devices * effective
        row = np.ones((len(devices), 1))
        column = np.ones((1, devices.shape[1]))
        for _ in range(sweeps):
            row = _ratio((product * column).sum(1, keepdims=True), square @ (column.T**2))
            column = _ratio((product * row).sum(0, keepdims=True), (row.T**2) @ square)
        return cls(row, column)

    def __call__(self, devices: Matrix) -> Matrix:
        """Return the approximate effective matrix of `devices` [S]."""
        return self.row * devices * self.column


def _ratio(a: Matrix, b: Matrix) -> Matrix:
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


def nonlinear_currents(
    devices: ArrayLike,
    wires: Wires,
    inputs: ArrayLike,
    *,
    factor: CurveFactor,
    tolerance: float = 1e-10,
    iterations: int = 100,
) -> NodeVoltages:
    """Return the operating point of an array whose devices have a curved I-V characteristic.

    Each device carries I = G f(V) V. The secant conductance G f(V) is updated from the device
    voltages until these stand still.

    Parameters
    ----------
    devices : array_like, shape (n_in, n_out)
        Conductances at zero bias, G [S].
    wires : Wires
        Line, driver and sense resistances.
    inputs : array_like, shape (n_in,)
        Input voltages [V].
    factor : callable
        f(V): relative conductance at device voltages V [V], shape (n_in, n_out); f(0) = 1.
    tolerance : float, optional
        Largest change of a device voltage between two rounds, relative to the largest input.
    iterations : int, optional
        Rounds allowed.

    Returns
    -------
    NodeVoltages

    Raises
    ------
    ConvergenceError
        The voltages still move after all rounds.
    """
    matrix = checked_devices(devices)
    scale = float(np.abs(np.asarray(inputs)).max(initial=0.0)) or 1.0
    point = node_voltages(matrix, wires, inputs)
    for _ in range(iterations):
        before = point.device_voltage
        point = node_voltages(matrix * factor(before), wires, inputs)
        if np.abs(point.device_voltage - before).max() <= tolerance * scale:
            return point
    raise ConvergenceError(
        f"nonlinear_currents: device voltages still move by more than {tolerance:g} of the input "
        f"after {iterations} rounds; the characteristic is too steep for these wires."
    )
