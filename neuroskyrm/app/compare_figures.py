"""Figures that lay several runs over each other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from devicemodels.card import DeviceCard, load_card
from neuroskyrm.app.figures import drawing
from neuroskyrm.errors import NeuroSkyrmError
from neuroskyrm.io.trajectory import Trajectory

if TYPE_CHECKING:
    from neuroskyrm.app.compare import FinishedRun

ACCURACIES = ("deep.ann_accuracy", "deep.snn_accuracy", "stdp.accuracy", "monitor.accuracy")
MARKERS = "osD^vP*X"


def draw_overlays(runs: Sequence[FinishedRun], folder: Path) -> list[tuple[str, Path]]:
    """Draw what can be laid over each other, as PNG and SVG.

    Parameters
    ----------
    runs : sequence of FinishedRun
        The runs.
    folder : Path
        Where to write.

    Returns
    -------
    list of (caption, PNG file)
    """
    found = []
    for name, caption, draw in (
        ("levels", "Conductance levels of each run's own card; bars: read noise.", _levels),
        ("counts", "Skyrmions in the post-synapse after each pulse.", _counts),
        ("accuracies", "Accuracies on test images and unseen processes.", _accuracies),
    ):
        for suffix in (".svg", ".png"):
            path = folder / f"{name}{suffix}"
            if draw(runs, path) and suffix == ".png":
                found.append((caption, path))
    return found


def _levels(runs: Sequence[FinishedRun], path: Path) -> bool:
    cards = [(run.name, card) for run in runs if (card := _own_card(run)) is not None]
    if not cards:
        return False
    with drawing(path) as figure:
        axis = figure.subplots()
        for marker, (name, card) in zip(MARKERS, cards, strict=False):
            sd = np.array(card.levels.read_sd) * 1e6
            axis.errorbar(
                range(card.states), card.conductance * 1e6, sd,
                fmt=f"{marker}-", capsize=3, label=name,
            )  # fmt: skip
        axis.set(xlabel="state", ylabel="conductance [µS]")
        axis.legend()
    return True


def _counts(runs: Sequence[FinishedRun], path: Path) -> bool:
    tracks = [(run.name, table) for run in runs if (table := _track(run)) is not None]
    if not tracks:
        return False
    with drawing(path) as figure:
        axis = figure.subplots()
        for marker, (name, (pulse, count)) in zip(MARKERS, tracks, strict=False):
            axis.plot(pulse, count, f"{marker}-", label=name)
        axis.set(xlabel="pulse", ylabel="skyrmions in the post-synapse")
        axis.legend()
    return True


def _accuracies(runs: Sequence[FinishedRun], path: Path) -> bool:
    names = [name for name in ACCURACIES if any(name in run.metrics for run in runs)]
    if not names:
        return False
    with drawing(path) as figure:
        axis = figure.subplots()
        width = 0.8 / len(runs)
        for number, run in enumerate(runs):
            x = np.arange(len(names)) + (number - (len(runs) - 1) / 2) * width
            heights = [100 * run.metrics.get(name, np.nan) for name in names]
            axis.bar(x, heights, width, label=run.name)
        axis.set_xticks(range(len(names)), [name.replace("_", " ") for name in names])
        axis.set(ylabel="accuracy [%]", ylim=(0, 100))
        axis.legend(loc="lower right")
    return True


def _own_card(run: FinishedRun) -> DeviceCard | None:
    path = run.folder / "card.yaml"
    return load_card(path) if path.exists() else None


def _track(run: FinishedRun) -> tuple[np.ndarray, np.ndarray] | None:
    """Return pulse numbers and post-synaptic counts of a run, from the stage it names."""
    try:
        manifest = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))
        trajectory = Trajectory.load(
            Path(manifest["stages"]["simulate"]["folder"]) / "trajectory.h5"
        )
    except (OSError, ValueError, KeyError, NeuroSkyrmError):
        return None
    pulse = trajectory["pulse"]
    numbers = np.unique(pulse)
    return numbers, np.array([np.median(trajectory["count_post"][pulse == n]) for n in numbers])
