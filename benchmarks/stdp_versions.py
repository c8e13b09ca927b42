"""The STDP kernel of two versions of the source, turn by turn, so that a shared machine is fair.

    git worktree add ../old 08f982e
    NEUROSKYRM_DATA=... python benchmarks/stdp_versions.py ../old . docs/results/stdp-speed

Two processes, one a version, take turns: in each turn both learn the same four images six times,
and the least processor time counts. Written are the least time of all turns and the median of the
turns' ratios, for six ideal states and for the card with its read noise. Use trees without numba's
caches.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

TURNS, REPEATS, BEFORE, IMAGES = 25, 6, 60, 4
CARD = "rim-n4-300K"


def serve() -> None:
    """Make both networks; then, for each name read, print seconds an image."""
    from devicemodels import IdealDevice, SkyrmionDevice, load_card
    from networks.stdp import StdpNetwork
    from networks.stdp_rules import suited
    from neuroskyrm.io.datasets import load_mnist

    images, networks = load_mnist().train_images, {}
    for name, device in (("ideal", IdealDevice(6)), ("card", SkyrmionDevice(load_card(CARD)))):
        networks[name] = StdpNetwork(device, 400, seed=1, **suited("probabilistic", device, 60000))
        networks[name].train(images, until=BEFORE)
    print("ready", flush=True)
    for line in sys.stdin:
        network, times = networks[line.strip()], []
        for _ in range(REPEATS):
            network.presented = BEFORE
            start = time.process_time()
            network.train(images, until=BEFORE + IMAGES)
            times.append((time.process_time() - start) / IMAGES)
        print(min(times), flush=True)


def main(old: Path, new: Path, folder: Path) -> None:
    """Let both versions take turns and write versions.json."""
    from neuroskyrm.io.atomic import write_json

    servers = []
    for tree in (old, new):
        environment = dict(os.environ, PYTHONPATH=str(tree.resolve()))
        command = [sys.executable, __file__, "--serve"]
        servers.append(
            subprocess.Popen(command, env=environment, stdin=-1, stdout=-1, text=True)
        )  # fmt: skip
    for server in servers:
        server.stdout.readline()
    metrics: dict[str, object] = {
        "command": f"python benchmarks/stdp_versions.py {old} {new} {folder}",
        "load_average": os.getloadavg()[0],
    }
    for name in ("ideal", "card"):
        seconds = np.zeros((TURNS, 2))
        for turn in range(TURNS):
            for column, server in enumerate(servers):
                server.stdin.write(name + "\n")
                server.stdin.flush()
                seconds[turn, column] = float(server.stdout.readline())
        ratio = float(np.median(seconds[:, 1] / seconds[:, 0]))
        metrics[f"{name}.old_seconds"], metrics[f"{name}.new_seconds"] = seconds.min(
            axis=0
        ).tolist()
        metrics[f"{name}.ratio"] = ratio
        print(f"{name}: {1e3 * seconds.min(axis=0)} ms an image, new/old {ratio:.2f}", flush=True)
    for server in servers:
        server.stdin.close()
        server.wait()
    write_json(folder / "versions.json", metrics)


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve()
    else:
        main(*map(Path, sys.argv[1:4]))
