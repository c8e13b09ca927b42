"""A skyrmion relaxed from a seed: a 160 nm disc of the synapse paper's multilayer. 15 seconds.

What is seen: the four magnetic layers do not hold the same skyrmion. The DMI turns every wall
outwards; the stray field helps it in the upper layers and works against it in the lowest, which
holds the smallest one.
"""

# %% Four layers of 1 nm with 2 nm of heavy metal between them; only magnetic layers are stored.
import os

import matplotlib.pyplot as plt

from neuroskyrm.micromagnetics import (
    Demag,
    Exchange,
    InterfacialDMI,
    Mesh,
    Simulation,
    UniaxialAnisotropy,
    Zeeman,
    colours,
    disc,
    paint,
)
from neuroskyrm.texture import count_skyrmions, seed_skyrmion

quick = bool(os.environ.get("NEUROSKYRM_QUICK"))  # the tests shorten the examples
cell, side = (4e-9 if quick else 2e-9), 160e-9
cells = round(side / cell)
mesh = Mesh.multilayer(cells, cells, cell, cell, repeats=4, thickness=1e-9, period=3e-9)
middle = (side / 2, side / 2)
Ms = paint(mesh, 0.0, (disc(middle, side / 2), 956e3))

# %% Every term is one effect; the film of the paper in a field of 80 mT against the core.
terms = [
    Exchange(10e-12),
    InterfacialDMI(1.7e-3),
    UniaxialAnisotropy(717e3),
    Demag(),
    Zeeman((0, 0, 80e-3)),
]
simulation = Simulation(mesh, terms, Ms, alpha=0.1)
m = simulation.m.copy()
seed_skyrmion(m, middle, radius=15e-9, cell=(cell, cell))
simulation.m = m
steps = simulation.minimize()
print(f"relaxed in {steps} steps;", {k: f"{v:.4g} J" for k, v in simulation.energies().items()})

# %% One picture per layer: hue is the in-plane angle, lightness m_z.
figure, axes = plt.subplots(1, 4, figsize=(11, 3.2), layout="constrained")
for layer, ax in enumerate(axes):
    (skyrmion,) = count_skyrmions(simulation.m[:, layer], (cell, cell))
    print(f"layer {layer}: radius {skyrmion.radius * 1e9:.1f} nm, charge {skyrmion.charge:.2f}")
    ax.imshow(colours(simulation.m[:, layer]), extent=(0, side * 1e9, 0, side * 1e9))
    ax.set(title=f"layer {layer}: R = {skyrmion.radius * 1e9:.1f} nm", xlabel="x (nm)")
figure.savefig("skyrmion.png")
