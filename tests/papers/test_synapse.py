"""Numbers of Chen et al., Phys. Rev. Applied 14, 014096 (2020), beside ours.

What needs minutes of simulation is read from the committed results; see docs/synapse.md.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from devicemodels.card import load_card
from devicemodels.readout import Readout
from neuroskyrm.constants import MU0
from neuroskyrm.errors import DeviceError
from neuroskyrm.micromagnetics.track import PAPER
from neuroskyrm.micromagnetics.track_drive import default_drive

pytestmark = pytest.mark.papers
RESULTS = Path(__file__).resolve().parents[2] / "docs" / "results"


def metrics(name: str) -> dict:
    return json.loads((RESULTS / f"synapse-{name}" / "metrics.json").read_text())


def test_energy_per_update_is_300_fJ():
    """Below Eq. 3; it follows from 50 MA/cm^2 (Fig. 8) and 4.5 nm of platinum, 38 uohm cm."""
    assert default_drive(PAPER).energy(PAPER) == pytest.approx(300e-15, rel=0.02)
    assert load_card("paper-n4-300K").pulse.energy == pytest.approx(300e-15, rel=0.02)


def test_exchange_and_dmi_lengths_of_appendix_a():
    film = PAPER.film
    exchange = 2 * np.sqrt(film.A / (MU0 * film.Ms**2))
    dmi = 2 * film.A / film.D
    assert (exchange, dmi) == pytest.approx((5.9e-9, 11.77e-9), rel=0.01)


def test_ten_skyrmions_cover_what_ten_skyrmions_cover():
    """G = G0 (1 + TMR f) with ten skyrmions of 16.3 nm: 1.27 G0, not the 1.55 of Fig. 4c."""
    f = 10 * np.pi * 16.3e-9**2 / Readout().area(PAPER)
    assert Readout().conductance(np.array(f)) / 20e-6 == pytest.approx(1.27, abs=0.01)


@pytest.mark.parametrize("name", ["paper-n4-300K", "rim-n4-300K"])
class TestCommittedRuns:
    def test_potentiation_raises_the_conductance(self, name):
        for G in metrics(name)["device.conductance"]:
            assert G[10] - G[0] > 0.03

    def test_first_cycle_is_a_calibration_cycle(self, name):
        """Fig. 5b: the curve does not come back to its start after the first LTP/LTD process."""
        for G in metrics(name)["device.conductance"]:
            if len(G) > 20:
                assert G[20] > G[0]

    def test_card_is_the_one_of_the_metrics(self, name):
        card, numbers = load_card(name), metrics(name)
        assert card.states == numbers["device.states"]
        assert (card.conductance / 20e-6).tolist() == pytest.approx(numbers["device.levels"])

    def test_at_least_the_six_states_of_the_paper_are_seen(self, name):
        assert metrics(name)["device.states"] >= 6


def test_depression_of_the_rim_design_goes_back_most_of_the_way():
    for G in metrics("rim-n4-300K")["device.conductance"]:
        if len(G) > 20:
            assert G[20] - G[0] < 0.4 * (max(G[:16]) - G[0])


def test_two_seeds_of_the_rim_design_climb_the_same_staircase():
    counts = [run[:11] for run in metrics("rim-n4-300K")["device.counts"]]
    assert len(counts) >= 2
    assert np.ptp(counts, axis=0).max() <= 1


def test_half_the_field_gives_the_range_the_rim_design_lacks():
    """0.6 G0 in the paper (Fig. 5c); ours reaches two thirds of it without a loss."""
    numbers = metrics("rim-film-40mT-300K")
    assert numbers["device.range"] > 2 * metrics("rim-n4-300K")["device.range"]
    assert numbers["device.skyrmions_at_end"] == numbers["device.skyrmions_at_start"]


def test_the_rim_keeps_more_skyrmions_than_the_paper_track():
    def kept(name: str) -> float:
        numbers = metrics(name)
        return sum(numbers["device.skyrmions_at_end"]) / sum(numbers["device.skyrmions_at_start"])

    assert kept("rim-n4-300K") > kept("paper-n4-300K")


class TestPaperFilm:
    """Figs 2 and 3 on the paper's own film, full layers."""

    def test_one_layer_works_at_0_K_and_not_at_300_K(self):
        runs = metrics("fig2")["runs"]
        cold = runs["0 K"][0]
        assert cold["post"][:6] == sorted(cold["post"][:6])
        assert cold["post"][5] >= 5
        assert cold["total"][5] == 16
        for warm in runs["300 K"]:
            assert warm["post"].count(0) >= 19  # of 21: none stays
            assert warm["total"][-1] <= 1

    def test_four_layers_do_better_than_two_but_far_from_the_paper(self):
        found = metrics("fig3")["summary"]
        two, four = found["n = 2"], found["n = 4"]
        assert four["range"]["mean"] > 3 * two["range"]["mean"]
        assert four["states"] > two["states"]
        assert four["range"]["mean"] < 0.6 / 5

    def test_rest_makes_an_update_fail_and_the_initialisation_pulse_does_not_mend_it(self):
        found = metrics("fig8")["response"]
        at_once, rested, woken = (
            found[case]["conductance"] for case in ("no rest", "rest", "rest, initialised")
        )
        assert len(at_once["seeds"]) >= 3
        assert at_once["mean"] > 5 * at_once["error"]
        assert rested["mean"] < at_once["mean"] / 2
        assert woken["mean"] < at_once["mean"] / 2

    @pytest.mark.parametrize("name", ["paper-n1-300K", "paper-n2-layers-300K"])
    def test_a_device_that_never_switches_has_no_card(self, name):
        numbers = metrics(name)
        assert "no card can be made" in numbers["card"]
        assert set(np.ravel(numbers["device.counts"])) == {0}
        with pytest.raises(DeviceError):
            load_card(name)


