"""Autonomous control: watch the verdict, and act to reach a wanted outcome.

The paper's stated aim. Two actions are known: stopping the drive once the skyrmion has switched
(a pulse that goes on would crush it), and firing another pulse when the first one only made it
breathe, or left several skyrmions or a domain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from networks.monitor import ProcessMonitor, Verdict
from neuroskyrm.atomistic.dynamics import SpinDynamics
from neuroskyrm.atomistic.labels import LABELS, label_process, texture_state
from neuroskyrm.atomistic.process import Process, start
from neuroskyrm.atomistic.pulse import FieldPulse

FOLLOW_UP = FieldPulse(width=24e-12, centre=48e-12)
"""Wide enough to switch at most dampings; the controller cuts it short."""


@dataclass(frozen=True)
class Controller:
    """When to act.

    Parameters
    ----------
    goal : str
        The wanted label.
    second : FieldPulse
        The pulse to fire after another verdict; its centre counts from that moment [s].
    retry : tuple of str
        The verdicts after which it is fired.
    patience : float
        Time after a pulse's centre, in widths of that pulse, before such a verdict is believed.
    least : float
        The least such time [s].
    pulses : int
        Largest number of pulses.
    interval : float
        Time between frames [s].
    afterwards : float
        Time from the last action to the end of the run [s].
    """

    goal: str = "switching"
    second: FieldPulse = FOLLOW_UP
    retry: tuple[str, ...] = ("breathing", "mixed")
    patience: float = 2.0
    least: float = 20e-12
    pulses: int = 3
    interval: float = 5e-12
    afterwards: float = 90e-12


@dataclass(frozen=True)
class Action:
    """What the controller did.

    Parameters
    ----------
    time : float
        When [s].
    kind : str
        "stop" or "fire".
    verdict : Verdict
        Why.
    """

    time: float
    kind: str
    verdict: Verdict


@dataclass(frozen=True)
class ControlledRun:
    """A process under control.

    Parameters
    ----------
    label : str
        Label of the final state.
    actions : tuple of Action
        What was done.
    verdicts : tuple of Verdict
        All verdicts.
    mz : tuple of float
        Mean S_z at every frame.
    """

    label: str
    actions: tuple[Action, ...]
    verdicts: tuple[Verdict, ...]
    mz: tuple[float, ...]


def control_process(
    process: Process, monitor: ProcessMonitor, controller: Controller | None
) -> ControlledRun:
    """Run a process while the controller watches and acts.

    Parameters
    ----------
    process : Process
        Where it starts: damping, first pulse, temperature.
    monitor : ProcessMonitor
        Gives the verdicts; it is reset.
    controller : Controller or None
        None only watches (open loop), for as long as a controlled run without action.

    Returns
    -------
    ControlledRun
    """
    acts = controller is not None
    rule = controller or Controller()
    dynamics = start(process)
    first = texture_state(dynamics.spins, process.hamiltonian.periodic)
    monitor.reset(pulse_time=process.pulse.centre)
    pulse, fired, stopped = process.pulse, 1, False
    end = process.pulse.centre + rule.afterwards
    actions: list[Action] = []
    verdicts: list[Verdict] = []
    mz: list[float] = []
    while dynamics.time < end - 1e-15:
        spins = dynamics.spins
        mz.append(float(spins[2].mean(dtype=np.float64)))
        verdict = monitor.update(spins, dynamics.time)
        if verdict is not None:
            verdicts.append(verdict)
            kind = _decision(rule, verdict, pulse, fired, stopped) if acts else None
            if kind is not None:
                actions.append(Action(dynamics.time, kind, verdict))
                pulse, fired, stopped = _act(rule, kind, verdict, dynamics, monitor, pulse, fired)
                end = max(end, max(dynamics.time, pulse.centre) + rule.afterwards)
        dynamics.advance(dynamics.time + rule.interval)
    final = texture_state(dynamics.spins, process.hamiltonian.periodic)
    label = LABELS[label_process(first, final)]
    return ControlledRun(label, tuple(actions), tuple(verdicts), tuple(mz))


def _decision(
    rule: Controller, verdict: Verdict, pulse: FieldPulse, fired: int, stopped: bool
) -> str | None:
    """Return "stop", "fire" or None."""
    if verdict.label == rule.goal and not stopped:
        return "stop"
    wait = max(rule.patience * pulse.width, rule.least)
    over = verdict.time - pulse.centre >= wait - 1e-15  # rounding of the frame times
    if verdict.label in rule.retry and over and fired < rule.pulses:
        return "fire"
    return None


def _act(
    rule: Controller,
    kind: str,
    verdict: Verdict,
    dynamics: SpinDynamics,
    monitor: ProcessMonitor,
    pulse: FieldPulse,
    fired: int,
) -> tuple[FieldPulse, int, bool]:
    """Carry out an action; return the current pulse, pulses fired, and whether it was stopped."""
    if kind == "stop":
        dynamics.stop()
        return pulse, fired, True
    following = replace(rule.second, centre=dynamics.time + rule.second.centre)
    dynamics.fire(following)
    if verdict.label == "breathing":  # a process begins anew; otherwise it goes on
        monitor.reset(pulse_time=following.centre)
    return following, fired + 1, False
