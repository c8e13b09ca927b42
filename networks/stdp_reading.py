"""Reading the devices of the rows that spike: what they add to the neurons' conductances.

A read of a device is its weight and, with a device that is read with noise, one normal number of
its state's standard deviation. The normal numbers of a row are a stretch of a table that begins at
a random place: two loads and a multiplication a device, and no square root.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from networks.encoding import bits
from neuroskyrm.jit import inline_kernel, kernel

_S32 = np.uint64(32)
_RING = 1 << 12


def normal_table(neurons: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the table of normal numbers that stretches of `neurons` are taken from.

    A closed ring of numbers, cut open and continued by its own beginning, so that every neuron
    meets every number; then the same with the other sign. Over the places where a stretch may
    begin, each neuron's noise has a mean of exactly zero and a variance of exactly one.

    Parameters
    ----------
    neurons : int
        Length of a stretch.
    rng : numpy.random.Generator
        Draws the numbers.

    Returns
    -------
    float32 array
    """
    numbers = rng.standard_normal(max(_RING, 4 * neurons))
    numbers /= np.sqrt((numbers**2).mean())
    ring = np.concatenate([numbers, numbers[: neurons - 1]])
    table: NDArray[np.float32] = np.concatenate([ring, -ring]).astype(np.float32)
    return table


@inline_kernel
def stretch(word: Any, size: Any, neurons: Any) -> Any:
    """Return where in a table of `size` a random stretch begins, by 64 random bits."""
    half = np.uint64(size // 2)
    places = half - np.uint64(neurons) + np.uint64(1)
    return np.int64((((word >> _S32) * places) >> _S32) + (word & np.uint64(1)) * half)


@kernel
def stretches(words: NDArray[np.uint64], size: int, neurons: int) -> NDArray[np.int64]:
    """Return `stretch` of each of many random words."""
    begin = np.empty(words.size, np.int64)
    for k in range(words.size):
        begin[k] = stretch(words[k], size, neurons)
    return begin


@kernel
def add_rows(
    g_exc: NDArray[np.float32],
    weights: NDArray[np.float32],
    gain: NDArray[np.float32],
    pixels: NDArray[np.uint16],
    begin: int,
    end: int,
) -> None:
    """Add the weights of the spiking inputs ``pixels[begin:end]`` to g_exc, input by input.

    Parameters
    ----------
    g_exc : float32 array, shape (neurons,)
    weights : float32 array, shape (inputs, neurons)
    gain : float32 array, shape (neurons,) or (0,)
        Column-current gain; none if empty.
    pixels : uint16 array
        Inputs in order of time.
    """
    if gain.size > 0:
        for k in range(begin, end):
            i = pixels[k]
            for j in range(g_exc.size):
                g_exc[j] += weights[i, j] * gain[j]
        return
    for k in range(begin, end - 1, 2):  # two rows a sweep, summed in the same order
        i1, i2 = pixels[k], pixels[k + 1]
        for j in range(g_exc.size):
            g_exc[j] = (g_exc[j] + weights[i1, j]) + weights[i2, j]
    if (end - begin) % 2 == 1:
        i = pixels[end - 1]
        for j in range(g_exc.size):
            g_exc[j] += weights[i, j]


@kernel
def add_noisy_rows(
    g_exc: NDArray[np.float32],
    weights: NDArray[np.float32],
    read_sd: NDArray[np.float32],
    normals: NDArray[np.float32],
    gain: NDArray[np.float32],
    pixels: NDArray[np.uint16],
    begin: int,
    end: int,
    key: np.uint64,
) -> None:
    """Add noisy reads of the spiking inputs ``pixels[begin:end]`` to g_exc, input by input.

    Parameters
    ----------
    read_sd : float32 array, shape (inputs, neurons)
        Standard deviation of one read of each device.
    normals : float32 array
        See `normal_table`.
    key : uint64
        Random stream of the presentation's reads.
    g_exc, weights, gain, pixels, begin, end
        See `add_rows`.
    """
    for k in range(begin, end):
        i = pixels[k]
        start = stretch(bits(key, np.uint64(k)), normals.size, g_exc.size)
        # Slices, not normals[start + j]: an index that might be negative is not vectorised.
        weight, sd, normal = weights[i], read_sd[i], normals[start : start + g_exc.size]
        if gain.size > 0:
            for j in range(g_exc.size):
                g_exc[j] += (weight[j] + sd[j] * normal[j]) * gain[j]
        else:
            for j in range(g_exc.size):
                g_exc[j] += weight[j] + sd[j] * normal[j]
