"""The torch batch moves spins as the compiled kernels do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from neuroskyrm.atomistic import FieldPulse, Hamiltonian, Process, simulate_process
from neuroskyrm.atomistic.batch import simulate_batch
from neuroskyrm.errors import ConfigError

TIMES = (0.0, 4e-12, 8e-12)
BASE = Process(0.3, FieldPulse(3e-12, centre=4e-12), shape=(28, 24), frame_times=TIMES)


CUDA = pytest.param(
    "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
)


@pytest.mark.parametrize("device", ["cpu", CUDA])
@pytest.mark.parametrize("periodic", [(True, True), (False, True)])
def test_batch_agrees_with_the_kernels(periodic, device):
    hamiltonian = Hamiltonian(periodic=periodic, static_field=(0.0, 0.05, 0.0))
    processes = [
        replace(BASE, hamiltonian=hamiltonian),
        replace(BASE, hamiltonian=hamiltonian, damping=0.1, pulse=FieldPulse(6e-12, polar=70.0)),
    ]
    for process, run in zip(processes, simulate_batch(processes, device), strict=True):
        single = simulate_process(process)
        np.testing.assert_allclose(run.final_spins, single.final_spins, atol=2e-4)
        np.testing.assert_allclose(run.frames, single.frames, atol=2e-4)
        np.testing.assert_allclose(run.magnetisation, single.magnetisation, atol=1e-5)
        assert (run.label, run.final) == (single.label, single.final)


@pytest.mark.parametrize(
    ("change", "word"),
    [({"shape": (20, 20)}, "shape"), ({"temperature": 1.0}, "temperature"),
     ({"frame_times": (0.0,)}, "frame_times")],
)  # fmt: skip
def test_processes_that_do_not_fit_together_are_refused(change, word):
    with pytest.raises(ConfigError, match=word):
        simulate_batch([BASE, replace(BASE, **change)], "cpu")
    with pytest.raises(ConfigError, match="no processes"):
        simulate_batch([])
