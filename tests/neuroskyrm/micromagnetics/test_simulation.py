import numpy as np
import pytest

from neuroskyrm.constants import GAMMA
from neuroskyrm.errors import ConfigError, ConvergenceError, DataError, PhysicsError
from neuroskyrm.micromagnetics import (
    Demag,
    Exchange,
    ExtrapolatedDemag,
    InterfacialDMI,
    Mesh,
    Pulse,
    PulseTrain,
    Simulation,
    SpinOrbitTorque,
    Tolerance,
    UniaxialAnisotropy,
    Zeeman,
    run,
)


def spin(scheme="heun", alpha=0.1, B=1.0, **options):
    mesh = Mesh.multilayer(1, 1, 2e-9, 2e-9)
    options = {"dtype": np.float64, "m": (1, 0, 0), **options}
    return Simulation(mesh, [Zeeman((0, 0, B))], 8e5, alpha, scheme=scheme, **options)


def film(extrapolated=0, **options):
    mesh = Mesh.multilayer(24, 14, 2e-9, 2e-9, 2)
    demag = ExtrapolatedDemag(extrapolated) if extrapolated else Demag()
    terms = [
        Exchange(1e-11), InterfacialDMI(1.7e-3), UniaxialAnisotropy(7e5), demag,
        Zeeman((0, 0, 0.05)),
    ]  # fmt: skip
    options = {"m": (0.3, 0.1, 1), "torques": [SpinOrbitTorque(2e-13)], **options}
    return Simulation(mesh, terms, 9e5, 0.1, **options)


def exact(t, alpha, B):
    """Damped precession about z from x: tanh for mz, and its phase."""
    rate = GAMMA * B / (1 + alpha**2)
    mz = np.tanh(alpha * rate * t)
    side = 1 / np.cosh(alpha * rate * t)
    return np.array([side * np.cos(rate * t), side * np.sin(rate * t), mz])


@pytest.mark.parametrize("scheme", ["heun", "rk4", "dormand-prince"])
def test_damped_precession_is_the_exact_one(scheme):
    simulation = spin(scheme, dt=2e-14)
    simulation.run(5e-11)
    np.testing.assert_allclose(simulation.m[:, 0, 0, 0], exact(5e-11, 0.1, 1.0), atol=3e-5)


@pytest.mark.parametrize(("scheme", "order"), [("heun", 2), ("rk4", 4), ("dormand-prince", 5)])
def test_schemes_have_their_order(scheme, order):
    errors = []
    for steps in (16, 32):
        dt = 2e-11 / steps
        # A tolerance that nothing exceeds, and a bound, make the adaptive scheme take equal steps.
        simulation = spin(scheme, dt=dt, tolerance=Tolerance(error=1e9, largest=dt))
        simulation.run(2e-11)
        assert simulation.integrator.step_number == steps
        errors.append(np.abs(simulation.m[:, 0, 0, 0] - exact(2e-11, 0.1, 1.0)).max())
    # Dormand-Prince gains an order on this problem, which is linear but for the damping.
    assert order - 0.35 < np.log2(errors[0] / errors[1]) < order + 1.35


def test_adaptive_error_follows_the_tolerance():
    errors = []
    for error in (1e-4, 1e-6, 1e-8):
        simulation = spin("dormand-prince", tolerance=Tolerance(error=error))
        simulation.run(1e-10)
        errors.append(np.abs(simulation.m[:, 0, 0, 0] - exact(1e-10, 0.1, 1.0)).max())
    assert errors[0] > 5 * errors[1] > 25 * errors[2]


def test_energy_falls_without_drive():
    simulation = film(scheme="dormand-prince", dtype=np.float64)
    energies = []
    for _ in range(6):
        energies.append(simulation.energies()["total"])
        simulation.run(1e-11)
    assert all(np.diff(energies) < 0)


@pytest.mark.parametrize("options", [
    {"temperature": 300.0, "seed": 4},
    {"scheme": "dormand-prince"},
    {"scheme": "rk4", "temperature": 50.0, "dtype": np.float64},
    {"scheme": "dormand-prince", "temperature": 300.0, "tolerance": Tolerance(error=1e-3)},
])  # fmt: skip
def test_resume_gives_the_same_bits(tmp_path, options):
    train = PulseTrain.regular(2, 0.7e-12, 0.4e-12, 3e11)
    whole = film(**options)
    whole.run(2e-12, train)
    whole.run(2e-12, train)
    part = film(**options)
    part.run(2e-12, train)
    part.save(tmp_path / "checkpoint.h5")
    rest = film(**options)
    rest.load(tmp_path / "checkpoint.h5")
    rest.run(2e-12, train)
    assert rest.t == whole.t
    assert np.array_equal(rest.m, whole.m)


