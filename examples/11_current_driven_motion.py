"""A skyrmion driven by spin-orbit torque, and its Hall angle. Half a minute.

What is seen: the skyrmion does not follow the current. Thiele's equation for a rigid texture,
G x v + alpha D v = F, gives the angle between its path and the force from its own shape.
"""

# %% One layer of the synapse paper's film, periodic along the track.
import os

import matplotlib.pyplot as plt
import numpy as np

from neuroskyrm.micromagnetics import (
    Demag,
    Exchange,
    InterfacialDMI,
    Mesh,
    Pulse,
    PulseTrain,
    Simulation,
    SpinOrbitTorque,
    UniaxialAnisotropy,
    Zeeman,
    colours,
    save_film,
)
from neuroskyrm.texture import count_skyrmions, follow_skyrmions, seed_skyrmion

quick = bool(os.environ.get("NEUROSKYRM_QUICK"))  # the tests shorten the examples
cell, width, length = (4e-9 if quick else 2e-9), 192e-9, 256e-9
mesh = Mesh.multilayer(round(length / cell), round(width / cell), cell, cell, periodic=(True, True))
terms = [
    Exchange(10e-12), InterfacialDMI(1.7e-3), UniaxialAnisotropy(717e3), Demag(images=2),
    Zeeman((0, 0, 80e-3)),
]  # fmt: skip
torque = SpinOrbitTorque.from_spin_hall(0.1, Ms=956e3, thickness=1e-9, polarisation=(0, 1, 0))
alpha = 0.3
simulation = Simulation(mesh, terms, 956e3, alpha, [torque], scheme="dormand-prince")
m = simulation.m.copy()
seed_skyrmion(m, (length / 2, width / 2), radius=12e-9, cell=(cell, cell))
simulation.m = m
simulation.minimize()

# %% The dissipation tensor of the relaxed shape: tan(angle to the force) = 4 pi Q / (alpha D).
gx, gy = (np.gradient(simulation.m[:, 0], axis=axis) for axis in (2, 1))
dissipation = float(np.sum(gx * gx + gy * gy) / 2)
expected = np.degrees(np.arctan2(4 * np.pi, alpha * dissipation))

# %% A current of 300 GA/m^2 for 1.5 ns; positions are read from the snapshots.
duration = 0.3e-9 if quick else 1.5e-9
drive = PulseTrain((Pulse(0.0, duration, 3e11),))
trajectory = simulation.run(duration, drive, every=0.05e-9, snapshot_every=0.05e-9)
frames = [count_skyrmions(m[:, 0], (cell, cell), (True, True)) for m in trajectory.snapshots]
(path,) = follow_skyrmions(frames, trajectory.times, reach=40e-9)
vx, vy = path.velocity()
# A Neel skyrmion with p = y is pushed along x: the angle to x is the skyrmion Hall angle.
angle = np.degrees(np.arctan2(abs(vy), abs(vx)))
print(f"v = ({vx:.2f}, {vy:.2f}) m/s; Hall angle {angle:.1f} degrees, Thiele: {expected:.1f}")

# %% The path on the last frame, and all frames as a film.
figure, axes = plt.subplots(figsize=(6, 4.4), layout="constrained")
axes.imshow(colours(simulation.m[:, 0]), extent=(0, length * 1e9, 0, width * 1e9))
axes.plot(*(path.positions.T * 1e9), "w.-", lw=1)
axes.set(
    xlabel="x (nm)", ylabel="y (nm)", title=f"Hall angle {angle:.1f}° (Thiele {expected:.1f}°)"
)
figure.savefig("motion.png")
save_film("motion.gif", trajectory)
