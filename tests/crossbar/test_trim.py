"""Drives, gains and offsets undo what wires and a mismatch of empty devices do to a column."""

import numpy as np
import pytest

from crossbar import Crossbar, Wires, fit_trim, word_drive
from devicemodels import IdealDevice
from neuroskyrm.errors import ConfigError

LEVELS = np.linspace(20e-6, 23e-6, 7)
RNG = np.random.default_rng(0)
CODES = np.clip(np.rint(RNG.normal(0, 2, (96, 24))), -6, 6).astype(np.int8)
INPUTS = (RNG.random((200, 96)) < RNG.random(96) ** 2 * 0.4).astype(float)
UNSEEN = (RNG.random((200, 96)) < RNG.random(96) ** 2 * 0.4).astype(float)


def wired(ohm: float = 3.0) -> Crossbar:
    wires = Wires(ohm, ohm)
    return Crossbar.program(
        IdealDevice(LEVELS), CODES, np.random.default_rng(1), wires=wires, tile=(48, 24)
    )


def wanted() -> np.ndarray:
    ideal = Crossbar.program(IdealDevice(LEVELS), CODES, np.random.default_rng(1))
    return ideal.conductances()


def error(matrix: np.ndarray) -> float:
    aim = UNSEEN @ wanted()
    return float(np.sqrt(((UNSEEN @ matrix - aim) ** 2).mean() / (aim**2).mean()))


def drive(crossbar: Crossbar) -> np.ndarray:
    solution, (plus, minus) = crossbar.solution(), crossbar.device_conductances()
    return word_drive(plus + minus, solution.plus + solution.minus, crossbar.partial_sums)


def test_each_setting_brings_unseen_currents_nearer() -> None:
    crossbar = wired()
    rows, effective = crossbar.partial_sums, crossbar.conductances()
    columns = fit_trim(effective, wanted(), INPUTS, rows).applied(effective)
    both = fit_trim(effective, wanted(), INPUTS, rows, drive(crossbar)).applied(effective)
    assert error(columns) < 0.3 * error(effective)
    assert error(both) < 0.5 * error(columns)
    assert error(both) < 0.02


def test_a_mismatch_of_empty_devices_is_an_offset_and_goes() -> None:
    mismatch = 0.02 * LEVELS[0] * np.random.default_rng(2).standard_normal(24)
    rows = [slice(0, 48), slice(48, 96)]
    trim = fit_trim(wanted() + mismatch, wanted(), INPUTS, rows)
    np.testing.assert_allclose(trim.offset, [mismatch, mismatch], rtol=0.02, atol=1e-9)
    assert error(wanted() + mismatch) > 100 * error(trim.applied(wanted() + mismatch))


def test_nothing_to_trim_is_left_alone() -> None:
    trim = fit_trim(wanted(), wanted(), INPUTS, [slice(0, 96)])
    np.testing.assert_allclose(trim.gain, 1, atol=1e-9)
    np.testing.assert_allclose(trim.applied(wanted()), wanted(), atol=1e-15)


def test_word_lines_and_columns_that_never_carry_current_stay_untrimmed() -> None:
    dark = INPUTS.copy()
    dark[:, :48] = 0
    matrix = wanted()
    matrix[:, 3] = 0
    trim = fit_trim(matrix, wanted(), dark, [slice(0, 48), slice(48, 96)])
    np.testing.assert_array_equal(trim.gain[0], 1)
    np.testing.assert_array_equal(trim.offset[0], 0)
    assert np.isfinite(trim.gain).all()
    assert np.isfinite(trim.offset).all()


def test_drives_are_one_on_average_and_largest_far_from_the_sense_amplifiers() -> None:
    heights = drive(wired())
    np.testing.assert_allclose([heights[:48].mean(), heights[48:].mean()], 1)
    assert heights[0] > 1.02 > 0.99 > heights[47]


def test_noise_grows_with_the_gain() -> None:
    crossbar = wired()
    trim = fit_trim(
        crossbar.conductances(), wanted(), INPUTS, crossbar.partial_sums, drive(crossbar)
    )
    found = trim.noise(np.ones(CODES.shape))
    np.testing.assert_allclose(found[:48], trim.gain[0] ** 2 * trim.drive[:48, None] ** 2)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="must be"):
        fit_trim(wanted(), wanted(), INPUTS[:, :5], [slice(0, 96)])
