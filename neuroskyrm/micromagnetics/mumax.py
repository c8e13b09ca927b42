"""Writing a simulation as a mumax3 script, so that it can be cross-checked on a graphics card.

mumax3 has cubic stacks of equal cells only, so spacers become empty cells: the cell height is the
largest common divisor of all thicknesses and gaps. Parameters that differ from cell to cell
become up to 256 regions. Signs agree (see `neuroskyrm.conventions`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.constants import ELEMENTARY_CHARGE, HBAR
from neuroskyrm.errors import ConfigError
from neuroskyrm.io import ovf
from neuroskyrm.io.atomic import write_text
from neuroskyrm.micromagnetics.mesh import Mesh
from neuroskyrm.micromagnetics.simulation import Simulation
from neuroskyrm.micromagnetics.terms import (
    BulkDMI,
    Demag,
    Exchange,
    InterfacialDMI,
    UniaxialAnisotropy,
    Zeeman,
)
from neuroskyrm.micromagnetics.terms.base import Term
from neuroskyrm.micromagnetics.torques import (
    SlonczewskiTorque,
    SpinOrbitTorque,
    Torque,
    ZhangLiTorque,
)

_PICOMETRE = 1e-12
_MOST_REGIONS = 256
_MOST_LAYERS = 1000


class MumaxStep(NamedTuple):
    """One thing for mumax3 to do: run for `time` [s] under `current` [A/m^2], or minimise (None).

    The current goes where the simulation's torque has it: in the plane, or through the film.
    """

    time: float | None = None
    current: float = 0.0


def export_mumax(simulation: Simulation, folder: Path | str, steps: Sequence[MumaxStep]) -> Path:
    """Write `problem.mx3`, and its regions and initial magnetisation as OVF, to `folder`.

    Parameters
    ----------
    simulation : Simulation
        The problem; its present magnetisation is the initial one.
    folder : Path or str
        Where to write.
    steps : sequence of MumaxStep
        What mumax3 is to do, in order.

    Returns
    -------
    Path
        The script.

    Raises
    ------
    ConfigError
        A term or torque has no counterpart in mumax3, or there are more than 256 regions.
    """
    folder = Path(folder)
    mesh = simulation.mesh
    torque = _torque(simulation) if any(step.current for step in steps) else None
    height, rows = _fine_layers(mesh)
    parameters = _parameters(simulation) | _torque_parameters(torque, simulation)
    regions, values = _regions(parameters, simulation)
    full = (len(rows), mesh.ny, mesh.nx)
    region_file, start = np.zeros(full), np.zeros((3, *full))
    for z, layer in enumerate(rows):
        if layer is not None:
            region_file[z] = regions[layer]
            start[:, z] = simulation.m[:, layer]
    cell = (mesh.dx, mesh.dy, height)
    ovf.write(
        folder / "regions.ovf", ovf.Ovf(region_file[None], cell, title="regions", labels=("r",))
    )
    ovf.write(folder / "m.ovf", ovf.Ovf(start, cell))
    lines = [
        f"// Written by neuroskyrm: {type(simulation).__name__} on {mesh.shape} cells.",
        f"SetGridSize({mesh.nx}, {mesh.ny}, {len(rows)})",
        f"SetCellSize({mesh.dx!r}, {mesh.dy!r}, {height!r})",
        *(
            [f"SetPBC({8 * mesh.periodic[0]}, {8 * mesh.periodic[1]}, 0)"]
            if any(mesh.periodic)
            else []
        ),
        'regions.LoadFile("regions.ovf")',
        *_region_lines(list(parameters), values),
        *_term_lines(simulation),
        *_torque_lines(torque, mesh),
        'm.LoadFile("m.ovf")',
        "TableAutoSave(1e-11)",
        *(line for step in steps for line in _step_lines(step, torque)),
        'SaveAs(m, "final")',
        "",
    ]
    write_text(folder / "problem.mx3", "\n".join(lines))
    return folder / "problem.mx3"


def _fine_layers(mesh: Mesh) -> tuple[float, list[int | None]]:
    """Return the cell height, and which stored layer every row of cells belongs to."""
    sizes = [round(length / _PICOMETRE) for length in (*mesh.thicknesses, *mesh.gaps)]
    unit = math.gcd(*sizes)
    rows: list[int | None] = []
    for layer, thickness in enumerate(mesh.thicknesses):
        rows += [layer] * (round(thickness / _PICOMETRE) // unit)
        if layer < mesh.layers - 1:
            rows += [None] * (round(mesh.gaps[layer] / _PICOMETRE) // unit)
    if len(rows) > _MOST_LAYERS:
        raise ConfigError(
            f"mumax3 needs one cell height for all layers and gaps, which would be {unit} pm and "
            f"give {len(rows)} cells along z; make thicknesses multiples of a larger length."
        )
    return unit * _PICOMETRE, rows


def _parameters(simulation: Simulation) -> dict[str, NDArray[np.float64]]:
    """Return every material parameter by its mumax3 name, shape mesh.shape."""
    sample = simulation.sample
    found = {"Msat": sample.Ms, "alpha": simulation.system.alpha}
    for term in simulation.system.terms:
        name = _material_name(term)
        if name in found:
            raise ConfigError(f"mumax3 has one {name} only, but the simulation has two such terms.")
        if isinstance(term, (Exchange, InterfacialDMI, BulkDMI, UniaxialAnisotropy)):
            value = {"Aex": "A", "Dind": "D", "Dbulk": "D", "Ku1": "Ku"}[name]
            found[name] = sample.spread(getattr(term, value), name)
    if simulation.system.is_warm:
        found["Temp"] = simulation.system.temperature
    return found


def _material_name(term: Term) -> str:
    names: list[tuple[type[Term], str]] = [
        (Exchange, "Aex"), (InterfacialDMI, "Dind"), (BulkDMI, "Dbulk"),
        (UniaxialAnisotropy, "Ku1"), (Zeeman, "B_ext"), (Demag, "EnableDemag"),
    ]  # fmt: skip
    for kind, name in names:
        if type(term) is kind:
            return name
    raise ConfigError(f"The term {type(term).__name__} has no counterpart in a mumax3 script.")


def _regions(
    parameters: dict[str, NDArray[np.float64]], simulation: Simulation
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the region of every cell (0: no material), and the values of regions 1, 2, ..."""
    inside = simulation.sample.inside
    table = np.stack([values[inside] for values in parameters.values()], axis=1)
    values, number = np.unique(table, axis=0, return_inverse=True)
    if len(values) >= _MOST_REGIONS:
        raise ConfigError(
            f"mumax3 has {_MOST_REGIONS} regions, but the parameters take {len(values)} values."
        )
    regions = np.zeros(simulation.mesh.shape, dtype=np.int64)
    regions[inside] = number.ravel() + 1
    return regions, values


