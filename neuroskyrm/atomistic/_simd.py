# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls, no-check-untyped-defs
"""A register of single-precision numbers as one number: explicit vectors for numba kernels.

LLVM does not vectorise the stencil of the spin kernels by itself (too many arrays that might
overlap), which costs a factor of five. `load`, `store` and `splat` and the four arithmetic
operators on `Float32Vector` say it directly; on processors without wide registers LLVM splits
them. Results do not depend on the width.
"""

from __future__ import annotations

import operator

from llvmlite import binding, ir  # type: ignore[import-untyped]
from numba import types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

LANES = 16 if binding.get_host_cpu_features().get("avx512f") else 8
"""Numbers of a vector: what a register holds."""

_VECTOR = ir.VectorType(ir.FloatType(), LANES)
_FLAGS = ("contract", "nsz")


class Float32Vector(types.Type):
    """The numba type of a vector of `LANES` float32."""

    def __init__(self):
        super().__init__(name=f"Float32x{LANES}")


_float32_vector = Float32Vector()


@register_model(Float32Vector)
class _Float32VectorModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _VECTOR)


def _address(context, builder, kind, array, index):
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


@intrinsic
def load(typing_context, array, index):
    """Return ``array[index : index + LANES]`` of a flat float32 array; bounds are not checked."""

    def generate(context, builder, sig, args):
        vector = builder.load(_address(context, builder, sig.args[0], *args))
        vector.align = 4
        return vector

    return _float32_vector(array, types.intp), generate


@intrinsic
def store(typing_context, array, index, vector):
    """Write a vector to ``array[index : index + LANES]``; bounds are not checked."""

    def generate(context, builder, sig, args):
        address = _address(context, builder, sig.args[0], args[0], args[1])
        builder.store(args[2], address).align = 4
        return context.get_dummy_value()

    return types.none(array, types.intp, _float32_vector), generate


@intrinsic
def splat(typing_context, number):
    """Return a vector of copies of `number`."""

    def generate(context, builder, sig, args):
        empty = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(empty, args[0], ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(first, empty, zeros)

    return _float32_vector(types.float32), generate


def _define(symbol, instruction):
    """Give `symbol` (an operator) its meaning for two vectors: one LLVM instruction."""

    class Template(AbstractTemplate):
        def generic(self, args, kws):
            both = len(args) == 2 and all(isinstance(kind, Float32Vector) for kind in args)
            return signature(_float32_vector, *args) if both else None

    def generate(context, builder, sig, args):
        return getattr(builder, instruction)(*args, flags=_FLAGS)

    infer_global(symbol)(Template)
    lower_builtin(symbol, Float32Vector, Float32Vector)(generate)


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")
_define(operator.truediv, "fdiv")
