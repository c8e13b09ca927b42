"""Rigid skyrmions: Thiele's equation, its limits, and the table of a full run."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from neuroskyrm.constants import BOLTZMANN
from neuroskyrm.errors import DataError
from neuroskyrm.micromagnetics.track import DEMO, REGISTER, RIM, Barrier, Rim
from neuroskyrm.micromagnetics.track_drive import Drive, cycles
from neuroskyrm.micromagnetics.track_run import SETTLE
from neuroskyrm.thiele import RigidTrack, ThieleModel, landscape, learn, simulate_rigid
from neuroskyrm.thiele.boxes import bare
from neuroskyrm.thiele.learn import _fit_repulsion

MODEL = ThieleModel(
    gyration=-2.7e-13, dissipation=6.6e-14, push=1.2e-22, temperature=0.0,
    pair_force=0.0, pair_range=6e-9, edge_force=0.0, edge_range=20e-9,
    loss_distance=1e-9, merge_distance=1e-9, radius=15e-9, area_sd=0.0, speckle=0.0,
    depth=(0.1, 0.3, 0.6, 0.7, 0.6, 0.3, 0.1, 0.0), step=4e-9,
)  # fmt: skip
OPEN = replace(
    RIM, barrier=Barrier(across=0.0), rim=Rim(0.0), skyrmions=1, rows=1, length=1600e-9,
    width=1600e-9,
)  # fmt: skip


def rigid(track=OPEN, model=MODEL, seed=0, places=None):
    found = RigidTrack(track, model, seed)
    if places is not None:
        found.place(places)
    return found


class TestThieleEquation:
    def test_free_skyrmion_moves_with_the_mobility_matrix(self):
        run = rigid(places=[(800e-9, 800e-9)])
        run.run(2e-9, 2e10)
        velocity = (run.places[0] - 800e-9) / 2e-9
        np.testing.assert_allclose(velocity, MODEL.velocity(2e10), rtol=1e-9)
        assert np.arctan2(velocity[1], velocity[0]) == pytest.approx(MODEL.hall_angle)

    def test_velocity_solves_the_equation_of_motion(self):
        vx, vy = MODEL.velocity(2e10)
        G, Gamma = MODEL.gyration, MODEL.dissipation
        np.testing.assert_allclose([Gamma * vx - G * vy, G * vx + Gamma * vy],
                                   [MODEL.push * 2e10, 0], atol=1e-25)  # fmt: skip

    def test_diffusion_is_einsteins(self):
        warm = replace(MODEL, temperature=300.0)
        run = rigid(model=warm, places=[(800e-9, 800e-9)] * 400)
        run.model = warm
        run._pair = (0.0, 0.0, 1e-9)
        run.run(1e-9)
        G, Gamma = MODEL.gyration, MODEL.dissipation
        D = BOLTZMANN * 300 * Gamma / (G**2 + Gamma**2)
        alive = run.places[run.alive] - 800e-9
        assert alive.var(axis=0).mean() == pytest.approx(2 * D * 1e-9, rel=0.15)

    def test_pair_circles_and_drifts_apart_around_its_centre(self):
        run = rigid(
            model=replace(MODEL, pair_force=1e-11), places=[(790e-9, 800e-9), (820e-9, 800e-9)]
        )
        start = run.places.mean(axis=0)
        run.run(2e-9)
        step = run.places[1] - run.places[0]
        np.testing.assert_allclose(run.places.mean(axis=0), start, atol=1e-14)
        assert np.hypot(*step) > 31e-9
        assert abs(step[1]) > 1e-9  # the gyration turns the pair


class TestLandscape:
    def test_force_is_the_slope_of_the_overlap_with_the_wall(self):
        track = replace(OPEN, width=200e-9, rim=Rim(20e-9, RIM.film.Ku + 1e5))
        force = landscape(track, MODEL).force
        middle = force[1][:, force.shape[2] // 2]
        assert middle[0] > 0 > middle[-1]
        np.testing.assert_allclose(middle, -middle[::-1], atol=1e-18)
        r = np.arange(len(MODEL.depth)) * MODEL.step
        volume = track.film.thickness * track.layers
        inside = 1e5 * volume * 2 * np.pi * np.trapezoid(np.array(MODEL.depth) * r, r)
        climbed = np.sum(middle[: len(middle) // 2]) * track.cell
        assert climbed == pytest.approx(inside, rel=0.05)

    def test_without_barrier_and_rim_there_is_no_force(self):
        assert not landscape(OPEN, MODEL).force.any()

    def test_a_wall_as_high_as_the_softness_has_half_the_force(self):
        track = replace(OPEN, width=200e-9, rim=Rim(20e-9, RIM.film.Ku + 1e5))
        stiff, soft = (landscape(track, replace(MODEL, softness=s)).force for s in (0.0, 1e5))
        np.testing.assert_allclose(soft, stiff / 2)


class TestLosses:
    def test_skyrmion_that_is_driven_through_a_free_edge_is_lost(self):
        edge = replace(MODEL, loss_distance=10e-9)
        run = rigid(model=edge, places=[(800e-9, 1580e-9)])
        run.run(5e-9, 2e10)
        assert run.read()["count_total"] == 0

    def test_two_in_one_place_are_one(self):
        run = rigid(
            model=replace(MODEL, merge_distance=10e-9), places=[(8e-7, 8e-7), (8.05e-7, 8e-7)]
        )
        run.run(1e-12)
        assert run.read()["count_total"] == 1

    def test_collapse_has_kramers_rate(self):
        soft = replace(
            MODEL, temperature=300.0, area_sd=1.5e-16, area_memory=0.05e-9, collapse_area=5e-17
        )
        barrier, squeeze, rate = soft.collapse
        assert barrier == pytest.approx((np.pi * 15e-9**2 - 5e-17) ** 2 / (6 * 1.5e-16**2))
        places = [(1e-7 * (1 + i), 1e-7 * (1 + j)) for i in range(14) for j in range(14)] * 2
        for force in (0.0, 0.5 * squeeze):
            run = rigid(model=soft, places=places)
            run.landscape.force[:] = 0.0
            run.landscape.force[0] = force
            run.squeeze[:] = force
            run._pair = (0.0, 0.0, 1e-9)
            run.model = replace(soft, merge_distance=0.0, loss_distance=-1.0)
            run.run(0.4e-9)
            expected = rate * np.exp(-barrier * (1 - force / squeeze) ** 1.5)
            lost = 1 - run.alive.mean()
            assert lost == pytest.approx(1 - np.exp(-expected * 0.4e-9), abs=0.08)
            np.testing.assert_allclose(run.squeeze[run.alive], force)

    def test_nothing_collapses_without_a_smallest_area(self):
        run = rigid(places=[(8e-7, 8e-7)] * 1)
        run.run(5e-9)
        assert run.alive.all()


class TestArea:
    def test_area_is_remembered_over_its_time(self):
        swelling = replace(MODEL, area_sd=1e-17, area_memory=1e-9)
        run = rigid(model=swelling, places=[(8e-7, 8e-7)] * 1)
        run._swelling = np.zeros(20000)
        run.places = np.zeros((20000, 2))
        series = []
        for _ in range(6):
            run.t += 0.5e-9
            series.append(run._swell().copy())
        later = np.corrcoef(series[4], series[5])[0, 1]
        assert later == pytest.approx(np.exp(-0.5), abs=0.03)

    def test_without_memory_every_read_is_new(self):
        run = rigid(model=replace(MODEL, area_sd=1e-17), places=[(8e-7, 8e-7)] * 1)
        assert run._swell()[0] != run._swell()[0]


class TestTrajectory:
    DRIVE = Drive(cycles(3, 1, 2e-9, 1e-9), current=1.75e10, nominal=21e10, reads=4)

    def test_has_the_table_of_a_full_run(self):
        from dataclasses import fields

        from neuroskyrm.micromagnetics.track_reads import Read

        found = simulate_rigid(RIM, self.DRIVE, 1, MODEL)
        wanted = {"t", "pulse", "polarity", "cycle"} | {f.name for f in fields(Read)}
        assert wanted <= set(found.table) | {"tilt_profile"}
        assert len(found) == 7 * 4
        assert found["profile"].shape == (28, RIM.shape[1])
        assert found["t"][-1] == pytest.approx(self.DRIVE.duration + SETTLE)

    def test_same_seed_same_bits_other_seed_other_noise(self):
        warm = replace(MODEL, temperature=300.0, area_sd=1e-17)
        one, two, other = (simulate_rigid(RIM, self.DRIVE, s, warm) for s in (1, 1, 2))
        for name in one.table:
            np.testing.assert_array_equal(one[name], two[name])
        assert (one["profile"] != other["profile"]).any()

    def test_reversed_share_is_the_area_of_the_skyrmions(self):
        run = rigid(RIM, places=[(600e-9, 110e-9), (500e-9, 110e-9)])
        share = 2 * np.pi * MODEL.radius**2 / (RIM.length / 2 * RIM.width)
        assert run.read()["reversed_fraction"] == pytest.approx(share, rel=0.03)


class TestLearning:
    def test_exponential_repulsion_is_found_again(self):
        gap = np.linspace(5e-9, 30e-9, 9)
        found = _fit_repulsion(gap, 3e-12 * np.exp(-gap / 12e-9))
        assert found.strength == pytest.approx(3e-12, rel=1e-6)
        assert found.range == pytest.approx(12e-9, rel=1e-6)

    def test_a_piece_of_a_track_forgets_where_the_skyrmions_of_the_whole_begin(self):
        # The places of the register lie outside of its pieces.
        piece = bare(REGISTER, length=240e-9)
        assert not piece.places
        assert np.ptp(piece.anisotropy()[0][10]) == piece.rim.Ku - piece.film.Ku

    @pytest.mark.slow
    def test_model_learned_from_the_spins_moves_as_they_do(self, monkeypatch):
        # Shorter looks than a model for use needs: signs and sizes show in them too.
        learning, crowd = (sys.modules[f"neuroskyrm.thiele.{n}"] for n in ("learn", "crowd"))
        monkeypatch.setattr(learning, "PIECE_FRAMES", 12)
        monkeypatch.setattr(crowd, "HOLD", 0.3e-9)
        monkeypatch.setattr(crowd, "RIGID_SEEDS", 4)
        found = learn(DEMO, seed=1)
        assert found.gyration < 0 < found.dissipation < abs(found.gyration)
        assert 5e-9 < found.radius < 30e-9
        assert found.pair_force > 0
        assert found.edge_force > 0
        assert 0 < found.loss_distance < 26e-9
        assert 0 < found.collapse_area < np.pi * found.radius**2
        assert 0 <= found.area_memory < 5e-9
        assert 0 <= found.contact <= 1
        free = found.provenance["velocity"]
        # Positive current drives a core that is down to +x, and the gyration turns it to +y.
        assert free[0] > -found.provenance["velocity_error"][0]
        assert free[1] > 3 * found.provenance["velocity_error"][1]
        assert found.softness >= 0
        drive = Drive(cycles(4, 1, 2e-9, 1e-9), current=1.75e10, nominal=21e10, reads=2)
        # One to two of three cross; in one noise seed of eight, none.
        moved = [simulate_rigid(DEMO, drive, seed, found)["count_post"].max() for seed in range(8)]
        assert np.mean(moved) > 0.3

    def test_model_survives_its_file(self, tmp_path):
        MODEL.save(tmp_path / "model.json")
        assert ThieleModel.load(tmp_path / "model.json") == MODEL
        (tmp_path / "model.json").write_text('{"format": 1')
        with pytest.raises(DataError, match="no Thiele model"):
            ThieleModel.load(tmp_path / "model.json")
