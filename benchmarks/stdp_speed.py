"""The STDP kernel against Brian2's cython and C++ standalone targets, in the same run.

    python benchmarks/stdp_speed.py docs/results/stdp-speed

All three run the 784-400 network with learning on, 350 + 150 ms an image in steps of 0.5 ms, from
random six-state weights, on the same images (the embedded digits, or MNIST where NEUROSKYRM_DATA
is set). Compilation is not counted. The Brian2 network is the natural one of its documentation:
Poisson group, two sets of synapses, learning in `on_post`; it leaves out the one-spike-a-step
limit. Times are processor times of one thread, each the least of several repeats, as on a shared
machine caches and clock are shared too.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from devicemodels import IdealDevice, SkyrmionDevice, load_card
from networks.stdp import StdpNetwork
from networks.stdp_array import WeightMap
from networks.stdp_rules import matched_rule
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.datasets import load_digits28, load_mnist

CARD = "rim-n4-300K"
NEURONS, INPUTS, FULL_SCALE, INHIBITION = 400, 784, 0.5, 34.0
REPEATS = 5
SLOT = 50e-3  # 350 + 150 ms in slots of the stimulus

EQUATIONS = """
dv/dt = ((v_rest - v) + g_e*(E_exc - v) + g_i*(E_inh - v)) / tau : volt (unless refractory)
dg_e/dt = -g_e / tau_e : 1
dg_i/dt = -g_i / tau_i : 1
theta : volt
"""


def images(count: int) -> np.ndarray:
    """Return the first images of MNIST, or of the embedded digits."""
    data = load_mnist() if os.environ.get("NEUROSKYRM_DATA") else load_digits28()
    return data.train_images[:count]


def ours(count: int, card: bool = False) -> float:
    """Return seconds an image of the kernel, learning on, one core; the least of 40 chunks."""
    shown, times = images(count), []
    model = SkyrmionDevice(load_card(CARD)) if card else IdealDevice(6)
    rule = matched_rule(model)
    for repeat in range(40):
        net = StdpNetwork(model, NEURONS, rule, weight_map=WeightMap(FULL_SCALE), seed=repeat)
        start = time.process_time()
        net.train(shown)
        times.append((time.process_time() - start) / count)
    return min(times[1:])


def brian2(target: str, count: int) -> tuple[float, float]:
    """Return seconds an image of Brian2 with `target`, and output spikes an image."""
    import brian2 as b

    if target == "cpp_standalone":
        b.set_device("cpp_standalone", build_on_run=False)
    else:
        b.prefs.codegen.target = target
    b.prefs.core.default_float_dtype = np.float32
    b.prefs.devices.cpp_standalone.openmp_threads = 0
    b.defaultclock.dt = 0.5 * b.ms
    shown = images(1 + REPEATS * count if target == "cython" else count)
    network, spikes = _network(b, shown)
    if target == "cpp_standalone":
        with tempfile.TemporaryDirectory() as folder:
            network.run(count * 0.5 * b.second)
            b.device.build(directory=folder, compile=True, run=False, debug=False)
            times = []
            for _ in range(REPEATS):
                start = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
                b.device.run(folder, with_output=False, run_args=[])
                times.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - start)
            return min(times) / count, spikes.num_spikes / count
    network.run(0.5 * b.second)  # compiles
    before, times = spikes.num_spikes, []
    for _ in range(REPEATS):
        start = time.process_time()
        network.run(count * 0.5 * b.second)
        times.append((time.process_time() - start) / count)
    return min(times), (spikes.num_spikes - before) / (count * REPEATS)


def _network(b, shown: np.ndarray):
    slots = np.zeros((len(shown) * 10, INPUTS))
    for k, image in enumerate(shown):
        slots[10 * k : 10 * k + 7] = image * 63.75 / 255
    space = {
        "v_rest": -65 * b.mV, "E_exc": 0 * b.mV, "E_inh": -100 * b.mV, "tau": 100 * b.ms,
        "tau_e": 1 * b.ms, "tau_i": 2 * b.ms, "v_thr": -52 * b.mV, "plus": 0.05 * b.mV,
        "stimulus": b.TimedArray(slots * b.Hz, dt=SLOT * b.second), "inhibition": INHIBITION,
        "window": 20 * b.ms, "p_up": 0.05, "p_down": 0.025, "scale": FULL_SCALE / 5,
    }  # fmt: skip
    pixels = b.PoissonGroup(INPUTS, rates="stimulus(t, i)", namespace=space)
    layer = b.NeuronGroup(
        NEURONS, EQUATIONS, threshold="v > v_thr + theta", reset="v = v_rest; theta += plus",
        refractory=5 * b.ms, method="exponential_euler", namespace=space,
    )  # fmt: skip
    layer.v = -65 * b.mV
    synapses = b.Synapses(
        pixels, layer, "level : integer\nlast : second",
        on_pre="g_e_post += level * scale\nlast = t",
        on_post="active = int(t - last < window)\n"
                "pulsed = int(rand() < p_up * active + p_down * (1 - active))\n"
                "level = clip(level + pulsed * (2 * active - 1), 0, 5)",
        namespace=space,
    )  # fmt: skip
    synapses.connect()
    synapses.level = "int(rand() * 4)"
    synapses.last = -1 * b.second
    lateral = b.Synapses(layer, layer, on_pre="g_i_post += inhibition", namespace=space)
    lateral.connect(condition="i != j")
    spikes = b.SpikeMonitor(layer, record=False)
    return b.Network(pixels, layer, synapses, lateral, spikes), spikes


def peer(target: str, count: int) -> tuple[float, float]:
    """Run one Brian2 target in a process of its own, as its devices cannot be mixed."""
    command = [sys.executable, __file__, "--peer", target, str(count)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, spikes = map(float, out.split()[-2:])
    return seconds, spikes


def main(folder: Path) -> None:
    """Measure all three and write metrics.json."""
    own = ours(20)
    metrics: dict[str, object] = {"command": f"python benchmarks/stdp_speed.py {folder}"}
    metrics["kernel.seconds_per_image"] = own
    print(f"kernel          {own * 1e3:9.3f} ms an image, learning on, one core")
    for target, count in (("cython", 4), ("cpp_standalone", 20)):
        seconds, spikes = peer(target, count)
        again = ours(20)  # the machine may be shared: once more beside each peer
        own = min(own, again)
        metrics[f"{target}.seconds_per_image"] = seconds
        metrics[f"{target}.output_spikes_per_image"] = spikes
        metrics[f"{target}.ratio"] = seconds / own
        print(f"{target:15} {seconds * 1e3:9.3f} ms an image: {seconds / own:.0f} times ours")
    metrics["kernel.seconds_per_image"] = own
    metrics["kernel.fraction_of_bound"] = 0.1e-3 / own
    noisy = ours(20, card=True)
    metrics["kernel.card_seconds_per_image"] = noisy
    print(f"kernel, card    {noisy * 1e3:9.3f} ms an image, with its read noise")
    write_json(folder / "metrics.json", metrics)


if __name__ == "__main__":
    if sys.argv[1] == "--peer":
        print(*brian2(sys.argv[2], int(sys.argv[3])))
    else:
        main(Path(sys.argv[1]))