def run_kept(simulation, path, stop_after=None):
    """Run with a checkpoint at every step; be interrupted after `stop_after` steps."""
    left = iter(range(stop_after or 1000))

    def progress(t, step):
        if stop_after is not None and next(left, None) is None:
            raise KeyboardInterrupt

    return simulation.run(
        2e-12, PulseTrain.regular(2, 0.7e-12, 0.4e-12, 3e11), record={"q": lambda s: s.t},
        every=3e-13, snapshot_every=5e-13, progress=progress, keep=path, keep_every=0.0,
    )  # fmt: skip


@pytest.mark.parametrize("options", [
    {"temperature": 300.0, "seed": 4},
    {"scheme": "dormand-prince"},
    {"scheme": "dormand-prince", "temperature": 300.0, "tolerance": Tolerance(error=1e-3)},
    {"scheme": "rk4", "extrapolated": 3, "temperature": 50.0, "dtype": np.float64},
    {"scheme": "dormand-prince", "device": "torch-cpu"},
])  # fmt: skip
def test_an_interrupted_run_goes_on_with_the_same_bits(tmp_path, monkeypatch, options):
    monkeypatch.setattr(run, "KEEP_SHARE", np.inf)
    path = tmp_path / "run.h5"
    whole = film(**options)
    expected = run_kept(whole, tmp_path / "other.h5")
    for steps in (3, 4):  # once inside a segment, and once again
        with pytest.raises(KeyboardInterrupt):
            run_kept(film(**options), path, steps)
    rest = film(**options)
    got = run_kept(rest, path)
    assert rest.integrator.step_number == whole.integrator.step_number
    assert rest.t == whole.t
    assert np.array_equal(rest.m, whole.m)
    assert np.array_equal(got.snapshots, expected.snapshots)
    for name, column in expected.table.items():
        assert np.array_equal(got[name], column)
    # What is finished is returned again; another run is not taken for it.
    assert len(run_kept(film(**options), path)) == len(got)
    with pytest.raises(DataError, match="keeps a run of 2e-12 s from t = 0 s"):
        run_kept(rest, path)


def test_threads_do_not_change_a_bit():
    runs = []
    for threads in (1, 2, 3):
        simulation = film(temperature=300.0, seed=9, threads=threads)
        simulation.run(1e-12)
        runs.append(simulation.m.copy())
    assert np.array_equal(runs[0], runs[1])
    assert np.array_equal(runs[0], runs[2])


def test_other_seeds_give_other_runs():
    ends = []
    for seed in (1, 2):
        simulation = film(temperature=300.0, seed=seed)
        simulation.run(1e-12)
        ends.append(simulation.m)
    assert np.abs(ends[0] - ends[1]).max() > 1e-3


def test_spins_keep_unit_length_and_holes_stay_empty():
    mesh = Mesh.multilayer(8, 8, 2e-9, 2e-9)
    Ms = np.full(mesh.shape, 9e5)
    Ms[0, 2:4, 2:4] = 0
    simulation = Simulation(mesh, [Exchange(1e-11), Demag()], Ms, 0.1, temperature=300, m=(1, 0, 0))
    simulation.run(1e-12)
    length = np.linalg.norm(simulation.m, axis=0)
    np.testing.assert_allclose(length[Ms > 0], 1, atol=1e-6)
    assert (length[Ms == 0] == 0).all()


def test_steps_end_exactly_at_the_edges_of_pulses():
    seen = []
    simulation = spin("dormand-prince")
    drive = PulseTrain((Pulse(1.05e-12, 2.2e-12, 5e11),))
    trajectory = simulation.run(
        5e-12, drive, record={"copy": lambda s: s.current}, every=1e-12,
        progress=lambda t, step: seen.append(t),
    )  # fmt: skip
    assert min(abs(t - 1.05e-12) for t in seen) < 1e-24
    assert min(abs(t - 3.25e-12) for t in seen) < 1e-24
    np.testing.assert_allclose(trajectory["t"], np.arange(6) * 1e-12, rtol=1e-12)
    np.testing.assert_allclose(trajectory["copy"], [0, 0, 5e11, 5e11, 0, 0])


