"""One picosecond pulse, three fates: a skyrmion breathes, switches or collapses. A few seconds.

The 100 x 100 lattice of the process-recognition paper at its three points of Fig. 4: the same
damping and pulse angle, three widths of the field pulse. Each row shows S_z frame by frame; the
title of the last frame is the automatic label.
"""

# %% The three processes: Gaussian pulses of 2 T at 40 degrees, peak at 40 ps.
import matplotlib.pyplot as plt

from neuroskyrm.atomistic import FieldPulse, Process, simulate_processes

widths = (8e-12, 28e-12, 40e-12)
processes = [Process(damping=0.36, pulse=FieldPulse(width=w, polar=40.0)) for w in widths]
runs = list(simulate_processes(processes, threads=2))

# %% What is counted in every frame: background, skyrmion number.
for run in runs:
    charge = " ".join(f"{q:+.0f}" for q in run.charge)
    print(f"tw = {run.process.pulse.width * 1e12:2.0f} ps: {run.label_name:9}  charge {charge}")

# %% Frames side by side.
figure, grid = plt.subplots(3, 7, figsize=(11, 5), layout="constrained")
for row, run in zip(grid, runs, strict=True):
    for axes, frame, time in zip(row, run.frames, run.times, strict=True):
        axes.imshow(frame, cmap="RdBu_r", vmin=-1, vmax=1, origin="lower")
        axes.set(xticks=[], yticks=[], title=f"{time * 1e12:.0f} ps")
    row[0].set_ylabel(f"$t_w$ = {run.process.pulse.width * 1e12:.0f} ps")
    row[-1].set_title(run.label_name, weight="bold")
figure.savefig("20_skyrmion_process.png", dpi=130)
