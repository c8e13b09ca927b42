"""What the paper's deep network costs on crossbars: each layer, the total, and a digital engine.

The layers are those of Chen et al., Appendix B (784-2400-2400-10). Weights are drawn at random
(normal, three standard deviations on the outermost level): the ledger depends on their
distribution, not on what they recognise. One inference is one time step in which a fifth of the
inputs spike at 0.1 V for 10 ns. Writes metrics.json to the folder given.

    OMP_NUM_THREADS=1 python benchmarks/crossbar_ledger.py docs/results/crossbar-ledger
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import neuroskyrm
from crossbar import Adc, Crossbar, MatrixEngine, SpikeDriver, Wires, dale, total
from devicemodels import SkyrmionDevice, load_card
from neuroskyrm.io.atomic import write_json
from neuroskyrm.seeds import generator

LAYERS = (784, 2400, 2400, 10)
CARD = "rim-n4-300K"
WIRES = Wires(word=1.0, bit=1.0, driver=10.0, sense=10.0)
TILE = (128, 128)
STEPS = 100
SEED = 1


def layer(inputs: int, outputs: int, name: str) -> MatrixEngine:
    """Return one programmed layer with spike drivers and 8-bit output converters."""
    rng = generator(SEED, "ledger", name)
    device = SkyrmionDevice(load_card(CARD))
    weights = rng.normal(0, 1, (inputs, outputs))
    scale = dale.signed_levels(device.levels)[-1] / 3
    codes = dale.quantise(weights, device.levels, scale, saturate=True)
    crossbar = Crossbar.program(device, codes, rng, wires=WIRES, tile=TILE, method="write-verify")
    return MatrixEngine(crossbar, scale, SpikeDriver(0.1), Adc(8), duration=10e-9)


def main(folder: Path) -> None:
    """Program every layer, run it, and write what it cost."""
    metrics: dict[str, Any] = {
        "command": "OMP_NUM_THREADS=1 python benchmarks/crossbar_ledger.py",
        "version": neuroskyrm.__version__,
        "seed": SEED,
        "card": CARD,
        "card_digest": load_card(CARD).digest,
    }
    ledgers = []
    for index, (inputs, outputs) in enumerate(pairwise(LAYERS), 1):
        name = f"layer{index}"
        engine = layer(inputs, outputs, name)
        spikes = (generator(SEED, "spikes", name).random((STEPS, inputs)) < 0.2).astype(float)
        engine.calibrate(spikes)
        engine(spikes)
        ledger = engine.crossbar.ledger
        ledgers.append(ledger)
        compared = ledger.against_digital()
        metrics |= ledger.as_metrics(name)
        metrics |= {f"{name}.{key}": value for key, value in compared.items()}
        print(f"{name}: {ledger}")
    everything = total(ledgers)
    metrics |= everything.as_metrics("total")
    metrics |= {f"total.{key}": value for key, value in everything.against_digital().items()}
    print(f"total: {everything.against_digital()}")
    write_json(folder / "metrics.json", metrics)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "crossbar-ledger"))
