"""Physics: the track under current pulses, skyrmions counted before and after each."""

from __future__ import annotations

import os
from pathlib import Path

from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.study import Study
from neuroskyrm.io.provenance import file_hashes
from neuroskyrm.io.stage_store import Metrics
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics.track_drive import Drive, cycles

TRAJECTORY = "trajectory.h5"
OTHERS = "other-seeds"


def drive_of(study: Study) -> Drive:
    """Return the pulse train that the study describes."""
    drive = study.drive
    return Drive(
        cycles(drive.pulses, drive.cycles, drive.width, drive.pause),
        current=drive.current,
        nominal=drive.nominal,
        heavy_metal=drive.heavy_metal,
        resistivity=drive.resistivity,
        reads=drive.reads,
    )


def seeds_of(study: Study) -> list[int]:
    """Return the noise seeds of the study's ensemble: its own, and those after it."""
    return [study.seed + number for number in range(study.drive.seeds)]


def load_trajectories(context: Context) -> list[Trajectory]:
    """Return the trajectories that the stage `simulate` left, in order of `seeds_of`."""
    from devicemodels.calibrate_ensemble import trajectory_path

    folder, track = context.inputs["simulate"].folder, context.study.device.track()
    others = seeds_of(context.study)[1:]
    files = [trajectory_path(folder / OTHERS, track, seed) for seed in others]
    return [Trajectory.load(file) for file in (folder / TRAJECTORY, *files)]


def _work(context: Context) -> Metrics:
    from neuroskyrm.app.figures import draw_snapshots

    track = context.study.device.track()
    trajectory = _simulate(context, context.folder / TRAJECTORY)
    chosen = _spread_over(len(trajectory.snapshots), 3)
    draw_snapshots(
        context.figure(
            "track",
            "m_z of the top layer before, during and after the pulses; barrier, regions outlined.",
        ),
        [trajectory.snapshots[i][2, -1] for i in chosen],
        [f"t = {trajectory.times[i] * 1e9:.1f} ns" for i in chosen],
        (track.length, track.width),
        track.outlines(),
    )
    count = trajectory.table["count_total"]
    return {
        "device.skyrmions_at_start": int(count[0]),
        "device.skyrmions_at_end": int(count[-1]),
        "device.simulated_time": float(trajectory.table["t"][-1]),
        "device.layers": track.layers,
        "device.temperature": track.temperature,
    }


def _simulate(context: Context, file: Path) -> Trajectory:
    """Simulate the study's seed and then the others, on all cores; return the first trajectory.

    All of it is resumed: each seed from its last pulse.
    """
    from devicemodels.calibrate_ensemble import run_ensemble
    from neuroskyrm.micromagnetics.track_run import simulate_track

    track, drive = context.study.device.track(), drive_of(context.study)
    own, *others = seeds_of(context.study)
    total = 1 + len(others)
    if not file.exists():
        checkpoint = context.folder / "checkpoint"
        simulate_track(
            track,
            drive,
            own,
            lambda share, text: context.tick(share / total, text),
            checkpoint,
            context.observe,
        ).save(file)
    if others:
        run_ensemble(
            track,
            drive,
            others,
            context.folder / OTHERS,
            workers=min(len(others), os.cpu_count() or 1),
            progress=lambda done, _: context.tick(
                (1 + done) / total, f"{1 + done} of {total} seeds"
            ),
        )
    return Trajectory.load(file)


def _spread_over(count: int, wanted: int) -> list[int]:
    """Return up to `wanted` indices spread over ``range(count)``, first and last among them."""
    return sorted({round(i * (count - 1) / (wanted - 1)) for i in range(wanted)})


def region_files(study: Study, _: Path | None) -> dict[str, str]:
    """Return the hashes of the pictures that the track's regions are drawn from."""
    return file_hashes(Path(region.file) for region in study.device.regions if region.file)


STAGE = Stage(
    name="simulate",
    does="Simulate the track under current pulses, skyrmion by skyrmion.",
    sections=("device", "drive"),
    needs=(),
    code=(
        "neuroskyrm.micromagnetics",
        "neuroskyrm.simd",
        "neuroskyrm.texture",
        "neuroskyrm.app.stages.simulate",
    ),
    work=_work,
    files=region_files,
)
