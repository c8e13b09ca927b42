import numpy as np
import pytest
from scipy.signal import fftconvolve

from neuroskyrm.constants import MU0
from neuroskyrm.micromagnetics import Demag, Mesh, Sample, State
from neuroskyrm.micromagnetics.newell import COMPONENTS, CellPair, _far_tensor, _near_tensor, tensor
from neuroskyrm.micromagnetics.workers import Workers

CUBE = CellPair(1.0, 1.0, 1.0, 1.0, 0.0)


def test_demagnetising_factors_of_a_cube_are_one_third():
    np.testing.assert_allclose(tensor(CUBE, 1, 1)[:, 0, 0], [1 / 3] * 3 + [0] * 3, atol=1e-13)


def prism_factor(a, b, c):
    """Aharoni, J. Appl. Phys. 83, 3432 (1998), eq. (1): N_z of a prism of half-sides a, b, c."""
    r = np.sqrt(a * a + b * b + c * c)
    rab, rbc, rac = np.hypot(a, b), np.hypot(b, c), np.hypot(a, c)
    total = (
        (b * b - c * c) / (2 * b * c) * np.log((r - a) / (r + a))
        + (a * a - c * c) / (2 * a * c) * np.log((r - b) / (r + b))
        + b / (2 * c) * np.log((rab + a) / (rab - a))
        + a / (2 * c) * np.log((rab + b) / (rab - b))
        + c / (2 * a) * np.log((rbc - b) / (rbc + b))
        + c / (2 * b) * np.log((rac - a) / (rac + a))
        + 2 * np.arctan(a * b / (c * r))
        + (a**3 + b**3 - 2 * c**3) / (3 * a * b * c)
        + (a * a + b * b - 2 * c * c) / (3 * a * b * c) * r
        + c / (a * b) * (rac + rbc)
        - (rab**3 + rbc**3 + rac**3) / (3 * a * b * c)
    )
    return total / np.pi


@pytest.mark.parametrize("sides", [(1, 1, 1), (2, 2, 1), (10, 10, 1), (8, 3, 0.5), (100, 20, 1)])
def test_self_tensor_is_aharonis_prism(sides):
    x, y, z = sides
    got = tensor(CellPair(x, y, z, z, 0.0), 1, 1)[:3, 0, 0]
    expected = [prism_factor(y, z, x), prism_factor(x, z, y), prism_factor(x, y, z)]
    np.testing.assert_allclose(got, expected, atol=1e-9)


def test_many_cells_make_the_factor_of_one_prism():
    # The mean field of a uniform 20 x 12 x 3 block does not depend on its division.
    mesh = Mesh.multilayer(20, 12, 1e-9, 1e-9, 3, 1e-9, 1e-9)
    for axis, sides in enumerate([(12, 3, 20), (20, 3, 12), (20, 12, 3)]):
        m = np.zeros((3, *mesh.shape))
        m[axis] = 1
        field = np.zeros_like(m)
        Demag().field(State(Sample(mesh, 8e5), m), field)
        assert -field[axis].mean() / (MU0 * 8e5) == pytest.approx(prism_factor(*sides), rel=1e-8)


@pytest.mark.parametrize(
    ("lower", "upper", "gap"), [(1.0, 1.0, 2.0), (1.0, 2.5, 0.0), (3.0, 1.0, 0.5)]
)
def test_two_separated_layers_follow_from_thicker_prisms(lower, upper, gap):
    # Self energies of boxes: E(lower+gap+upper) etc. give the mutual one by inclusion-exclusion.
    x, y = 5.0, 3.0

    def self_energy(thickness):
        return thickness * prism_factor(x, y, thickness) if thickness > 0 else 0.0

    mutual = (
        self_energy(lower + gap + upper) - self_energy(lower + gap)
        - self_energy(gap + upper) + self_energy(gap)
    ) / 2  # fmt: skip
    pair = CellPair(x, y, lower, upper, lower + gap)
    assert tensor(pair, 1, 1)[2, 0, 0] * upper == pytest.approx(mutual, abs=1e-9)


@pytest.mark.parametrize("pair", [CUBE, CellPair(2, 3, 1, 2, 4), CellPair(2, 2, 1, 1, 3)])
def test_near_and_far_formula_agree_where_they_meet(pair):
    side = max(pair.dx, pair.dy, pair.source, pair.target)
    columns, lines = int(14 * side / pair.dx), int(14 * side / pair.dy)
    near, far = _near_tensor(pair, columns, lines), _far_tensor(pair, columns, lines)
    x, y = np.arange(columns) * pair.dx, np.arange(lines) * pair.dy
    distance = np.hypot(x[None], y[:, None])
    ring = (distance > 11 * side) & (distance < 13 * side)
    assert np.abs(near - far)[:, ring].max() < 2e-7 * np.abs(near[:, ring]).max()


def test_trace_vanishes_off_the_source():
    result = tensor(CellPair(2, 3, 1, 2, 5), 40, 30)
    trace = result[:3].sum(axis=0)
    assert np.abs(trace).max() < 1e-9 * np.abs(result).max()


