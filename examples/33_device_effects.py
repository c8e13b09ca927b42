"""Every effect of a device, one at a time: what a card brings, and what can be added. 20 seconds.

All effects are factors on what the card says (0: off), so any mixture can be switched on.
"""

# %% The card calibrated from micromagnetics, and a small tool to switch on one effect.
import matplotlib.pyplot as plt
import numpy as np

import devicemodels as dm
from crossbar.devices import DeviceArray
from devicemodels import Effects, SkyrmionDevice, sweep

card = dm.load_card("rim-n4-300K").model_copy(update={"device_spread": 0.1})  # the card has none
rng = np.random.default_rng(0)
PULSES = 14


def device(**effects: float | bool) -> SkyrmionDevice:
    """Return the card's device with the stochastic staircase, and `effects` on top."""
    off = {"read_noise": 0.0, "cycle_to_cycle": 0.0, "device_to_device": 0.0}
    return SkyrmionDevice(card, Effects(**(off | effects)))


figure, axes = plt.subplots(2, 4, figsize=(15, 7), layout="constrained")


def curves(place: int, title: str, model: SkyrmionDevice, devices: int = 6) -> None:
    """Draw a few sweeps of a model."""
    axis = axes.flat[place]
    axis.plot(sweep(model, PULSES, PULSES, devices, rng).T * 1e6, linewidth=0.9)
    axis.set(title=title, xlabel="pulse", ylabel="conductance (µS)")


# %% States and switching, then the three kinds of spread.
curves(0, "none: every pulse succeeds", SkyrmionDevice(card, dm.NO_EFFECTS))
curves(1, "stochastic switching", device())
curves(2, "device to device (10 % of range)", device(stochastic=False, device_to_device=1))
curves(3, "cycle to cycle", device(stochastic=False, cycle_to_cycle=1))

# %% Read noise: the same devices read again and again.
levels = card.conductance
states = np.repeat(np.arange(card.states, dtype=np.uint8), 2000)
reads = device(read_noise=1).read(states, rng).reshape(card.states, -1) * 1e6
axes.flat[4].hist(list(reads), bins=80, histtype="stepfilled", alpha=0.6)
axes.flat[4].set(title="read noise of each state", xlabel="conductance (µS)", ylabel="reads")

# %% The first cycle is not like later ones.
for cycle in ("first", "later"):
    model = SkyrmionDevice(card, cycle=cycle)
    mean = sweep(model, PULSES, PULSES, 2000, rng).mean(axis=0) * 1e6
    axes.flat[5].plot(mean, marker=".", label=f"{cycle} cycle")
axes.flat[5].set(title="first and later cycles, mean", xlabel="pulse", ylabel="conductance (µS)")
axes.flat[5].legend()

# %% Rest: conductance drifts; cold devices miss pulses unless an initialisation pulse wakes them.
retention = dm.Retention(time=1e-6, equilibrium=0.5, drift=0.5, latency=2)
rest = np.geomspace(1e-8, 1e-4, 40)
for state in (0, card.states // 2, card.states - 1):
    drifted = retention.drifted(levels[state], rest, (levels[0], levels[-1]))
    axes.flat[6].semilogx(rest, drifted * 1e6)
gain = []
for reboot in (False, True):
    array = DeviceArray(device(), np.zeros(2000, np.uint8), rng, retention=retention)
    array.rest(1e-4)
    if reboot:
        array.initialise()
    array.pulse(4, rng)
    gain.append(array.state.mean())
axes.flat[6].set(title="relaxation at rest", xlabel="time (s)", ylabel="conductance (µS)")
print(f"4 pulses after a rest: {gain[0]:.2f} states cold, {gain[1]:.2f} after an initialisation")

# %% Broken devices in an array whose states are even.
faults = dm.Faults(stuck_low=0.05, stuck_high=0.05, open=0.03)
array = DeviceArray(device(), np.full((40, 40), 3, np.uint8), rng, faults=faults)
image = axes.flat[7].imshow(array.conductance() * 1e6)
figure.colorbar(image, ax=axes.flat[7], label="conductance (µS)")
axes.flat[7].set(title="stuck and open devices", xlabel="bit line", ylabel="word line")
figure.savefig("device_effects.png", dpi=80)
