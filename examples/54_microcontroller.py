"""The spiking network on a bare microcontroller: C code, an emulated Cortex-M7, equal bits. 30 s.

Needs emx-onnx-cgen (pip), gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm
(Debian); without them the step graph is written and checked in onnxruntime only. The picture
shows the spikes of one digit, and where the bytes go.
"""

# %% A net that fits: 784-32-16-10 on the seven levels of the calibrated card.
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import matplotlib.pyplot as plt
import numpy as np

from devicemodels import load_card
from networks.ann import Recipe, train_ann
from networks.conversion import convert
from networks.export import export_onnx, verify_onnx
from networks.export.microcontroller import export_firmware, membrane_hashes, run_firmware
from neuroskyrm.io.datasets import load_digits28

digits = load_digits28()
recipe = Recipe((32, 16), 15, 50, 0.05, 0.9, cosine=True, initial=None)
net = train_ann(digits.train_images[:1000], digits.train_labels[:1000], recipe)
held_out = digits.train_images[1000:], digits.train_labels[1000:]
snn = convert(net, *held_out, load_card("rim-n4-300K").conductance, steps=8).on()
report = verify_onnx(export_onnx(snn, Path("step.onnx"), batch=100), digits.test_images[:400])
print(f"{report['differing_spikes']} of {report['spikes']} spikes differ in onnxruntime")

# %% C code, firmware, emulator: every spike and every bit of every membrane.
images = digits.test_images[:10]
ours = snn.run(images, record=True)
spikes, sizes = ours.spikes, {"weights": sum(layer.weights.size for layer in snn.layers)}
tools = all(map(which, ("make", "arm-none-eabi-gcc", "qemu-system-arm")))
if tools and find_spec("emx_onnx_cgen"):
    firmware = export_firmware(snn, Path("firmware"), images)
    spikes, hashes = run_firmware(firmware, snn)
    differing = sum(int((a != b).sum()) for a, b in zip(spikes, ours.spikes, strict=True))
    bits = int((hashes != membrane_hashes(ours.membranes)).sum())
    print(f"Cortex-M7: {differing} spikes differ, membranes of {bits} of 10 images differ")
    sizes |= {
        "code": firmware.flash - sizes["weights"] - images.size,
        "test images": images.size,
        "RAM": firmware.ram + firmware.stack,
    }
else:
    print("no firmware: install emx-onnx-cgen, gcc-arm-none-eabi and qemu-system-arm")

# %% Spikes of the first digit, layer above layer; and the bytes.
figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
axes[0].imshow(np.concatenate([layer[:, 0].T for layer in spikes]), cmap="Greys", aspect="auto")
axes[0].set(xlabel="time step", ylabel="neuron (three layers)")
axes[1].bar(list(sizes), [size / 1024 for size in sizes.values()])
axes[1].set_ylabel("kB")
figure.savefig("microcontroller.png", dpi=80)
