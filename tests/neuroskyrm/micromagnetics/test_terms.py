import numpy as np
import pytest

from neuroskyrm.constants import MU0
from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics import (
    BulkDMI,
    Demag,
    Exchange,
    InterfacialDMI,
    InterlayerExchange,
    Mesh,
    Sample,
    Simulation,
    SpinOrbitTorque,
    State,
    UniaxialAnisotropy,
    Zeeman,
)

MESHES = {
    "free": (False, False),
    "periodic along x": (True, False),
    "periodic": (True, True),
}


def lumpy_state(periodic=(False, False), seed=0):
    """Three unequal layers (two of them touching), a hole, and two magnetisations."""
    mesh = Mesh(5, 4, 2e-9, 3e-9, (1e-9, 2e-9, 1e-9), (0, 1e-9, 5e-9), periodic)
    Ms = np.full(mesh.shape, 9e5)
    Ms[0, 1, 2] = 0
    Ms[2] = 5e5
    sample = Sample(mesh, Ms)
    m = np.random.default_rng(seed).normal(size=(3, *mesh.shape)) * sample.inside
    m /= np.maximum(np.linalg.norm(m, axis=0), 1e-9)
    return State(sample, m)


def lumpy(scale):
    shape = (3, 4, 5)
    return scale * np.random.default_rng(3).uniform(0.5, 1.5, shape)


def all_terms():
    return [
        Exchange(lumpy(1e-11)),
        InterfacialDMI(lumpy(1e-3)),
        InterfacialDMI(lumpy(1e-3), "extrapolate", lumpy(1e-11)),
        BulkDMI(lumpy(1e-3)),
        UniaxialAnisotropy(lumpy(1e6), (1, 2, 3)),
        InterlayerExchange([3e-4, -2e-4]),
        Demag(images=2),
        Zeeman((0.1, 0.2, 0.3)),
        Zeeman(np.arange(3 * 60.0).reshape(3, 3, 4, 5) * 1e-3),
    ]


@pytest.mark.parametrize("periodic", MESHES.values(), ids=MESHES)
@pytest.mark.parametrize("term", all_terms(), ids=lambda term: type(term).__name__)
def test_field_is_minus_energy_gradient(term, periodic):
    state = lumpy_state(periodic)
    field = np.zeros_like(state.m)
    term.field(state, field)
    moments = state.sample.moments
    rng = np.random.default_rng(1)
    step = 1e-4
    for _ in range(12):
        place = tuple(int(rng.integers(0, n)) for n in state.m.shape)
        if not state.sample.inside[place[1:]]:
            continue
        energies = []
        for sign in (1, -1):
            m = state.m.copy()
            m[place] += sign * step
            energies.append(term.energy(State(state.sample, m)))
        slope = (energies[0] - energies[1]) / (2 * step)
        expected = -slope / moments[place[1:]]
        assert field[place] == pytest.approx(expected, abs=1e-8 * np.abs(field).max())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fused_kernel_is_the_sum_of_the_terms(dtype):
    state = lumpy_state()
    terms = all_terms()
    simulation = Simulation(state.mesh, terms, state.sample.Ms, 0.1, dtype=dtype, m=state.m)
    total = np.zeros_like(state.m)
    for term in terms:
        term.field(state, total)
    got = simulation.effective_field()
    inside = state.sample.inside
    tolerance = 1e-12 if dtype == np.float64 else 2e-6
    assert np.abs(got - total)[:, inside].max() < tolerance * np.abs(total).max()


