"""Demagnetising factors: one cell of any shape against Aharoni's closed formula, a sample of many
cells against the same, and two separated layers against Newell's formula for unequal boxes."""

import numpy as np

from neuroskyrm.constants import MU0
from neuroskyrm.micromagnetics import Demag, Mesh, Sample, State


def aharoni(a, b, c):
    """N_z of a prism of sides a, b, c; J. Appl. Phys. 83, 3432 (1998), eq. (1)."""
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


def factors(mesh, layer=None):
    """Return the mean N_zz seen by `layer` (or all) when `source` layers point along z."""
    m = np.zeros((3, *mesh.shape))
    m[2, : 1 if layer else None] = 1
    field = np.zeros_like(m)
    Demag().field(State(Sample(mesh, 1e6), m), field)
    return -field[2, layer if layer else slice(None)].mean() / (MU0 * 1e6)


def test_cube(evidence):
    mesh = Mesh.multilayer(16, 16, 1e-9, 1e-9, 16, 1e-9, 1e-9)
    evidence.number("N of a cube, 16³ cells", factors(mesh), 1 / 3, 1e-9, source="symmetry")


def test_thin_prisms(evidence):
    for nx, ny, thickness in [(100, 100, 1e-9), (200, 40, 2e-9), (50, 10, 0.5e-9)]:
        mesh = Mesh.multilayer(nx, ny, 2e-9, 2e-9, 1, thickness)
        expected = aharoni(nx * 2e-9, ny * 2e-9, thickness)
        name = f"N_z of a {2 * nx} × {2 * ny} × {thickness * 1e9:g} nm film"
        evidence.number(name, factors(mesh), expected, 2e-8, source="Aharoni 1998, eq. (1)")


def test_two_separated_layers(evidence):
    # Mutual factor by inclusion and exclusion of self energies t N(t) of thicker boxes.
    x, y, low, gap, high = 120e-9, 60e-9, 1e-9, 2e-9, 3e-9
    mesh = Mesh(60, 30, 2e-9, 2e-9, (low, high), (0.0, low + gap))

    def weighted(t):
        return t * aharoni(x, y, t)

    mutual = weighted(low + gap + high) - weighted(low + gap) - weighted(gap + high) + weighted(gap)
    evidence.number(
        "N_zz of a 1 nm layer on a 3 nm layer 2 nm above it", factors(mesh, 1),
        mutual / (2 * high), 2e-8, source="Newell 1993 / Aharoni 1998 by inclusion-exclusion",
    )  # fmt: skip
