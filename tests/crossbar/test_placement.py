"""Placements, tiles and summation change the circuit, and only the circuit."""

import numpy as np
import pytest

from crossbar import Crossbar, Layout, Wires, solve, solve_layout
from devicemodels import IdealDevice
from neuroskyrm.errors import ConfigError

WIRES = Wires(1.0, 1.5, 20.0, 30.0)


def pair(rows, columns, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(20e-6, 32e-6, (2, rows, columns))


def test_separate_arrays_are_two_arrays():
    plus, minus = pair(30, 20)
    solution = solve_layout(plus, minus, Layout(WIRES))
    assert solution.plus == pytest.approx(solve(plus, WIRES).effective)
    assert solution.minus == pytest.approx(solve(minus, WIRES).effective)


def test_interleaved_columns_are_one_array(nodal_solver):
    plus, minus = pair(12, 7)
    array = np.empty((12, 14))
    array[:, ::2], array[:, 1::2] = plus, minus
    v = np.linspace(0.02, 0.1, 12)
    out, driven = nodal_solver(array, 1.0, 1.5, 20.0, 30.0).currents(v)
    solution = solve_layout(plus, minus, Layout(WIRES, "interleaved"))
    assert v @ solution.effective == pytest.approx(out[::2] - out[1::2], rel=1e-9)
    assert solution.power(v) == pytest.approx(v @ driven, rel=1e-9)


def test_inhibitory_rows_are_driven_in_reverse(nodal_solver):
    plus, minus = pair(9, 6)
    v = np.linspace(0.02, 0.1, 9)
    physical = np.concatenate([v, -v])
    out, driven = nodal_solver(np.concatenate([plus, minus]), 1.0, 1.5, 20.0, 30.0).currents(
        physical
    )
    solution = solve_layout(plus, minus, Layout(WIRES, "rows"))
    assert v @ solution.effective == pytest.approx(out, rel=1e-9, abs=1e-9 * np.abs(driven).max())
    assert solution.power(v) == pytest.approx(physical @ driven, rel=1e-9)


def test_placement_changes_currents_by_percents():
    plus, minus = pair(64, 32)
    v = np.full(64, 0.1)
    currents = {
        p: v @ solve_layout(plus, minus, Layout(Wires(1, 1), p)).plus
        for p in ("separate", "interleaved", "rows")
    }
    assert 0.01 < np.abs(currents["interleaved"] / currents["separate"] - 1).max() < 0.5
    assert 0.01 < np.abs(currents["rows"] / currents["separate"] - 1).max() < 0.9


def test_digital_tiles_are_independent_arrays():
    plus, minus = pair(50, 33)
    layout = Layout(WIRES, tile=(20, 20))
    solution = solve_layout(plus, minus, layout)
    rows, columns = layout.cuts((50, 33))
    assert len(rows) == 3
    assert len(columns) == 2
    assert solution.partial == rows
    for r in rows:
        for c in columns:
            assert solution.plus[r, c] == pytest.approx(solve(plus[r, c], WIRES).effective)


@pytest.mark.parametrize("placement", ["separate", "interleaved", "rows"])
def test_analog_sums_share_one_sense_resistor(placement, nodal_solver):
    plus, minus = pair(10, 4)
    layout = Layout(Wires(0.0, 0.0, 0.0, 500.0), placement, tile=(10, 4), summation="analog")
    tiled = solve_layout(plus, minus, layout)
    # with perfect lines, joined tiles are the undivided array
    whole = solve_layout(plus, minus, Layout(Wires(sense=500.0), placement))
    assert tiled.effective == pytest.approx(whole.effective, rel=1e-9)
    v = np.linspace(0.01, 0.1, 10)
    assert tiled.power(v) == pytest.approx(whole.power(v), rel=1e-9)


def test_analog_sums_of_wired_tiles_equal_the_nodal_solution(nodal_solver):
    plus, minus = pair(16, 5)
    layout = Layout(Wires(1, 2, 3, 400.0), tile=(8, 5), summation="analog")
    solution = solve_layout(plus, minus, layout)
    v = np.linspace(0.01, 0.1, 16)
    # independent: the same two tiles, joined by iterating on the voltage of the sense node
    joint = np.zeros(5)
    for _ in range(200):
        total = np.zeros(5)
        for part in (slice(0, 8), slice(8, 16)):
            out, _ = nodal_solver(plus[part], 1, 2, 3, 0).currents(v[part])
            total += out - back_current(nodal_solver, plus[part], joint)
        joint = 0.5 * joint + 0.5 * 400.0 * total
    assert v @ solution.plus == pytest.approx(joint / 400.0, rel=1e-8)


def back_current(nodal_solver, devices, joint):
    """Return the current that flows back into each column when its end is held at `joint`."""
    # By symmetry: turn the tile so that its columns are driven; there, sense lines are sources.
    turned = devices[::-1, ::-1].T.copy()
    _, driven = nodal_solver(turned, 2, 1, 0, 3).currents(joint[::-1])
    return driven[::-1]


def test_without_wires_tiles_do_not_matter():
    plus, minus = pair(40, 30)
    tiled = solve_layout(plus, minus, Layout(tile=(16, 16), summation="analog"))
    assert tiled.effective == pytest.approx(plus - minus)


def test_same_seed_same_devices_whatever_the_tiles():
    codes = np.random.default_rng(0).integers(-5, 6, (40, 30)).astype(np.int8)
    model = IdealDevice(6)
    states = [
        Crossbar.program(model, codes, np.random.default_rng(1), wires=WIRES, tile=tile).plus
        for tile in (None, (8, 8), (17, 40))
    ]
    assert all((s == states[0]).all() for s in states)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"placement": "diagonal"}, "placement"),
        ({"summation": "both"}, "summation"),
        ({"tile": (1, 0)}, "tile"),
        ({"tile": (8, 1), "placement": "interleaved"}, "one pair"),
    ],
)
def test_impossible_layouts_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        Layout(**options)
