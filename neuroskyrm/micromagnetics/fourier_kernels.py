# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Fourier transforms of many sequences side by side, one in each lane of a vector.

Taking a polynomial modulo z^n - c apart into remainders modulo z^(n/r) - rho w^q, where
rho^r = c and w = exp(-2 pi i / r), is one pass: multiply the r parts by powers of rho, then a
transform of length r. Down to n = 1 this gives the values at all n-th roots of c: the Fourier
transform for c = 1, and one with shifted frequencies for any other c, at no extra cost. Nothing
is sorted: values stay where the passes leave them, the inverse starts from there.

A sequence is stored at `re` and `im` of a flat array, one vector per number, and transformed in
place; the array's first 2 r vectors are scratch. Exchanging the two offsets conjugates all roots,
which is most of the way back.
`table` begins with constants (`CONSTANTS`), then pairs (re, im) of the powers of rho, pass by pass.
"""

from __future__ import annotations

import numpy as np

from neuroskyrm.jit import kernel
from neuroskyrm.simd import load, spread, store, width

_THIRD, _FIFTH = 2 * np.pi / 3, 2 * np.pi / 5
CONSTANTS = (
    -0.5, np.sin(_THIRD), np.cos(_FIFTH), np.cos(2 * _FIFTH), np.sin(_FIFTH), np.sin(2 * _FIFTH),
)  # fmt: skip
"""What the butterflies of three and five need."""


@kernel
def part_stride(size: int, lanes: int) -> int:
    """Return how far from the real part of a sequence its imaginary part should begin.

    A little more than needed, lest both (and many sequences) fall on the same lines of the cache.
    """
    return (size + 2) * lanes


@kernel
def _get(x, re, im):
    return load(x, re), load(x, im)


@kernel
def _put(x, re, im, a):
    store(x, re, a[0])
    store(x, im, a[1])


@kernel
def _add(a, b):
    return a[0] + b[0], a[1] + b[1]


@kernel
def _subtract(a, b):
    return a[0] - b[0], a[1] - b[1]


@kernel
def _add_i(a, b):
    """Return a + i b."""
    return a[0] - b[1], a[1] + b[0]


@kernel
def _subtract_i(a, b):
    """Return a - i b."""
    return a[0] + b[1], a[1] - b[0]


@kernel
def _times(a, w):
    return a[0] * w[0] - a[1] * w[1], a[0] * w[1] + a[1] * w[0]


@kernel
def _mix(number, a, other, b):
    """Return number a + other b, with real factors."""
    return number * a[0] + other * b[0], number * a[1] + other * b[1]


@kernel
def _root(table, index):
    return spread(table, index), spread(table, index + 1)


@kernel
def _pass2(x, re, im, blocks, part, table, at, forward):
    for block in range(blocks):
        w = _root(table, at + 2 * block)
        for o in range(2 * block * part, (2 * block + 1) * part, width(x)):
            p, q = re + o, im + o
            a, b = _get(x, p, q), _get(x, p + part, q + part)
            if forward:
                b = _times(b, w)
            high = _subtract(a, b)
            if not forward:
                high = _times(high, w)
            _put(x, p, q, _add(a, b))
            _put(x, p + part, q + part, high)


@kernel
def _pass3(x, re, im, blocks, part, table, at, forward):
    half, sine = spread(table, 0), spread(table, 1)
    for block in range(blocks):
        w1, w2 = _root(table, at + 4 * block), _root(table, at + 4 * block + 2)
        for o in range(3 * block * part, (3 * block + 1) * part, width(x)):
            p, q = re + o, im + o
            p1, q1, p2, q2 = p + part, q + part, p + 2 * part, q + 2 * part
            a, b, c = _get(x, p, q), _get(x, p1, q1), _get(x, p2, q2)
            if forward:
                b, c = _times(b, w1), _times(c, w2)
            s, d = _add(b, c), _subtract(b, c)
            middle = a[0] + half * s[0], a[1] + half * s[1]
            d = sine * d[0], sine * d[1]
            a, b, c = _add(a, s), _subtract_i(middle, d), _add_i(middle, d)
            if not forward:
                b, c = _times(b, w1), _times(c, w2)
            _put(x, p, q, a)
            _put(x, p1, q1, b)
            _put(x, p2, q2, c)


@kernel
def _pass4(x, re, im, blocks, part, table, at, forward):
    for block in range(blocks):
        t = at + 6 * block
        w1, w2, w3 = _root(table, t), _root(table, t + 2), _root(table, t + 4)
        for o in range(4 * block * part, (4 * block + 1) * part, width(x)):
            p, q = re + o, im + o
            p1, q1, p2, q2, p3, q3 = (
                p + part, q + part, p + 2 * part, q + 2 * part, p + 3 * part, q + 3 * part,
            )  # fmt: skip
            a, b, c, d = _get(x, p, q), _get(x, p1, q1), _get(x, p2, q2), _get(x, p3, q3)
            if forward:
                b, c, d = _times(b, w1), _times(c, w2), _times(d, w3)
            s, t0 = _add(a, c), _subtract(a, c)
            u, v = _add(b, d), _subtract(b, d)
            a, b, c, d = _add(s, u), _subtract_i(t0, v), _subtract(s, u), _add_i(t0, v)
            if not forward:
                b, c, d = _times(b, w1), _times(c, w2), _times(d, w3)
            _put(x, p, q, a)
            _put(x, p1, q1, b)
            _put(x, p2, q2, c)
            _put(x, p3, q3, d)


@kernel
def _fifths(a, b, c, d, e, table):
    """Return the transform of five numbers, by sums and differences of what lies opposite."""
    c1, c2, s1, s2 = spread(table, 2), spread(table, 3), spread(table, 4), spread(table, 5)
    p, q = _add(b, e), _add(c, d)
    u, v = _subtract(b, e), _subtract(c, d)
    x, y = _add(a, _mix(c1, p, c2, q)), _add(a, _mix(c2, p, c1, q))
    z, w = _mix(s1, u, s2, v), (s2 * u[0] - s1 * v[0], s2 * u[1] - s1 * v[1])
    total = _add(a, _add(p, q))
    return total, _subtract_i(x, z), _subtract_i(y, w), _add_i(y, w), _add_i(x, z)


@kernel
def _pass5(x, re, im, blocks, part, table, at, forward):
    for block in range(blocks):
        t = at + 8 * block
        w1, w2 = _root(table, t), _root(table, t + 2)
        w3, w4 = _root(table, t + 4), _root(table, t + 6)
        for o in range(5 * block * part, (5 * block + 1) * part, width(x)):
            p, q = re + o, im + o
            p1, q1, p2, q2 = p + part, q + part, p + 2 * part, q + 2 * part
            p3, q3, p4, q4 = p2 + part, q2 + part, p2 + 2 * part, q2 + 2 * part
            a, b, c = _get(x, p, q), _get(x, p1, q1), _get(x, p2, q2)
            d, e = _get(x, p3, q3), _get(x, p4, q4)
            if forward:
                b, c, d, e = _times(b, w1), _times(c, w2), _times(d, w3), _times(e, w4)
            a, b, c, d, e = _fifths(a, b, c, d, e, table)
            if not forward:
                b, c, d, e = _times(b, w1), _times(c, w2), _times(d, w3), _times(e, w4)
            _put(x, p, q, a)
            _put(x, p1, q1, b)
            _put(x, p2, q2, c)
            _put(x, p3, q3, d)
            _put(x, p4, q4, e)


@kernel
def _pass_any(x, re, im, blocks, part, table, at, forward, r):
    """Do a pass of any other r by its definition: r (r - 1) roots for each block."""
    lanes = width(x)
    for block in range(blocks):
        t = at + 2 * block * r * (r - 1)
        for o in range(r * block * part, (r * block + 1) * part, lanes):
            for k in range(r):
                # Forwards sum over n with (rho w^k)^n; backwards with the conjugate of (rho w^n)^k.
                total = _get(x, re + o, im + o)
                if not forward and k > 0:
                    total = _times(total, _root(table, t + 2 * (k - 1)))
                for n in range(1, r):
                    value = _get(x, re + o + n * part, im + o + n * part)
                    if forward:
                        value = _times(value, _root(table, t + 2 * (k * (r - 1) + n - 1)))
                    elif k > 0:
                        value = _times(value, _root(table, t + 2 * (n * (r - 1) + k - 1)))
                    total = _add(total, value)
                _put(x, 2 * k * lanes, (2 * k + 1) * lanes, total)
            for k in range(r):
                value = _get(x, 2 * k * lanes, (2 * k + 1) * lanes)
                _put(x, re + o + k * part, im + o + k * part, value)


@kernel
def transform(x, re, im, passes, table, forward):
    """Replace the sequence at offsets `re` and `im` of the flat array `x` by its values, or back.

    `passes` (number, 4) holds r, blocks, numbers in a part, and where the table of the pass
    begins. Back (`forward` is False), what comes out is multiplied by the length.
    """
    last = passes.shape[0] - 1
    if not forward:
        re, im = im, re
    for i in range(last + 1):
        n = i if forward else last - i
        r, blocks, part, at = passes[n, 0], passes[n, 1], passes[n, 2] * width(x), passes[n, 3]
        if r == 4:
            _pass4(x, re, im, blocks, part, table, at, forward)
        elif r == 5:
            _pass5(x, re, im, blocks, part, table, at, forward)
        elif r == 3:
            _pass3(x, re, im, blocks, part, table, at, forward)
        elif r == 2:
            _pass2(x, re, im, blocks, part, table, at, forward)
        else:
            _pass_any(x, re, im, blocks, part, table, at, forward, r)
