"""Stages that stand for the micromagnetic simulation on the cheap rungs of the fidelity ladder."""

from __future__ import annotations

from functools import lru_cache

from devicemodels.card import DeviceCard, PulseCost, load_card
from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.stages.calibrate import CALIBRATED, USED_CARD
from neuroskyrm.app.stages.calibrate import STAGE as CALIBRATE
from neuroskyrm.app.stages.simulate import drive_of
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.stage_store import Metrics


def _card_with_cost(context: Context) -> Metrics:
    """Take a finished card as it is; pulse, energy and area are those of the study (Eq. 3)."""
    study = context.study
    if study.card.use == CALIBRATED:
        raise ConfigError("'card.use' = 'calibrated' has no meaning on rung card; name a card.")
    track, drive, card = study.device.track(), drive_of(study), _card(study.card.use)
    step = drive.steps[0]
    cost = PulseCost(
        energy=drive.energy(track, step),
        width=step.width,
        pause=step.pause,
        current_density=drive.nominal,
    )
    card.model_copy(update={"pulse": cost}).save(context.folder / USED_CARD)
    G = card.conductance
    return {
        "card.name": card.name,
        "card.states": card.states,
        "card.range": float(G[-1] / G[0] - 1),
        "device.energy_per_update": cost.energy,
        "device.update_time": step.width + step.pause,
        "device.area": track.length * track.width,
    }


@lru_cache(maxsize=8)
def _card(name: str) -> DeviceCard:
    """Return a card; a sweep asks for the same one ten thousand times."""
    return load_card(name)


CARD_STAGES = (
    Stage(
        name="calibrate",
        does="Take the states of a finished card and the pulse energy of the study.",
        sections=("device.length", "device.width", "drive", "card"),
        needs=(),
        code=("devicemodels", "neuroskyrm.app.stages.surrogate"),
        work=_card_with_cost,
        files=CALIBRATE.files,
    ),
)
"""Rung 4: the card itself."""
THIELE_STAGES = CARD_STAGES
