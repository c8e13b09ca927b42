"""µMAG standard problem 4: a permalloy film reversed by a field. Half a minute.

What is seen: mean magnetisation over time. The mean of m_x first vanishes at 138 ps, as with the
programs on the µMAG page; docs/validation.md compares the whole curves with magnum.np.
"""

# %% 500 x 125 x 3 nm of permalloy.
import os

import matplotlib.pyplot as plt
import numpy as np

from neuroskyrm.micromagnetics import Demag, Exchange, Mesh, Simulation, Zeeman

quick = bool(os.environ.get("NEUROSKYRM_QUICK"))  # the tests shorten the examples
nx, ny = (50, 12) if quick else (128, 32)
mesh = Mesh.multilayer(nx, ny, 500e-9 / nx, 125e-9 / ny, thickness=3e-9)
film = [Exchange(13e-12), Demag()]

# %% The S-state: relaxed from near saturation along the film.
start = Simulation(mesh, film, 800e3, alpha=0.02, dtype=np.float64, m=(1, 0.1, 0))
start.minimize(stop=1e-6)

# %% A field of 25 mT, 170 degrees from x, switched on at once.
simulation = Simulation(
    mesh, [*film, Zeeman((-24.6e-3, 4.3e-3, 0))], 800e3, alpha=0.02, scheme="dormand-prince",
    m=start.m,
)  # fmt: skip
trajectory = simulation.run(0.3e-9 if quick else 1e-9, every=5e-12)
first = int(np.argmax(trajectory["mx"] <= 0))
print(f"mean m_x vanishes at {trajectory['t'][first] * 1e12:.0f} ps")

# %% The curves.
figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
for name in ("mx", "my", "mz"):
    axes.plot(trajectory["t"] * 1e9, trajectory[name], label=f"⟨{name}⟩")
axes.axhline(0, color="k", lw=0.5)
axes.set(xlabel="t (ns)", ylabel="mean magnetisation", title="µMAG standard problem 4, field a")
axes.legend()
figure.savefig("standard_problem_4.png")
