"""Search for a synapse that keeps its skyrmions: pulses until the first loss, design by design.

    python benchmarks/synapse_search.py                 # all designs, hours
    python benchmarks/synapse_search.py D2.1-J3.2       # one of them
    python benchmarks/synapse_search.py --radii         # radius alone and in a crowd, a minute

Full layers at 300 K, 5 nm cells, one noise seed, 7 + 7 pulses of 1 ns with 0.5 ns between them for
at most five cycles; a run ends with its first lost skyrmion. Rows go to
`docs/results/synapse-search/metrics.json`, which is drawn as `search.png`. Conductances are those
of a junction inside the rim, read half a nanosecond after a pulse, which is early: for the search,
not for a card.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.io.provenance import versions
from neuroskyrm.micromagnetics.pulses import Pulse, PulseTrain
from neuroskyrm.micromagnetics.track import COMPACT, Barrier, Film, Track
from neuroskyrm.micromagnetics.track_drive import Drive, cycles
from neuroskyrm.micromagnetics.track_reads import read_track
from neuroskyrm.micromagnetics.track_run import build_simulation, seeded

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "results" / "synapse-search"
WIDTH, PAUSE, PULSES, CYCLES, SETTLE, SEED = 1e-9, 0.5e-9, 7, 5, 0.3e-9, 1
DESIGNS: dict[str, dict[str, float]] = {
    "D1.7-J3": {"D": 1.7e-3, "interlayer": 0.2e-3, "field": 55e-3, "current": 3e10},
    "D1.7-70mT-J3.5": {
        "D": 1.7e-3, "interlayer": 0.2e-3, "field": 70e-3, "current": 3.5e10, "skyrmions": 7,
    },
    "D1.7-J4.5": {"D": 1.7e-3, "interlayer": 0.5e-3, "field": 55e-3, "current": 4.5e10},
    "D2.1-95mT-J4.5": {
        "D": 2.1e-3, "interlayer": 0.5e-3, "field": 95e-3, "current": 4.5e10, "skyrmions": 7,
    },
    "D2.1-J3.2": {"D": 2.1e-3, "interlayer": 0.5e-3, "field": 85e-3, "current": 3.2e10},
}  # fmt: skip
FILMS = {1.7e-3: (55e-3, 80e-3), 1.9e-3: (80e-3, 110e-3), 2.1e-3: (85e-3, 120e-3, 160e-3)}
"""Fields [T] tried for each DMI [J/m^2]."""
PLACES = [(x * 1e-9, y * 1e-9) for x, y in ((60, 65), (180, 65), (60, 135), (180, 135), (120, 100))]


def track_of(name: str) -> Track:
    """Return a design of the table."""
    design = DESIGNS[name]
    film = Film(D=design["D"], interlayer=design["interlayer"])
    skyrmions = int(design.get("skyrmions", 6))
    return replace(COMPACT, name=name, film=film, field=design["field"], skyrmions=skyrmions)


def survive(name: str) -> dict[str, Any]:
    """Return what a design does until it loses a skyrmion, or to the end."""
    track, current = track_of(name), DESIGNS[name]["current"]
    drive = Drive(cycles(PULSES, CYCLES, WIDTH, PAUSE), current=current, nominal=12 * current)
    simulation = build_simulation(track, drive, SEED)
    simulation.run(SETTLE)
    inside = float((~track.rim_mask()[:, track.shape[1] // 2 :]).mean())
    post, total, conductance = [], [], []
    for step in (None, *drive.steps):
        if step is not None:
            simulation.run(WIDTH, PulseTrain((Pulse(0.0, WIDTH, step.scale * current),)))
            simulation.run(PAUSE)
        read = read_track(simulation.m, track)
        post.append(read.count_post)
        total.append(read.count_total)
        conductance.append(round(1 + 2.8 * read.reversed_fraction / inside, 4))
        if total[-1] < total[0] - 0.5:
            break
    lost = total[-1] < total[0] - 0.5
    return {
        "design": {**DESIGNS[name], "skyrmions": track.skyrmions},
        "pulses": len(total) - 1,
        "lost_at_pulse": len(total) - 1 if lost else None,
        "post": post,
        "total": total,
        "conductance": conductance,
    }


def radii() -> list[dict[str, float]]:
    """Return the radius [m] of one skyrmion in a half, and of each of five, by DMI and field.

    The stack is one effective film at 300 K here: it says which films are stiff, not which last.
    """
    rows = []
    for D, fields in FILMS.items():
        for field in fields:
            row = {"D": D, "field": field}
            for number in (1, 5):
                track = replace(
                    COMPACT, length=240e-9, field=field, barrier=Barrier(across=0),
                    film=Film(D=D, interlayer=0.2e-3),
                ).effective()  # fmt: skip
                drive = Drive(cycles(1, 1), current=1.0, nominal=1.0)
                simulation = build_simulation(track, drive, SEED)
                simulation.m = seeded(track, PLACES[-number:])
                simulation.run(SETTLE)
                reads = []
                for _ in range(5):
                    simulation.run(5e-11)
                    reads.append(read_track(simulation.m, track))
                row[f"radius_of_{number}"] = sum(read.radius for read in reads) / len(reads)
                row[f"left_of_{number}"] = reads[-1].count_total
            rows.append(row)
    return rows


def draw(rows: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw the count in the post-synapse against the pulse, a cross where one was lost."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for number, (name, row) in enumerate(rows.items()):
        axes.plot(row["post"], color=f"C{number}", lw=1.2, label=name)
        if row["lost_at_pulse"] is not None:
            axes.plot(row["lost_at_pulse"], row["post"][-1], "x", color=f"C{number}", ms=9, mew=2)
    axes.set(xlabel="pulse", ylabel="skyrmions in the post-synapse")
    axes.legend(fontsize=7, title="cross: first loss")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def main() -> None:
    """Run what is asked for, keep what there is, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("designs", nargs="*", help=f"of {', '.join(DESIGNS)}; all if none")
    parser.add_argument("--radii", action="store_true", help="only radius against DMI and field")
    options = parser.parse_args()
    file = FOLDER / "metrics.json"
    record = json.loads(file.read_text()) if file.exists() else {"rows": {}}
    if options.radii:
        write_json(file, {**record, "radii": radii()})
        return
    for name in options.designs or DESIGNS:
        record["rows"][name] = survive(name)
        record |= {"command": "python benchmarks/synapse_search.py", "seeds": [SEED]}
        write_json(file, {**record, "code": versions()})
    draw(record["rows"], FOLDER / "search.png")


if __name__ == "__main__":
    main()
