"""A small synapse, simulated: skyrmions cross, come back, and are counted by their charge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from devicemodels.calibrate import calibrate
from devicemodels.readout import Readout
from neuroskyrm.errors import DataError
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics import (
    Demag,
    Exchange,
    ExtrapolatedDemag,
    Mesh,
    Simulation,
    UniaxialAnisotropy,
    Zeeman,
)
from neuroskyrm.micromagnetics.track import DEMO, PAPER, RIM, Barrier
from neuroskyrm.micromagnetics.track_drive import Drive, Step, default_drive
from neuroskyrm.micromagnetics.track_reads import (
    read_track,
    reversed_profile,
    skyrmions,
    tilt_profile,
)
from neuroskyrm.micromagnetics.track_run import (
    DEMAG_STEPS,
    build_simulation,
    noise_seed,
    seeded,
    simulate_track,
    time_step,
)

TINY = replace(
    DEMO,
    name="tiny",
    length=120e-9,
    width=80e-9,
    skyrmions=1,
    barrier=Barrier(along=8e-9, across=8e-9, corner=4e-9),
)
STEPS = (Step(1, 0.02e-9, 0.02e-9), Step(-1, 0.02e-9, 0.02e-9), Step(1, 0.02e-9, 0.02e-9))
DRIVE = Drive(STEPS, current=2e10, nominal=24e10, reads=2)


@pytest.fixture(scope="module")
def whole():
    """One run of the tiny track."""
    return simulate_track(TINY, DRIVE, seed=1)


class TestReads:
    def test_seeded_skyrmions_are_counted_where_they_are(self):
        m = np.repeat(seeded(DEMO), DEMO.layers, axis=1)
        read = read_track(m, DEMO)
        assert (read.count_pre, read.count_post, read.count_total) == (3, 0, 3)
        assert read.torn == 0
        assert read.radius == pytest.approx(15e-9, rel=0.05)
        assert read.reversed_fraction == 0

    def test_mirrored_skyrmions_are_in_the_post_synapse(self):
        m = np.repeat(seeded(DEMO), DEMO.layers, axis=1)[..., ::-1]
        read = read_track(m, DEMO)
        assert (read.count_pre, read.count_post) == (0, 3)
        expected = 3 * np.pi * 15e-9**2 / (DEMO.length / 2 * DEMO.width)
        assert read.reversed_fraction == pytest.approx(expected, rel=0.1)

    def test_a_layer_without_its_skyrmions_is_torn(self):
        m = np.repeat(seeded(DEMO), 2, axis=1)
        m[:, 1] = np.array([0, 0, 1])[:, None, None]
        read = read_track(m, DEMO)
        assert (read.count_total, read.torn) == (1.5, 3)

    def test_a_reversed_bubble_without_winding_is_no_skyrmion(self):
        m = seeded(replace(DEMO, skyrmions=1))[:, 0]
        m[0] = np.hypot(m[0], m[1])  # the wall points along x all round
        m[1] = 0
        assert skyrmions(m) == []

    def test_a_reversed_speck_is_no_skyrmion(self):
        m = np.zeros((3, 20, 20))
        m[2] = 1
        m[2, 10, 10:12] = -1
        assert skyrmions(m) == []

    def test_profiles_agree_on_sharp_walls(self):
        m = np.zeros((3, 1, 10, 20))
        m[2] = 0.9
        m[2, :, :4, 5:9] = -0.9
        background = np.full(20, 0.9)
        assert reversed_profile(m) == pytest.approx(tilt_profile(m, background))


class TestRun:
    def test_rows_follow_the_pulses(self, whole):
        trajectory = whole
        assert trajectory["pulse"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
        assert trajectory["polarity"].tolist() == [0, 0, 1, 1, -1, -1, 1, 1]
        assert trajectory["cycle"].tolist() == [0, 0, 0, 0, 0, 0, 1, 1]
        assert trajectory["profile"].shape == (8, TINY.shape[1])
        assert trajectory.snapshots.shape == (4, 3, 2, *TINY.shape)
        assert trajectory["t"][-1] == pytest.approx(0.3e-9 + DRIVE.duration)

    def test_another_seed_differs(self, whole):
        other = simulate_track(TINY, DRIVE, seed=2)
        assert not np.array_equal(whole.snapshots, other.snapshots)

    def test_interrupted_run_goes_on_with_the_same_bits(self, whole, tmp_path):
        def stop(share: float, text: str) -> None:
            if share >= 0.5:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            simulate_track(TINY, DRIVE, seed=1, progress=stop, checkpoint=tmp_path / "c")
        assert list((tmp_path / "c").glob("state-0001.h5"))
        resumed = simulate_track(TINY, DRIVE, seed=1, checkpoint=tmp_path / "c")
        assert np.array_equal(resumed.snapshots, whole.snapshots)
        for name, column in whole.table.items():
            assert np.array_equal(resumed[name], column), name
        assert not (tmp_path / "c").exists()

    def test_a_checkpoint_of_another_seed_is_refused(self, tmp_path):
        def stop(share: float, text: str) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            simulate_track(TINY, DRIVE, seed=1, progress=stop, checkpoint=tmp_path / "c")
        with pytest.raises(DataError, match="belongs to another track, drive or seed"):
            simulate_track(TINY, DRIVE, seed=2, checkpoint=tmp_path / "c")

    def test_progress_ends_at_one(self):
        seen = []
        drive = replace(DRIVE, steps=STEPS[:1])
        simulate_track(TINY, drive, seed=1, progress=lambda share, text: seen.append((share, text)))
        assert [share for share, _ in seen] == [0.5, 1.0]
        assert "of 1 skyrmions" in seen[-1][1]

    def test_trajectory_survives_its_file(self, whole, tmp_path):
        whole.save(tmp_path / "t.h5")
        again = Trajectory.load(tmp_path / "t.h5")
        assert np.array_equal(again["profile"], whole["profile"])
        assert again.attrs["track"]["name"] == "tiny"

    def test_smaller_cells_take_smaller_steps(self):
        assert [time_step(track) for track in (PAPER, RIM, DEMO)] == [5e-13] * 3
        fine = replace(TINY, cell=2e-9)
        assert time_step(fine) < 2e-13
        simulation = build_simulation(fine, DRIVE, seed=1)
        simulation.run(2e-12)
        assert read_track(simulation.m, fine).count_total == 1

    def test_every_seed_fits_the_thermal_field(self):
        """Seed 7 once had more bits than the kernel takes."""
        assert max(noise_seed(seed) for seed in range(100)) < 2**63
        simulate_track(TINY, replace(DRIVE, steps=STEPS[:1], reads=1), seed=7)

    def test_skyrmions_can_be_put_anywhere(self):
        m = seeded(TINY, places=[(90e-9, 40e-9)])
        read = read_track(np.repeat(m, 2, axis=1), TINY)
        assert (read.count_pre, read.count_post) == (0, 1)

    def test_seeded_chirality_is_the_favoured_one(self):
        simulation = build_simulation(TINY, DRIVE, seed=1)
        dmi = simulation.energies()["InterfacialDMI"]
        flipped = simulation.m.copy()
        flipped[:2] *= -1
        simulation.m = flipped
        assert dmi < 0 < simulation.energies()["InterfacialDMI"]


def test_extrapolated_demag_agrees_with_one_at_every_stage():
    """A warm film: fluctuations of m_x and m_z, and the way it rings down, are the same."""
    mesh = Mesh.multilayer(24, 24, 4e-9, 4e-9, repeats=2)
    parts = (Exchange(1e-11), UniaxialAnisotropy(7.17e5), Zeeman((0, 0, 0.08)))

    def spreads(demag: Demag) -> tuple[float, float]:
        simulation = Simulation(
            mesh, [*parts, demag], Ms=956e3, alpha=0.1, temperature=300.0, seed=3, scheme="rk4",
            dt=5e-13,
        )  # fmt: skip
        simulation.run(0.1e-9)
        mx2, mz = [], []
        for _ in range(20):
            simulation.run(8e-12)
            mx2.append(float(np.mean(simulation.m[0] ** 2)))
            mz.append(float(np.mean(simulation.m[2])))
        return float(np.mean(mx2)), float(np.mean(mz))

    exact, quick = spreads(Demag()), spreads(ExtrapolatedDemag(DEMAG_STEPS))
    # 1.5 % and 0.14 % colder: docs/synapse.md, Numerics.
    assert quick[0] == pytest.approx(exact[0], rel=0.03)
    assert quick[1] == pytest.approx(exact[1], rel=0.003)


def test_extrapolated_demag_is_exact_while_time_stands_still():
    simulation = build_simulation(TINY, DRIVE, seed=1)
    demag = next(t for t in simulation.system.terms if isinstance(t, Demag))
    whole = Simulation(
        simulation.mesh,
        [Demag() if term is demag else term for term in simulation.system.terms],
        Ms=TINY.film.Ms,
        alpha=TINY.film.alpha,
        m=simulation.m,
    )
    for _ in range(3):
        assert simulation.effective_field() == pytest.approx(whole.effective_field(), abs=1e-5)
    for each in (simulation, whole):
        each.minimize(stop=1e-3)
    assert simulation.energies()["total"] == pytest.approx(whole.energies()["total"], rel=1e-4)


@pytest.mark.slow
def test_skyrmions_cross_the_barrier_and_come_back():
    """The physics of `neuroskyrm demo`: at least three states in one short cycle at 300 K."""
    drive = default_drive(DEMO)
    trajectory = simulate_track(DEMO, drive, seed=1)
    last = trajectory["pulse"] == 4
    assert np.median(trajectory["count_post"][last]) >= 2
    assert np.median(trajectory["count_post"][-drive.reads :]) <= 1
    assert trajectory["torn"].max() <= 1
    card = calibrate(
        [trajectory], Readout(), track=DEMO, drive=drive, name="demo", description="", draws=20
    )
    assert card.states >= 3