def direct_sum(state):
    """Return the field by summing over all pairs of cells."""
    mesh, Ms = state.mesh, state.sample.Ms
    field = np.zeros_like(state.m)
    index = {"x": 0, "y": 1, "z": 2}
    for i in range(mesh.layers):
        for j in range(mesh.layers):
            pair = CellPair(
                mesh.dx, mesh.dy, mesh.thicknesses[j], mesh.thicknesses[i],
                mesh.heights[i] - mesh.heights[j],
            )  # fmt: skip
            table = tensor(pair, mesh.nx, mesh.ny)
            for y, x, y2, x2 in np.ndindex(mesh.ny, mesh.nx, mesh.ny, mesh.nx):
                for number, name in enumerate(COMPONENTS):
                    value = table[number, abs(y - y2), abs(x - x2)] * -MU0 * Ms[j, y2, x2]
                    if name[0] != name[1]:
                        value *= np.sign(x - x2) if "x" in name else 1
                        value *= np.sign(y - y2) if "y" in name else 1
                    a, b = index[name[0]], index[name[1]]
                    field[a, i, y, x] += value * state.m[b, j, y2, x2]
                    if a != b:
                        field[b, i, y, x] += value * state.m[a, j, y2, x2]
    return field


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 3e-6), (np.float64, 1e-13)])
def test_fast_transform_is_the_direct_sum(dtype, tolerance):
    mesh = Mesh(6, 5, 2e-9, 3e-9, (1e-9, 2e-9, 1e-9), (0, 1e-9, 5e-9))
    Ms = np.full(mesh.shape, 9e5)
    Ms[2] = 5e5
    Ms[1, 2, 3] = 0
    sample = Sample(mesh, Ms)
    m = np.random.default_rng(0).normal(size=(3, *mesh.shape)) * sample.inside
    expected = direct_sum(State(sample, m))
    field = np.zeros(m.shape, dtype=dtype)
    Demag().field(State(sample, m.astype(dtype)), field)
    assert np.abs(field - expected).max() < tolerance * np.abs(expected).max()


def convolution(state, images=1):
    """Return the field by convolving with the unfolded tensors of all layer pairs."""
    mesh, Ms = state.mesh, state.sample.Ms
    cells = (mesh.ny, mesh.nx)
    periodic = mesh.periodic[::-1]
    reach = [n * images + n // 2 if p else n - 1 for n, p in zip(cells, periodic, strict=True)]
    field = np.zeros(state.m.shape)
    for i, j in np.ndindex(mesh.layers, mesh.layers):
        rise = mesh.heights[i] - mesh.heights[j]
        pair = CellPair(mesh.dx, mesh.dy, mesh.thicknesses[j], mesh.thicknesses[i], rise)
        for name, quarter in zip(COMPONENTS, tensor(pair, reach[1] + 1, reach[0] + 1), strict=True):
            full, moments = quarter, -MU0 * Ms[j] * state.m[:, j]
            for axis, letter in enumerate("yx"):
                odd = letter in name and name[0] != name[1]
                mirrored = np.flip(full, axis) * (-1 if odd else 1)
                full = np.concatenate((mirrored, np.delete(full, 0, axis)), axis)
                if periodic[axis] and cells[axis] % 2 == 0:
                    np.moveaxis(full, axis, 0)[[0, -1]] /= 2  # both edges of the last period
                around = [(0, 0)] * 3
                around[axis + 1] = (reach[axis],) * 2
                moments = np.pad(moments, around, "wrap" if periodic[axis] else "constant")
            a, b = ("xyz".index(letter) for letter in name)
            for target, source in {(a, b), (b, a)}:
                field[target, i] += fftconvolve(moments[source], full, mode="valid")
    return field


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 3e-6), (np.float64, 1e-12)])
@pytest.mark.parametrize(
    ("shape", "periodic"),
    [
        ((37, 18, 3), (False, False)),
        ((50, 21, 2), (False, False)),
        ((22, 17, 2), (True, False)),
        ((13, 28, 2), (False, True)),
        ((24, 35, 1), (True, True)),
    ],
)
def test_fast_transform_is_the_convolution(shape, periodic, dtype, tolerance):
    # Sizes with overlapping bundles of rows, blocks of columns that are not full, and odd radices.
    nx, ny, layers = shape
    mesh = Mesh.multilayer(nx, ny, 2e-9, 3e-9, layers, periodic=periodic)
    m = np.random.default_rng(2).normal(size=(3, *mesh.shape))
    sample = Sample(mesh, 8e5)
    expected = convolution(State(sample, m))
    alone = Demag(images=1).external(State(sample, m.astype(dtype)), Workers())
    shared = Demag(images=1).external(State(sample, m.astype(dtype)), Workers(3))
    error = np.abs(alone.swapaxes(0, 1) - expected).max()
    assert error < tolerance * np.abs(expected).max()
    np.testing.assert_array_equal(alone, shared)


def test_field_of_a_far_cell_is_a_dipole():
    mesh = Mesh.multilayer(101, 1, 2e-9, 2e-9, 1, 2e-9)
    Ms = np.zeros(mesh.shape)
    Ms[0, 0, 0] = Ms[0, 0, 100] = 8e5
    m = np.zeros((3, *mesh.shape))
    m[2, 0, 0, 0] = 1
    field = np.zeros_like(m)
    Demag().field(State(Sample(mesh, Ms), m), field)
    dipole = -MU0 / (4 * np.pi) * 8e5 * 8e-27 / (200e-9) ** 3
    assert field[2, 0, 0, 100] == pytest.approx(dipole, rel=1e-6)


def test_odd_sizes_and_single_rows_work():
    for nx, ny in [(1, 1), (7, 1), (1, 7), (11, 13)]:
        mesh = Mesh.multilayer(nx, ny, 2e-9, 2e-9, 2)
        m = np.random.default_rng(1).normal(size=(3, *mesh.shape))
        state = State(Sample(mesh, 8e5), m)
        field = np.zeros_like(m)
        Demag().field(state, field)
        np.testing.assert_allclose(field, direct_sum(state), atol=1e-12)
