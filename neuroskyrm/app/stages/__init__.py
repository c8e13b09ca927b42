"""The stages of the staircase, lowest first: a new stage is one file and one line here."""

from __future__ import annotations

from neuroskyrm.app.stages import (
    calibrate,
    evaluate,
    export,
    monitor,
    program,
    simulate,
    train_deep,
    train_stdp,
)
from neuroskyrm.app.stages.base import Stage
from neuroskyrm.app.stages.report import report_stage

_ORDER: tuple[Stage, ...] = (
    simulate.STAGE,
    calibrate.STAGE,
    train_deep.STAGE,
    train_stdp.STAGE,
    program.STAGE,
    evaluate.STAGE,
    export.STAGE,
    monitor.STAGE,
)

STAGES: dict[str, Stage] = {stage.name: stage for stage in _ORDER}
STAGES["report"] = report_stage(tuple(STAGES))
"""All stages by name, in the order in which they run."""
