"""Compiled loops of the solver: arrays in, arrays out.

Every kernel works on a range of rows (one row = one line of cells along x of one layer), so that
threads can share the work without changing a bit of the result. Inner loops run over
one-dimensional contiguous rows only: those are what the compiler vectorises.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.jit import fast_kernel

Array = NDArray[np.floating]
Ints = NDArray[np.int64]
Lookup = NDArray[np.int32]


@fast_kernel
def add_product(out: Array, coefficients: Array, values: Array) -> None:
    """Add coefficients * values to out: arrays of one length."""
    for x in range(out.shape[0]):
        out[x] += coefficients[x] * values[x]


@fast_kernel
def add_scaled(out: Array, factor: float, values: Array) -> None:
    """Add factor * values to out."""
    scale = out.dtype.type(factor)
    for x in range(out.shape[0]):
        out[x] += scale * values[x]


@fast_kernel
def add_stencil_row(
    field: Array,
    m: Array,
    layer: int,
    y: int,
    operations: Ints,
    lookup: Lookup,
    rows: Array,
    periodic: tuple[bool, bool],
) -> None:
    """Add all local terms of one row to `field` (3, nx) [T]."""
    layers, ny, nx = m.shape[1:]
    for number in range(operations.shape[0]):
        row = lookup[number, layer, y]
        if row < 0:
            continue
        a, b, dl, dy, dx = operations[number]
        source_layer, source_y = layer + dl, y + dy
        if periodic[1]:
            source_y = (source_y + ny) % ny
        if source_layer < 0 or source_layer >= layers or source_y < 0 or source_y >= ny:
            continue
        first, last = max(0, -dx), nx - max(0, dx)
        source = m[b, source_layer, source_y]
        add_product(field[a, first:last], rows[row, first:last], source[first + dx : last + dx])
        if dx != 0 and periodic[0]:
            edge, other = (nx - 1, 0) if dx > 0 else (0, nx - 1)
            field[a, edge] += rows[row, edge] * source[other]


@fast_kernel
def stencil_field(
    out: Array,
    m: Array,
    operations: Ints,
    lookup: Lookup,
    rows: Array,
    periodic: tuple[bool, bool],
    scratch: Array,
) -> None:
    """Add the field [T] of local terms to `out` (3, layers, ny, nx); `scratch` is (3, nx)."""
    for layer in range(m.shape[1]):
        for y in range(m.shape[2]):
            scratch[:] = 0
            add_stencil_row(scratch, m, layer, y, operations, lookup, rows, periodic)
            for a in range(3):
                out[a, layer, y] += scratch[a]


@fast_kernel
def gather_field_row(
    field: Array,
    m: Array,
    layer: int,
    y: int,
    operations: Ints,
    lookup: Lookup,
    rows: Array,
    periodic: tuple[bool, bool],
    external: Array,
    uniform: Array,
    thermal: Array,
) -> None:
    """Set `field` (3, nx) to the whole effective field of one row [T]."""
    nx = m.shape[3]
    for a in range(3):
        target = field[a]
        value = uniform[layer, a]
        if external.shape[0] > 0:
            source = external[layer, a, y]
            for x in range(nx):
                target[x] = source[x] + value
        else:
            for x in range(nx):
                target[x] = value
        if thermal.shape[0] > 0:
            noise = thermal[a, layer, y]
            for x in range(nx):
                target[x] += noise[x]
    add_stencil_row(field, m, layer, y, operations, lookup, rows, periodic)


@fast_kernel
def effective_field(
    out: Array,
    m: Array,
    operations: Ints,
    lookup: Lookup,
    rows: Array,
    periodic: tuple[bool, bool],
    external: Array,
    uniform: Array,
    thermal: Array,
    begin: int,
    end: int,
    scratch: Array,
) -> None:
    """Write the whole effective field [T] of rows begin..end to `out` (3, layers, ny, nx)."""
    field = scratch[0]
    for row in range(begin, end):
        layer, y = row // m.shape[2], row % m.shape[2]
        gather_field_row(
            field, m, layer, y, operations, lookup, rows, periodic, external, uniform, thermal
        )
        for a in range(3):
            out[a, layer, y] = field[a]


@fast_kernel
def torque_row(
    kx: Array,
    ky: Array,
    kz: Array,
    mx: Array,
    my: Array,
    mz: Array,
    field: Array,
    push: Array,
    rate: Array,
    alpha: Array,
) -> None:
    """Turn the field of one row into dm/dt [rad/s]: Landau–Lifshitz form of the LLG equation.

    dm/dt = -rate (m x B + alpha m x (m x B)) with B = field + m x push, rate = gamma/(1+alpha^2);
    `push` is the damping-like spin-orbit field times its polarisation.
    """
    px, py, pz = push[0], push[1], push[2]
    hx, hy, hz = field[0], field[1], field[2]
    for x in range(mx.shape[0]):
        ux, uy, uz = mx[x], my[x], mz[x]
        bx = hx[x] + (uy * pz - uz * py)
        by = hy[x] + (uz * px - ux * pz)
        bz = hz[x] + (ux * py - uy * px)
        cx = uy * bz - uz * by
        cy = uz * bx - ux * bz
        cz = ux * by - uy * bx
        g, a = rate[x], alpha[x]
        kx[x] = -g * (cx + a * (uy * cz - uz * cy))
        ky[x] = -g * (cy + a * (uz * cx - ux * cz))
        kz[x] = -g * (cz + a * (ux * cy - uy * cx))


@fast_kernel
def normalise_row(outx: Array, outy: Array, outz: Array, new: Array) -> float:
    """Write the unit vectors of `new` (3, nx) to the rows; return the sum of (|new|^2 - 1)^4."""
    newx, newy, newz = new[0], new[1], new[2]
    tiny, one, zero = new.dtype.type(1e-30), new.dtype.type(1), new.dtype.type(0)
    total = zero
    for x in range(newx.shape[0]):
        square = newx[x] * newx[x] + newy[x] * newy[x] + newz[x] * newz[x]
        scale = one / np.sqrt(square + tiny)
        outx[x] = newx[x] * scale
        outy[x] = newy[x] * scale
        outz[x] = newz[x] * scale
        off = zero if square == zero else square - one
        total += (off * off) * (off * off)
    return float(total)


@fast_kernel
def combine_row(
    new: Array, start: Array, slopes: Array, weights: NDArray[np.float64], layer: int, y: int
) -> None:
    """Write start + sum_j weights[j] slopes[j] of one row to `new` (3, nx)."""
    for a in range(3):
        new[a] = start[a, layer, y]
        for j in range(weights.shape[0]):
            if weights[j] != 0.0:
                add_scaled(new[a], weights[j], slopes[j, a, layer, y])


@fast_kernel
def stage(
    m: Array,
    start: Array,
    slopes: Array,
    number: int,
    weights: NDArray[np.float64],
    following: Array,
    operations: Ints,
    lookup: Lookup,
    rows: Array,
    periodic: tuple[bool, bool],
    external: Array,
    uniform: Array,
    thermal: Array,
    push: Array,
    rate_lookup: Lookup,
    rate_rows: Array,
    begin: int,
    end: int,
    scratch: Array,
) -> float:
    """Do one Runge–Kutta stage for rows begin..end: field, torque and the next stage value.

    slopes[number] = dm/dt at `m`; following = normalised(start + sum_j weights[j] slopes[j]),
    `weights` already times the step. Returns the summed deviation from unit length before
    normalising. `scratch` is (2, 3, nx).
    """
    field, new = scratch[0], scratch[1]
    slope = slopes[number]
    deviation = 0.0
    for row in range(begin, end):
        layer, y = row // m.shape[2], row % m.shape[2]
        gather_field_row(
            field, m, layer, y, operations, lookup, rows, periodic, external, uniform, thermal
        )
        torque_row(
            slope[0, layer, y], slope[1, layer, y], slope[2, layer, y],
            m[0, layer, y], m[1, layer, y], m[2, layer, y], field, push[layer],
            rate_rows[rate_lookup[0, layer, y]], rate_rows[rate_lookup[1, layer, y]],
        )  # fmt: skip
        combine_row(new, start, slopes, weights, layer, y)
        deviation += normalise_row(
            following[0, layer, y], following[1, layer, y], following[2, layer, y], new
        )
    return deviation


@fast_kernel
def combine(
    start: Array,
    slopes: Array,
    weights: NDArray[np.float64],
    following: Array,
    begin: int,
    end: int,
    scratch: Array,
) -> float:
    """Write normalised(start + sum_j weights[j] slopes[j]) to rows begin..end of `following`.

    Returns the summed deviation from unit length before normalising.
    """
    new = scratch[1]
    deviation = 0.0
    for row in range(begin, end):
        layer, y = row // start.shape[2], row % start.shape[2]
        combine_row(new, start, slopes, weights, layer, y)
        deviation += normalise_row(
            following[0, layer, y], following[1, layer, y], following[2, layer, y], new
        )
    return deviation


@fast_kernel
def largest_error(
    slopes: Array, weights: NDArray[np.float64], begin: int, end: int, scratch: Array
) -> float:
    """Return the largest |sum_j weights[j] slopes[j]| of any cell of rows begin..end."""
    ny = slopes.shape[3]
    error = scratch[0]
    worst = 0.0
    for row in range(begin, end):
        layer, y = row // ny, row % ny
        for a in range(3):
            error[a] = 0
            for j in range(slopes.shape[0]):
                if weights[j] != 0.0:
                    add_scaled(error[a], weights[j], slopes[j, a, layer, y])
        for x in range(error.shape[1]):
            worst = max(worst, error[0, x] ** 2 + error[1, x] ** 2 + error[2, x] ** 2)
    return float(np.sqrt(worst))
