"""The vectors of the spin kernels: single precision."""

from __future__ import annotations

import numpy as np

from neuroskyrm.simd import Vector, lanes

LANES = lanes(np.float32)
"""Numbers of a vector: what a register holds."""

Float32Vector = Vector
"""Its name in numba's cache files of earlier versions, which are read before they are renewed."""
