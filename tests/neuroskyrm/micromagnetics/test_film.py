"""The quick stage for films with the same links everywhere does what the general one does."""

from __future__ import annotations

import numpy as np
import pytest

from neuroskyrm.micromagnetics import (
    Demag,
    Exchange,
    InterfacialDMI,
    InterlayerExchange,
    Mesh,
    Simulation,
    UniaxialAnisotropy,
    Zeeman,
)
from neuroskyrm.micromagnetics.pulses import Pulse, PulseTrain
from neuroskyrm.micromagnetics.torques import SpinOrbitTorque

PULSE = PulseTrain((Pulse(0.0, 4e-12, 2e10),))


def film(layers=3, exchange=1e-11, periodic=(False, False), dmi=1.7e-3, **options):
    """Return a rough warm film with anisotropy that varies from cell to cell."""
    mesh = Mesh.multilayer(21, 13, 4e-9, 3e-9, layers, 1e-9, 3e-9, periodic=periodic)
    rng = np.random.default_rng(5)
    terms = [
        Exchange(exchange),
        UniaxialAnisotropy(rng.uniform(6e5, 9e5, size=mesh.shape)),
        Zeeman((0.01, 0.0, 0.08)),
        Demag(),
    ]
    if dmi is not None:
        terms.append(InterfacialDMI(dmi))
    if layers > 1:
        terms.append(InterlayerExchange(0.2e-3))
    torque = SpinOrbitTorque.from_spin_hall(0.6, 956e3, 1e-9, polarisation=(0.0, -1.0, 0.0))
    return Simulation(
        mesh, terms, Ms=956e3, alpha=0.1, torques=[torque], seed=4, scheme="rk4", dt=5e-13,
        m=rng.normal(size=(3, *mesh.shape)), **options,
    )  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 300.0},
        {"layers": 1, "threads": 2},
        {"layers": 2, "dmi": None},
        {"dmi": -1e-3},
    ],
)
def test_quick_stage_is_the_general_one(options):
    quick, general = film(**options), film(**options)
    assert quick.system.film is not None
    general.system.film = None
    for simulation in (quick, general):
        simulation.run(4e-12, PULSE)
    assert quick.m == pytest.approx(general.m, abs=2e-5)
    assert np.abs(quick.m - film(**options).m).max() > 0.1


@pytest.mark.parametrize(
    "options",
    [
        {"periodic": (True, False)},
        {"exchange": np.linspace(1e-11, 2e-11, 21)},
        {"dmi": np.linspace(1e-3, 2e-3, 13)[:, None]},
    ],
    ids=["periodic", "exchange varies along x", "DMI varies along y"],
)
def test_other_films_keep_the_general_stage(options):
    assert film(**options).system.film is None


def test_a_hole_in_the_film_keeps_the_general_stage():
    mesh = Mesh.multilayer(16, 12, 4e-9, 4e-9)
    Ms = np.full(mesh.shape, 956e3)
    Ms[0, 5, 7] = 0
    simulation = Simulation(mesh, [Exchange(1e-11), Demag()], Ms=Ms, alpha=0.1)
    assert simulation.system.film is None
