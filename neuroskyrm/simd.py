# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls, no-check-untyped-defs
"""A register of floating-point numbers as one number: explicit vectors for numba kernels.

LLVM does not vectorise loops over many arrays that might overlap, which costs a factor of five.
`load`, `store`, `splat`, `spread`, `transpose` and the four arithmetic operators on a `Vector`
say it directly; on processors without wide registers LLVM splits them. Indices are those of flat
arrays, and bounds are not checked.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import binding, ir  # type: ignore[import-untyped]
from numba import types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic as _numba_intrinsic
from numba.extending import models, register_model
from numpy.typing import DTypeLike

intrinsic: Any = _numba_intrinsic
"""Without numba's own type, which has the signature of the generator, not of what is called."""

REGISTER_BITS = 512 if binding.get_host_cpu_features().get("avx512f") else 256

_SHUFFLED_BITS = 128
"""Within this much of a register shuffles are cheap."""

_FLAGS = ("contract", "nsz")


def lanes(dtype: DTypeLike) -> int:
    """Return how many numbers of a numpy dtype one vector holds."""
    return int(REGISTER_BITS // (8 * np.dtype(dtype).itemsize))


class Vector(types.Type):
    """The numba type of a register full of float32 or float64."""

    def __init__(self, dtype):
        self.dtype = dtype
        self.lanes = REGISTER_BITS // dtype.bitwidth
        super().__init__(name=f"{dtype}x{self.lanes}")

    @property
    def llvm(self):
        """The type's name in LLVM."""
        number = ir.FloatType() if self.dtype.bitwidth == 32 else ir.DoubleType()
        return ir.VectorType(number, self.lanes)


_VECTORS = {kind: Vector(kind) for kind in (types.float32, types.float64)}


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, kind.llvm)


def _address(context, builder, kind, array, index):
    data = context.make_array(kind)(context, builder, array).data
    return builder.gep(data, [index])


def _read(context, builder, kind, array, index):
    pointer = _VECTORS[kind.dtype].llvm.as_pointer()
    vector = builder.load(builder.bitcast(_address(context, builder, kind, array, index), pointer))
    vector.align = kind.dtype.bitwidth // 8
    return vector


def _write(context, builder, kind, array, index, vector):
    pointer = _VECTORS[kind.dtype].llvm.as_pointer()
    address = builder.bitcast(_address(context, builder, kind, array, index), pointer)
    builder.store(vector, address).align = kind.dtype.bitwidth // 8


def _shuffle(builder, first, second, chosen):
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(chosen)), chosen)
    return builder.shuffle_vector(first, second, mask)


def _copies(builder, vector, number):
    empty = ir.Constant(vector.llvm, ir.Undefined)
    first = builder.insert_element(empty, number, ir.Constant(ir.IntType(32), 0))
    return _shuffle(builder, first, empty, [0] * vector.lanes)


@intrinsic
def width(typing_context, array):
    """Return how many numbers of `array` one vector holds: a constant for the compiler."""

    def generate(context, builder, sig, args):
        return context.get_constant(types.intp, _VECTORS[sig.args[0].dtype].lanes)

    return types.intp(array), generate


@intrinsic
def load(typing_context, array, index):
    """Return ``array[index : index + lanes]``."""

    def generate(context, builder, sig, args):
        return _read(context, builder, sig.args[0], *args)

    return _VECTORS[array.dtype](array, types.intp), generate


@intrinsic
def store(typing_context, array, index, vector):
    """Write a vector to ``array[index : index + lanes]``."""

    def generate(context, builder, sig, args):
        _write(context, builder, sig.args[0], *args)
        return context.get_dummy_value()

    return types.none(array, types.intp, vector), generate


@intrinsic
def splat(typing_context, number):
    """Return a vector of copies of `number`."""

    def generate(context, builder, sig, args):
        return _copies(builder, sig.return_type, args[0])

    return _VECTORS[number](number), generate


@intrinsic
def spread(typing_context, array, index):
    """Return a vector of copies of ``array[index]``."""

    def generate(context, builder, sig, args):
        number = builder.load(_address(context, builder, sig.args[0], *args))
        return _copies(builder, sig.return_type, number)

    return _VECTORS[array.dtype](array, types.intp), generate


@intrinsic
def transpose(typing_context, source, first, stride, target, start, step):
    """Copy a square tile: row i from ``source[first + i stride]`` on becomes column i of `target`.

    The rows of the copy begin at ``target[start + j step]``.
    """

    def generate(context, builder, sig, args):
        source_kind, target_kind = sig.args[0], sig.args[3]
        source, first, stride, target, start, step = args
        rows = []
        for _ in range(_VECTORS[source_kind.dtype].lanes):
            rows.append(_read(context, builder, source_kind, source, first))
            first = builder.add(first, stride)
        for row in _transposed(builder, rows, _SHUFFLED_BITS // source_kind.dtype.bitwidth):
            _write(context, builder, target_kind, target, start, row)
            start = builder.add(start, step)
        return context.get_dummy_value()

    i = types.intp
    return types.none(source, i, i, target, i, i), generate


def _transposed(builder, rows, near):
    """Transpose n vectors of n numbers: squares of `near` numbers first, then inside them."""
    n = len(rows)
    rows = list(rows)
    step = n // 2
    while step >= near:
        low = [p if p & step == 0 else n + p - step for p in range(n)]
        high = [p + step if p & step == 0 else n + p for p in range(n)]
        for i in range(n):
            if i & step == 0:
                a, b = rows[i], rows[i + step]
                rows[i] = _shuffle(builder, a, b, low)
                rows[i + step] = _shuffle(builder, a, b, high)
        step //= 2
    # Inside a square: interleave its halves, once per power of two.
    half = near // 2
    low = [p // near * near + p % near // 2 + n * (p % 2) for p in range(n)]
    high = [p + half for p in low]
    for _ in range(half.bit_length()):
        mixed = []
        for i in range(n):
            row = i // near * near + i % near // 2
            mixed.append(_shuffle(builder, rows[row], rows[row + half], high if i % 2 else low))
        rows = mixed
    return rows


def _define(symbol, instruction):
    """Give `symbol` (an operator) its meaning for two vectors: one LLVM instruction."""

    class Template(AbstractTemplate):
        def generic(self, args, kws):
            both = len(args) == 2 and args[0] == args[1] and isinstance(args[0], Vector)
            return signature(args[0], *args) if both else None

    def generate(context, builder, sig, args):
        return getattr(builder, instruction)(*args, flags=_FLAGS)

    infer_global(symbol)(Template)
    lower_builtin(symbol, Vector, Vector)(generate)


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")
_define(operator.truediv, "fdiv")
