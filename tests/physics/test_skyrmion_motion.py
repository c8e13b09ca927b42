"""A skyrmion under spin-orbit torque: its Hall angle against Thiele's equation, with the
dissipation tensor of its own relaxed shape."""

import numpy as np
import pytest

from neuroskyrm.micromagnetics import (
    Demag,
    Exchange,
    InterfacialDMI,
    Mesh,
    Pulse,
    PulseTrain,
    Simulation,
    SpinOrbitTorque,
    UniaxialAnisotropy,
    Zeeman,
)
from neuroskyrm.texture import count_skyrmions, follow_skyrmions, seed_skyrmion

CELL, LENGTH, ALPHA = 2e-9, 160e-9, 0.3


@pytest.mark.slow
@pytest.mark.parametrize("core", [-1, 1])
def test_hall_angle(evidence, core):
    cells = round(LENGTH / CELL)
    mesh = Mesh.multilayer(cells, cells, CELL, CELL, periodic=(True, True))
    terms = [
        Exchange(10e-12), InterfacialDMI(1.7e-3), UniaxialAnisotropy(717e3), Demag(images=2),
        Zeeman((0, 0, -core * 80e-3)),
    ]  # fmt: skip
    torque = SpinOrbitTorque.from_spin_hall(0.1, 956e3, 1e-9)
    simulation = Simulation(
        mesh, terms, 956e3, ALPHA, [torque], scheme="dormand-prince", m=(0, 0, -core)
    )
    m = simulation.m.copy()
    seed_skyrmion(m, (LENGTH / 2, LENGTH / 2), 12e-9, (CELL, CELL), core=core)
    simulation.m = m
    simulation.minimize()
    rest = simulation.m[:, 0].astype(float)
    slopes = [np.gradient(rest, axis=axis) for axis in (2, 1)]
    dissipation = sum(np.sum(slope * slope) for slope in slopes) / 2
    drive = PulseTrain((Pulse(0.0, 1e-9, 3e11),))
    run = simulation.run(1e-9, drive, snapshot_every=5e-11)
    frames = [count_skyrmions(m[:, 0], (CELL, CELL), (True, True)) for m in run.snapshots]
    (path,) = follow_skyrmions(frames[4:], run.times[4:], reach=40e-9)
    vx, vy = path.velocity()
    name = "down" if core < 0 else "up"
    evidence.number(f"angle between path and force, core {name}", np.degrees(np.arctan(vy / vx)),
                    np.degrees(np.arctan2(-core * 4 * np.pi, ALPHA * dissipation)), 3, "°",
                    "Thiele 1973: tan = 4πN/(αD)")  # fmt: skip
