"""The fidelity ladder: which stages stand for the physics, from full spins to the card alone."""

from __future__ import annotations

from functools import cache
from math import ceil
from typing import Literal, get_args

from neuroskyrm.app.stages import STAGES
from neuroskyrm.app.stages.base import Stage
from neuroskyrm.app.study import Study

Rung = Literal["full", "coarse", "thiele", "card"]
RUNGS: tuple[str, ...] = get_args(Rung)
"""From the most to the least faithful."""

COARSE_CELL = 2.0
"""Cells of the coarse rung are this many times as wide."""


@cache
def staircase(rung: str) -> dict[str, Stage]:
    """Return the stages of a rung by name, in the order in which they run.

    Parameters
    ----------
    rung : {"full", "coarse", "thiele", "card"}
        The rung. The networks are the same on all of them; what differs is where the device
        comes from: micromagnetics of every layer, the same with cells twice as wide, rigid
        skyrmions (`neuroskyrm.thiele`), or a finished card whose energy is that of the study.
    """
    if rung in ("full", "coarse"):
        return dict(STAGES)
    from neuroskyrm.app.stages import surrogate

    replaced = surrogate.CARD_STAGES if rung == "card" else surrogate.THIELE_STAGES
    stages = {stage.name: stage for stage in replaced}
    # The report shows the simulation, which the card has none of.
    gone = {"simulate", "report"} if rung == "card" else set()
    others = {n: s for n, s in STAGES.items() if n not in stages and n not in gone}
    return stages | others


def on_rung(study: Study, rung: str) -> Study:
    """Return the study as the rung computes it.

    The coarse rung has wider cells, and sides that are rounded up to whole ones of them.
    """
    if rung != "coarse":
        return study
    device = study.device.model_dump()
    cell = device["cell"] = device["cell"] * COARSE_CELL
    for side in ("length", "width"):
        device[side] = ceil(device[side] / cell - 1e-6) * cell
    return Study.model_validate({**study.model_dump(), "device": device})