def _region_lines(names: list[str], values: NDArray[np.float64]) -> Iterable[str]:
    yield "Msat.SetRegion(0, 0)"
    for region, row in enumerate(values.tolist(), start=1):
        for name, value in zip(names, row, strict=True):
            yield f"{name}.SetRegion({region}, {value!r})"


def _term_lines(simulation: Simulation) -> Iterable[str]:
    kinds = [type(term) for term in simulation.system.terms]
    yield f"EnableDemag = {str(Demag in kinds).lower()}"
    for term in simulation.system.terms:
        if isinstance(term, UniaxialAnisotropy):
            yield f"anisU = vector({', '.join(map(repr, term.axis))})"
        elif isinstance(term, Zeeman):
            if not term.is_uniform or term.envelope is not None:
                raise ConfigError("Zeeman must be uniform and constant to be written for mumax3.")
            yield f"B_ext = vector({', '.join(repr(float(b)) for b in term.B)})"
        elif isinstance(term, (InterfacialDMI, BulkDMI)):
            yield f"OpenBC = {str(term.boundary == 'omit').lower()}"
    if simulation.system.is_warm:
        yield f"ThermSeed({simulation.system.seed})"
        yield f"FixDt = {simulation.integrator.dt!r}"
        yield "SetSolver(2)"


def _torque(simulation: Simulation) -> Torque | None:
    """Return the torque of the current, if mumax3 knows it."""
    torques = simulation.system.torques
    known = (SpinOrbitTorque, SlonczewskiTorque, ZhangLiTorque)
    if len(torques) > 1 or not all(isinstance(torque, known) for torque in torques):
        names = ", ".join(type(torque).__name__ for torque in torques)
        raise ConfigError(f"A mumax3 script can hold one known torque, not {names}.")
    return torques[0] if torques else None


def _torque_parameters(
    torque: Torque | None, simulation: Simulation
) -> dict[str, NDArray[np.float64]]:
    """Return polarisation and field-like part of every cell, shape mesh.shape.

    mumax3's field is hbar j / (e Ms t) (Pol / 2 m x p + EpsilonPrime p) at Lambda = 1, with one
    thickness t for all: that of the lowest layer, so that Pol holds the others' ratio to it.
    """
    mesh = simulation.mesh
    thickness = np.asarray(mesh.thicknesses)

    def per_layer(values: NDArray[np.float64]) -> NDArray[np.float64]:
        full = np.broadcast_to(values, (mesh.layers,)).reshape(-1, 1, 1)
        return np.broadcast_to(full, mesh.shape).astype(np.float64)

    if isinstance(torque, SpinOrbitTorque):
        unit = ELEMENTARY_CHARGE * simulation.sample.Ms * thickness[0] / HBAR
        return {
            "Pol": 2 * unit * per_layer(torque.damping_like),
            "EpsilonPrime": unit * per_layer(torque.field_like),
        }
    if isinstance(torque, SlonczewskiTorque):
        factor = per_layer(torque.layers * thickness[0] / thickness)
        return {
            "Pol": torque.polarisation * factor,
            "EpsilonPrime": torque.epsilon_prime * factor,
        }
    return {}


def _torque_lines(torque: Torque | None, mesh: Mesh) -> Iterable[str]:
    """Yield what of a torque is the same in all regions."""
    fixed: NDArray[np.float64]
    if isinstance(torque, ZhangLiTorque):
        yield "DisableSlonczewskiTorque = true"
        yield f"Pol = {torque.polarisation!r}"
        yield f"Xi = {torque.xi!r}"
    elif isinstance(torque, (SlonczewskiTorque, SpinOrbitTorque)):
        if isinstance(torque, SlonczewskiTorque):
            asymmetry, fixed = torque.asymmetry, torque.direction
        else:
            asymmetry, fixed = 1.0, torque.polarisation
        yield "DisableZhangLiTorque = true"
        yield f"Lambda = {asymmetry!r}"
        yield f"FixedLayer = vector({', '.join(repr(float(p)) for p in fixed)})"
        yield f"FreeLayerThickness = {mesh.thicknesses[0]!r}"


def _step_lines(step: MumaxStep, torque: Torque | None) -> Iterable[str]:
    if step.time is None:
        yield "Minimize()"
        return
    if torque is not None:
        along = (0.0, 0.0, step.current)
        if isinstance(torque, ZhangLiTorque):
            along = (step.current * torque.direction[0], step.current * torque.direction[1], 0.0)
        yield f"J = vector({', '.join(map(repr, along))})"
    yield f"Run({step.time!r})"
