"""An ensemble of noise seeds on one track: resumable, in processes, one file a trajectory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from pathlib import Path

from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics.track import Track
from neuroskyrm.micromagnetics.track_drive import Drive
from neuroskyrm.micromagnetics.track_run import simulate_track


def run_ensemble(
    track: Track,
    drive: Drive,
    seeds: Sequence[int],
    folder: Path,
    *,
    executor: Executor | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[Trajectory]:
    """Simulate `track` once for each seed, and return the trajectories in order of `seeds`.

    A trajectory that `folder` already holds is read; one that was interrupted goes on from its
    last checkpoint. Each runs on one core: seeds side by side use a machine better than threads.

    Parameters
    ----------
    track, drive : Track, Drive
        What to simulate.
    seeds : sequence of int
        Noise seeds.
    folder : Path
        Where trajectories and checkpoints go.
    executor : Executor, optional
        Where to run; a process pool of `workers` if not given, or here if `workers` is 1.
    workers : int
        Processes.
    progress : callable, optional
        ``progress(done, total)`` in trajectories.

    Returns
    -------
    list of Trajectory
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [seed for seed in seeds if not trajectory_path(folder, track, seed).exists()]
    done = len(seeds) - len(missing)
    if executor is None and workers > 1 and missing:
        with ProcessPoolExecutor(workers) as pool:
            return run_ensemble(track, drive, seeds, folder, executor=pool, progress=progress)
    if executor is None:
        for seed in missing:
            run_member(track, drive, seed, folder)
            done += 1
            if progress is not None:
                progress(done, len(seeds))
    else:
        futures = [executor.submit(run_member, track, drive, seed, folder) for seed in missing]
        for future in as_completed(futures):
            future.result()
            done += 1
            if progress is not None:
                progress(done, len(seeds))
    return [Trajectory.load(trajectory_path(folder, track, seed)) for seed in seeds]


def trajectory_path(folder: Path, track: Track, seed: int) -> Path:
    """Return the file of one trajectory."""
    return folder / f"{track.name}-{seed}.h5"


def run_member(track: Track, drive: Drive, seed: int, folder: Path) -> Path:
    """Simulate one seed into `folder`, resuming from its checkpoint, and return its file."""
    path = trajectory_path(folder, track, seed)
    trajectory = simulate_track(track, drive, seed, checkpoint=folder / f"{path.stem}.checkpoint")
    trajectory.save(path)
    return path
