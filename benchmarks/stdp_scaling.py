"""Time an image against the number of neurons, learning and reading, one core; then two threads.

    NEUROSKYRM_DATA=... python benchmarks/stdp_scaling.py docs/results/stdp-scaling

Processor time of one thread, the least of several chunks of 20 images, after 200 images. For two
threads: wall-clock time of all 10,000 test images with one and with two, which must agree bit by
bit; it says something on a machine with two idle cores only.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from devicemodels import IdealDevice, SkyrmionDevice, load_card
from networks.encoding import PoissonCode
from networks.stdp import StdpNetwork
from networks.stdp_rules import suited
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.datasets import load_mnist


def least(work, repeats: int = 10) -> float:
    """Return the least processor time of `work` [s]."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def two_threads(net: StdpNetwork, images) -> dict[str, object]:
    """Return the seconds that reading `images` takes with one and with two threads."""
    seconds, found = [], []
    for threads in (1, 2):
        start = time.perf_counter()
        found.append(net.respond(images, threads=threads))
        seconds.append(time.perf_counter() - start)
    return {
        "two_threads.images": len(images),
        "two_threads.seconds": seconds,
        "two_threads.speedup": seconds[0] / seconds[1],
        "two_threads.same_spikes": bool((found[0] == found[1]).all()),
    }


def main(folder: Path) -> None:
    """Measure and write metrics.json."""
    images = load_mnist().train_images
    metrics: dict[str, object] = {"command": f"python benchmarks/stdp_scaling.py {folder}"}
    devices = {"": IdealDevice(6), ".card": SkyrmionDevice(load_card("rim-n4-300K"))}
    for neurons, kind in ((100, ""), (400, ""), (400, ".card"), (1600, ""), (6400, "")):
        device = devices[kind]
        constants = suited("probabilistic", device, 60000) | {"code": PoissonCode()}
        net = StdpNetwork(device, neurons, seed=1, **constants)
        net.train(images, until=100 if neurons > 1600 else 200)
        learning = least(lambda net=net: net.train(images, until=net.presented + 20)) / 20
        reading = least(lambda net=net: net.respond(images[:20])) / 20
        metrics[f"{neurons}{kind}.learning_seconds_per_image"] = learning
        metrics[f"{neurons}{kind}.reading_seconds_per_image"] = reading
        if (neurons, kind) == (400, ""):
            metrics |= two_threads(net, load_mnist().test_images)
        print(f"{neurons}{kind}: learning {learning * 1e3:.3f} ms, reading {reading * 1e3:.3f} ms")
    write_json(folder / "metrics.json", metrics)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