def test_exchange_of_a_spiral():
    # m = (sin qx, 0, cos qx) has the field -(2 A q^2 / Ms) m, on a grid with q -> 2 sin(qd/2)/d.
    nx, d, A, Ms = 32, 2e-9, 1.3e-11, 8e5
    mesh = Mesh.multilayer(nx, 1, d, d, periodic=(True, False))
    q = 2 * np.pi / (nx * d)
    m = np.zeros((3, 1, 1, nx))
    m[0, 0, 0], m[2, 0, 0] = np.sin(q * mesh.x), np.cos(q * mesh.x)
    state = State(Sample(mesh, Ms), m)
    field = np.zeros_like(m)
    Exchange(A).field(state, field)
    on_grid = 2 * np.sin(q * d / 2) / d
    np.testing.assert_allclose(field, -2 * A * on_grid**2 / Ms * m, atol=1e-12)
    energy = A * on_grid**2 * nx * d * d * 1e-9
    assert Exchange(A).energy(state) == pytest.approx(energy, rel=1e-12)


@pytest.mark.parametrize("thickness", [0.5e-9, 2e-9])
def test_exchange_through_touching_layers_does_not_depend_on_their_division(thickness):
    # A linear turn along z over 8 nm costs A (angle / length)^2 times the volume.
    layers = round(8e-9 / thickness)
    mesh = Mesh.multilayer(1, 1, 2e-9, 2e-9, layers, thickness, thickness)
    z = np.array(mesh.heights) + thickness / 2
    angle = 1e7 * z
    m = np.stack([np.sin(angle), 0 * z, np.cos(angle)]).reshape(3, layers, 1, 1)
    energy = Exchange(1e-11).energy(State(Sample(mesh, 8e5), m))
    links = (layers - 1) * thickness * 4e-18
    assert energy == pytest.approx(1e-11 * (1e7) ** 2 * links, rel=1e-3)


def test_spacers_stop_exchange():
    mesh = Mesh.multilayer(2, 2, 2e-9, 2e-9, 2, 1e-9, 3e-9)
    m = np.zeros((3, *mesh.shape))
    m[2, 0], m[2, 1] = 1, -1
    assert Exchange(1e-11).energy(State(Sample(mesh, 8e5), m)) == 0


@pytest.mark.parametrize(("kind", "component"), [(InterfacialDMI, 0), (BulkDMI, 1)])
def test_dmi_sign_and_strength_of_a_spiral(kind, component):
    # With the angle from +z growing along x, E/V = D q for both kinds: interfacial in the xz
    # plane with m = (sin, 0, cos), bulk in the yz plane with m = (0, sin, cos).
    nx, d, D, Ms = 64, 1e-9, 2e-3, 8e5
    mesh = Mesh.multilayer(nx, 1, d, d, periodic=(True, False))
    q = 2 * np.pi / (nx * d)
    m = np.zeros((3, 1, 1, nx))
    m[component, 0, 0], m[2, 0, 0] = np.sin(q * mesh.x), np.cos(q * mesh.x)
    density = kind(D).energy(State(Sample(mesh, Ms), m)) / (nx * d * d * 1e-9)
    assert density == pytest.approx(D * np.sin(q * d) / d, rel=1e-9)


def test_dmi_along_z_exists_only_for_bulk():
    mesh = Mesh.multilayer(1, 1, 2e-9, 2e-9, 4, 1e-9, 1e-9)
    angle = 0.3 * np.arange(4)
    m = np.stack([np.cos(angle), np.sin(angle), 0 * angle]).reshape(3, 4, 1, 1)
    state = State(Sample(mesh, 8e5), m)
    # m.(curl m) = -dphi/dz for m = (cos phi, sin phi, 0).
    expected = -2e-3 * np.sin(0.3) / 1e-9 * 3 * 4e-27
    assert BulkDMI(2e-3).energy(state) == pytest.approx(expected, rel=1e-9)
    assert InterfacialDMI(2e-3).energy(state) == 0


def test_anisotropy_along_any_axis():
    state = State(Sample(Mesh.multilayer(1, 1, 2e-9, 2e-9), 8e5), np.zeros((3, 1, 1, 1)))
    state.m[:, 0, 0, 0] = (0.6, 0.0, 0.8)
    term = UniaxialAnisotropy(5e5, (0, 0, 2))
    assert term.energy(state) == pytest.approx(-5e5 * 0.64 * 4e-27)
    field = np.zeros_like(state.m)
    UniaxialAnisotropy(5e5, (3, 0, 4)).field(state, field)
    np.testing.assert_allclose(field[:, 0, 0, 0], 2 * 5e5 / 8e5 * np.array((0.6, 0, 0.8)))


