"""The device card of this run's trajectory, and the card that the crossbars use."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from devicemodels.calibrate import calibrate
from devicemodels.calibrate_visits import visits_of
from devicemodels.card import DeviceCard, load_card
from devicemodels.readout import Readout
from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.stages.simulate import drive_of, load_trajectory
from neuroskyrm.app.study import Study
from neuroskyrm.io.stage_store import Metrics

CALIBRATED = "calibrated"
OWN_CARD = "card.yaml"
USED_CARD = "card-in-use.yaml"


def used_card(context: Context) -> DeviceCard:
    """Return the card that the crossbars of this study use."""
    return load_card(context.inputs["calibrate"].folder / USED_CARD)


def _work(context: Context) -> Metrics:
    from neuroskyrm.app.figures import draw_card, draw_conductance

    study = context.study
    track, drive, readout = (
        study.device.track(),
        drive_of(study),
        Readout(**study.read.model_dump()),
    )
    trajectory = load_trajectory(context)
    own = calibrate(
        [trajectory],
        readout,
        track=track,
        drive=drive,
        name=f"{study.name}-card",
        description=f"Calibrated by the run '{study.name}' from one trajectory.",
        seeds=[study.seed],
        provenance={"fidelity": "full layers", "limits": "one trajectory, one noise seed"},
        seed=study.seed,
    )
    own.save(context.folder / OWN_CARD)
    used = own if study.card.use == CALIBRATED else load_card(study.card.use)
    used.save(context.folder / USED_CARD)
    visits = visits_of(trajectory, readout, track)
    draw_conductance(
        context.figure(
            "conductance",
            "Conductance after each pulse (error bars: repeated reads) and skyrmion number.",
        ),
        visits.mean / readout.G0,
        visits.sd / readout.G0,
        visits.count,
        visits.polarity,
    )
    draw_card(own, context.figure("card-own", "The card of this run: levels and transitions."))
    if used is not own:
        text = f"The card that the crossbars use: {used.name}. {used.description}"
        draw_card(used, context.figure("card-used", text))
    return {**_metrics("device", own), **_metrics("card", used), "card.name": used.name}


def _metrics(prefix: str, card: DeviceCard) -> Metrics:
    G = card.conductance
    return {
        f"{prefix}.states": card.states,
        f"{prefix}.range": float(G[-1] / G[0] - 1),
        f"{prefix}.read_sd": float(np.mean(card.levels.read_sd) / G[0]),
        f"{prefix}.energy_per_update": card.pulse.energy,
        f"{prefix}.pulses_observed": int(
            sum(card.potentiation.observed) + sum(card.depression.observed)
        ),
    }


def _card_file(study: Study, data: Path | None) -> dict[str, str]:
    if study.card.use == CALIBRATED:
        return {}
    return {"card": load_card(study.card.use).digest}


STAGE = Stage(
    name="calibrate",
    does="Fit a device card from the simulated trajectory.",
    sections=("name", "device", "drive", "read", "card"),
    needs=("simulate",),
    code=("devicemodels", "neuroskyrm.app.stages.calibrate"),
    work=_work,
    files=_card_file,
)
