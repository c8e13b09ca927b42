"""Rate coding: pixel intensities become Poisson spike trains, from counter-based random numbers.

The spikes of one presentation are drawn in one go, by the superposition theorem: the number of
input spikes in a time step is Poisson distributed with the summed rate, and each of them belongs
to a pixel with probability proportional to its intensity. That costs one random number a spike
and one a step, instead of one a pixel and step. Every draw is a function of (key, counter) only,
so a presentation has the same spikes in any order, on any thread, in any engine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError
from neuroskyrm.jit import inline_kernel, kernel
from neuroskyrm.seeds import seed_sequence

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLY_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLY_2 = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_TWO32 = 4294967296.0
_MOST_PER_STEP = 512


@dataclass(frozen=True)
class PoissonCode:
    """How images become spikes (Diehl & Cook 2015, section 2.5).

    Parameters
    ----------
    rate : float
        Firing rate of a pixel of full intensity, 255 [Hz].
    duration, rest : float
        Time an image is shown, and the silence after it [s].
    step : float
        Time step [s].
    boost : float
        Relative rise of the rate each time the image has to be shown again.
    wanted_spikes : int
        An image is shown again, at a higher rate, until it draws this many output spikes.
    tries : int
        An image is given up after this many presentations.
    duration_reading : float or None
        Time an image is shown while the network is evaluated [s]: more spikes, less chance. None:
        as in learning.
    """

    rate: float = 63.75
    duration: float = 0.350
    rest: float = 0.150
    step: float = 0.5e-3
    boost: float = 0.5
    wanted_spikes: int = 5
    tries: int = 8
    duration_reading: float | None = None

    def __post_init__(self) -> None:
        for name in ("rate", "duration", "step"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"PoissonCode: '{name}' = {getattr(self, name)} must be above 0.")
        for name in ("rest", "boost", "wanted_spikes"):
            if getattr(self, name) < 0:
                raise ConfigError(f"PoissonCode: '{name}' = {getattr(self, name)} must be >= 0.")
        if self.duration_reading is not None and not self.duration_reading > 0:
            raise ConfigError(
                f"PoissonCode: 'duration_reading' = {self.duration_reading} must be above 0."
            )
        if self.tries < 1:
            raise ConfigError(f"PoissonCode: 'tries' = {self.tries} must be at least 1.")

    def for_reading(self) -> PoissonCode:
        """Return the code while the network is evaluated."""
        return replace(self, duration=self.duration_reading or self.duration)

    @property
    def steps(self) -> int:
        """Number of time steps an image is shown."""
        return round(self.duration / self.step)

    @property
    def rest_steps(self) -> int:
        """Number of silent time steps after an image."""
        return round(self.rest / self.step)


@inline_kernel
def mix(x: Any) -> Any:
    """Return the splitmix64 finaliser of `x`: 64 well-mixed bits (Steele et al. 2014)."""
    x = (x ^ (x >> _S30)) * _MULTIPLY_1
    x = (x ^ (x >> _S27)) * _MULTIPLY_2
    return x ^ (x >> _S31)


@inline_kernel
def bits(key: Any, counter: Any) -> Any:
    """Return 64 random bits of the stream `key` at `counter`, a uint64 each."""
    return mix(key + (counter + np.uint64(1)) * _GOLDEN)


@kernel
def random_words(key: np.uint64, count: int) -> NDArray[np.uint64]:
    """Return `bits` of the stream `key` at counters 0 to ``count - 1``."""
    words = np.empty(count, np.uint64)
    for counter in range(count):
        words[counter] = bits(key, np.uint64(counter))
    return words


@kernel
def fill_uniforms(key: np.uint64, out: NDArray[np.float32]) -> None:
    """Fill `out` with uniform numbers in [0, 1), of 24 bits, that depend on `key` and place only.

    A 32-bit finaliser (Wellons' `lowbias32`), which processors compute for eight places at once:
    many times faster than `bits`, and enough to decide which of many devices get a pulse.
    """
    seed = np.uint32(key >> _S32)
    for place in range(out.size):
        x = np.uint32(np.uint32(place) * np.uint32(0x9E3779B9)) ^ seed
        x = np.uint32((x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D))
        x = np.uint32((x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B))
        x = np.uint32(x ^ (x >> np.uint32(16)))
        out[place] = np.float32(np.int32(x >> np.uint32(8))) * np.float32(2.0**-24)


def stream_key(seed: int, *path: str | int) -> np.uint64:
    """Return the 64-bit key of the random stream `path` under `seed`."""
    return np.uint64(seed_sequence(seed, *path).generate_state(1, np.uint64)[0])


@kernel
def draw_spikes(
    image: NDArray[np.uint8],
    spikes_per_level: float,
    key: np.uint64,
    lottery: NDArray[np.uint16],
    first: NDArray[np.int32],
    pixels: NDArray[np.uint16],
) -> None:
    """Draw the input spikes of one presentation.

    Parameters
    ----------
    image : uint8 array, shape (inputs,)
        Intensities.
    spikes_per_level : float
        Expected spikes of one intensity level in one time step (rate * step / 255).
    key : uint64
        Random stream of this presentation.
    lottery : uint16 array, shape (255 * inputs,)
        Scratch: one ticket an intensity level, holding its pixel.
    first : int32 array, shape (steps + 1,)
        Out: spikes ``first[s]:first[s + 1]`` fall in step s.
    pixels : uint16 array, shape (spikes,)
        Out: the pixel of each spike, ascending within a step; a pixel spikes at most once a step,
        and spikes beyond the end of the array are lost.
    """
    tickets = np.int64(0)
    for pixel in range(image.size):
        level = np.int64(image[pixel])
        lottery[tickets : tickets + level] = pixel
        tickets += level
    cumulative = np.empty(_MOST_PER_STEP)
    largest = _poisson_table(tickets * spikes_per_level, cumulative)
    drawn, count = np.uint64(0), 0
    for step in range(first.size - 1):
        first[step] = count
        uniform = float(bits(key, drawn) >> _S32)
        drawn += np.uint64(1)
        wanted = 0
        while wanted < largest and uniform >= cumulative[wanted]:
            wanted += 1
        for _ in range(min(wanted, pixels.size - count)):
            ticket = ((bits(key, drawn) >> _S32) * np.uint64(tickets)) >> _S32
            drawn += np.uint64(1)
            count = _insert_once(lottery[ticket], first[step], count, pixels)
    first[first.size - 1] = count


@inline_kernel
def _insert_once(pixel: Any, begin: Any, count: Any, pixels: Any) -> Any:
    """Insert `pixel` in order into this step's spikes unless it is there; return the new count."""
    place = count
    while place > begin and pixels[place - 1] > pixel:
        place -= 1
    if place > begin and pixels[place - 1] == pixel:
        return count
    for k in range(count, place, -1):
        pixels[k] = pixels[k - 1]
    pixels[place] = pixel
    return count + 1


@kernel
def _poisson_table(mean: float, cumulative: NDArray[np.float64]) -> int:
    """Fill the cumulative Poisson probabilities times 2^32; return the largest useful count."""
    term = np.exp(-mean)
    total = 0.0
    for count in range(cumulative.size):
        total += term
        cumulative[count] = total * _TWO32
        term *= mean / (count + 1)
        if count > mean and term < 1e-12:
            return count
    return cumulative.size - 1


def poisson_spikes(
    image: NDArray[np.uint8], code: PoissonCode, key: np.uint64, boost: float = 1.0
) -> tuple[NDArray[np.int64], NDArray[np.uint16]]:
    """Return the Poisson spikes of one image.

    Parameters
    ----------
    image : uint8 array, shape (inputs,)
        Intensities.
    code : PoissonCode
        Rates and times.
    key : uint64
        Random stream (see `stream_key`).
    boost : float
        Factor on the rate.

    Returns
    -------
    step, pixel : arrays, shape (spikes,)
        Time step and pixel of each spike, in order of time.

    References
    ----------
    P. U. Diehl and M. Cook, Front. Comput. Neurosci. 9, 99 (2015), section 2.5.

    Examples
    --------
    >>> image = np.full(784, 255, np.uint8)
    >>> step, pixel = poisson_spikes(image, PoissonCode(), stream_key(1, "doc"))
    >>> bool(abs(step.size / 784 - 63.75 * 0.35) < 0.5)
    True
    """
    flat = np.ascontiguousarray(image, np.uint8).reshape(-1)
    first = np.zeros(code.steps + 1, np.int32)
    level = boost * code.rate * code.step / 255
    pixels = np.empty(spike_capacity(flat.sum(dtype=np.int64) * level, code.steps), np.uint16)
    draw_spikes(flat, level, key, np.empty(255 * flat.size, np.uint16), first, pixels)
    steps = np.repeat(np.arange(code.steps), np.diff(first))
    return steps, pixels[: first[-1]]


def spike_capacity(mean_per_step: float, steps: int) -> int:
    """Return how long an array must be to hold a presentation's spikes (twelve sigma of room)."""
    mean = mean_per_step * steps
    return int(mean + 12 * np.sqrt(mean) + _MOST_PER_STEP)
