"""The programmed MNIST net in Nengo and in NIR, spike by spike.

    python benchmarks/deep_snn_exchange.py RUN docs/results/deep-exchange

Run after `deep_snn_mnist.py RUN test --states 13 --seed 1` and `export`, whose parity and latency
of the ONNX files are taken over. The net is 784-2400-2400-10 as its devices and wires carry it,
without read noise, which neither format knows.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from networks.export.nir import export_nir, import_nir
from networks.nengo_network import run_nengo
from networks.snn_file import load_snn
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.datasets import load_mnist
from neuroskyrm.io.provenance import machine, versions

IMAGES = 500


def main() -> None:
    """Compare, and write metrics.json."""
    run, out = Path(sys.argv[1]), Path(sys.argv[2])
    snn, data = load_snn(run / "programmed-13.safetensors").quiet(), load_mnist()
    images, labels = data.test_images[:IMAGES], data.test_labels[:IMAGES]
    ours = snn.run(images, record=True)
    begun = time.process_time()
    nengo = run_nengo(snn, images)
    found: dict[str, Any] = {
        "command": "python benchmarks/deep_snn_exchange.py RUN OUT",
        "versions": versions(),
        "machine": machine(),
        "images": IMAGES,
        "steps": snn.steps,
        "accuracy": ours.accuracy(labels),
        "nengo.cpu_s": time.process_time() - begun,
        "nengo.differing_decisions": int((ours.decisions() != nengo.decisions()).sum()),
    }
    again = import_nir(export_nir(snn, run / "net.nir")).run(images, record=True)
    found["nir.bytes"] = (run / "net.nir").stat().st_size
    for name, other in (("nengo", nengo), ("nir", again)):
        trains = zip(ours.spikes or (), other.spikes or (), strict=True)
        found[f"{name}.differing_spikes"] = [int((a != b).sum()) for a, b in trains]
        found[f"{name}.differing_counts"] = int((ours.counts != other.counts).sum())
    found["spikes"] = [int(np.count_nonzero(train)) for train in ours.spikes or ()]
    exported = run / "export.json"
    if exported.exists():
        found |= {f"onnx.{k}": v for k, v in json.loads(exported.read_text()).items()}
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "metrics.json", found)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
