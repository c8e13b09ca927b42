"""The numbers of the process-recognition paper: its published points and its transition."""

from __future__ import annotations

import numpy as np
import pytest

from neuroskyrm.atomistic import FieldPulse, Hamiltonian, Process, SpinDynamics, simulate_process
from neuroskyrm.atomistic.initial import uniform

pytestmark = pytest.mark.papers

# (alpha, tw [ps], label): Figs. 4, 5 and 8, all at theta = 40 degrees.
REPRODUCED = [
    (0.36, 8, "breathing"),
    (0.36, 28, "switching"),
    (0.36, 40, "collapse"),
    (0.22, 38, "collapse"),
    (0.04, 14, "mixed"),
    (0.04, 8, "mixed"),
    (0.58, 18, "mixed"),
    (0.04, 24, "mixed"),
]


@pytest.mark.parametrize(("damping", "width", "label"), REPRODUCED)
def test_published_point(damping, width, label):
    run = simulate_process(Process(damping, FieldPulse(width * 1e-12)))
    assert run.label_name == label


@pytest.mark.slow
def test_order_is_lost_between_five_and_seven_kelvin():
    """The paper: the paramagnetic state begins at about 6 K (its section IV)."""

    def order(temperature):
        dynamics = SpinDynamics(
            Hamiltonian(), uniform((48, 48)), 0.5, temperature=temperature, seed=1
        )
        dynamics.advance(60e-12)
        values = []
        for _ in range(20):
            dynamics.advance(dynamics.time + 2e-12)
            values.append(abs(dynamics.spins[2].mean(dtype=float)))
        return np.mean(values)

    assert order(4.0) > 0.5
    assert order(7.0) < 0.2
