"""Make the results of the synapse: trajectories, card, figure, metrics.

    python benchmarks/synapse_cards.py compact-n4-300K --seeds 1 2 3 4 5 6 7 8 --runs runs

Trajectories go to the folder `--runs` and are resumed pulse by pulse; `--partial` makes the
results from the pulses done so far. Everything else goes to `docs/results/synapse-NAME/`; a name
that is shipped as a card also replaces `devicemodels/cards/NAME.yaml`. The cards `paper-n4-300K`
and `rim-n4-300K` were made before films had their quicker stage, and seed 1 of the other `paper`
cards before the demagnetising field had transforms of its own; the same command makes other
trajectories of the same device now.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from devicemodels.calibrate import calibrate
from devicemodels.calibrate_ensemble import run_ensemble, trajectory_path
from devicemodels.calibrate_figure import save_calibration_figure
from devicemodels.calibrate_visits import Visits, visits_of
from devicemodels.card import DeviceCard
from devicemodels.readout import Readout
from neuroskyrm.errors import DeviceError
from neuroskyrm.io.atomic import write_json, write_text
from neuroskyrm.io.provenance import versions
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics.track import PAPER, PRESETS, RIM, Track
from neuroskyrm.micromagnetics.track_drive import (
    Drive,
    Step,
    cycles,
    default_drive,
)
from neuroskyrm.micromagnetics.track_run import time_step

ROOT = Path(__file__).resolve().parents[1]
ABOUT = {
    "compact": "A synapse on half the area (480 x 200 nm): six skyrmions of stronger DMI, a rim of "
    "raised anisotropy, all layers driven, exchange through the spacers.",
    "register": "A shift register (715 x 100 nm): five skyrmions in single file in ten wells "
    "between gates of raised anisotropy, a rim, all layers driven, exchange through the spacers.",
}
# Inside the rim, from the middle on.
JUNCTIONS = {
    "compact": Readout(start=0.0, end=215e-9, across=150e-9),
    "register": Readout(start=0.0, end=332.5e-9, across=50e-9),
}
VARIANTS = {
    f"{design}-n{n}-{T}K": (design, n, T)
    for design in ABOUT
    for n, T in ((4, 300), (1, 300), (2, 300), (8, 300), (1, 0), (4, 0))
}
COLD_CURRENT = 5.5e10
"""Of the register at 0 K [A/m^2]: without heat its gates stay shut at the drive's own current."""
FINE = {
    "register-n4-300K-fine-50-3.8": (50e3, 3.8e10, 6),
    "register-n4-300K-fine-50-3.2": (50e3, 3.2e10, 6),
    "register-n4-300K-fine-70-3.8": (70e3, 3.8e10, 6),
    "register-n4-300K-fine": (60e3, 3.8e10, 8),
}
"""The register on 2.5 nm cells: what its gates add to Ku [J/m^3], its current [A/m^2], and the
pulses of a half cycle."""
# The paper's geometry with gaps of 48 nm: layers, temperature [K], cell [m], current on each layer
# [A/m^2], full layers or one film. n = 1 at 0 K needs 2.5 nm: its skyrmions of 11 nm collapse on
# coarser cells that nothing warms.
PAPERS = {
    "paper-n1-300K": (1, 300, 4e-9, 2.5e10, "full"),
    "paper-n2-300K": (2, 300, 4e-9, 1.5e10, "effective"),
    "paper-n8-300K": (8, 300, 4e-9, 1.5e10, "effective"),
    "paper-n1-0K": (1, 0, 2.5e-9, 2.5e10, "full"),
    "paper-n4-0K": (4, 0, 4e-9, 2.5e10, "full"),
    "paper-n2-layers-300K": (2, 300, 4e-9, 1.5e10, "full"),
    "paper-n4-layers-300K": (4, 300, 4e-9, 1.5e10, "full"),
}
PAPER_CARDS = {name for name in PAPERS if "layers" not in name}
CARDS = {"paper-n4-300K", "rim-n4-300K", *VARIANTS, *PAPER_CARDS}
READOUTS = {name: JUNCTIONS[design] for name, (design, _, _) in VARIANTS.items()}
FULL = (
    "full layers, 4 nm cells, single precision, RK4 with 0.5 ps steps, demagnetising field "
    "between cells extrapolated over four steps"
)
COARSE = FULL.replace("4 nm cells", "5 nm cells").replace("0.5 ps", "0.61 ps")
EFFECTIVE = "stack as one effective film (colder than full layers), otherwise: " + FULL


