"""A measured staircase becomes a card whose sweeps are the table's."""

import numpy as np
import pytest

from devicemodels import SkyrmionDevice, from_table, load_card, plot_fit, sweep
from devicemodels.table import read_table
from neuroskyrm.errors import DataError


def exponential(pulses, b):
    p = np.linspace(0, 1, pulses + 1)
    return np.expm1(-b * p) / np.expm1(-b) if b else p


def staircase(up=20, down=20, b_up=2.0, b_down=3.0, floor=0.0):
    rising = exponential(up, b_up)
    falling = 1 - (1 - floor) * exponential(down, b_down)
    return 20e-6 + 12e-6 * np.concatenate([rising, falling[1:]])


def write(path, sweeps, header="pulse,conductance,repeat"):
    lines = [header]
    for r, values in enumerate(sweeps):
        lines += [f"{p},{g!r},{r}" for p, g in enumerate(float(v) for v in values)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def noisy_table(tmp_path):
    rng = np.random.default_rng(0)
    clean = staircase()
    return write(tmp_path / "device 7.csv", clean + rng.normal(0, 1.5e-7, (40, clean.size)))


def test_a_clean_table_is_reproduced_exactly(tmp_path):
    clean = staircase()
    card = from_table(write(tmp_path / "t.csv", [clean]))
    result = sweep(SkyrmionDevice(card), 20, 20, 50, np.random.default_rng(0))
    assert result.std(axis=0).max() < 1e-12
    # levels closer than a thousandth of the range are joined
    assert result.mean(axis=0) == pytest.approx(clean, abs=2e-3 * 12e-6)


@pytest.mark.parametrize("case", [{}, {"b_up": -2.0, "b_down": 0.0}, {"floor": 0.3, "down": 15}])
def test_the_sweep_reproduces_the_table_within_its_scatter(tmp_path, case):
    rng = np.random.default_rng(1)
    clean = staircase(**case)
    turn = 20
    data = clean + rng.normal(0, 2e-7, (30, clean.size))
    card = from_table(write(tmp_path / "t.csv", data), turn=turn, resamples=20)
    result = sweep(SkyrmionDevice(card), turn, clean.size - 1 - turn, 2000, rng)
    measured = data.mean(axis=0), data.std(axis=0).mean()
    assert np.abs(result.mean(axis=0) - measured[0]).max() < 1.5 * measured[1]
    assert result.std(axis=0).mean() == pytest.approx(measured[1], rel=0.25)


def test_branches_are_fitted_separately_with_intervals_that_hold_the_truth(noisy_table):
    card = from_table(noisy_table)
    for key, truth in {
        "potentiation.nonlinearity": 2.0,
        "depression.nonlinearity": 3.0,
        "levels.low": 20e-6,
        "levels.high": 32e-6,
    }.items():
        low, high = card.intervals[key]
        slack = 0.5 * (high - low)  # a 95 % interval misses now and then
        assert low - slack < truth < high + slack
        assert high > low
    assert card.provenance["fitted"]["scatter"] == pytest.approx(1.5e-7, rel=0.05)


def test_intervals_of_a_single_repeat_come_from_residuals(tmp_path):
    rng = np.random.default_rng(0)
    data = staircase(40, 40) + rng.normal(0, 2e-7, (1, 81))
    card = from_table(write(tmp_path / "t.csv", data), turn=40)
    low, high = card.intervals["potentiation.nonlinearity"]
    assert low < high < low + 2


def test_the_bootstrap_has_a_seed(noisy_table):
    assert from_table(noisy_table, seed=3) == from_table(noisy_table, seed=3)
    assert from_table(noisy_table, seed=3) != from_table(noisy_table, seed=4)


def test_the_turn_is_found(tmp_path):
    assert read_table(write(tmp_path / "a.csv", [staircase(20, 20)])).turn == 20
    assert read_table(write(tmp_path / "b.csv", [staircase(12, 20)])).turn == 12
    assert read_table(write(tmp_path / "b.csv", [staircase(12, 20)]), turn=10).turn == 10


def test_long_tables_are_joined_to_255_levels(tmp_path):
    card = from_table(write(tmp_path / "t.csv", [staircase(400, 400)]), resamples=2)
    assert card.states <= 255
    result = sweep(SkyrmionDevice(card), 400, 400, 300, np.random.default_rng(0))
    assert np.abs(result.mean(axis=0) - staircase(400, 400)).max() < 0.03 * 12e-6


def test_the_figure_shows_table_and_card(noisy_table):
    import matplotlib.pyplot as plt

    axes = plot_fit(noisy_table, from_table(noisy_table, resamples=2), devices=50)
    labels = axes.get_legend_handles_labels()[1]
    assert any("table" in label for label in labels)
    assert any("card" in label for label in labels)
    plt.close(axes.figure)


@pytest.mark.parametrize(
    ("separator", "header", "number"),
    [
        (",", "pulse,conductance [uS]", "{:.6f}"),
        ("\t", "pulse\tconductance_nS", "{:.3f}"),
        (";", "pulse;conductance (S);repeat", "{:.9e}"),
    ],
)
def test_other_units_and_separators_give_the_same_table(tmp_path, separator, header, number):
    factor = {"\t": 1e9, ",": 1e6, ";": 1.0}[separator]
    lines = ["# measured on a Tuesday", header, ""]
    for p, g in enumerate(staircase()):
        text = number.format(g * factor)
        lines.append(f"{p}{separator}{text.replace('.', ',') if separator == ';' else text}")
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines))
    assert read_table(path).conductance[0] == pytest.approx(staircase(), rel=1e-5)


def test_a_fitted_card_survives_its_file(noisy_table, tmp_path):
    card = from_table(noisy_table, resamples=5)
    card.save(tmp_path / "card.yaml")
    assert load_card(tmp_path / "card.yaml") == card


BAD = {
    "pulse,current\n0,1e-6\n": "column 'conductance'",
    "": "column 'pulse'",
    "pulse,conductance\n": "no rows",
    "pulse,conductance\n0,abc\n": "line 2",
    "pulse,conductance\n0\n": "two numbers",
    "pulse,conductance [ohm]\n0,1\n": "unit 'ohm'",
    "pulse,conductance\n0,nan\n": "finite",
    "pulse,conductance\n0,-1e-6\n": "positive",
    "pulse,conductance\n0.5,1e-6\n": "whole number",
    "pulse,conductance\n0,1e-6\n0,2e-6\n": "twice",
    "pulse,conductance\n0,1e-6\n2,2e-6\n": "every pulse",
    "pulse,conductance\n0,1e-6\n1,2e-6\n": "too few",
    "pulse,conductance\n" + "".join(f"{p},1e-6\n" for p in range(9)): "never changes",
    "pulse,conductance\n" + "".join(f"{p},{p + 1}e-6\n" for p in range(9)): "branch is missing",
}


@pytest.mark.parametrize(("text", "message"), BAD.items())
def test_damaged_tables_are_refused_in_one_sentence(tmp_path, text, message):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        from_table(path)
    assert "t.csv" in str(caught.value)


def test_a_missing_or_binary_table_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        from_table(tmp_path / "nothing.csv")
    (tmp_path / "x.csv").write_bytes(bytes(range(256)))
    with pytest.raises(DataError):
        from_table(tmp_path / "x.csv")
