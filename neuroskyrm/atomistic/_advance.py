# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Whole runs of time steps inside compiled code, free of the interpreter lock.

States are padded as `_kernels.row_stride` says, which depends on the processor's registers.
"""

from __future__ import annotations

import numpy as np

from neuroskyrm.atomistic._kernels import applied_field, finish_heun, finish_rk4, stage
from neuroskyrm.atomistic._noise import fill_noise
from neuroskyrm.jit import kernel


@kernel
def advance_rk4(
    y0, y1, y2, y3, noise, shape, couplings, static, pulses,
    time, step, count, first, gamma, seed, sigma,
):  # fmt: skip
    """Take `count` classical Runge-Kutta steps; thermal noise is constant within a step."""
    for n in range(count):
        if noise is not None:
            fill_noise(noise, shape[0], shape[1], shape[2], sigma, seed, first + n)
        t = time + n * step
        start = applied_field(static, pulses, t)
        middle = applied_field(static, pulses, t + 0.5 * step)
        end = applied_field(static, pulses, t + step)
        half, whole = np.float32(0.5 * gamma * step), np.float32(gamma * step)
        stage(y0, y0, y1, shape, couplings, start, noise, half)
        stage(y1, y0, y2, shape, couplings, middle, noise, half)
        stage(y2, y0, y3, shape, couplings, middle, noise, whole)
        sixth = np.float32(gamma * step / 6)
        finish_rk4(y0, y1, y2, y3, shape, couplings, end, noise, sixth)


@kernel
def advance_heun(
    y0, y1, noise, shape, couplings, static, pulses,
    time, step, count, first, gamma, seed, sigma,
):  # fmt: skip
    """Take `count` steps of Heun's scheme with thermal noise."""
    for n in range(count):
        if noise is not None:
            fill_noise(noise, shape[0], shape[1], shape[2], sigma, seed, first + n)
        t = time + n * step
        start = applied_field(static, pulses, t)
        end = applied_field(static, pulses, t + step)
        stage(y0, y0, y1, shape, couplings, start, noise, np.float32(gamma * step))
        finish_heun(y0, y1, shape, couplings, end, noise, np.float32(0.5 * gamma * step))