def studies() -> dict[str, tuple[Track, Drive, str, str]]:
    """Return track, drive, description and fidelity of each result by name."""
    pulses = cycles(10, 2, width=2e-9, pause=1e-9)
    full = replace(PAPER, name="paper-n4-full-300K")
    paper = replace(PAPER.with_gap(48e-9).effective(), name="paper-n4-300K")
    rim = replace(RIM, name="rim-n4-300K")
    # At these currents most skyrmions leave over the edge: for the loss, not for a card.
    stronger = {
        f"paper-n4-J{J:g}-300K": (
            replace(paper, name=f"paper-n4-J{J:g}-300K"),
            Drive(cycles(10, 2, 2e-9, pause), current=4e10 * J, nominal=50e10),
            f"As paper-n4-300K, with {J:g} MA/cm^2 on each layer.",
            EFFECTIVE,
        )
        for J, pause in ((2.5, 1e-9), (5.0, 2e-9))
    }
    # Levers of the rim design, on the effective film.
    levers = {
        f"rim-film-{label}-300K": (
            replace(change(RIM).effective(), name=f"rim-film-{label}-300K"),
            Drive(cycles(10, 1, 2e-9, 1e-9), current=4e10 * J, nominal=12e10 * J),
            f"The rim design as one effective film: {label}.",
            EFFECTIVE,
        )
        for label, J, change in (
            ("80mT", 1.75, lambda track: track),
            ("40mT", 1.75, lambda track: replace(track, field=40e-3)),
            ("60mT", 1.75, lambda track: replace(track, field=60e-3)),
            ("40mT-J2.5", 2.5, lambda track: replace(track, field=40e-3)),
        )
    }
    return {
        **levers,
        **stronger,
        "paper-n4-full-300K": (
            full,
            replace(default_drive(full), steps=pulses),
            "The multilayer synapse of Chen et al. as drawn (800 x 220 nm, n = 4, 300 K, gaps of "
            "37.5 nm, outer layers driven).",
            FULL,
        ),
        "paper-n4-300K": (
            paper,
            # 1.5 MA/cm^2 on each of 4 layers: at 2.5 and 5 most skyrmions leave over the edge.
            # The nominal current is that of the published 300 fJ.
            Drive(pulses, current=4 * 1.5e10, nominal=50e10),
            "The multilayer synapse of Chen et al. (800 x 220 nm, n = 4, 300 K) with gaps of 48 "
            "nm in place of 37.5 nm, and its stack as one effective film.",
            EFFECTIVE,
        ),
        "rim-n4-40mT-300K": (
            replace(rim, name="rim-n4-40mT-300K", field=40e-3),
            replace(default_drive(rim), steps=pulses),
            "The rim design at half the field (40 mT), which makes its skyrmions half as large "
            "again (800 x 220 nm, n = 4, 300 K).",
            FULL,
        ),
        **{name: variant(name) for name in VARIANTS},
        **{name: paper_device(name) for name in PAPERS},
        "compact-n4-300K-fine": fine("compact"),
        **{name: fine_register(name) for name in FINE},
        "rim-n4-300K": (
            rim,
            replace(default_drive(rim), steps=pulses),
            "A synapse with a rim of raised anisotropy, all four layers driven, and weak "
            "ferromagnetic exchange through the spacers (800 x 220 nm, n = 4, 300 K).",
            FULL,
        ),
    }


