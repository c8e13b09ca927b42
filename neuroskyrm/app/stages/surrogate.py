"""Stages that stand for the micromagnetic simulation on the cheap rungs of the fidelity ladder."""

from __future__ import annotations

from functools import lru_cache

from devicemodels.card import DeviceCard, PulseCost, load_card
from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.stages.calibrate import CALIBRATED, USED_CARD
from neuroskyrm.app.stages.calibrate import STAGE as CALIBRATE
from neuroskyrm.app.stages.simulate import OTHERS, TRAJECTORY, drive_of, region_files, seeds_of
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.stage_store import Metrics

LEARN = "learn-thiele"
MODEL = "model.json"


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


def _learn(context: Context) -> Metrics:
    """Learn the rigid-skyrmion model of the study's film from short micromagnetic runs."""
    from neuroskyrm.thiele import learn

    model = learn(context.study.device.track(), seed=context.study.seed, progress=context.tick)
    model.save(context.folder / MODEL)
    return {
        "thiele.radius": model.radius,
        "thiele.hall_angle": model.hall_angle,
        "thiele.push": model.push,
        "thiele.dissipation": model.dissipation,
        "thiele.softness": model.softness,
    }


def _simulate_rigid(context: Context) -> Metrics:
    """Simulate the track with rigid skyrmions, each seed of the study, as the full stage does."""
    from devicemodels.calibrate_ensemble import trajectory_path
    from neuroskyrm.thiele import ThieleModel, simulate_rigid

    study = context.study
    track, model = study.device.track(), ThieleModel.load(context.inputs[LEARN].folder / MODEL)
    own, *others = seeds_of(study)
    trajectory = simulate_rigid(track, drive_of(study), own, model)
    trajectory.save(context.folder / TRAJECTORY)
    (context.folder / OTHERS).mkdir(exist_ok=True)
    for seed in others:
        file = trajectory_path(context.folder / OTHERS, track, seed)
        simulate_rigid(track, drive_of(study), seed, model).save(file)
    count = trajectory.table["count_total"]
    return {
        "device.skyrmions_at_start": int(count[0]),
        "device.skyrmions_at_end": int(count[-1]),
        "device.most_in_post_synapse": int(trajectory.table["count_post"].max()),
        "device.simulated_time": float(trajectory.table["t"][-1]),
        "device.layers": track.layers,
        "device.temperature": track.temperature,
    }


THIELE_STAGES = (
    Stage(
        name=LEARN,
        does="Learn the rigid-skyrmion model of the film.",
        # Everything but the barrier and the drive: sweeps over those learn once.
        sections=("device.film", "device.layers", "device.cell", "device.field",
                  "device.temperature", "device.driven", "device.length", "device.width",
                  "device.rim", "device.skyrmions", "device.rows"),
        needs=(),
        code=("neuroskyrm.thiele", "neuroskyrm.micromagnetics", "neuroskyrm.simd",
              "neuroskyrm.texture"),
        work=_learn,
    ),
    Stage(
        name="simulate",
        does="Simulate the track with rigid skyrmions.",
        sections=("device", "drive"),
        needs=(LEARN,),
        code=("neuroskyrm.thiele", "neuroskyrm.app.stages.surrogate"),
        work=_simulate_rigid,
        files=region_files,
    ),
)  # fmt: skip
"""Rung 3: rigid skyrmions."""
