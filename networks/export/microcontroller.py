"""The step graph as C for a bare microcontroller, and the proof that it spikes alike there.

The C code comes from emx-onnx-cgen (PyPI), the machine code from arm-none-eabi-gcc (Debian's
gcc-arm-none-eabi with libnewlib-arm-none-eabi), the emulated Cortex-M7 from qemu-system-arm.
None of them is needed by the toolkit otherwise.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from networks.deep_snn import DeepSnn
from networks.export.onnx import export_onnx
from networks.rate_coding import constant_drive
from neuroskyrm.errors import ExportError
from neuroskyrm.io.atomic import write_text
from neuroskyrm.io.datasets import Bytes

FILES = ("startup.c", "link.ld", "main.c", "Makefile")

_FNV_START, _FNV_PRIME = np.uint32(2166136261), np.uint32(16777619)


@dataclass(frozen=True)
class Firmware:
    """What was built.

    Attributes
    ----------
    folder : Path
        Holds C code, firmware.elf, Makefile and README.md.
    flash, ram, stack : int
        Bytes of flash; of static RAM; of stack in the deepest function.
    """

    folder: Path
    flash: int
    ram: int
    stack: int


def export_firmware(snn: DeepSnn, folder: Path, images: Bytes) -> Firmware:
    """Write and build a folder of C code that runs `snn` on a Cortex-M7.

    Parameters
    ----------
    snn : DeepSnn
        The network; constant input.
    folder : Path
        Where to write; made if it is missing.
    images : ndarray of uint8
        Grey values of the images that the firmware shows itself, shape (N, n_in).

    Returns
    -------
    Firmware

    Raises
    ------
    ExportError
        The input is Poisson, or a tool is missing or fails.
    """
    if snn.coding.kind != "constant":
        raise ExportError("firmware: the coding must be 'constant'; Poisson needs a generator.")
    folder = Path(folder)
    model = export_onnx(snn, folder / "step.onnx", "step", batch=1)
    _call(
        [sys.executable, "-m", "emx_onnx_cgen", "compile", "--large-weight-threshold", "0",
         "--large-temp-threshold", "0", model.name, "net.c"],
        folder, "emx-onnx-cgen (pip install emx-onnx-cgen)",
    )  # fmt: skip
    for name in FILES:
        write_text(folder / name, (files("networks.export") / "firmware" / name).read_text())
    write_text(folder / "net.h", _header(snn, constant_drive(images)))
    _call(["make"], folder, "make with arm-none-eabi-gcc (Debian: gcc-arm-none-eabi)")
    firmware = Firmware(folder, *_sizes(folder))
    write_text(folder / "README.md", _readme(snn, firmware))
    return firmware


def run_firmware(
    firmware: Firmware, snn: DeepSnn, timeout: float = 120.0
) -> tuple[list[NDArray[np.uint8]], NDArray[np.uint32]]:
    """Run the firmware in QEMU.

    Returns
    -------
    spikes : list of ndarray of uint8
        Spikes of each layer, shape (steps, N, n).
    hashes : ndarray of uint32
        Hash of every membrane bit of every step, shape (N,); see `membrane_hashes`.

    Raises
    ------
    ExportError
        QEMU is missing or fails, or prints something else.
    """
    text = _call(["make", "-s", "run"], firmware.folder, "qemu-system-arm", timeout)
    layers, per_image = len(snn.layers), snn.steps * len(snn.layers) + 1
    lines = [line for line in text.split() if set(line) <= set("0123456789abcdef")]
    count, rest = divmod(len(lines), per_image)
    if rest or not count:
        raise ExportError(f"{firmware.folder}: the firmware printed {len(lines)} lines, not whole.")
    spikes = []
    for k in range(layers):
        rows = [
            lines[n * per_image + s * layers + k] for s in range(snn.steps) for n in range(count)
        ]
        flat = np.array([[int(c) for c in row] for row in rows], dtype=np.uint8)
        spikes.append(flat.reshape(snn.steps, count, -1))
    hashes = [int(lines[n * per_image + per_image - 1], 16) for n in range(count)]
    return spikes, np.array(hashes, dtype=np.uint32)


def membrane_hashes(membranes: tuple[NDArray[np.float32], ...]) -> NDArray[np.uint32]:
    """Return the hash that the firmware forms of all membranes, layers within steps, per image.

    Parameters
    ----------
    membranes : tuple of ndarray of float32
        Of each layer, shape (steps, N, n), as `DeepSnn.run(record=True)` keeps them.
    """
    steps, count, _ = membranes[0].shape
    value = np.full(count, _FNV_START)
    with np.errstate(over="ignore"):
        for step in range(steps):
            for layer in membranes:
                for bits in layer[step].view(np.uint32).T:
                    value = (value ^ bits) * _FNV_PRIME
    return value


def _header(snn: DeepSnn, drives: Bytes) -> str:
    """Return net.h: sizes, the model's prototype, the images, and the loop's layer-wise parts."""
    sizes = [layer.weights.shape[1] for layer in snn.layers]
    n_in = snn.layers[0].weights.shape[0]
    ins = [f"const float membrane_{k}[1][{n}]" for k, n in enumerate(sizes, 1)]
    outs = [
        f"uint8_t spikes_{k}[1][{n}], float membrane_{k}_next[1][{n}]"
        for k, n in enumerate(sizes, 1)
    ]
    starts = [
        f"static float v{k}[2][1][{n}]; static uint8_t s{k}[1][{n}]; "
        f"for (int j = 0; j < {n}; ++j) v{k}[0][0][j] = {float(snn.start(layer)):.1f}f;"
        for k, (n, layer) in enumerate(zip(sizes, snn.layers, strict=True), 1)
    ]
    arguments = [f"v{k}[step & 1]" for k in range(1, len(sizes) + 1)]
    results = [f"s{k}, v{k}[1 - (step & 1)]" for k in range(1, len(sizes) + 1)]
    reports = [
        f"report(s{k}[0], {n}); bits = hash(bits, v{k}[1 - (step & 1)][0], {n});"
        for k, n in enumerate(sizes, 1)
    ]
    rows = ",\n".join("{" + ",".join(map(str, row)) + "}" for row in drives.tolist())
    call = ", ".join(["(const uint8_t (*)[" + str(n_in) + "])(image)", *arguments, *results])
    return "\n".join(
        [
            "#include <stdint.h>",
            f"#define STEPS {snn.steps}",
            f"#define IMAGES {len(drives)}",
            f"#define MOST_NEURONS {max(sizes)}",
            f"void model(const uint8_t input[1][{n_in}], {', '.join([*ins, *outs])});",
            f"#define START {' '.join(starts)}",
            f"#define STEP(image) model({call});",
            f"#define REPORT {' '.join(reports)}",
            f"static const uint8_t images[IMAGES][{n_in}] = {{\n{rows}\n}};",
            "",
        ]
    )


def _call(command: list[str], folder: Path, tool: str, timeout: float = 600.0) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=timeout
        )
    except FileNotFoundError:
        raise ExportError(f"{folder}: {command[0]} is missing; install {tool}.") from None
    except subprocess.TimeoutExpired:
        raise ExportError(f"{folder}: {tool} took longer than {timeout:g} s.") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise ExportError(f"{folder}: {tool} is missing or failed ({lines[-1][:200]}).")
    return done.stdout + done.stderr  # QEMU's semihosting writes to the latter


def _sizes(folder: Path) -> tuple[int, int, int]:
    """Return bytes of flash, static RAM, and of stack in the deepest function."""
    table = _call(["arm-none-eabi-size", "firmware.elf"], folder, "arm-none-eabi-size")
    text, data, bss = (int(word) for word in table.splitlines()[1].split()[:3])
    stacks = [
        int(line.split("\t")[1])
        for report in folder.glob("*.su")
        for line in report.read_text().splitlines()
    ]
    return text + data, data + bss, max(stacks)


def _readme(snn: DeepSnn, firmware: Firmware) -> str:
    sizes = [snn.layers[0].weights.shape[0], *(layer.weights.shape[1] for layer in snn.layers)]
    weights = sum(layer.weights.size * layer.planes for layer in snn.layers)
    return f"""# Firmware of a spiking network {"-".join(map(str, sizes))}

`make` builds it for a Cortex-M7, `make run` runs it in QEMU: one line of spikes a layer and time
step, then a hash of all membrane bits for each image. `net.c` is the network (weights are `const`
and stay in flash), `main.c` shows how it is called; `net.h` holds the images it shows itself.

| | bytes |
| --- | --- |
| weights in flash | {weights} |
| flash in all (code, weights, test images) | {firmware.flash} |
| static RAM (membranes, spikes, buffers) | {firmware.ram} |
| stack of the deepest function | {firmware.stack} |
"""
