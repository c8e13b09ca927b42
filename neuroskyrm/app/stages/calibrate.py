"""The device card of this run's trajectory, and the card that the crossbars use."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from devicemodels.card import DeviceCard, load_card
from devicemodels.readout import Readout
from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.stages.simulate import drive_of, load_trajectories, seeds_of
from neuroskyrm.app.study import Study
from neuroskyrm.errors import DeviceError
from neuroskyrm.io.stage_store import Metrics
from neuroskyrm.io.trajectory import Trajectory

CALIBRATED = "calibrated"
OWN_CARD = "card.yaml"
USED_CARD = "card-in-use.yaml"


def used_card(context: Context) -> DeviceCard:
    """Return the card that the crossbars of this study use."""
    return load_card(context.inputs["calibrate"].folder / USED_CARD)


def _work(context: Context) -> Metrics:
    from neuroskyrm.app.figures import draw_card

    study = context.study
    trajectories = load_trajectories(context)
    own, problem = _own_card(study, trajectories)
    used = own if study.card.use == CALIBRATED else load_card(study.card.use)
    if used is None:
        raise DeviceError(f"'card.use' = '{CALIBRATED}': {problem}")
    used.save(context.folder / USED_CARD)
    metrics = _metrics("card", used) | {"card.name": used.name}
    _draw_pulses(context, trajectories[0])
    if own is None:
        metrics |= {"device.states": 1, "device.problem": problem}
    else:
        own.save(context.folder / OWN_CARD)
        draw_card(own, context.figure("card-own", "The card of this run: levels, transitions."))
        metrics |= _metrics("device", own)
    if used is not own:
        text = f"The card that the crossbars use: {used.name}. {used.description}"
        draw_card(used, context.figure("card-used", text))
    return metrics


def _own_card(study: Study, trajectories: list[Trajectory]) -> tuple[DeviceCard | None, str]:
    """Return the card of this run's trajectories, or None and why there is none.

    A device that shows one state only is a finding, not an error: the crossbars may use another
    card.
    """
    from devicemodels.calibrate import calibrate

    seeds = seeds_of(study)
    number = "one trajectory" if len(seeds) == 1 else f"{len(seeds)} trajectories"
    try:
        card = calibrate(
            trajectories,
            Readout(**study.read.model_dump()),
            track=study.device.track(),
            drive=drive_of(study),
            name=f"{study.name}-card",
            description=f"Calibrated by the run '{study.name}' from {number}.",
            seeds=seeds,
            provenance={
                "fidelity": f"full layers, {study.device.cell * 1e9:g} nm cells",
                "limits": f"{number}, each of its own noise seed",
            },
            seed=study.seed,
        )
    except DeviceError as problem:
        return None, str(problem)
    return card, ""


def _draw_pulses(context: Context, trajectory: Trajectory) -> None:
    from devicemodels.calibrate_visits import visits_of
    from neuroskyrm.app.figures import draw_conductance

    readout = Readout(**context.study.read.model_dump())
    visits = visits_of(trajectory, readout, context.study.device.track())
    caption = "Conductance after each pulse (error bars: repeated reads) and skyrmion number."
    draw_conductance(
        context.figure("conductance", caption),
        visits.mean / readout.G0,
        visits.sd / readout.G0,
        visits.count,
        visits.polarity,
    )


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