def test_snapshots_and_provenance_are_recorded(tmp_path):
    simulation = film(temperature=300.0)
    trajectory = simulation.run(1e-12, every=2.5e-13, snapshot_every=5e-13)
    assert len(trajectory) == 5
    assert trajectory.snapshots.shape == (3, *simulation.m.shape)
    assert np.array_equal(trajectory.snapshots[-1], simulation.m)
    assert trajectory.attrs["temperature"] == 300.0
    assert trajectory["mz"][-1] == pytest.approx(float(simulation.state.mean(2)))


def test_a_runaway_names_time_cell_and_cause():
    simulation = spin("heun", dt=1e-10, B=1e4)
    with pytest.raises(PhysicsError, match=r"t = .* cell x = 0, y = 0, layer = 0 .* step"):
        simulation.run(1e-8)


def test_nan_in_the_field_stops_the_run():
    field = np.zeros((3, 1, 4, 5))
    mesh = Mesh.multilayer(5, 4, 2e-9, 2e-9)
    term = Zeeman(field)
    simulation = Simulation(mesh, [term], 8e5, 0.1)
    term.B[2, 0, 1, 3] = np.nan
    with pytest.raises(PhysicsError, match="cell x = 3, y = 1, layer = 0"):
        simulation.run(1e-12)


def test_a_step_below_the_minimum_stops_the_run():
    simulation = spin("dormand-prince", tolerance=Tolerance(error=1e-9, smallest=1e-12), B=50)
    with pytest.raises(PhysicsError, match="below its minimum"):
        simulation.run(1e-10)


def test_minimum_has_no_torque_and_less_energy():
    simulation = film(dtype=np.float64)
    before = simulation.energies()["total"]
    simulation.minimize(stop=1e-6)
    field = simulation.effective_field()
    torque = np.linalg.norm(np.cross(simulation.m, field, axis=0), axis=0)
    assert torque.max() < 1.1e-6
    assert simulation.energies()["total"] < before


def test_minimum_is_where_damped_dynamics_ends():
    ends = []
    for relax in (lambda s: s.minimize(1e-6), lambda s: s.run(1.5e-9)):
        simulation = film(dtype=np.float64, scheme="dormand-prince")
        relax(simulation)
        ends.append(simulation.m.copy())
    assert np.abs(ends[0] - ends[1]).max() < 1e-4


def test_minimiser_says_when_it_fails():
    with pytest.raises(ConvergenceError, match="did not reach"):
        film().minimize(stop=1e-4, most_steps=3)


@pytest.mark.parametrize("options", [
    {"scheme": "euler"}, {"dt": 0.0}, {"dtype": np.int32}, {"alpha": -1.0}, {"m": (0, 0, 0)},
    {"m": np.ones((3, 9, 9, 9))}, {"m": (np.nan, 0, 1)},
    {"temperature": -1.0},
])  # fmt: skip
def test_wrong_options_are_named(options):
    with pytest.raises(ConfigError):
        spin(**options)


def test_wrong_run_times_are_named():
    with pytest.raises(ConfigError, match="duration"):
        spin().run(0.0)
    with pytest.raises(ConfigError, match="every"):
        spin().run(1e-12, every=-1.0)


def test_a_wrong_checkpoint_is_refused(tmp_path):
    path = tmp_path / "checkpoint.h5"
    with pytest.raises(DataError, match="no such file"):
        spin().load(path)
    film().save(path)
    with pytest.raises(DataError, match="holds float32"):
        spin().load(path)
    with pytest.raises(DataError, match="seed"):
        film(seed=3).load(path)
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(DataError, match="damaged"):
        film().load(path)


def test_pulses_must_be_in_order():
    with pytest.raises(ConfigError, match="overlap"):
        PulseTrain((Pulse(0, 2e-9, 1), Pulse(1e-9, 2e-9, 1)))
    with pytest.raises(ConfigError):
        Pulse(0, 0, 1)


def test_pulse_energy_is_joule_heat():
    train = PulseTrain.regular(3, 2e-9, 1e-9, 5e11)
    assert train.energy(2e-7, 1e-21) == pytest.approx(3 * 2e-9 * 25e22 * 2e-28)
    assert train.duration == pytest.approx(8e-9)
    assert len(train.edges) == 6