def variant(name: str) -> tuple[Track, Drive, str, str]:
    """Return a design by its layers and temperature; n = 4 at 300 K has all its cycles."""
    design, layers, temperature = VARIANTS[name]
    track = replace(PRESETS[design], name=name, layers=layers, temperature=float(temperature))
    drive = default_drive(PRESETS[design])
    if (layers, temperature) != (4, 300):
        drive = replace(drive, steps=one_cycle(drive))
    text = f"{ABOUT[design]} n = {layers}, {temperature} K."
    if design == "register" and temperature == 0:
        drive = replace(drive, current=COLD_CURRENT, nominal=12 * COLD_CURRENT)
        text += f" Driven at {COLD_CURRENT / 1e10:g} MA/cm^2 on each layer."
    return track, drive, text, COARSE


def fine(design: str) -> tuple[Track, Drive, str, str]:
    """Return one cycle of a design with cells of 2.5 nm."""
    track = replace(PRESETS[design], name=f"{design}-n4-300K-fine", cell=2.5e-9)
    drive = default_drive(PRESETS[design])
    drive = replace(drive, steps=one_cycle(drive))
    fidelity = FULL.replace("4 nm cells", "2.5 nm cells").replace("0.5 ps", "0.23 ps")
    return track, drive, f"{ABOUT[design]} 2.5 nm cells.", fidelity


def fine_register(name: str) -> tuple[Track, Drive, str, str]:
    """Return one cycle of the register on 2.5 nm cells as `FINE` has it."""
    gates, current, pulses = FINE[name]
    track, drive, text, fidelity = fine("register")
    Ku = track.film.Ku + gates
    track = replace(track, name=name, regions=(replace(track.regions[0], Ku=Ku),))
    first = drive.steps[0]
    steps = cycles(pulses, 1, first.width, first.pause)
    drive = replace(drive, steps=steps, current=current, nominal=12 * current)
    text += f" Gates raised by {gates / 1e3:g} kJ/m^3, {current / 1e10:g} MA/cm^2 on each layer."
    return track, drive, text, fidelity


def one_cycle(drive: Drive) -> tuple[Step, ...]:
    """Return the steps of the first cycle."""
    return drive.steps[: drive.cycles.count(0)]


def paper_device(name: str) -> tuple[Track, Drive, str, str]:
    """Return the paper's geometry, every layer driven, for one cycle."""
    n, temperature, cell, current, rung = PAPERS[name]
    track = replace(
        PAPER.with_gap(48e-9),
        name=name, layers=n, cell=cell, temperature=float(temperature), driven="all",
    )  # fmt: skip
    fidelity = FULL.replace("4 nm cells", f"{cell * 1e9:g} nm cells")
    fidelity = fidelity.replace("0.5 ps", f"{time_step(track) * 1e12:.2g} ps")
    text = (
        f"The multilayer synapse of Chen et al. (800 x 220 nm, n = {n}, {temperature} K) with gaps "
        f"of 48 nm, {current / 1e10:g} MA/cm^2 on each layer"
    )
    if rung == "effective":  # a current j on each layer is n j on the film
        track, current, fidelity = track.effective(), n * current, EFFECTIVE
        text += ", and its stack as one effective film"
    drive = Drive(cycles(10, 1, width=2e-9, pause=1e-9), current=current, nominal=50e10)
    return track, drive, f"{text}.", fidelity


def trajectories(track: Track, seeds: list[int], folder: Path) -> list[Trajectory]:
    """Return the trajectories there are, finished or not, that hold at least one pulse."""
    found = []
    for seed in seeds:
        path = trajectory_path(folder, track, seed)
        if path.exists():
            found.append(Trajectory.load(path))
            continue
        parts = sorted((folder / f"{path.stem}.checkpoint").glob("reads-*.h5"))
        if len(parts) > 1:
            found.append(Trajectory.join([Trajectory.load(part) for part in parts]))
    return found


