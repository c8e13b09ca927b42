"""A process diagram over any two parameters: here pulse width and pulse angle. Half a minute.

Each point is one simulated and automatically labelled process. The run is kept in a file; start
it again after an interruption and it goes on where it stopped.
"""

# %% Two axes, everything else as in the paper.
import os
from pathlib import Path

import numpy as np

from neuroskyrm.atomistic import LABELS, Axis, FieldPulse, Process, draw_diagram, process_diagram

quick = bool(os.environ.get("NEUROSKYRM_QUICK"))  # the tests shorten the examples
points = 3 if quick else 16
widths = Axis("width", tuple(np.linspace(2e-12, 44e-12, points)))
angles = Axis("polar", tuple(np.linspace(0.0, 80.0, points)))
base = Process(damping=0.3, pulse=FieldPulse(width=10e-12))

# %% Simulate, on two threads; xarray keeps the results with their axes.
data = process_diagram(base, widths, angles, threads=2, checkpoint=Path("width-angle.nc"))
counts = {name: int((data["label"] == k).sum()) for k, name in enumerate(LABELS)}
print(counts)

# %% The picture.
figure = draw_diagram(data, r"$\alpha$ = 0.3, 2 T")
figure.savefig("22_process_diagram.png", dpi=130)
