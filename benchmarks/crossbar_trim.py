"""How far trimming brings an array with wires back, and what write-verify settings leave over.

    python benchmarks/crossbar_trim.py docs/results/crossbar-trim

Random weights on the levels of a card; errors of currents of unseen, sparse inputs, and of the
conductances of programmed pairs. Half a minute.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossbar import Crossbar, Verify, Wires, fit_trim, word_drive
from crossbar.dale import signed_levels
from devicemodels import IdealDevice, SkyrmionDevice, load_card
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.provenance import machine, versions

CARD = "rim-n4-300K"
Matrix = NDArray[np.float64]
SETTINGS = {
    "single reads, budget 12": Verify(budget=12),
    "single reads": Verify(),
    "four reads": Verify(reads=4),
    "four reads, 0.12 uS": Verify(reads=4, tolerance=0.12e-6),
}


def random_codes(shape: tuple[int, int]) -> NDArray[np.int8]:
    """Return normal weights in 13 states."""
    drawn = np.random.default_rng(0).normal(0, 2, shape)
    return np.clip(np.rint(drawn), -6, 6).astype(np.int8)


def wires(levels: Matrix) -> dict[str, float]:
    """Return the rms error of currents for every tile and line resistance, step by step."""
    codes, rng = random_codes((2400, 256)), np.random.default_rng(1)
    wanted = signed_levels(levels)[codes.astype(int) + 6]
    rates = 0.3 * rng.random(2400) ** 3
    known, unseen = ((rng.random((400, 2400)) < rates).astype(float) for _ in range(2))
    aim = unseen @ wanted

    def error(matrix: Matrix, gain: bool = False) -> float:
        got = unseen @ matrix
        if gain:
            got *= (got * aim).sum() / (got * got).sum()
        return float(np.sqrt(((got - aim) ** 2).mean() / (aim**2).mean()))

    found = {}
    for lines, ohm in ((128, 1.0), (256, 0.3), (256, 1.0)):
        array = Crossbar.program(
            IdealDevice(levels), codes, rng, wires=Wires(ohm, ohm), tile=(lines, lines)
        )
        solution, (plus, minus) = array.solution(), array.device_conductances()
        rows, effective = array.partial_sums, solution.effective
        drive = word_drive(plus + minus, solution.plus + solution.minus, rows)
        name = f"wires.{lines}.{ohm}"
        found[f"{name}.untrimmed"] = error(effective)
        found[f"{name}.common_gain"] = error(effective, gain=True)
        for key, heights in (("gains_and_offsets", None), ("and_drives", drive)):
            trim = fit_trim(effective, wanted, known, rows, heights)
            found[f"{name}.{key}"] = error(trim.applied(effective))
    return found


def verifying(device: SkyrmionDevice) -> dict[str, float]:
    """Return the rms error of pairs [S], wrong codes and pulses a device for each setting."""
    codes, found = random_codes((500, 1000)), {}
    wanted = signed_levels(device.levels)[codes.astype(int) + 6]
    for name, verify in SETTINGS.items():
        array = Crossbar.program(
            device, codes, np.random.default_rng(1), method="write-verify", verify=verify
        )
        error = array.conductances() - wanted
        found[f"verify.{name}.rms_error_S"] = float(np.sqrt((error**2).mean()))
        found[f"verify.{name}.wrong_codes"] = float((array.codes != codes).mean())
        found[f"verify.{name}.pulses_a_device"] = array.ledger.pulses / array.ledger.devices
    return found


def main() -> None:
    """Write metrics.json."""
    device = SkyrmionDevice(load_card(CARD))
    metrics: dict[str, Any] = {
        "command": "python benchmarks/crossbar_trim.py docs/results/crossbar-trim",
        "versions": versions(),
        "machine": machine(),
        "card": load_card(CARD).digest,
    }
    metrics |= wires(device.levels) | verifying(device)
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "metrics.json", metrics)


if __name__ == "__main__":
    main()
