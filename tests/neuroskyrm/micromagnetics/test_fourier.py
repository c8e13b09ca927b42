import numpy as np
import pytest

from neuroskyrm.micromagnetics.fourier import Transform, good_size, radices
from neuroskyrm.micromagnetics.fourier_kernels import transform
from neuroskyrm.simd import lanes


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("turn", [0.0, 0.25])
@pytest.mark.parametrize("size", [1, 2, 7, 30, 77, 120, 200])
def test_values_are_those_of_the_polynomial_and_the_way_back_returns_it(size, turn, dtype):
    width = lanes(dtype)
    plan = Transform(size, turn, np.dtype(dtype))
    rng = np.random.default_rng(size)
    given = rng.normal(size=(size, width)) + 1j * rng.normal(size=(size, width))
    front = 2 * plan.widest * width
    work = np.zeros(front + 2 * given.size, dtype=dtype)
    work[front:] = np.concatenate((given.real.ravel(), given.imag.ravel()))
    re, im = front, front + given.size

    def read():
        return (work[re:im] + 1j * work[im:]).reshape(size, width)

    transform(work, re, im, plan.passes, plan.table, True)
    quarters = np.outer(4 * plan.order + int(4 * turn), np.arange(size)) % (4 * size)
    expected = np.exp(-0.5j * np.pi * quarters / size) @ given
    tolerance = 50 * np.finfo(dtype).eps
    assert sorted(plan.order) == list(range(size))
    assert np.abs(read() - expected).max() <= tolerance * np.abs(expected).max()
    transform(work, re, im, plan.passes, plan.table, False)
    assert np.abs(read() / size - given).max() <= tolerance * np.abs(given).max()


def test_sizes_have_short_radices_and_waste_little():
    assert radices(2 * 7 * 11) == [11, 7, 2]
    for least in range(1, 600):
        size = good_size(least)
        assert least <= size <= 1.2 * least
        assert set(radices(size)) <= {2, 3, 4, 5}