class TestRegister:
    """What issue 4 asks of a design: nothing lost, six states apart, two fifths of G0."""

    def test_every_skyrmion_is_kept_over_five_cycles_in_eight_seeds(self):
        numbers, card = metrics("register-n4-300K"), load_card("register-n4-300K")
        assert len(numbers["seeds"]) == 8
        assert numbers["device.pulses"] == [60] * 8
        assert numbers["device.skyrmions_at_start"] == [5] * 8
        assert numbers["device.skyrmions_at_end"] == [5] * 8
        assert card.provenance["pulses_with_a_loss"] == 0
        assert card.provenance["loss_per_pulse"][2] < 0.01

    def test_six_states_stand_apart_at_two_standard_deviations(self):
        numbers = metrics("register-n4-300K")
        assert numbers["device.states_apart_2sd_mean_of_pause"] >= 6
        level = np.array(numbers["device.levels"])
        spread = np.array(numbers["device.spread_mean_of_pause"])
        assert np.all(np.diff(level) > 2 * (spread[1:] + spread[:-1]))

    def test_the_range_is_over_two_fifths_of_G0(self):
        assert metrics("register-n4-300K")["device.range"] >= 0.4


class TestCompactDesign:
    """Ours beside the paper's: it keeps what the paper's track loses."""

    def test_the_second_cycle_comes_back_where_the_first_does_not(self):
        """Fig. 5b, with eight seeds."""
        G = np.array(metrics("compact-n4-300K")["device.conductance"])
        first, second = G[:, 12] - G[:, 0], G[:, 24] - G[:, 12]
        error = np.hypot(first.std(ddof=1), second.std(ddof=1)) / np.sqrt(len(G))
        assert first.mean() - second.mean() > 4 * error
        assert abs(second.mean()) < 2 * second.std(ddof=1) / np.sqrt(len(G))

    def test_every_skyrmion_is_kept_in_eight_seeds(self):
        numbers, card = metrics("compact-n4-300K"), load_card("compact-n4-300K")
        assert len(numbers["seeds"]) == 8
        assert numbers["device.skyrmions_at_start"] == [6] * 8
        assert numbers["device.skyrmions_at_end"] == [6] * 8
        assert card.provenance["pulses_with_a_loss"] == 0
        assert card.provenance["loss_per_pulse"][2] < 0.03

    def test_six_states_are_seen_over_the_range_of_two_fifths(self):
        numbers = metrics("compact-n4-300K")
        assert numbers["device.states"] >= 6
        assert numbers["device.range"] >= 0.4

    def test_energy_goes_with_area_width_and_the_square_of_the_current(self):
        ratio = load_card("compact-n4-300K").pulse.energy / load_card("rim-n4-300K").pulse.energy
        width, area, current = 1 / 2, 480 * 200 / (800 * 220), (3.2 / 1.75) ** 2
        assert ratio == pytest.approx(width * area * current)
