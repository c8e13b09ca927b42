"""Compiled loops of the demagnetising field: transposition and the product of layer pairs.

Spectra are viewed as real arrays with (real, imaginary) as the last axis. N_xz and N_yz are
imaginary in Fourier space; with i m_z in place of m_z the whole product is real:

    h_x     =  xx m_x + xy m_y + xz (i m_z)
    h_y     =  xy m_x + yy m_y + yz (i m_z)
    i h_z   = -xz m_x - yz m_y + zz (i m_z)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.jit import fast_kernel

Array = NDArray[np.floating]
Ints = NDArray[np.int64]

BLOCK = 8
"""Lines moved together: eight complex64 numbers fill one cache line."""


@fast_kernel
def gather_columns(columns: Array, spectrum: Array, first: int) -> None:
    """Copy columns first.. of `spectrum` (layers, ny, 3, nk, 2) into (layers, 3, count, py, 2).

    Rows beyond ny are set to zero, and m_z is multiplied by i.
    """
    layers, ny = spectrum.shape[:2]
    count = min(columns.shape[2], spectrum.shape[3] - first)
    for layer in range(layers):
        for a in range(3):
            source, target = spectrum[layer, :, a], columns[layer, a]
            for y0 in range(0, ny, BLOCK):
                for k in range(count):
                    for y in range(y0, min(y0 + BLOCK, ny)):
                        re, im = source[y, first + k, 0], source[y, first + k, 1]
                        target[k, y, 0] = re if a < 2 else -im
                        target[k, y, 1] = im if a < 2 else re
            target[:, ny:] = 0


@fast_kernel
def scatter_columns(spectrum: Array, columns: Array, first: int) -> None:
    """Copy the columns back (the inverse of `gather_columns`), h_z multiplied by -i."""
    layers, ny = spectrum.shape[:2]
    count = min(columns.shape[2], spectrum.shape[3] - first)
    for layer in range(layers):
        for a in range(3):
            source, target = columns[layer, a], spectrum[layer, :, a]
            for y0 in range(0, ny, BLOCK):
                for k in range(count):
                    for y in range(y0, min(y0 + BLOCK, ny)):
                        re, im = source[k, y, 0], source[k, y, 1]
                        target[y, first + k, 0] = re if a < 2 else im
                        target[y, first + k, 1] = im if a < 2 else -re


@fast_kernel
def unfold_row(full: Array, half: Array, sign: float) -> None:
    """Write a kernel row for all ky, each number twice, from its half plane of parity `sign`."""
    size = full.shape[0] // 2
    turn = half.dtype.type(sign)
    for k in range(half.shape[0]):
        full[2 * k] = half[k]
        full[2 * k + 1] = half[k]
    for k in range(half.shape[0], size):
        value = turn * half[size - k]
        full[2 * k] = value
        full[2 * k + 1] = value


@fast_kernel
def add_pair(
    hx: Array, hy: Array, hz: Array, n: Array, mx: Array, my: Array, mz: Array, sign: float
) -> None:
    """Add the field of one source layer on one target layer (equations at the top)."""
    xx, yy, zz, xy, xz, yz = n[0], n[1], n[2], n[3], n[4], n[5]
    turn = hx.dtype.type(sign)
    for k in range(hx.shape[0]):
        a, b, c = mx[k], my[k], mz[k]
        turned = turn * c
        hx[k] += xx[k] * a + xy[k] * b + xz[k] * turned
        hy[k] += xy[k] * a + yy[k] * b + yz[k] * turned
        hz[k] += zz[k] * c - turn * (xz[k] * a + yz[k] * b)


@fast_kernel
def multiply_columns(
    out: Array, columns: Array, kernel: Array, first: int, pairs: Ints, full: Array
) -> None:
    """Multiply columns (layers, 3, count, 2 py) by the tensor of every layer pair.

    `kernel` is (keys, 6, nk, py // 2 + 1); pairs[i, j] = (key, sign of N_xz and N_yz) for target
    i and source j; `full` (keys, 6, 2 py) is scratch.
    """
    layers = columns.shape[0]
    for column in range(min(columns.shape[2], kernel.shape[2] - first)):
        for key in range(kernel.shape[0]):
            for part in range(6):
                # N_xy and N_yz are odd in ky.
                parity = -1.0 if part in (3, 5) else 1.0
                unfold_row(full[key, part], kernel[key, part, first + column], parity)
        for i in range(layers):
            hx, hy, hz = out[i, 0, column], out[i, 1, column], out[i, 2, column]
            hx[:] = 0
            hy[:] = 0
            hz[:] = 0
            for j in range(layers):
                mx, my, mz = columns[j, 0, column], columns[j, 1, column], columns[j, 2, column]
                add_pair(hx, hy, hz, full[pairs[i, j, 0]], mx, my, mz, pairs[i, j, 1])
