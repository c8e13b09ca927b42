import numba
import numpy as np
import pytest

from neuroskyrm.simd import lanes, load, spread, store, transpose, width


@numba.njit
def _tile(source, stride, target):
    transpose(source, 3, stride, target, 5, width(source) + 1)


@numba.njit
def _arithmetic(x, y, out):
    two = spread(x, 2)
    store(out, 1, (load(x, 1) + two) * load(y, 0) - load(x, 0) / load(y, 2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_tile_is_transposed_and_nothing_else_touched(dtype):
    n = lanes(dtype)
    stride = n + 4
    source = np.arange(n * stride + n, dtype=dtype)
    target = np.full(5 + n * (n + 1), -1.0, dtype=dtype)
    _tile(source, stride, target)
    copied = target[5:].reshape(n, n + 1)
    expected = source[3 : 3 + n * stride].reshape(n, stride)[:, :n].T
    np.testing.assert_array_equal(copied[:, :n], expected)
    assert (target[:5] == -1).all()
    assert (copied[:, n] == -1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_operators_act_lane_by_lane(dtype):
    n = lanes(dtype)
    x, y = np.random.default_rng(0).uniform(1, 2, size=(2, n + 2)).astype(dtype)
    out = np.zeros(n + 2, dtype=dtype)
    _arithmetic(x, y, out)
    expected = (x[1 : n + 1] + x[2]) * y[:n] - x[:n] / y[2:]
    np.testing.assert_allclose(out[1 : n + 1], expected, rtol=4 * np.finfo(dtype).eps)
    assert out[0] == out[-1] == 0
