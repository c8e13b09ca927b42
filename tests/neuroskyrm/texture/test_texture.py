import numpy as np
import pytest

from neuroskyrm.errors import ConfigError
from neuroskyrm.texture import (
    Skyrmion,
    charge_density,
    count_skyrmions,
    follow_skyrmions,
    seed_skyrmion,
    topological_charge,
)


def background(ny=60, nx=80, sign=1):
    m = np.zeros((3, ny, nx))
    m[2] = sign
    return m


def random_rotation(rng):
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return q * np.sign(np.linalg.det(q))


@pytest.mark.parametrize(("core", "charge"), [(-1, -1.0), (1, 1.0)])
@pytest.mark.parametrize("kind", ["neel", "bloch"])
def test_charge_of_a_skyrmion_is_its_polarity(core, charge, kind):
    m = background(sign=-core)
    seed_skyrmion(m, (40, 30), 8, kind=kind, core=core)
    assert topological_charge(m) == pytest.approx(charge, abs=1e-12)
    assert topological_charge(m, "difference") == pytest.approx(charge, abs=0.05)


def test_difference_charge_converges_to_the_integer():
    errors = []
    for scale in (1, 2, 4):
        m = background(40 * scale, 40 * scale)
        seed_skyrmion(m, (20.0, 20.0), 6, cell=(1 / scale, 1 / scale))
        errors.append(abs(topological_charge(m, "difference") + 1))
    assert errors[0] > 3 * errors[1] > 9 * errors[2]


def test_charge_does_not_change_under_rotation_of_all_spins():
    rng = np.random.default_rng(2)
    m = rng.normal(size=(3, 12, 13))
    m /= np.linalg.norm(m, axis=0)
    turned = np.tensordot(random_rotation(rng), m, axes=1)
    np.testing.assert_allclose(charge_density(m), charge_density(turned), atol=1e-12)


def test_periodic_charge_of_anything_is_an_integer():
    m = np.random.default_rng(3).normal(size=(3, 9, 11))
    m /= np.linalg.norm(m, axis=0)
    charge = topological_charge(m, periodic=(True, True))
    assert charge == pytest.approx(round(charge), abs=1e-9)


def test_holes_carry_no_charge():
    m = background()
    m[:, 10:20, 10:20] = 0
    for method in ("lattice", "difference"):
        assert topological_charge(m, method) == pytest.approx(0, abs=1e-12)


def test_counting_finds_place_and_size():
    m = background()
    wanted = [((20.3, 31.7), 8.0), ((55.0, 28.2), 5.5), ((70.0, 50.0), 4.0)]
    for position, radius in wanted:
        seed_skyrmion(m, position, radius, wall=1.5, reach=radius + 5)
    found = count_skyrmions(m)
    assert len(found) == 3
    for skyrmion, (position, radius) in zip(found, wanted, strict=True):
        np.testing.assert_allclose(skyrmion.position, position, atol=0.15)
        assert skyrmion.radius == pytest.approx(radius, abs=0.15)
        assert skyrmion.charge == pytest.approx(-1, abs=0.02)
        assert skyrmion.area == pytest.approx(np.pi * skyrmion.radius**2)


def test_counting_in_metres():
    m = background()
    seed_skyrmion(m, (80e-9, 90e-9), 16e-9, cell=(2e-9, 3e-9))
    (skyrmion,) = count_skyrmions(m, cell=(2e-9, 3e-9))
    np.testing.assert_allclose(skyrmion.position, (80e-9, 90e-9), atol=0.3e-9)
    assert skyrmion.radius == pytest.approx(16e-9, rel=0.02)


def test_bubbles_without_charge_and_edge_domains_are_not_counted():
    m = background()
    m[2, 20:30, 20:30] = -1
    m[0, 19:31, 19:31] += 0.7  # the whole wall points along +x: no winding
    m[2, 40:, :10] = -1
    m[0, 38:41, :12] += 0.5
    m /= np.linalg.norm(m, axis=0)
    assert count_skyrmions(m) == []


def test_skyrmions_across_periodic_edges_are_one():
    m = background()
    seed_skyrmion(m, (40, 30), 8)
    shifted = np.roll(m, (27, -38), axis=(1, 2))
    (skyrmion,) = count_skyrmions(shifted, periodic=(True, True))
    np.testing.assert_allclose(skyrmion.position, (2, 57), atol=0.2)
    assert skyrmion.charge == pytest.approx(-1, abs=1e-9)


def test_thermal_noise_does_not_change_the_count():
    rng = np.random.default_rng(5)
    m = background()
    for position in [(18, 30), (40, 18), (60, 40)]:
        seed_skyrmion(m, position, 7)
    counts = []
    for _ in range(20):
        noisy = m + 0.35 * rng.normal(size=m.shape)
        noisy /= np.linalg.norm(noisy, axis=0)
        counts.append(len(count_skyrmions(noisy, smooth=1.0)))
    assert counts == [3] * 20


def test_paths_keep_identity_and_give_the_hall_angle():
    t = np.arange(5) * 1e-9

    def disc(x, y):
        return Skyrmion((x, y), 5e-9, -1.0, 7.8e-17)

    frames = [
        [disc(30e-9 * i, 10e-9 + 10e-9 * i), disc(200e-9 - 5e-9 * i, 50e-9)][:: (-1) ** i]
        for i in range(4)
    ] + [[disc(120e-9, 50e-9)]]
    paths = follow_skyrmions(frames, t, reach=40e-9)
    assert [len(path.times) for path in paths] == [5, 4]
    assert paths[0].velocity() == pytest.approx((30.0, 10.0))
    assert paths[0].hall_angle() == pytest.approx(np.arctan2(1, 3))


def test_a_jump_beyond_reach_begins_a_new_path():
    frames = [[Skyrmion((0, 0), 1, -1, 3)], [Skyrmion((9, 0), 1, -1, 3)], []]
    paths = follow_skyrmions(frames, [0, 1, 2], reach=5)
    assert [path.times for path in paths] == [[0], [1]]


@pytest.mark.parametrize("call", [
    lambda m: charge_density(m[0]),
    lambda m: charge_density(m, "fast"),
    lambda m: seed_skyrmion(m, (1, 1), -1),
    lambda m: seed_skyrmion(m, (1, 1), 3, kind="hedgehog"),
    lambda m: seed_skyrmion(m, (1, 1), 3, core=0),
])  # fmt: skip
def test_wrong_arguments_are_named(call):
    with pytest.raises(ConfigError):
        call(background())
