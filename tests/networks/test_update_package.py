"""Sparse updates: the deployed devices end where the new network is, and only what must moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crossbar import Verify
from devicemodels.ideal import IdealDevice
from networks.conversion import Conversion
from networks.hosting import host
from networks.update_package import UpdatePackage, apply_update, load_update, make_update
from neuroskyrm.errors import DataError

LEVELS = np.array([20, 22.3, 24.1, 26.8, 28.2, 30.9, 32]) * 1e-6


def net(seed: int = 0) -> Conversion:
    rng = np.random.default_rng(seed)
    codes = tuple(rng.integers(-6, 7, shape).astype(np.int8) for shape in ((40, 30), (30, 10)))
    return Conversion(codes, LEVELS, (1e-5, 1e-5), (3e-5, 3e-5))


def changed(base: Conversion, share: float = 0.05, seed: int = 1) -> Conversion:
    rng = np.random.default_rng(seed)
    codes = []
    for before in base.codes:
        step = rng.integers(-2, 3, before.shape) * (rng.random(before.shape) < share)
        codes.append(np.clip(before + step, -6, 6).astype(np.int8))
    return replace(base, codes=tuple(codes), thresholds=(4e-5, 2e-5))


@pytest.fixture
def package() -> UpdatePackage:
    return make_update(net(), changed(net()))


def test_ideal_devices_reach_the_new_codes_by_the_fewest_pulses(package: UpdatePackage) -> None:
    base, wanted = net(), changed(net())
    hosted = host(base, IdealDevice(LEVELS, pulse_energy=3e-13))
    updated, cost = apply_update(base, hosted.crossbars, package, np.random.default_rng(0))
    distance = 0
    for crossbar, before, after in zip(hosted.crossbars, base.codes, wanted.codes, strict=True):
        np.testing.assert_array_equal(crossbar.codes, after)
        distance += int(np.abs(after.astype(int) - before).sum())
    assert cost.pulses == distance
    assert cost.energy == pytest.approx(distance * 3e-13)
    assert updated.thresholds == wanted.thresholds
    np.testing.assert_array_equal(updated.codes[0], wanted.codes[0])


def test_write_verify_reads_changed_devices_only(package: UpdatePackage) -> None:
    base = net()
    sparse, full = (host(base, IdealDevice(LEVELS)).crossbars for _ in range(2))
    _, cost = apply_update(base, sparse, package, np.random.default_rng(0), Verify())
    energy = [crossbar.ledger.energy for crossbar in full]
    for crossbar, after in zip(full, changed(base).codes, strict=True):
        crossbar.reprogram(after, np.random.default_rng(0), Verify())
    whole = sum(crossbar.ledger.energy for crossbar in full) - sum(energy)
    assert 0 < cost.energy < 0.2 * whole
    np.testing.assert_array_equal(sparse[0].codes, changed(base).codes[0])


def test_file_round_trip_is_small_and_equal(package: UpdatePackage, tmp_path: Path) -> None:
    package.save(tmp_path / "update.nsu")
    again = load_update(tmp_path / "update.nsu")
    assert again.base == package.base
    for a, b in zip((*again.places, *again.codes), (*package.places, *package.codes), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (tmp_path / "update.nsu").stat().st_size < 3 * package.changes + 1000


def test_every_damage_is_refused(package: UpdatePackage, tmp_path: Path) -> None:
    path = tmp_path / "update.nsu"
    package.save(path)
    whole = path.read_bytes()
    for place in range(0, len(whole), 23):
        path.write_bytes(whole[:place])
        with pytest.raises(DataError, match=r"update\.nsu"):
            load_update(path)
        flipped = bytearray(whole)
        flipped[place] ^= 1
        path.write_bytes(bytes(flipped))
        with pytest.raises(DataError, match=r"update\.nsu"):
            load_update(path)
    with pytest.raises(DataError, match="no such file"):
        load_update(tmp_path / "none.nsu")


def test_mismatched_devices_are_left_untouched(package: UpdatePackage) -> None:
    other = net(7)
    hosted = host(other, IdealDevice(LEVELS))
    with pytest.raises(DataError, match="starts from codes"):
        apply_update(other, hosted.crossbars, package, np.random.default_rng(0))
    np.testing.assert_array_equal(hosted.crossbars[0].codes, other.codes[0])
    stretched = replace(net(), levels=LEVELS * 1.1)
    with pytest.raises(DataError, match="other device levels"):
        apply_update(stretched, hosted.crossbars, package, np.random.default_rng(0))
    with pytest.raises(DataError, match="must stay"):
        make_update(net(), replace(net(), scales=(2e-5, 1e-5)))
