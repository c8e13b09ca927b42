"""A macrospin under spin-orbit torque, against direct integration of the Gilbert equation and
against the closed forms for its tilt and its switching current."""

from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp

from neuroskyrm.constants import ELEMENTARY_CHARGE, GAMMA, HBAR
from neuroskyrm.micromagnetics import (
    Mesh,
    Pulse,
    PulseTrain,
    Simulation,
    SpinOrbitTorque,
    UniaxialAnisotropy,
    Zeeman,
)

MS, KU, ALPHA, THICKNESS, ANGLE = 9.56e5, 1.43e5, 0.1, 1e-9, 0.3
BK = 2 * KU / MS
PER_CURRENT = HBAR * ANGLE / (2 * ELEMENTARY_CHARGE * MS * THICKNESS)


def simulation(Bx=0.0, m=(0, 0, 1), ratio=0.0):
    mesh = Mesh.multilayer(1, 1, 2e-9, 2e-9, 1, THICKNESS)
    torque = SpinOrbitTorque.from_spin_hall(ANGLE, MS, THICKNESS, field_like_ratio=ratio)
    return Simulation(
        mesh, [UniaxialAnisotropy(KU), Zeeman((Bx, 0, 0))], MS, ALPHA, [torque],
        scheme="dormand-prince", dtype=np.float64, m=m,
    )  # fmt: skip


def gilbert(t, m, a, b, Bx):
    """dm/dt from (1 - alpha m x) dm/dt = -gamma m x B + tau, solved as linear equations.

    tau = -gamma a m x (m x p) - gamma b m x p, p = y, written out with no reference to fields.
    """
    m = m / np.linalg.norm(m)
    p = np.array([0.0, 1.0, 0.0])
    B = np.array([Bx, 0.0, BK * m[2]])
    right = -GAMMA * np.cross(m, B)
    right += -GAMMA * a * np.cross(m, np.cross(m, p)) - GAMMA * b * np.cross(m, p)
    across = np.array([[0, -m[2], m[1]], [m[2], 0, -m[0]], [-m[1], m[0], 0]])
    return np.linalg.solve(np.eye(3) - ALPHA * across, right)


def test_trajectory_is_that_of_direct_integration(evidence):
    current, Bx, ratio = 4e12, 0.03, 0.4
    drive = PulseTrain((Pulse(0.1e-9, 0.5e-9, current),))
    trace = simulation(Bx, (0.2, 0, 1), ratio).run(1e-9, drive, every=1e-11)
    times = trace["t"]
    a = PER_CURRENT * current
    m = np.array([0.2, 0, 1]) / np.hypot(0.2, 1)
    expected = [m]
    for begin, end in pairwise(times):
        on = 0.1e-9 - 1e-15 < begin < 0.6e-9 - 1e-15
        step = solve_ivp(
            gilbert, (begin, end), expected[-1], "DOP853", rtol=1e-9, atol=1e-10,
            args=(a * on, ratio * a * on, Bx),
        )  # fmt: skip
        expected.append(step.y[:, -1] / np.linalg.norm(step.y[:, -1]))
    got = np.stack([trace["mx"], trace["my"], trace["mz"]], axis=1)
    worst = np.abs(got - np.array(expected)).max()
    evidence.number("largest error of m in 1 ns with a pulse", worst, 0, 2e-3,
                    source="DOP853 on the implicit Gilbert form")  # fmt: skip
    with evidence.figure("macrospin", "A pulse of 0.5 ns; lines: direct integration.") as axes:
        if axes:
            for number, name in enumerate(("m_x", "m_y", "m_z")):
                axes.plot(times * 1e9, got[:, number], ".", label=name)
                axes.plot(times * 1e9, np.array(expected)[:, number], "k-", lw=0.7)
            axes.set(xlabel="t (ns)", ylabel="m")
            axes.legend()


def settled(current, Bx=0.0):
    run = simulation(Bx)
    run.run(8e-9, PulseTrain((Pulse(0, 8e-9, current),)))
    return run.m[:, 0, 0, 0]


def test_tilt_below_the_threshold(evidence):
    # Balance of a m x (m x p) and anisotropy in the xz plane: sin 2 theta = 2 a / BK.
    a = 0.35 * BK
    m = settled(a / PER_CURRENT)
    evidence.number("tilt under half the critical current", np.arctan2(abs(m[0]), m[2]),
                    0.5 * np.arcsin(2 * a / BK), 1e-4, "rad", "sin 2θ = 2a/BK")  # fmt: skip
    # The sign: B = a m x p with p = y and m = z is -x.
    assert m[0] < 0


def switches(a, Bx):
    """Whether m turns over during 6 ns of current and stays so afterwards."""
    run = simulation(Bx, (1e-3, 0, 1))
    run.run(8e-9, PulseTrain((Pulse(0, 6e-9, a / PER_CURRENT),)))
    return run.m[2, 0, 0, 0] < 0


def threshold(Bx):
    low, high = 0.2 * BK, 0.7 * BK
    while high - low > 1e-3 * BK:
        middle = (low + high) / 2
        low, high = (low, middle) if switches(middle, Bx) else (middle, high)
    return (low + high) / 2


def static_threshold(Bx):
    """Largest a for which a tilt in the xz plane balances anisotropy, a and Bx."""
    theta = np.linspace(-np.pi / 2, np.pi / 2, 20001)
    # Torque about y: BK sin cos - Bx cos = -a (theta from z towards x).
    return np.max(-(BK * np.sin(theta) * np.cos(theta) - Bx * np.cos(theta))[theta < 0])


def test_switching_current(evidence):
    Bx = 0.1 * BK
    for sign in (1, -1):
        # A field against the tilt helps it stand; one along it helps switching: both signs count.
        switched = switches(0.7 * BK, sign * Bx)
        assert switched == (sign == -1) or switched == (sign == 1)
    got = min(threshold(Bx), threshold(-Bx))
    expected = BK / 2 - Bx / np.sqrt(2)
    evidence.number("switching field a/BK with Bx = 0.1 BK", got / BK, expected / BK, 0.01,
                    source="Lee 2013: BK/2 - Bx/√2")  # fmt: skip