def test_zeeman_follows_its_envelope():
    state = lumpy_state()
    state.t = 2e-9
    term = Zeeman((0, 0, 0.1), envelope=lambda t: t / 1e-9)
    field = np.zeros_like(state.m)
    term.field(state, field)
    assert field[2].min() == pytest.approx(0.2)
    assert term.energy(state) == pytest.approx(-0.2 * np.sum(state.sample.moments * state.m[2]))


def test_interlayer_exchange_energy_per_area():
    mesh = Mesh.multilayer(2, 3, 2e-9, 2e-9, 2, 1e-9, 3e-9)
    m = np.zeros((3, *mesh.shape))
    m[2, 0], m[2, 1] = 1, -1
    energy = InterlayerExchange(2e-4).energy(State(Sample(mesh, 8e5), m))
    assert energy == pytest.approx(2 * 2e-4 * 6 * 4e-18)


def test_uniform_film_demagnetises_along_its_normal():
    mesh = Mesh.multilayer(6, 5, 2e-9, 2e-9, periodic=(True, True))
    m = np.zeros((3, *mesh.shape))
    m[2] = 1
    field = np.zeros_like(m)
    Demag(images=40).field(State(Sample(mesh, 8e5), m), field)
    assert field[2].mean() == pytest.approx(-MU0 * 8e5, rel=5e-3)


def test_spin_orbit_torque_in_the_kernel_is_its_field():
    state = lumpy_state()
    torque = SpinOrbitTorque([1e-13, 0, -2e-13], [3e-14, 1e-14, 0], (1, 2, -1))
    state.current = 4e11

    class OnlyField:
        """Hides the torque from the fused kernel."""

        def check(self, sample):
            torque.check(sample)

        def field(self, state, out):
            torque.field(state, out)

    slopes = []
    for part in (torque, OnlyField()):
        simulation = Simulation(
            state.mesh, [Zeeman((0, 0, 1))], state.sample.Ms, 0.3, [part], m=state.m,
            dtype=np.float64,
        )  # fmt: skip
        integrator = simulation.integrator
        integrator._stages(0.0, 1e-13, lambda t: state.current)
        slopes.append(integrator.slopes[0].copy())
    np.testing.assert_allclose(slopes[0], slopes[1], rtol=1e-10, atol=1e-3)


@pytest.mark.parametrize(
    "make",
    [
        lambda s: Exchange(np.ones((7, 7, 7))).check(s),
        lambda s: Exchange(np.nan).check(s),
        lambda s: InterfacialDMI(1e-3, "mirror"),
        lambda s: InterfacialDMI(1e-3, "extrapolate"),
        lambda s: UniaxialAnisotropy(1e5, (0, 0, 0)),
        lambda s: InterlayerExchange([1e-4]).check(s),
        lambda s: Zeeman((1, 2)),
        lambda s: Zeeman((0, 0, np.inf)),
        lambda s: SpinOrbitTorque(1e-13, polarisation=(0, 0, 0)),
        lambda s: SpinOrbitTorque([1e-13, 0]).check(s),
        lambda s: Sample(s.mesh, -1.0),
        lambda s: Sample(s.mesh, 0.0),
        lambda s: Mesh.multilayer(0, 4, 2e-9, 2e-9),
        lambda s: Mesh.multilayer(4, 4, 2e-9, 2e-9, 2, 2e-9, 1e-9),
        lambda s: Mesh(4, 4, 2e-9, 2e-9, (1e-9,), (0, 3e-9)),
    ],
)
def test_wrong_parameters_are_named(make):
    with pytest.raises(ConfigError) as caught:
        make(lumpy_state().sample)
    assert str(caught.value).endswith(".")
