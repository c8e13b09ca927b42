"""Calibration: trajectories of a simulated track in, a device card out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from devicemodels.calibrate_check import bootstrap, goodness_of_fit, wilson_interval
from devicemodels.calibrate_fit import States, count_transitions, fit_states, transition_matrix
from devicemodels.calibrate_relax import drift, relaxation_record
from devicemodels.calibrate_visits import HasTable, Visits, visits_of
from devicemodels.card import Branch, DeviceCard, Levels, PulseCost
from devicemodels.readout import Readout
from neuroskyrm.errors import DeviceError
from neuroskyrm.io.provenance import code_digest, versions
from neuroskyrm.micromagnetics.track import Track
from neuroskyrm.micromagnetics.track_drive import Drive
from neuroskyrm.seeds import generator

PRIOR_WEIGHT = 1.0
"""Pulses that the prior of a transition row is worth."""

PHYSICS = (
    "neuroskyrm.micromagnetics",
    "neuroskyrm.simd",
    "neuroskyrm.texture",
    "devicemodels.calibrate",
)


def calibrate(
    trajectories: Sequence[HasTable],
    readout: Readout,
    *,
    track: Track,
    drive: Drive,
    name: str,
    description: str,
    seeds: Sequence[int] = (),
    provenance: dict[str, Any] | None = None,
    prior_weight: float = PRIOR_WEIGHT,
    draws: int = 500,
    seed: int = 0,
) -> DeviceCard:
    """Return the card of a device from an ensemble of its trajectories.

    Levels go by skyrmion count in the post-synapse under the read-out; transitions are Dirichlet
    posteriors (`transition_matrix`); the energy per pulse is Eq. 3 of Chen et al.

    Parameters
    ----------
    trajectories : sequence of Trajectory
        What `simulate_track` returned, one for each noise seed.
    readout : Readout
        Junction over the post-synapse.
    track, drive : Track, Drive
        What was simulated.
    name, description : str
        For the card.
    seeds : sequence of int
        Noise seeds of the trajectories, for the provenance.
    provenance : dict, optional
        More to record: command, fidelity, limits.
    prior_weight : float
        Pulses that the prior of each transition row is worth.
    draws : int
        Bootstrap resamples.
    seed : int
        Seed of bootstrap and goodness of fit.

    Returns
    -------
    DeviceCard

    Raises
    ------
    DeviceError
        No trajectory, one of another track, or fewer than two states.
    """
    if not trajectories:
        raise DeviceError("calibration needs at least one trajectory; got none.")
    runs = [visits_of(trajectory, readout, track) for trajectory in trajectories]
    card = _fit(runs, track, drive, name, prior_weight)
    intervals = bootstrap(
        runs, lambda chosen: _numbers(chosen, card), generator(seed, "bootstrap"), draws
    )
    record = {
        "study": {
            "track": json.loads(json.dumps(asdict(track))),  # tuples become lists, as in a file
            "drive": _drive_record(drive),
            "readout": asdict(readout),
        },
        "read_area": readout.area(track),
        "seeds": list(seeds),
        "trajectories": len(runs),
        "code": {"digest": code_digest(PHYSICS), **versions()},
        "prior": f"Dirichlet, worth {prior_weight:g} pulses, from the jumps of all states",
        "relaxation": relaxation_record(runs, fit_states(runs)),
        "held_back": _cross_validate(runs, track, drive, prior_weight, seed),
        **loss_record(runs),
        **(provenance or {}),
    }
    found = {"description": description, "intervals": intervals, "provenance": record}
    return DeviceCard(**{**card.model_dump(), **found})


def _fit(
    runs: Sequence[Visits], track: Track, drive: Drive, name: str, weight: float
) -> DeviceCard:
    """Return the card of `runs` without description, intervals and provenance."""
    states = fit_states(runs)
    step = next((s for s in drive.steps if abs(s.scale) == 1), drive.steps[0])
    return DeviceCard(
        name=name,
        description="",
        levels=Levels(
            mean=states.mean.tolist(),
            read_sd=states.read_sd.tolist(),
            visit_sd=states.visit_sd.tolist(),
            skyrmions=states.skyrmions.tolist(),
            visits=states.visits.tolist(),
        ),
        potentiation=_branch(runs, states, 1, weight),
        depression=_branch(runs, states, -1, weight),
        pulse=PulseCost(
            energy=drive.energy(track, step),
            width=step.width,
            pause=step.pause,
            current_density=drive.nominal,
        ),
        validity={
            "temperature": (track.temperature, track.temperature),
            "layers": (track.layers, track.layers),
            "torque_current": (drive.current, drive.current),
        },
        provenance={},
    )


def _branch(runs: Sequence[Visits], states: States, polarity: int, weight: float) -> Branch:
    pool = count_transitions(runs, states, polarity)
    later = count_transitions(runs, states, polarity, first=False)
    if later.sum() == 0:  # one cycle only: it has to stand for all of them
        matrix = transition_matrix(pool, pool, polarity, weight)
        return Branch(later=matrix.tolist(), observed=_rows(pool))
    first = count_transitions(runs, states, polarity, first=True)
    return Branch(
        later=transition_matrix(later, pool, polarity, weight).tolist(),
        first=transition_matrix(first, pool, polarity, weight).tolist(),
        observed=_rows(later),
        observed_first=_rows(first),
    )


def _rows(counts: Any) -> list[int]:
    return [int(n) for n in counts.sum(axis=1)]


def _numbers(runs: Sequence[Visits], card: DeviceCard) -> dict[str, float]:
    """Return the numbers of a resample that get an interval, on the states of the card."""
    mean = np.concatenate([run.mean[run.own] for run in runs])
    sd = np.concatenate([run.sd[run.own] for run in runs])
    count = np.concatenate([run.count[run.own] for run in runs])
    state = np.abs(np.array(card.levels.skyrmions) - count[:, None]).argmin(axis=1)
    numbers = {}
    for s in np.unique(state):
        numbers[f"levels.mean.{s}"] = float(mean[state == s].mean())
        numbers[f"levels.read_sd.{s}"] = float(np.sqrt(np.mean(sd[state == s] ** 2)))
    lowest, highest = "levels.mean.0", f"levels.mean.{card.states - 1}"
    if lowest in numbers and highest in numbers:
        numbers["levels.range"] = numbers[highest] - numbers[lowest]
    jumps = np.concatenate([np.diff(run.count) for run in runs])
    drifts = np.concatenate([drift(run)[1:] for run in runs])
    pulse = np.concatenate([run.polarity[1:] for run in runs])
    first = np.concatenate([run.cycle[1:] == 0 for run in runs])
    for branch, polarity in (("potentiation", 1), ("depression", -1)):
        mine = pulse == polarity
        if mine.any():
            numbers[f"relaxation.{branch}"] = float(drifts[mine].mean())
        cycles = {"": mine, ".first": mine & first, ".later": mine & ~first}
        for label, chosen in cycles.items() if first.any() and not first.all() else [("", mine)]:
            if chosen.any():
                steps = jumps[chosen] * polarity
                numbers[f"{branch}{label}.success"] = float(np.mean(steps > 0))
                numbers[f"{branch}{label}.jump"] = float(np.mean(steps))
    return numbers


def _cross_validate(
    runs: Sequence[Visits], track: Track, drive: Drive, weight: float, seed: int
) -> dict[str, Any]:
    """Return the goodness of fit of each run against a card made of the others, averaged."""
    if len(runs) < 2:
        return {"method": "none: one trajectory only, nothing could be held back"}
    results = []
    for left_out in range(len(runs)):
        others = [run for number, run in enumerate(runs) if number != left_out]
        try:
            card = _fit(others, track, drive, name="others", weight=weight)
        except DeviceError:
            continue
        rng = generator(seed, "held-back", left_out)
        results.append(goodness_of_fit(card, [runs[left_out]], rng))
    if not results:
        return {"method": "none: no subset of the trajectories makes a card"}
    means = {key: float(np.mean([result[key] for result in results])) for key in results[0]}
    return {"method": "leave one trajectory out", "folds": len(results), **means}


def loss_record(runs: Sequence[Visits]) -> dict[str, Any]:
    """Return what each trajectory held at first and at last, and pulses with a loss.

    ``loss_per_pulse`` is the share of pulses that cost a skyrmion, with its 95 % Wilson interval:
    with no loss at all, the upper end says how much the ensemble could have missed.
    """
    lost = sum(int(np.sum(np.diff(run.total) < 0)) for run in runs)
    pulses = sum(int(np.sum(run.polarity != 0)) for run in runs)
    return {
        "skyrmions_at_start": [int(run.total[0]) for run in runs],
        "skyrmions_at_end": [int(run.total[-1]) for run in runs],
        "pulses": pulses,
        "pulses_with_a_loss": lost,
        "loss_per_pulse": [lost / max(pulses, 1), *wilson_interval(lost, pulses)],
    }


def _drive_record(drive: Drive) -> dict[str, Any]:
    """Return the drive as plain data, its steps in short form."""
    record = asdict(drive)
    record["steps"] = " ".join(
        f"{step.scale:+g}x{step.width * 1e9:g}/{step.pause * 1e9:g}ns" for step in drive.steps
    )
    return record
