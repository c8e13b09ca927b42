"""The Hamiltonian of Eq. (1): fields are minus energy gradients, and the symmetries hold."""

from __future__ import annotations

import numpy as np
import pytest

from neuroskyrm.atomistic import Hamiltonian, skyrmion_seed, uniform
from neuroskyrm.constants import BOHR_MAGNETON, RYDBERG
from neuroskyrm.errors import ConfigError

SHAPE = (5, 7)


def random_spins(seed=0, shape=SHAPE):
    spins = np.random.default_rng(seed).normal(size=(3, *shape))
    return spins / np.linalg.norm(spins, axis=0)


@pytest.mark.parametrize("periodic", [(True, True), (False, False), (True, False)])
@pytest.mark.parametrize("term", ["exchange", "dmi", "anisotropy", "static"])
def test_field_is_minus_energy_gradient(term, periodic):
    hamiltonian = Hamiltonian(periodic=periodic, static_field=(0.3, -0.2, 0.9))
    spins = random_spins()
    field = hamiltonian.fields(spins)[term]
    step = 1e-5
    numeric = np.empty_like(field)
    for index in np.ndindex(spins.shape):
        plus, minus = spins.copy(), spins.copy()
        plus[index] += step
        minus[index] -= step
        slope = hamiltonian.energies(plus)[term] - hamiltonian.energies(minus)[term]
        numeric[index] = -slope / (2 * step * hamiltonian.moment)
    np.testing.assert_allclose(field, numeric, atol=1e-6 * np.abs(field).max())


def test_published_couplings_count_every_pair_twice():
    hamiltonian = Hamiltonian()
    down = hamiltonian.energies(uniform((10, 10), -1))
    pairs = 200
    assert down["exchange"] == pytest.approx(-2 * pairs * 0.03676e-3 * RYDBERG)
    assert down["anisotropy"] == pytest.approx(-100 * 0.00735e-3 * RYDBERG)
    assert down["dmi"] == 0.0
    single = Hamiltonian(pair_count=1).energies(uniform((10, 10), -1))
    assert single["exchange"] == pytest.approx(down["exchange"] / 2)


def test_exchange_alone_is_isotropic():
    hamiltonian = Hamiltonian(dmi=0.0, anisotropy=0.0)
    spins = random_spins(1)
    axis, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))
    turned = np.einsum("ab,bij->aij", axis, spins)
    assert hamiltonian.energy(turned) == pytest.approx(hamiltonian.energy(spins), rel=1e-12)


def test_quarter_turn_of_lattice_and_spins_keeps_the_energy():
    hamiltonian = Hamiltonian()
    spins = random_spins(3, (6, 6))
    x, y, z = np.rot90(spins, axes=(2, 1))  # counter-clockwise in x (columns), y (rows)
    turned = np.stack([-y, x, z])
    assert hamiltonian.energy(turned) == pytest.approx(hamiltonian.energy(spins), rel=1e-12)


def test_mirror_flips_the_sign_of_the_dmi_energy():
    hamiltonian = Hamiltonian()
    spins = random_spins(4)
    mirrored = spins[:, :, ::-1] * np.array([1, -1, -1])[:, None, None]  # axial vectors
    energies, other = hamiltonian.energies(spins), hamiltonian.energies(mirrored)
    assert other["dmi"] == pytest.approx(-energies["dmi"])
    assert other["exchange"] == pytest.approx(energies["exchange"])


def test_dmi_favours_the_spiral_of_its_sense():
    """A spiral of pitch tan(q) = D / J along x, turning in y-z, has the lowest energy."""
    hamiltonian = Hamiltonian(anisotropy=0.0, exchange=1.0, dmi=np.tan(2 * np.pi / 20), moment=1.0)

    def spiral(turns):
        angle = 2 * np.pi * turns * np.arange(40) / 40 * np.ones((40, 1))
        return np.stack([np.zeros_like(angle), np.sin(angle), np.cos(angle)])

    energies = {turns: hamiltonian.energy(spiral(turns)) for turns in range(-4, 5)}
    assert min(energies, key=energies.get) == -2  # S x S' points along +x when z turns to -y
    assert energies[-2] < energies[2]


@pytest.mark.parametrize("core", [1, -1])
@pytest.mark.parametrize("sign", [1, -1])
def test_seeded_skyrmion_has_the_sense_that_the_dmi_favours(sign, core):
    hamiltonian = Hamiltonian(dmi=sign * 0.008824e-3 * RYDBERG)
    right = hamiltonian.energies(skyrmion_seed((40, 40), core=core, dmi=sign))["dmi"]
    wrong = hamiltonian.energies(skyrmion_seed((40, 40), core=core, dmi=-sign))["dmi"]
    assert right < 0 < wrong


@pytest.mark.parametrize("wrong", [{"moment": 0.0}, {"moment": -BOHR_MAGNETON}, {"pair_count": 3}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Hamiltonian(**wrong)
