"""Makes a simulation from a plain micromagnetic problem."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.app.problem import Problem, ShapeSection
from neuroskyrm.errors import ConfigError, DataError
from neuroskyrm.io import ovf
from neuroskyrm.micromagnetics import (
    BulkDMI,
    Demag,
    Exchange,
    InterfacialDMI,
    InterlayerExchange,
    Mesh,
    Simulation,
    SlonczewskiTorque,
    SpinOrbitTorque,
    Term,
    Torque,
    UniaxialAnisotropy,
    Zeeman,
    ZhangLiTorque,
)
from neuroskyrm.micromagnetics.shapes import Shape, disc, image, paint, rectangle
from neuroskyrm.texture import seed_skyrmion

COMBINE: dict[str, Callable[[Shape, Shape], Shape]] = {
    "union": operator.or_, "intersection": operator.and_, "difference": operator.sub,
    "outside": operator.or_,
}  # fmt: skip
"""What joins the parts of a combined shape."""


def build(problem: Problem) -> Simulation:
    """Return the simulation that the problem describes, ready to run.

    Raises
    ------
    ConfigError
        The mesh is not a whole number of cells, a shape lacks a size, or a run its time.
    DataError
        An image or OVF file cannot be read.
    """
    for number, step in enumerate(problem.steps):
        if step.do == "run" and step.time is None:
            raise ConfigError(f"'steps.{number}.time' is missing, but a run needs it.")
    mesh = _mesh(problem)
    film, solver = problem.film, problem.solver
    inside = np.ones((mesh.ny, mesh.nx), bool)
    if problem.sample is not None:
        inside = _shape(problem.sample, mesh, "sample").mask(mesh)
    Ms, A, Ku, D, alpha = (
        _with_regions(problem, mesh, name) for name in ("Ms", "A", "Ku", "D", "alpha")
    )
    boundary = problem.dmi_boundary
    terms: list[Term] = [Exchange(A), InterfacialDMI(D, boundary, A), UniaxialAnisotropy(Ku)]
    if problem.bulk_dmi:
        terms.append(BulkDMI(problem.bulk_dmi, boundary, A))
    if solver.demag:
        terms.append(Demag())
    if mesh.layers > 1 and film.interlayer:
        terms.append(InterlayerExchange(film.interlayer))
    if any(problem.field):
        terms.append(Zeeman(problem.field))
    return Simulation(
        mesh,
        terms,
        Ms=np.where(inside, Ms, 0.0),
        alpha=alpha,
        torques=[_torque(problem)],
        temperature=problem.temperature,
        seed=problem.seed,
        scheme=solver.scheme,
        dt=solver.dt,
        dtype=np.float32 if solver.precision == "single" else np.float64,
        threads=solver.threads,
        device=solver.device,
        m=_start(problem, mesh, inside),
    )


def _torque(problem: Problem) -> Torque:
    torque, film, count = problem.torque, problem.film, problem.mesh.layers
    layers = torque.layers or [1.0] * count
    if len(layers) != count:
        raise ConfigError(
            f"'torque.layers' has {len(layers)} numbers, but must have one for each of the "
            f"{count} layers."
        )
    if torque.kind == "zhang-li":
        return ZhangLiTorque(torque.polarisation, torque.xi)
    if torque.kind == "slonczewski":
        return SlonczewskiTorque(
            torque.polarisation, torque.fixed, epsilon_prime=torque.field_like, layers=layers
        )
    return SpinOrbitTorque.from_spin_hall(
        torque.spin_hall, film.Ms, film.thickness, layers, torque.field_like
    )


def _mesh(problem: Problem) -> Mesh:
    section, film = problem.mesh, problem.film
    counts = []
    for name in ("length", "width"):
        cells = getattr(section, name) / section.cell
        if abs(cells - round(cells)) > 1e-6:
            raise ConfigError(
                f"'mesh.{name}' = {getattr(section, name):g} m is {cells:.6g} cells of "
                f"{section.cell:g} m; it must be a whole number of cells."
            )
        counts.append(round(cells))
    return Mesh.multilayer(
        counts[0],
        counts[1],
        section.cell,
        section.cell,
        repeats=section.layers,
        thickness=film.thickness,
        period=film.period,
        periodic=section.periodic,
    )


def _shape(section: ShapeSection, mesh: Mesh, field: str) -> Shape:
    """Return the shape of a section, whose positions are measured from the middle of the mesh."""
    if section.shape in COMBINE:
        if not section.of:
            raise ConfigError(f"'{field}.of' is empty, but a {section.shape} needs shapes.")
        parts = [_shape(part, mesh, f"{field}.of.{n}") for n, part in enumerate(section.of)]
        whole = reduce(COMBINE[section.shape], parts)
        return ~whole if section.shape == "outside" else whole
    return _simple_shape(section, mesh, field)


def _simple_shape(section: ShapeSection, mesh: Mesh, field: str) -> Shape:
    needs = {"rectangle": ("length", "width"), "disc": ("radius",), "image": ("file",)}
    sizes = []
    for name in needs[section.shape]:
        sizes.append(getattr(section, name))
        if sizes[-1] is None:
            raise ConfigError(f"'{field}.{name}' is missing, but a {section.shape} needs it.")
    sides = mesh.nx * mesh.dx, mesh.ny * mesh.dy
    centre = sides[0] / 2 + section.centre[0], sides[1] / 2 + section.centre[1]
    if section.shape == "image":
        return image(sizes[0], *sides)
    if section.shape == "disc":
        return disc(centre, sizes[0])
    return rectangle(centre, sizes[0], sizes[1], section.corner)


def _with_regions(problem: Problem, mesh: Mesh, name: str) -> NDArray[np.float64]:
    """Return parameter `name` of every cell, shape of the mesh; later regions win."""
    regions = [
        (_shape(region, mesh, f"regions.{number}"), getattr(region, name))
        for number, region in enumerate(problem.regions)
        if getattr(region, name) is not None
    ]
    return paint(mesh, getattr(problem.film, name), *regions)


def _start(problem: Problem, mesh: Mesh, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    start = problem.start
    if start.ovf is not None:
        content = ovf.read(start.ovf)
        if content.values.shape != (3, *mesh.shape):
            raise DataError(
                f"{start.ovf}: holds {content.values.shape} numbers (components, layers, y, x), "
                f"but the mesh of the problem needs {(3, *mesh.shape)}."
            )
        return np.asarray(content.values, dtype=np.float64)
    m = np.empty((3, *mesh.shape))
    m[:] = np.reshape(start.m, (3, 1, 1, 1))
    m *= inside
    middle = mesh.nx * mesh.dx / 2, mesh.ny * mesh.dy / 2
    for seed in start.skyrmions:
        place = seed.position[0] + middle[0], seed.position[1] + middle[1]
        seed_skyrmion(
            m, place, seed.radius, (mesh.dx, mesh.dy), seed.kind,
            core=-1 if start.m[2] >= 0 else 1, chirality=1 if problem.film.D >= 0 else -1,
        )  # fmt: skip
    return m
