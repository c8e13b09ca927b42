import numpy as np
import pytest

from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics import (
    Exchange,
    Mesh,
    Pulse,
    PulseTrain,
    Sample,
    Simulation,
    SlonczewskiTorque,
    SpinOrbitTorque,
    State,
    UniaxialAnisotropy,
    ZhangLiTorque,
)


def random_state(layers=2, seed=0):
    mesh = Mesh.multilayer(5, 4, 2e-9, 2e-9, layers)
    Ms = np.full(mesh.shape, 8e5)
    Ms[0, 1, 1] = 0
    sample = Sample(mesh, Ms)
    m = np.random.default_rng(seed).normal(size=(3, *mesh.shape)) * sample.inside
    m /= np.maximum(np.linalg.norm(m, axis=0), 1e-9)
    return State(sample, m, current=3e11)


def field_of(torque, state):
    out = np.zeros_like(state.m)
    torque.field(state, out)
    return out


def test_symmetric_slonczewski_torque_is_a_spin_orbit_torque():
    state = random_state()
    one = SlonczewskiTorque(0.3, (1, 2, 0), epsilon_prime=0.06, layers=[1, -0.5])
    other = SpinOrbitTorque.from_spin_hall(0.3, 8e5, 1e-9, [1, -0.5], 0.4, (1, 2, 0))
    inside = state.sample.inside
    np.testing.assert_allclose(
        field_of(one, state)[:, inside], field_of(other, state)[:, inside], rtol=1e-12
    )


def test_slonczewski_efficiency_depends_on_the_angle():
    state = random_state(1)
    state.m[:] = 0
    state.m[2] = 1
    # epsilon = P L^2 / ((L^2 + 1) + (L^2 - 1) m.p): P/2 parallel, P L^2 / 2 antiparallel.
    for pz, epsilon in ((1, 0.2), (-1, 0.2 * 4)):
        tilted = SlonczewskiTorque(0.4, (0, 1e-6, pz), asymmetry=2.0)
        plain = SlonczewskiTorque(2 * epsilon, (0, 1e-6, pz))
        np.testing.assert_allclose(
            field_of(tilted, state)[0, 0, 0], field_of(plain, state)[0, 0, 0], rtol=1e-5
        )


def test_torques_rest_without_current_and_outside_the_sample():
    state = random_state()
    for torque in (SlonczewskiTorque(0.3, (0, 1, 0)), ZhangLiTorque(0.5, 0.1)):
        assert not field_of(torque, state)[:, ~state.sample.inside].any()
        state.current = 0.0
        assert not field_of(torque, state).any()
        state.current = 3e11


@pytest.mark.parametrize("direction", [(1.0, 0.0), (0.0, -1.0)])
def test_a_wall_drifts_with_the_electrons(direction):
    # For xi = alpha a texture moves rigidly at u, whatever else acts.
    xi, current, d = 0.2, 1e12, 2e-9
    along_x = direction[0] != 0
    mesh = Mesh.multilayer(*((100, 1) if along_x else (1, 100)), d, d)
    place = (mesh.x if along_x else mesh.y) - 100e-9
    width = np.sqrt(1e-11 / 2e5)
    m = np.stack([1 / np.cosh(place / width), 0 * place, np.tanh(place / width)])
    m = m.reshape(3, *mesh.shape)
    torque = ZhangLiTorque(0.6, xi, direction)
    simulation = Simulation(
        mesh, [Exchange(1e-11), UniaxialAnisotropy(2e5)], 8e5, xi, [torque],
        scheme="dormand-prince", dtype=np.float64, m=m,
    )  # fmt: skip
    duration = 1e-9
    simulation.run(duration, PulseTrain((Pulse(0, duration, current),)))
    # The mean of m_z falls by 2 / length for each metre that the wall moves forward.
    moved = -simulation.m[2].mean() * 100e-9
    sign = direction[0] + direction[1]
    expected = torque.drift(current, 8e5) * duration * sign
    assert moved == pytest.approx(expected, rel=0.02)
    assert expected * sign < 0


@pytest.mark.parametrize("make", [
    lambda: SlonczewskiTorque(0.3, (0, 0, 0)),
    lambda: SlonczewskiTorque(0.3, (0, 1, 0), asymmetry=0.5),
    lambda: SlonczewskiTorque(0.3, (0, 1, 0), layers=[1, 2, 3]).check(random_state().sample),
    lambda: ZhangLiTorque(0.3, direction=(0.0, 0.0)),
])  # fmt: skip
def test_wrong_parameters_are_named(make):
    with pytest.raises(ConfigError):
        make()
