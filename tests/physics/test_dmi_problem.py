"""The DMI standard problem (Cortés-Ortuño et al., New J. Phys. 20, 113015 (2018)): a wire with
tilted edges and a disc with a skyrmion, against the solution of the boundary-value problem."""

import numpy as np
import pytest
from scipy.integrate import solve_bvp

from neuroskyrm.micromagnetics import (
    BulkDMI,
    Exchange,
    InterfacialDMI,
    Mesh,
    Simulation,
    UniaxialAnisotropy,
)
from neuroskyrm.texture import count_skyrmions, seed_skyrmion

A, D, MS, K = 13e-12, 3e-3, 0.86e6, 0.4e6
"""Parameters of the problem: no demagnetising field."""

LENGTH, RADIUS = 100e-9, 50e-9


UNIT = np.sqrt(A / K)
"""Unit of length of the boundary-value problems: the wall width."""

TILT = D / (2 * np.sqrt(A * K))
"""theta' = -TILT at a free surface."""


def wire_angle():
    """Angle from +z along the wire: theta'' = sin cos, theta' = -TILT at both ends."""
    half = LENGTH / 2 / UNIT
    x = np.linspace(-half, half, 401)
    guess = -0.5 * np.sinh(x) / np.cosh(half)
    solution = solve_bvp(
        lambda x, y: np.stack([y[1], np.sin(y[0]) * np.cos(y[0])]),
        lambda a, b: np.array([a[1] + TILT, b[1] + TILT]),
        x,
        np.stack([guess, np.gradient(guess, x)]),
        tol=1e-9,
        max_nodes=50_000,
    )
    assert solution.success
    return lambda place: solution.sol(place / UNIT)[0]


def disc_angle():
    """Angle of a skyrmion (core down) in the disc, from the radial Euler-Lagrange equation.

    theta'' + theta'/r = (1/r^2 + 1) sin cos - 2 TILT sin^2 / r, theta(0) = pi, theta'(R) = -TILT.
    """
    r = np.linspace(1e-4, RADIUS / UNIT, 2001)

    def right(r, y):
        theta, slope = y
        turn = (1 / r**2 + 1) * np.sin(theta) * np.cos(theta)
        return np.stack([slope, turn - 2 * TILT * np.sin(theta) ** 2 / r - slope / r])

    guess = 2 * np.arctan(np.exp(-(r - 30e-9 / UNIT)))
    solution = solve_bvp(
        right,
        lambda a, b: np.array([a[0] - np.pi, b[1] + TILT]),
        r,
        np.stack([guess, np.gradient(guess, r)]),
        tol=1e-7,
        max_nodes=200_000,
    )
    assert solution.success
    return lambda place: solution.sol(place / UNIT)[0]


def relaxed_wire(d, boundary, kind=InterfacialDMI):
    mesh = Mesh.multilayer(round(LENGTH / d), 1, d, 1e-9)
    term = kind(D, boundary, A if boundary == "extrapolate" else None)
    simulation = Simulation(
        mesh, [Exchange(A), term, UniaxialAnisotropy(K)], MS, 0.5, dtype=np.float64, m=(1e-3, 0, 1)
    )
    simulation.minimize(stop=1e-6)
    return simulation, mesh.x - LENGTH / 2


@pytest.mark.parametrize("boundary", ["omit", "extrapolate"])
def test_edge_tilt_of_the_wire(evidence, boundary):
    exact = wire_angle()
    errors = []
    for d in (2e-9, 1e-9, 0.5e-9):
        simulation, x = relaxed_wire(d, boundary)
        errors.append(np.abs(simulation.m[0, 0, 0] - np.sin(exact(x))).max())
        if d == 1e-9:
            mx = simulation.m[0, 0, 0, -1]
            evidence.number(
                f"m_x in the last 1 nm cell of the wire, {boundary}", mx, np.sin(exact(x[-1])),
                0.002, source="boundary-value problem",
            )  # fmt: skip
    order = np.log2(errors[0] / errors[2]) / 2
    evidence.number(f"order of the error in the cell size, {boundary}", order, 2.0, 0.25)
    with evidence.figure(f"wire-{boundary}", f"Wire of 100 nm, 0.5 nm cells, {boundary}.") as axes:
        if axes:
            axes.plot(x * 1e9, simulation.m[0, 0, 0], ".", label="m_x")
            axes.plot(x * 1e9, simulation.m[2, 0, 0], ".", label="m_z")
            axes.plot(x * 1e9, np.sin(exact(x)), "k-", lw=0.8, label="boundary-value problem")
            axes.plot(x * 1e9, np.cos(exact(x)), "k-", lw=0.8)
            axes.set(xlabel="x (nm)", ylabel="m")
            axes.legend()


def test_bulk_dmi_tilts_the_same_way_about_x(evidence):
    simulation, x = relaxed_wire(1e-9, "omit", BulkDMI)
    # Bulk: the wire turns in the yz plane, by the same angle.
    exact = np.sin(wire_angle()(x[-1]))
    evidence.number("m_y in the last cell of the wire, bulk DMI", simulation.m[1, 0, 0, -1], exact,
                    0.02, source="boundary-value problem")  # fmt: skip
    assert np.abs(simulation.m[0]).max() < 2e-3


@pytest.mark.parametrize("kind", [InterfacialDMI, BulkDMI])
def test_skyrmion_in_the_disc(evidence, kind):
    exact = disc_angle()
    d = 1e-9
    mesh = Mesh.multilayer(100, 100, d, d, 1, 2e-9)
    x = mesh.x - RADIUS
    r = np.hypot(x[None], x[:, None])
    m = np.zeros((3, *mesh.shape))
    m[2] = 1
    seed_skyrmion(m, (RADIUS, RADIUS), 30e-9, (d, d), "neel" if kind is InterfacialDMI else "bloch",
                  wall=5.7e-9)  # fmt: skip
    simulation = Simulation(
        mesh, [Exchange(A), kind(D), UniaxialAnisotropy(K)], np.where(r < RADIUS, MS, 0)[None],
        0.5, dtype=np.float64, m=m,
    )  # fmt: skip
    simulation.minimize(stop=1e-5)
    (skyrmion,) = count_skyrmions(simulation.m[:, 0], (d, d))
    place = np.linspace(5e-9, 45e-9, 4001)
    radius = place[np.argmin(np.abs(exact(place) - np.pi / 2))]
    evidence.number(
        f"skyrmion radius in the disc, {kind.__name__}", skyrmion.radius * 1e9, radius * 1e9, 0.3,
        "nm", "boundary-value problem",
    )  # fmt: skip
    row = simulation.m[2, 0, 50, 50:]
    expected = np.cos(exact(x[50:]))
    worst = np.abs(row - expected).max()
    evidence.number(f"largest error of m_z on a radius, {kind.__name__}", worst, 0, 0.06)
    with evidence.figure(f"disc-{kind.__name__}", "Skyrmion profile, 1 nm cells.") as axes:
        if axes:
            axes.plot(x[50:] * 1e9, row, ".", label="m_z")
            axes.plot(x[50:] * 1e9, expected, "k-", lw=0.8, label="boundary-value problem")
            axes.set(xlabel="r (nm)", ylabel="m_z")
            axes.legend()