def metrics_of(card: DeviceCard, runs: list[Visits], readout: Readout) -> dict[str, Any]:
    """Return the numbers of one result, flat and dotted."""
    G = card.conductance / readout.G0
    between = np.array(card.levels.visit_sd) / readout.G0
    spread = np.hypot(np.array(card.levels.read_sd) / readout.G0, between)
    return {
        "device.states": card.states,
        "device.states_apart_2sd": states_apart(G, spread),
        "device.states_apart_2sd_mean_of_pause": states_apart(G, between),
        "device.range": float(G[-1] - G[0]),
        "device.levels": G.tolist(),
        "device.spread": spread.tolist(),
        "device.spread_mean_of_pause": between.tolist(),
        "device.energy_per_update": card.pulse.energy,
        **programme_of(runs, readout),
        "held_back": card.provenance["held_back"],
        "code": card.provenance["code"],
    }


def programme_of(runs: list[Visits], readout: Readout) -> dict[str, Any]:
    """Return what each seed did pulse by pulse."""
    return {
        "device.skyrmions_at_start": [int(run.total[0]) for run in runs],
        "device.skyrmions_at_end": [int(run.total[-1]) for run in runs],
        "device.pulses": [len(run.polarity) - 1 for run in runs],
        "device.counts": [run.count.tolist() for run in runs],
        "device.totals": [run.total.tolist() for run in runs],
        "device.conductance": [(run.mean / readout.G0).round(4).tolist() for run in runs],
    }


def states_apart(level: np.ndarray, spread: np.ndarray) -> int:
    """Return how many levels can be picked so that neighbours do not overlap at 2 sd."""
    chosen = [0]
    for state in range(1, len(level)):
        last = chosen[-1]
        if level[state] - 2 * spread[state] > level[last] + 2 * spread[last]:
            chosen.append(state)
    return len(chosen)


def losses(runs: list[Visits]) -> str:
    """Return what a card has to say of skyrmions that went missing."""
    lost = [f"{run.total[0]} to {run.total[-1]}" for run in runs if run.total[-1] < run.total[0]]
    if not lost:
        return ""
    return f"; the device loses skyrmions ({', '.join(lost)}), so its states do not last"


def main() -> None:
    """Run, calibrate, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=studies())
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--partial", action="store_true")
    parser.add_argument("--note", default="", help="added to the limits in the card")
    options = parser.parse_args()
    track, drive, description, fidelity = studies()[options.name]
    if not options.partial:
        run_ensemble(track, drive, options.seeds, options.runs, workers=options.workers)
    found = trajectories(track, options.seeds, options.runs)
    readout = READOUTS.get(options.name.split("-fine")[0], Readout())
    pulses = [int(trajectory["pulse"].max()) for trajectory in found]
    runs = [visits_of(trajectory, readout, track) for trajectory in found]
    limits = (
        f"modest: {len(found)} noise seed(s), {pulses} pulses of {len(drive.steps)}, pauses of "
        f"{drive.steps[0].pause * 1e9:g} ns where the paper has 5 ns; one material, one "
        "temperature; device-to-device spread not measured"
        + losses(runs)
        + (f"; {options.note}" if options.note else "")
    )
    command = f"python benchmarks/{Path(sys.argv[0]).name} {options.name} --seeds "
    command += " ".join(map(str, options.seeds))
    about = {"command": command, "seeds": options.seeds}
    folder = ROOT / "docs" / "results" / f"synapse-{options.name}"
    try:
        card = calibrate(
            found,
            readout,
            track=track,
            drive=drive,
            name=options.name,
            description=description,
            seeds=options.seeds,
            provenance={"command": command, "fidelity": fidelity, "limits": limits},
        )
    except DeviceError as reason:  # a device that never switches is a result, but not a card
        record = {"card": str(reason), **programme_of(runs, readout), **about, "code": versions()}
        write_json(folder / "metrics.json", {**record, "fidelity": fidelity, "limits": limits})
        print(reason)
        return
    write_json(folder / "metrics.json", {**metrics_of(card, runs, readout), **about})
    study = yaml.safe_dump(card.provenance["study"], sort_keys=False)
    write_text(folder / "study.yaml", study)
    save_calibration_figure(card, runs, folder / "programme.png")
    card.save(
        ROOT / "devicemodels" / "cards" / f"{options.name}.yaml"
        if options.name in CARDS
        else folder / "card.yaml"
    )


if __name__ == "__main__":
    main()
