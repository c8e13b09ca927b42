"""How a synapse is programmed: pulses of current, what torque they give, what they cost.

The torque and the cost are separate on purpose. The published device dissipates 300 fJ per
update with 50 MA/cm^2 in its heavy metal, but with a torque of that current on its outer layers
it tears within 0.4 ns; the window in which it works is about a twelfth of it. So `current` is
what the magnetic layers feel, and `nominal` is what the heavy metal carries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.track import Track


@dataclass(frozen=True)
class Step:
    """One pulse and the pause after it.

    Attributes
    ----------
    scale : float
        Amplitude relative to the drive's; the sign is the polarity (+ pushes towards +x).
    width, pause : float
        Duration of the pulse and of the pause [s].
    """

    scale: float
    width: float
    pause: float

    @property
    def polarity(self) -> int:
        """Return +1 (potentiation), -1 (depression) or 0 (no current)."""
        return (self.scale > 0) - (self.scale < 0)


@dataclass(frozen=True)
class Drive:
    """A train of pulses on a track.

    Attributes
    ----------
    steps : tuple of Step
        The pulses in order.
    current : float
        Effective current density of the torque, taken for one magnetic layer's thickness
        [A/m^2].
    nominal : float
        Current density in the heavy metal, for the energy [A/m^2].
    heavy_metal : float
        Thickness t of one heavy-metal layer [m]; Eq. 3 counts a top and a bottom one.
    resistivity : float
        Resistivity of the heavy metal [ohm m].
    spin_hall : float
        Spin Hall angle.
    reads : int
        Read-outs in each pause, spread over its second half.
    """

    steps: tuple[Step, ...]
    current: float
    nominal: float
    heavy_metal: float = 4.5e-9
    resistivity: float = 38e-8
    spin_hall: float = 0.6
    reads: int = 10

    def __post_init__(self) -> None:
        if not self.steps:
            raise ConfigError("'drive.steps' is empty; a drive needs at least one pulse.")
        for name in ("current", "nominal", "heavy_metal", "resistivity", "spin_hall"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"'drive.{name}' = {getattr(self, name):g} must be > 0.")
        if self.reads < 1:
            raise ConfigError(f"'drive.reads' = {self.reads} must be 1 or more.")
        for number, step in enumerate(self.steps):
            if step.width < 0 or step.pause <= 0:
                raise ConfigError(
                    f"'drive.steps[{number}]' has width {step.width:g} s and pause "
                    f"{step.pause:g} s; the width must be 0 or more, the pause above 0."
                )

    @property
    def duration(self) -> float:
        """Time that the whole train takes [s]."""
        return sum(step.width + step.pause for step in self.steps)

    @property
    def cycles(self) -> list[int]:
        """Cycle of each step, from 0: a new one begins when polarity turns from - to +."""
        cycle, previous, result = 0, 1, []
        for step in self.steps:
            if step.polarity > 0 and previous < 0:
                cycle += 1
            previous = step.polarity or previous
            result.append(cycle)
        return result

    def energy(self, track: Track, step: Step | None = None) -> float:
        """Return the energy of one pulse [J], E = 2 rho t l w J^2 T (Chen et al., Eq. 3).

        Parameters
        ----------
        track : Track
            Gives length l and width w.
        step : Step, optional
            Which pulse; the first of full amplitude if not given.
        """
        step = step or next((s for s in self.steps if abs(s.scale) == 1), self.steps[0])
        J = self.nominal * step.scale
        volume = 2 * self.heavy_metal * track.length * track.width
        return self.resistivity * volume * J**2 * step.width

    def preceded_by(self, *steps: Step) -> Drive:
        """Return this drive with `steps` before it, e.g. an initialisation pulse (Fig. 8)."""
        return replace(self, steps=(*steps, *self.steps))


def cycles(
    pulses: int = 10, count: int = 2, width: float = 2e-9, pause: float = 5e-9
) -> tuple[Step, ...]:
    """Return `count` cycles of `pulses` potentiation and then `pulses` depression pulses.

    Parameters
    ----------
    pulses, count : int
        Pulses of each polarity in a cycle, and number of cycles.
    width, pause : float
        Duration of each pulse and of the pause after it [s] (Chen et al.: 2 ns and 5 ns).
    """
    up, down = Step(1.0, width, pause), Step(-1.0, width, pause)
    return ((up,) * pulses + (down,) * pulses) * count


def train(scales: Sequence[float], width: float = 2e-9, pause: float = 5e-9) -> tuple[Step, ...]:
    """Return one step for each amplitude in `scales`."""
    return tuple(Step(float(scale), width, pause) for scale in scales)


INITIALISATION = Step(0.1, 25e-9, 1e-9)
"""The pulse that wakes an equilibrated synapse: 25 ns at a tenth of the amplitude (Fig. 8)."""


def default_drive(track: Track) -> Drive:
    """Return the drive that a preset was designed for.

    Parameters
    ----------
    track : Track
        `DEMO` gets one short cycle; `COMPACT`, five of 6 + 6 pulses of 1 ns; `REGISTER`, five of
        6 + 6 pulses of 2.2 ns; tracks with outer layers driven, the paper's drive; others, that
        of `RIM`.
    """
    # One dilution of 12 between nominal and effective current throughout (50 MA/cm^2 over the
    # 12 nm of the paper's stack), so that energies compare.
    if track.name == "demo":
        steps = cycles(pulses=4, count=1, width=1e-9, pause=0.4e-9)
        return Drive(steps, current=4e10, nominal=12 * 4e10, reads=5)
    if track.name == "compact":
        steps = cycles(pulses=6, count=5, width=1e-9, pause=1e-9)
        return Drive(steps, current=3.2e10, nominal=12 * 3.2e10, reads=5)
    if track.name == "register":
        steps = cycles(pulses=6, count=5, width=2.2e-9, pause=2e-9)
        return Drive(steps, current=3.8e10, nominal=12 * 3.8e10, reads=10)
    current = 50e10 / 12 if track.driven == "outer" else 1.75e10
    return Drive(cycles(), current=current, nominal=12 * current)
