"""The code of the graphics card against the compiled loops: same field, same noise, same path."""

import numpy as np
import pytest
import torch

from neuroskyrm.errors import ConfigError, PhysicsError
from neuroskyrm.micromagnetics import (
    BulkDMI,
    Demag,
    Exchange,
    ExtrapolatedDemag,
    InterfacialDMI,
    InterlayerExchange,
    Mesh,
    PulseTrain,
    Simulation,
    SlonczewskiTorque,
    SpinOrbitTorque,
    Tolerance,
    UniaxialAnisotropy,
    Zeeman,
    ZhangLiTorque,
)

CARD = pytest.param(
    "cuda",
    marks=pytest.mark.skipif(
        not torch.cuda.is_available(), reason="torch finds no CUDA device on this computer"
    ),
)
DEVICES = pytest.mark.parametrize("device", ["torch-cpu", CARD])
TRAIN = PulseTrain.regular(2, 0.5e-12, 0.2e-12, 3e11)


def film(device="cpu", periodic=(False, False), **options):
    """Three layers of two materials with a hole, and every term and torque."""
    mesh = Mesh.multilayer(11, 6, 2e-9, 3e-9, 3, periodic=periodic)
    Ms = np.full(mesh.shape, 9e5)
    Ms[:, :2, :2] = 0
    Ms[1] *= 0.9
    shift = np.zeros((3, 1, 6, 11))
    shift[0, 0, :, 4] = 0.02
    terms = [
        Exchange(1e-11), InterfacialDMI(1.7e-3, "extrapolate", 1e-11), BulkDMI(2e-4),
        UniaxialAnisotropy(7e5, (0, 0.1, 1)), Demag(2), InterlayerExchange(1e-4),
        Zeeman((0, 0, 0.05)), Zeeman(shift, np.cos),
    ]  # fmt: skip
    torques = [
        SpinOrbitTorque(2e-13, 1e-14), ZhangLiTorque(0.5, 0.1), SlonczewskiTorque(0.3, (1, 0, 0)),
    ]  # fmt: skip
    m = np.random.default_rng(0).normal(size=(3, *mesh.shape))
    m[2] += 2
    return Simulation(mesh, terms, Ms, 0.1, torques, device=device, m=m, **options)


@DEVICES
@pytest.mark.parametrize("periodic", [(False, False), (True, True)])
@pytest.mark.parametrize(("dtype", "close"), [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_field_is_that_of_the_compiled_loops(device, periodic, dtype, close):
    fields = [film(d, periodic, dtype=dtype).effective_field() for d in ("cpu", device)]
    assert fields[1].dtype == dtype
    assert np.abs(fields[1] - fields[0]).max() < close * np.abs(fields[0]).max()


@DEVICES
@pytest.mark.parametrize(("options", "close"), [
    ({"scheme": "dormand-prince"}, 1e-13),
    ({"temperature": 300.0, "seed": 2**40 + 7}, 1e-6),  # its noise has 24 bits
    ({"scheme": "rk4", "temperature": 50.0}, 1e-6),
    ({"scheme": "dormand-prince", "temperature": 300.0, "tolerance": Tolerance(1e-3)}, 1e-5),
])  # fmt: skip
def test_runs_are_those_of_the_compiled_loops(device, options, close):
    runs = [film(d, dtype=np.float64, **options) for d in ("cpu", device)]
    tables = [run.run(1e-12, TRAIN, every=2e-13).table for run in runs]
    assert runs[0].integrator.step_number == runs[1].integrator.step_number
    assert np.abs(runs[0].m - runs[1].m).max() < close
    for name, column in tables[0].items():
        np.testing.assert_allclose(tables[1][name], column, atol=close)


@DEVICES
def test_minimum_and_energy_are_those_of_the_compiled_loops(device):
    runs = [film(d, dtype=np.float64) for d in ("cpu", device)]
    steps = [run.minimize(0.02) for run in runs]
    assert steps[0] == steps[1]
    energies = [run.energies()["total"] for run in runs]
    assert energies[1] == pytest.approx(energies[0], rel=1e-10)


@DEVICES
def test_checkpoints_go_from_one_device_to_another(tmp_path, device):
    options = {"temperature": 300.0, "dtype": np.float64}
    whole, part, rest = film(**options), film(**options), film(device, **options)
    whole.run(4e-13)
    whole.run(4e-13)
    part.run(4e-13)
    part.save(tmp_path / "half.h5")
    rest.load(tmp_path / "half.h5")
    rest.run(4e-13)
    assert rest.t == whole.t
    assert np.abs(rest.m - whole.m).max() < 1e-6


@DEVICES
def test_a_runaway_is_named(device):
    mesh = Mesh.multilayer(3, 2, 2e-9, 2e-9)
    spin = Simulation(mesh, [Zeeman((0, 0, 1e4))], 8e5, 0.1, dt=1e-10, m=(1, 0, 0), device=device)
    with pytest.raises(PhysicsError, match="left unit length in cell x = 0, y = 0, layer = 0"):
        spin.run(1e-9)


@pytest.mark.parametrize(("device", "message"), [
    ("gpu", "must be 'cpu', 'cuda'"), ("cuda:x", "must be 'cpu', 'cuda'"),
    ("cuda:99", "finds . CUDA devices"),
])  # fmt: skip
def test_unknown_devices_are_named(device, message):
    with pytest.raises(ConfigError, match=message):
        film(device)


def test_a_carried_field_is_refused():
    mesh = Mesh.multilayer(3, 2, 2e-9, 2e-9)
    with pytest.raises(ConfigError, match="ExtrapolatedDemag"):
        Simulation(mesh, [ExtrapolatedDemag()], 8e5, 0.1, device="torch-cpu")
