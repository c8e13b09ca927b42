"""Physics: the track under current pulses, skyrmions counted before and after each."""

from __future__ import annotations

from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.study import Study
from neuroskyrm.io.stage_store import Metrics
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics.track_drive import Drive, cycles

TRAJECTORY = "trajectory.h5"


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


def load_trajectory(context: Context) -> Trajectory:
    """Return the trajectory that the stage `simulate` left."""
    return Trajectory.load(context.inputs["simulate"].folder / TRAJECTORY)


def _work(context: Context) -> Metrics:
    from neuroskyrm.app.figures import draw_snapshots
    from neuroskyrm.micromagnetics.track_run import simulate_track

    track, drive = context.study.device.track(), drive_of(context.study)
    trajectory = simulate_track(
        track,
        drive,
        context.study.seed,
        progress=context.tick,
        checkpoint=context.folder / "checkpoint",
    )
    trajectory.save(context.folder / TRAJECTORY)
    chosen = _spread_over(len(trajectory.snapshots), 3)
    draw_snapshots(
        context.figure(
            "track",
            "m_z of the top layer before, during and after the pulses; the barrier is outlined.",
        ),
        [trajectory.snapshots[i][2, -1] for i in chosen],
        [f"t = {trajectory.times[i] * 1e9:.1f} ns" for i in chosen],
        (track.length, track.width),
        track.barrier_mask(),
    )
    count = trajectory.table["count_total"]
    return {
        "device.skyrmions_at_start": int(count[0]),
        "device.skyrmions_at_end": int(count[-1]),
        "device.simulated_time": float(trajectory.table["t"][-1]),
        "device.layers": track.layers,
        "device.temperature": track.temperature,
    }


def _spread_over(count: int, wanted: int) -> list[int]:
    """Return up to `wanted` indices spread over ``range(count)``, first and last among them."""
    return sorted({round(i * (count - 1) / (wanted - 1)) for i in range(wanted)})


STAGE = Stage(
    name="simulate",
    does="Simulate the track under current pulses, skyrmion by skyrmion.",
    sections=("device", "drive"),
    needs=(),
    code=("neuroskyrm.micromagnetics", "neuroskyrm.texture", "neuroskyrm.app.stages.simulate"),
    work=_work,
)
