"""Score readings of the process-recognition paper against its ten published points.

The paper leaves open the magnetic moment, the boundary, the time at which the final state is
looked at and more. Every combination below is simulated at the ten published (alpha, tw) points
of Figs. 4, 5 and 8, and scored by how many labels agree. Writes readings.csv (every reading)
and metrics.json to the folder given.

    python benchmarks/atomistic_readings.py docs/results/process-readings
"""

from __future__ import annotations

import csv
import io
import sys
import time
from itertools import product
from pathlib import Path

from neuroskyrm.atomistic import FieldPulse, Hamiltonian, Process, label_process, texture_state
from neuroskyrm.atomistic.labels import LABELS
from neuroskyrm.atomistic.process import start
from neuroskyrm.constants import BOHR_MAGNETON
from neuroskyrm.errors import ConvergenceError
from neuroskyrm.io.atomic import write_json, write_text

POINTS = [
    (0.36, 8, "breathing"),
    (0.36, 28, "switching"),
    (0.36, 40, "collapse"),
    (0.22, 38, "collapse"),
    (0.10, 32, "mixed"),
    (0.12, 40, "mixed"),
    (0.04, 14, "mixed"),
    (0.04, 8, "mixed"),
    (0.58, 18, "mixed"),
    (0.04, 24, "mixed"),
]
MOMENTS = (0.5, 0.6, 0.65, 0.7, 0.725, 0.75, 0.775, 0.8, 0.9, 1.0, 1.5, 2.0, 3.0)
READ_AT = (90e-12, 105e-12)
HEADER = ["moment", "boundary", "amplitude", "core", "damping_form", "static_z", "read_at_ps",
          "score", *(f"{a:g}/{w:g}:{label}" for a, w, label in POINTS)]  # fmt: skip


def labels_of(process: Process) -> list[str]:
    """Return the label of one process at each of the times `READ_AT`."""
    dynamics = start(process)
    periodic = process.hamiltonian.periodic
    first = texture_state(dynamics.spins, periodic)
    found = []
    for moment in READ_AT:
        dynamics.advance(moment)
        found.append(LABELS[label_process(first, texture_state(dynamics.spins, periodic))])
    return found


def rows_of(moment, periodic, amplitude, core, form, static):
    """Return one row for each time at which the final state may be read."""
    hamiltonian = Hamiltonian(
        moment=moment * BOHR_MAGNETON,
        periodic=(periodic, periodic),
        static_field=(0.0, 0.0, static),
    )
    # The pulse turns the background over: it points towards the core.
    polar = 40.0 if core > 0 else 140.0
    try:
        found = [
            labels_of(
                Process(
                    damping,
                    FieldPulse(width * 1e-12, polar=polar, amplitude=amplitude),
                    hamiltonian=hamiltonian,
                    core=core,
                    damping_form=form,
                )
            )
            for damping, width, _ in POINTS
        ]
    except ConvergenceError:
        found = [["no skyrmion"] * len(READ_AT)] * len(POINTS)
    rows = []
    for k, read_at in enumerate(READ_AT):
        got = [labels[k] for labels in found]
        score = sum(one == label for one, (_, _, label) in zip(got, POINTS, strict=True))
        boundary = "periodic" if periodic else "free"
        rows.append([moment, boundary, amplitude, core, form, static, round(read_at * 1e12),
                     score, *got])  # fmt: skip
    return rows


def readings():
    """Yield the combinations: moments with both boundaries, then changes near the best ones."""
    for moment, periodic in product(MOMENTS, (True, False)):
        yield moment, periodic, 2.0, 1, "gilbert", 0.0
    for moment, periodic in product((0.7, 0.75), (True, False)):
        for amplitude in (1.8, 2.2):
            yield moment, periodic, amplitude, 1, "gilbert", 0.0
        yield moment, periodic, 2.0, 1, "landau-lifshitz", 0.0
        yield moment, periodic, 2.0, -1, "gilbert", 0.0
    for moment, static in product((0.7, 0.75), (-0.2, 0.2)):
        yield moment, True, 2.0, 1, "gilbert", static
        yield moment, False, 2.0, 1, "gilbert", static


def main(folder: Path) -> None:
    """Score all readings and write the table."""
    started = time.perf_counter()
    rows = []
    for k, reading in enumerate(readings()):
        rows += rows_of(*reading)
        print(f"{k + 1}: {rows[-2][:8]}", flush=True)
    rows.sort(key=lambda row: -row[7])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])
    write_text(folder / "readings.csv", text.getvalue())
    default = [row for row in rows if row[:7] == [0.75, "periodic", 2.0, 1, "gilbert", 0.0, 90]]
    write_json(
        folder / "metrics.json",
        {
            "readings": len(rows),
            "best.score": rows[0][7],
            "best.reading": dict(zip(HEADER[:7], rows[0][:7], strict=True)),
            "best.count": sum(row[7] == rows[0][7] for row in rows),
            "default.score": default[0][7],
            "points": len(POINTS),
            "wall_time_s": round(time.perf_counter() - started, 1),
            "command": "python benchmarks/atomistic_readings.py docs/results/process-readings",
        },
    )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/results/process-readings"))
