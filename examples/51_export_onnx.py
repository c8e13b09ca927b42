"""The spiking network leaves for the edge: three ONNX shapes, each proven spike by spike. 20 s.

The picture compares their size and their time per image in onnxruntime.
"""

# %% A small net on unequal levels, as devices have them.
import os
from pathlib import Path

import matplotlib.pyplot as plt

from devicemodels import load_card
from networks.ann import Recipe, train_ann
from networks.conversion import convert
from networks.export import describe_file, export_onnx, verify_onnx
from networks.export.nir import export_nir, import_nir
from neuroskyrm.io.datasets import load_digits28

digits = load_digits28()
recipe = Recipe(
    hidden=(256, 128),
    epochs=3 if "NEUROSKYRM_QUICK" in os.environ else 20,
    batch=50,
    rate=0.05,
    momentum=0.9,
    initial=None,
)
net = train_ann(digits.train_images[:1000], digits.train_labels[:1000], recipe)
card = load_card("rim-n4-300K")
held_out = digits.train_images[1000:], digits.train_labels[1000:]
snn = convert(net, *held_out, card.conductance, steps=10).on()

# %% Three shapes, two packings. Every file says how it is fed and read.
about = {"card": card.name, "card_digest": card.digest, "data": digits.name}
reports = {}
for shape in ("step", "layerwise", "rate"):
    for packing in ("int8", "int4"):
        path = export_onnx(snn, Path(f"{shape}-{packing}.onnx"), shape, packing, about=about)
        report = verify_onnx(path, digits.test_images, digits.test_labels, snn)
        reports[f"{shape}\n{packing}"] = report
        print(
            f"{shape:10}{packing}: {report['differing_spikes']} of {report['spikes']} spikes and "
            f"{report['differing_membranes']} membranes differ, accuracy {report['accuracy']:.2%}"
        )
print(describe_file(Path("step-int8.onnx")).reading)

# %% NIR, for other neuromorphic tools: the same spikes after a round trip.
again = import_nir(export_nir(snn, Path("net.nir")))
same = (again.run(digits.test_images).counts == snn.run(digits.test_images).counts).all()
print(f"NIR round trip gives equal spike counts: {same}")

# %% Size and time.
figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
axes[0].bar(list(reports), [report["size"] / 1e3 for report in reports.values()])
axes[0].set_ylabel("file (kB)")
axes[1].bar(list(reports), [report["latency"] * 1e6 for report in reports.values()], color="C1")
axes[1].set_ylabel("time per image, batches of 100 (µs)")
figure.savefig("export_onnx.png", dpi=80)
