"""The stages of the staircase, lowest first: a new stage is one file and one line here."""

from __future__ import annotations

from neuroskyrm.app.stages.base import Stage
from neuroskyrm.app.stages.report import report_stage

_ORDER: tuple[Stage, ...] = ()

STAGES: dict[str, Stage] = {stage.name: stage for stage in _ORDER}
STAGES["report"] = report_stage(tuple(STAGES))
"""All stages by name, in the order in which they run."""
