"""The fused stage of `kernels` for films whose links are the same everywhere.

Exchange, interfacial DMI and interlayer exchange of a uniform film couple neighbours with one
number each, whatever the cell, so no table of coefficients is read for them; only what a cell's
own spin does (anisotropy, the -m of every exchange) varies from cell to cell. Rows of a layer
follow one another in memory, so several are treated as one long line, and what the line wrongly
links at row ends is taken back. Inner loops have one output and few inputs: others do not
vectorise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.jit import fast_kernel
from neuroskyrm.micromagnetics.kernels import Array, add_scaled, normalise_row, torque_row

LINE_CELLS = 1000
"""Most cells of a line of several rows: the lines in use at a time fit a first-level cache."""


@fast_kernel
def begin_line(out: Array, value: float, field: Array, here: Array, m: Array) -> None:
    """Write value + field + here m to `out`: all of one length."""
    uniform = out.dtype.type(value)
    for x in range(out.shape[0]):
        out[x] = uniform + field[x] + here[x] * m[x]


@fast_kernel
def add_line(out: Array, values: Array) -> None:
    """Add `values` to `out`."""
    for x in range(out.shape[0]):
        out[x] += values[x]


@fast_kernel
def add_slopes(
    out: Array, m: Array, begin: int, end: int, nx: int, minus: float, plus: float
) -> None:
    """Add minus m(x - 1) + plus m(x + 1) to `out`, cells begin..end of the layer `m`."""
    low, high = out.dtype.type(minus), out.dtype.type(plus)
    if low == 0 and high == 0:
        return
    size = end - begin
    right = m[begin + 1 : end]
    left = m[begin : end - 1]
    for x in range(size - 1):
        out[x] += high * right[x]
    target = out[1:]
    for x in range(size - 1):
        target[x] += low * left[x]
    for edge in range(nx, size, nx):
        out[edge - 1] -= high * m[begin + edge]
        out[edge] -= low * m[begin + edge - 1]


@fast_kernel
def film_field(
    field: Array,
    m: Array,
    layer: int,
    begin: int,
    end: int,
    nx: int,
    links: Array,
    twist: Array,
    here: Array,
    external: Array,
    uniform: Array,
    thermal: Array,
) -> None:
    """Set `field` (3, cells) to the whole effective field of cells begin..end of a layer [T].

    `m`, `here` and `thermal` are (3, layers, cells), `external` (layers, 3, cells); `links` (3,)
    couples neighbours along x, y and z, `twist` (2,) is D / (Ms d) along x and y [T].
    """
    layers, cells = m.shape[1:]
    along, across, through = links[0], links[1], links[2]
    first, last = max(begin, nx), min(end, cells - nx)
    for a in range(3):
        out, spins = field[a], m[a, layer]
        begin_line(
            out, uniform[layer, a], external[layer, a, begin:end], here[a, layer, begin:end],
            spins[begin:end],
        )  # fmt: skip
        if thermal.shape[0] > 0:
            add_line(out, thermal[a, layer, begin:end])
        add_slopes(out, spins, begin, end, nx, along, along)
        add_scaled(out[first - begin :], across, spins[first - nx : end - nx])
        add_scaled(out[: last - begin], across, spins[begin + nx : last + nx])
        if layer > 0:
            add_scaled(out, through, m[a, layer - 1, begin:end])
        if layer < layers - 1:
            add_scaled(out, through, m[a, layer + 1, begin:end])
    add_slopes(field[0], m[2, layer], begin, end, nx, -twist[0], twist[0])
    add_slopes(field[2], m[0, layer], begin, end, nx, twist[0], -twist[0])
    for a, b, sign in ((1, 2, 1.0), (2, 1, -1.0)):
        spins, strength = m[b, layer], sign * twist[1]
        add_scaled(field[a][first - begin :], -strength, spins[first - nx : end - nx])
        add_scaled(field[a][: last - begin], strength, spins[begin + nx : last + nx])


@fast_kernel
def film_stage(
    m: Array,
    start: Array,
    slopes: Array,
    number: int,
    weights: NDArray[np.float64],
    following: Array,
    nx: int,
    links: Array,
    twist: Array,
    here: Array,
    external: Array,
    uniform: Array,
    thermal: Array,
    push: Array,
    rate: Array,
    alpha: Array,
    first: int,
    last: int,
    scratch: Array,
) -> float:
    """Do one Runge–Kutta stage for lines first..last, as `kernels.stage`.

    Arrays are those of `film_field`; `rate`, `alpha` (line,) and `scratch` (2, 3, line) have the
    length of a line. Lines are always the same, so that threads do not change a bit.
    """
    cells, line = m.shape[2], scratch.shape[2]
    lines = cells // line
    deviation = 0.0
    for number_of_line in range(first, last):
        layer = number_of_line // lines
        begin = number_of_line % lines * line
        end = begin + line
        field, new = scratch[0], scratch[1]
        film_field(
            field, m, layer, begin, end, nx, links, twist, here, external, uniform, thermal
        )  # fmt: skip
        torque_row(
            slopes[number, 0, layer, begin:end], slopes[number, 1, layer, begin:end],
            slopes[number, 2, layer, begin:end],
            m[0, layer, begin:end], m[1, layer, begin:end], m[2, layer, begin:end],
            field, push[layer], rate, alpha,
        )  # fmt: skip
        for a in range(3):
            combine_line(new[a], start[a, layer, begin:end], slopes, weights, a, layer, begin, end)
        deviation += normalise_row(
            following[0, layer, begin:end], following[1, layer, begin:end],
            following[2, layer, begin:end], new,
        )  # fmt: skip
    return deviation


@fast_kernel
def combine_line(
    new: Array,
    start: Array,
    slopes: Array,
    weights: NDArray[np.float64],
    a: int,
    layer: int,
    begin: int,
    end: int,
) -> None:
    """Write start + sum_j weights[j] slopes[j] of component `a` to `new`."""
    used = 0
    for j in range(weights.shape[0]):
        if weights[j] == 0.0:
            continue
        values, factor = slopes[j, a, layer, begin:end], new.dtype.type(weights[j])
        if used == 0:
            for x in range(new.shape[0]):
                new[x] = start[x] + factor * values[x]
        else:
            for x in range(new.shape[0]):
                new[x] += factor * values[x]
        used += 1
