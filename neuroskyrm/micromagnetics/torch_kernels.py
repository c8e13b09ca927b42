"""The loops of `kernels`, `demag_columns` and `noise` on torch tensors, for graphics cards.

Every function is a chain of element-wise operations on whole tensors, without branches on data,
so that `torch.compile` can fuse it into one or two kernels. Vectors are (3, layers, ny, nx).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import torch
from torch import Tensor

Operation = tuple[int, int, int, int, int]
"""One line of the stencil: a, b, and the offset (layer, y, x) of the neighbour."""

_MASK = 0xFFFFFFFF


def effective_field(
    m: Tensor, coefficients: Tensor, operations: Sequence[Operation], added: Tensor, uniform: Tensor
) -> Tensor:
    """Return the field [T]: `added`, plus `uniform` (3, layers), plus all local terms.

    `coefficients` (operations, layers, ny, nx) are 0 where a neighbour is missing.
    """
    field = list((added + uniform[:, :, None, None]).unbind(0))
    for number, (a, b, layer, y, x) in enumerate(operations):
        neighbour = m[b]
        if (layer, y, x) != (0, 0, 0):
            neighbour = torch.roll(neighbour, (-layer, -y, -x), (0, 1, 2))
        field[a] = field[a] + coefficients[number] * neighbour
    return torch.stack(field)


def cross(a: Tensor, b: Tensor) -> Tensor:
    """Return a x b."""
    return torch.stack(
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    )


def stage(
    m: Tensor,
    start: Tensor,
    slopes: Tensor,
    number: int,
    weights: Tensor,
    following: Tensor,
    field: Tensor,
    push: Tensor,
    rate: Tensor,
    alpha: Tensor,
) -> Tensor:
    """Do one Runge–Kutta stage: torque and the next stage value (see `kernels.stage`).

    `field` holds everything but the damping-like spin-orbit field, `push` (3, layers).
    """
    across = cross(m, field + cross(m, push[:, :, None, None].expand_as(m)))
    slope = -rate * (across + alpha * cross(m, across))
    slopes[number] = slope
    new = start + weights[number] * slope
    for earlier in range(number):
        new = new + weights[earlier] * slopes[earlier]
    return normalise(new, following)


def combine(start: Tensor, slopes: Tensor, weights: Tensor, following: Tensor) -> Tensor:
    """Write normalised(start + sum_j weights[j] slopes[j]) to `following`; see `normalise`."""
    new = start
    for earlier in range(weights.shape[0]):
        new = new + weights[earlier] * slopes[earlier]
    return normalise(new, following)


def normalise(new: Tensor, out: Tensor) -> Tensor:
    """Write the unit vectors of `new` to `out`; return the sum of (|new|^2 - 1)^4."""
    square = new[0] * new[0] + new[1] * new[1] + new[2] * new[2]
    out.copy_(new / torch.sqrt(square + 1e-30))
    return torch.where(square == 0, 0.0, square - 1.0).pow(4).sum()


def largest_error(slopes: Tensor, weights: Tensor) -> Tensor:
    """Return the largest |sum_j weights[j] slopes[j]| of any cell."""
    error = weights[0] * slopes[0]
    for number in range(1, slopes.shape[0]):
        error = error + weights[number] * slopes[number]
    return torch.sqrt((error[0] * error[0] + error[1] * error[1] + error[2] * error[2]).max())


def multiply_layers(spectrum: Tensor, kernel: Tensor, pairs: Sequence[Sequence[int]]) -> Tensor:
    """Multiply spectra (3, layers, py, nk, 2) by the tensor of every layer pair.

    The last axis is (real, imaginary). N_xz and N_yz stand without their factor i: with i m_z in
    place of m_z, and i h_z in place of h_z, all factors are real. `kernel` is
    (keys, 6, py, nk, 1); `pairs` lists (target, source, key, sign of N_xz and N_yz).
    """
    mx, my = spectrum[0], spectrum[1]
    mz = torch.stack((-spectrum[2, ..., 1], spectrum[2, ..., 0]), dim=-1)
    layers = spectrum.shape[1]
    hx, hy, hz = ([torch.zeros_like(mx[0]) for _ in range(layers)] for _ in range(3))
    for i, j, key, sign in pairs:
        xx, yy, zz, xy, xz, yz = kernel[key].unbind(0)
        hx[i] = hx[i] + xx * mx[j] + xy * my[j] + sign * xz * mz[j]
        hy[i] = hy[i] + xy * mx[j] + yy * my[j] + sign * yz * mz[j]
        hz[i] = hz[i] + zz * mz[j] - sign * (xz * mx[j] + yz * my[j])
    turned = torch.stack(hz)
    hz_turned = torch.stack((turned[..., 1], -turned[..., 0]), dim=-1)
    return torch.stack((torch.stack(hx), torch.stack(hy), hz_turned))


def thermal_field(sigma: Tensor, factor: Tensor, step: Tensor, seed: Tensor) -> Tensor:
    """Return factor sigma times normal numbers: the very words of `noise.thermal_field`.

    `step` and `seed` are (2,) int64: lower and upper 32 bits.
    """
    layers, ny, nx = sigma.shape
    quarter = -(-3 * nx // 4)
    words = philox(layers * ny, quarter, step, seed)
    normals = torch.cat((*normal_pair(words[0], words[1]), *normal_pair(words[2], words[3])), dim=1)
    numbers = normals[:, : 3 * nx].reshape(layers, ny, 3, nx).permute(2, 0, 1, 3)
    return factor * sigma * numbers.to(sigma.dtype)


def philox(rows: int, columns: int, step: Tensor, seed: Tensor) -> tuple[Tensor, ...]:
    """Return four int64 tensors (rows, columns) of 32-bit random words (Philox 4x32-10).

    Products wrap around 64 bits; masking after the shift makes the sign of int64 harmless.
    """
    place = step.device
    c0 = torch.arange(columns, device=place).expand(rows, columns)
    c1 = torch.arange(rows, device=place)[:, None].expand(rows, columns)
    c2, c3 = step[0].expand(rows, columns), step[1].expand(rows, columns)
    k0, k1 = seed[0], seed[1]
    for _ in range(10):
        p0, p1 = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1, c2, c3 = (
            ((p1 >> 32) & _MASK) ^ c1 ^ k0,
            p1 & _MASK,
            ((p0 >> 32) & _MASK) ^ c3 ^ k1,
            p0 & _MASK,
        )
        k0, k1 = (k0 + 0x9E3779B9) & _MASK, (k1 + 0xBB67AE85) & _MASK
    return c0, c1, c2, c3


def normal_pair(u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Return two tensors of standard normal float32 numbers from words (Box–Muller)."""
    uniform = ((u >> 8).float() + 0.5) * 2.0**-24
    radius = torch.sqrt(torch.clamp(-2.0 * torch.log(uniform), min=0.0))
    angle = (2 * pi) * (((v >> 8).float() + 0.5) * 2.0**-24 - 0.5)
    return radius * torch.cos(angle), radius * torch.sin(angle)
