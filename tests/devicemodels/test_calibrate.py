"""Calibration recovers a device that is known, and says so when there is none."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from devicemodels.calibrate import calibrate
from devicemodels.calibrate_check import bootstrap, goodness_of_fit, half_cycles, sample_programme
from devicemodels.calibrate_fit import count_transitions, fit_states, transition_matrix
from devicemodels.calibrate_visits import visits_of
from devicemodels.card import load_card, shipped_cards
from devicemodels.readout import Readout
from neuroskyrm.errors import DeviceError
from neuroskyrm.micromagnetics.track import PAPER
from neuroskyrm.micromagnetics.track_drive import Drive, cycles
from neuroskyrm.seeds import generator

AREA = 0.02  # reversed fraction that one skyrmion makes
UP = np.array([[0.2, 0.8, 0, 0], [0, 0.3, 0.5, 0.2], [0, 0, 0.6, 0.4], [0, 0, 0, 1]])
DRIVE = Drive(cycles(pulses=10, count=3), current=4e10, nominal=50e10)


def device(seed: int, reads: int = 10, noise: float = 1e-3, drive: Drive = DRIVE):
    """A synthetic device with the transition matrix UP (and its mirror image downwards)."""
    rng = np.random.default_rng(seed)
    state, rows = 0, []
    polarities = [0, *(step.polarity for step in drive.steps)]
    for pulse, (polarity, cycle) in enumerate(zip(polarities, [0, *drive.cycles], strict=True)):
        if polarity > 0:
            state = rng.choice(4, p=UP[state])
        elif polarity < 0:
            state = 3 - rng.choice(4, p=UP[3 - state])
        for _ in range(reads):
            profile = np.zeros(PAPER.shape[1])
            profile[100:] = state * AREA + noise * rng.normal()
            rows.append((pulse, polarity, cycle, state, 4, profile))
    names = ("pulse", "polarity", "cycle", "count_post", "count_total", "profile")
    columns = {n: np.array(c) for n, c in zip(names, zip(*rows, strict=True), strict=True)}
    return SimpleNamespace(table=columns)


def card_of(seeds, **options):
    runs = [device(seed) for seed in seeds]
    return calibrate(
        runs, Readout(), track=PAPER, drive=DRIVE, name="synthetic", description="", seeds=seeds,
        draws=50, **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def card():
    return card_of(range(40))


def test_levels_are_those_of_the_device(card):
    expected = 20e-6 * (1 + 2.8 * AREA * np.arange(4))
    assert card.conductance == pytest.approx(expected, rel=1e-3)
    assert card.levels.read_sd == pytest.approx([20e-6 * 2.8 * 1e-3] * 4, rel=0.05)
    assert card.levels.skyrmions == [0, 1, 2, 3]


def test_transition_matrices_are_those_of_the_device(card):
    assert np.array(card.potentiation.later) == pytest.approx(UP, abs=0.08)
    assert np.array(card.depression.later) == pytest.approx(UP[::-1, ::-1], abs=0.08)
    assert np.array(card.potentiation.first) == pytest.approx(UP, abs=0.1)
    later = card.potentiation.observed
    assert sum(later) == 40 * 20
    assert sum(card.potentiation.observed_first) == 40 * 10


def test_the_card_survives_its_file(card, tmp_path):
    card.save(tmp_path / "card.yaml")
    assert load_card(tmp_path / "card.yaml") == card


def test_same_runs_give_the_same_card(card):
    assert card_of(range(40)).digest == card.digest


def test_intervals_hold_the_estimates(card):
    for state in range(4):
        low, high = card.intervals[f"levels.mean.{state}"]
        assert low <= card.levels.mean[state] <= high
        assert high - low < 1e-8
    low, high = card.intervals["levels.range"]
    assert low <= card.levels.mean[-1] - card.levels.mean[0] <= high
    assert 0 < card.intervals["potentiation.success"][0] < 1
    assert (
        card.intervals["potentiation.first.success"] != card.intervals["potentiation.later.success"]
    )


def test_provenance_names_study_code_seeds_and_losses(card):
    record = card.provenance
    assert record["study"]["track"]["length"] == PAPER.length
    assert record["seeds"] == list(range(40))
    assert record["skyrmions_at_end"] == [4] * 40
    assert record["pulses_with_a_loss"] == 0
    assert record["loss_per_pulse"][:2] == [0.0, 0.0]
    assert 0 < record["loss_per_pulse"][2] < 4 / record["pulses"]
    assert len(record["code"]["digest"]) == 12


def test_drift_at_rest_is_measured_by_polarity():
    """A device that gives back 1 % of G0 in each pause after potentiation, and nothing else."""
    runs = [device(seed, noise=0) for seed in range(6)]
    for run in runs:
        after = run.table["polarity"] > 0
        read = np.tile(np.arange(10), len(after) // 10)
        run.table["profile"][after, 100:] -= (0.01 / 2.8) * (read[after, None] >= 5)
    card = calibrate(
        runs, Readout(), track=PAPER, drive=DRIVE, name="drifting", description="", draws=50
    )
    found = card.provenance["relaxation"]
    assert found["potentiation"]["mean"] == pytest.approx(-0.01 * 20e-6)
    assert found["potentiation"]["by_state"][1] == pytest.approx(-0.01 * 20e-6)
    assert found["depression"]["mean"] == pytest.approx(0, abs=1e-12)


def test_the_card_reproduces_runs_it_was_not_fitted_to(card):
    held_back = [visits_of(device(seed), Readout(), PAPER) for seed in range(100, 110)]
    result = goodness_of_fit(card, held_back, np.random.default_rng(0), replicas=100)
    assert result["ks_p"] > 0.01
    assert abs(result["moves"] - result["moves_sampled"]) < 4 * result["moves_sd"]


def test_a_wrong_card_does_not_reproduce_them(card):
    frozen = card.potentiation.model_copy(update={"later": np.eye(4).tolist(), "first": None})
    wrong = card.model_copy(update={"potentiation": frozen})
    held_back = [visits_of(device(seed), Readout(), PAPER) for seed in range(100, 110)]
    result = goodness_of_fit(wrong, held_back, np.random.default_rng(0), replicas=100)
    assert result["ks_p"] < 0.05


def test_held_back_fit_is_recorded(card):
    assert card.provenance["held_back"]["folds"] == 40
    assert 0 <= card.provenance["held_back"]["ks"] <= 1


def test_a_state_never_seen_has_no_level():
    visits = visits_of(device(3), Readout(), PAPER)
    without = np.where(visits.count == 2, 1, visits.count)
    states = fit_states([type(visits)(visits.polarity, visits.cycle, without, visits.total,
                                      visits.reads)])  # fmt: skip
    assert [2] not in states.counts
    assert len(states.mean) == 3


def test_levels_rise_even_if_counts_do_not():
    visits = visits_of(device(3), Readout(), PAPER)
    swapped = np.array([0, 2, 1, 3])[visits.count]
    states = fit_states([type(visits)(visits.polarity, visits.cycle, swapped, visits.total,
                                      visits.reads)])  # fmt: skip
    assert states.counts == [[0], [1, 2], [3]]
    assert np.all(np.diff(states.mean) > 0)


def test_rare_states_move_like_the_average_one():
    seen = np.zeros((4, 4))
    seen[0, 1] = 30.0
    matrix = transition_matrix(seen, seen, 1, weight=1.0)
    assert matrix[2, 3] == pytest.approx(31 / 32)  # 30 jumps by one, one more and one failure
    assert matrix[3, 3] == pytest.approx(1.0)
    assert matrix.sum(axis=1) == pytest.approx(1.0)


def test_transitions_are_counted_by_cycle():
    visits = visits_of(device(1), Readout(), PAPER)
    states = fit_states([visits])
    everything = count_transitions([visits], states, 1)
    first = count_transitions([visits], states, 1, first=True)
    later = count_transitions([visits], states, 1, first=False)
    assert np.array_equal(first + later, everything)
    assert first.sum() == 10


def test_half_cycles_share_only_their_ends():
    visits = visits_of(device(1), Readout(), PAPER)
    parts = half_cycles(visits)
    assert [len(part.count) for part in parts] == [11] * 6
    assert parts[0].count[-1] == parts[1].count[0]


def test_bootstrap_of_a_mean_has_its_standard_error():
    runs = [visits_of(device(seed), Readout(), PAPER) for seed in range(40)]
    ends = np.array([run.count[10] for run in runs])
    intervals = bootstrap(
        runs,
        lambda chosen: {"end": float(np.mean([run.count[10] for run in chosen])), "one": 1.0},
        np.random.default_rng(0),
    )
    assert "one" not in intervals  # it does not vary, so it has no interval
    low, high = intervals["end"]
    assert (high - low) / 3.92 == pytest.approx(ends.std() / np.sqrt(40), rel=0.15)


@pytest.mark.parametrize("name", shipped_cards())
def test_the_range_of_a_shipped_card_lies_within_its_interval(name):
    card = load_card(name)
    if len(card.provenance["seeds"]) > 1:
        low, high = card.intervals["levels.range"]
        assert low <= card.levels.mean[-1] - card.levels.mean[0] <= high


def test_fewer_than_four_stretches_give_no_interval():
    runs = [visits_of(device(1), Readout(), PAPER)] * 3
    one_way = [dataclasses.replace(run, polarity=np.ones_like(run.polarity)) for run in runs]
    assert bootstrap(one_way, lambda chosen: {"x": chosen[0].mean[0]}, generator(1)) == {}


def test_samples_keep_to_the_programme(card):
    like = visits_of(device(1), Readout(), PAPER)
    state, reads = sample_programme(card, like, 0, 200, generator(1))
    assert np.all(state[:, 0] == 0)
    after = state[:, 1][:, None] == np.arange(4)
    assert after.mean(axis=0) == pytest.approx(card.potentiation.first[0], abs=0.1)
    assert reads.shape == (200, *like.reads.shape)


def test_a_device_that_never_switches_is_refused():
    still = device(0)
    still.table["count_post"][:] = 0
    still.table["profile"][:] = 0
    with pytest.raises(DeviceError, match=r"1 conductance state.*needs at least 2"):
        calibrate([still], Readout(), track=PAPER, drive=DRIVE, name="x", description="")


def test_no_trajectory_is_refused():
    with pytest.raises(DeviceError, match="at least one trajectory"):
        calibrate([], Readout(), track=PAPER, drive=DRIVE, name="x", description="")


def test_a_trajectory_of_something_else_is_refused():
    with pytest.raises(DeviceError, match="no column 'pulse'"):
        visits_of(SimpleNamespace(table={"t": np.zeros(3)}), Readout(), PAPER)


def test_a_trajectory_of_another_track_is_refused():
    other = device(0)
    other.table["profile"] = other.table["profile"][:, :50]
    with pytest.raises(DeviceError, match="200 cell columns"):
        visits_of(other, Readout(), PAPER)


def test_energy_of_a_pulse_is_equation_3(card):
    by_hand = 2 * 38e-8 * 4.5e-9 * 800e-9 * 220e-9 * 50e10**2 * 2e-9
    assert card.pulse.energy == pytest.approx(by_hand)
    assert card.pulse.energy == pytest.approx(300e-15, rel=0.01)  # Chen et al., below Eq. 3
