"""What each lever of the register does alone: one cycle of one noise seed for each change.

    python benchmarks/synapse_levers.py --runs runs [NAME ...]

All layers, 300 K, 5 nm cells, as the ensemble of `synapse_cards.py register-n4-300K`, with one
thing changed at a time. Trajectories go to `--runs` and are resumed pulse by pulse; numbers and
figure to `docs/results/synapse-levers/`.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import synapse_cards as cards

from devicemodels.calibrate_ensemble import run_ensemble
from devicemodels.calibrate_visits import visits_of
from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.io.provenance import versions
from neuroskyrm.micromagnetics.track import REGISTER, Rim, Track
from neuroskyrm.micromagnetics.track_drive import Drive, default_drive
from neuroskyrm.micromagnetics.track_regions import Region

FOLDER = cards.ROOT / "docs" / "results" / "synapse-levers"
SEED = 1
BASE = replace(default_drive(REGISTER), steps=cards.one_cycle(default_drive(REGISTER)))


def gates(Ku: float) -> Track:
    """Return the register with another anisotropy in its gates [J/m^3]."""
    return replace(REGISTER, regions=(replace(REGISTER.regions[0], Ku=Ku),))


def film(**changes: float) -> Track:
    """Return the register with another film."""
    return replace(REGISTER, film=replace(REGISTER.film, **changes))


def current(J: float) -> Drive:
    """Return the drive with another current [A/m^2]."""
    return replace(BASE, current=J, nominal=12 * J)


def timing(**changes: float) -> Drive:
    """Return the drive with pulses of another width, or other pauses [s]."""
    return replace(BASE, steps=tuple(replace(step, **changes) for step in BASE.steps))


def fill(places: tuple[tuple[float, float], ...]) -> Track:
    """Return the register with its skyrmions seeded elsewhere, one at each place [m]."""
    return replace(REGISTER, skyrmions=len(places), places=places)


def rounded_ends() -> Track:
    """Return the register whose channel ends in half circles: all rim, the channel drawn in it."""
    track, rim = REGISTER, REGISTER.rim
    along, across = track.length - 2 * rim.width, track.width - 2 * rim.width
    channel = Region(along=along, across=across, corner=across / 2, Ku=track.film.Ku)
    full = replace(rim, width=track.width / 2)
    return replace(track, rim=full, regions=(channel, *track.regions))


GATE = REGISTER.regions[0]
FIRST_WELL = (GATE.pitch / 2, 0.0)
"""Middle of the first well of the post-synapse [m]."""


LEVERS: dict[str, tuple[Track, Drive]] = {
    "as shipped": (REGISTER, BASE),
    "current 3.2 MA/cm2": (REGISTER, current(3.2e10)),
    "current 4.9 MA/cm2": (REGISTER, current(4.9e10)),
    "pulse 3.3 ns": (REGISTER, timing(width=3.3e-9)),
    "pulse 1.5 ns": (REGISTER, timing(width=1.5e-9)),
    "pause 1 ns": (REGISTER, timing(pause=1e-9)),
    "gates +30 kJ/m3": (gates(747e3), BASE),
    "gates +60 kJ/m3": (gates(777e3), BASE),
    "gates +80 kJ/m3": (gates(797e3), BASE),
    "gates with round ends": (
        replace(REGISTER, regions=(replace(GATE, corner=GATE.along / 2),)),
        BASE,
    ),
    "track with round ends": (rounded_ends(), BASE),
    "no gates": (replace(REGISTER, regions=()), BASE),
    "field 70 mT": (replace(REGISTER, field=70e-3), BASE),
    "field 100 mT": (replace(REGISTER, field=100e-3), BASE),
    "outer layers driven": (replace(REGISTER, driven="outer"), BASE),
    "outer layers driven oppositely": (replace(REGISTER, driven="opposite"), BASE),
    "no exchange through spacers": (film(interlayer=0.0), BASE),
    "no rim": (replace(REGISTER, rim=Rim(width=0.0)), BASE),
    "DMI 1.9 mJ/m2": (film(D=1.9e-3), BASE),
    "damping 0.05": (film(alpha=0.05), BASE),
    "damping 0.2": (film(alpha=0.2), BASE),
    "four skyrmions": (fill(REGISTER.places[1:]), BASE),
    "six skyrmions": (fill((*REGISTER.places, FIRST_WELL)), BASE),
}


def outcome(name: str, runs: Path) -> dict[str, Any]:
    """Return what one cycle with a changed lever ends with."""
    track, drive = LEVERS[name]
    track = replace(track, name="register-" + name.replace(" ", "-").replace("/", "-"))
    (trajectory,) = run_ensemble(track, drive, [SEED], runs)
    readout = cards.JUNCTIONS["register"]
    visits = visits_of(trajectory, readout, track)
    count, level = visits.count, visits.mean / readout.G0
    spread = [level[count == k].std(ddof=1) for k in set(count) if np.sum(count == k) > 1]
    lost = np.flatnonzero(np.diff(visits.total) < 0)
    return {
        "kept": int(visits.total[-1]),
        "of": int(visits.total[0]),
        "first_loss": int(lost[0]) + 1 if len(lost) else None,
        "torn": float(trajectory["torn"].max()),
        "post": count.tolist(),
        "counts_seen": len(set(count.tolist())),
        "range": float(np.ptp(level)),
        "mean_visit_sd": float(np.mean(spread)) if spread else None,
        "energy": drive.energy(track),
    }


def draw(rows: dict[str, Any], path: Path) -> None:
    """Draw skyrmions kept, and the staircase of each lever."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 0.35 * len(rows) + 1.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for place, row in enumerate(rows.values()):
        share = row["kept"] / row["of"]
        left.barh(place, share, color="tab:blue" if share == 1 else "tab:red")
        post = np.array(row["post"])
        right.step(np.arange(len(post)), place + 0.4 - 0.15 * post, where="mid", lw=1)
    left.set_yticks(range(len(rows)), list(rows))
    left.invert_yaxis()
    left.set(xlabel="share of skyrmions kept", xlim=(0, 1))
    right.set(xlabel="pulse", title="in the post-synapse")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def main() -> None:
    """Simulate what is missing, write numbers and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of: {'; '.join(LEVERS)}; all if none")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    file = FOLDER / "metrics.json"
    rows = json.loads(file.read_text())["rows"] if file.exists() else {}
    for name in options.names or LEVERS:
        rows[name] = outcome(name, options.runs)
        ordered = {lever: rows[lever] for lever in LEVERS if lever in rows}
        about = {"command": "python benchmarks/synapse_levers.py", "seeds": [SEED]}
        write_json(file, {"rows": ordered, **about, "code": versions()})
        draw(ordered, FOLDER / "levers.png")


if __name__ == "__main__":
    main()
