"""The automatic label of a process: what became of the one skyrmion.

The paper labels its processes by hand, by the final state (section III). The rule here, on the
final state after the frames (and after settling, if asked):

============ =============== ================================ ==================
label        background      reversed islands                 total charge
============ =============== ================================ ==================
breathing    as at the start one, not a domain                as at the start
switching    reversed        one, not a domain                minus the start's
collapse     reversed        none                             0
mixed        anything else: several skyrmions, domain walls, trivial bubbles, or a
             background that is not yet settled
============ =============== ================================ ==================

A skyrmion that vanishes into an unreversed background is none of the four; it is labelled
"collapse" too, because the final state is uniform in both cases.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.texture.lattice_charge import lattice_charge
from neuroskyrm.texture.lattice_islands import islands

LABELS = ("breathing", "switching", "collapse", "mixed")
"""Names of the labels; a label is stored as its index."""

BREATHING, SWITCHING, COLLAPSE, MIXED = range(4)


@dataclass(frozen=True)
class TextureState:
    """What is counted in one frame.

    Parameters
    ----------
    background : int
        Sign of S_z of most sites.
    islands : int
        Reversed patches.
    percolates : bool
        Whether one of them is a domain around the torus.
    charge : int
        Total topological charge, rounded.
    """

    background: int
    islands: int
    percolates: bool
    charge: int


def texture_state(
    spins: NDArray[np.floating], periodic: tuple[bool, bool] = (True, True)
) -> TextureState:
    """Count islands and charge of one frame, shape (3, ny, nx)."""
    found = islands(spins[2], periodic)
    return TextureState(
        background=1 if 2 * np.count_nonzero(spins[2] > 0) >= spins[2].size else -1,
        islands=len(found),
        percolates=any(island.percolates for island in found),
        charge=round(lattice_charge(spins, periodic)),
    )


def label_process(first: TextureState, final: TextureState) -> int:
    """Return the label of a process from its first and final state (the table above)."""
    reversed_background = final.background != first.background
    if final.islands == 0 and final.charge == 0:
        return COLLAPSE
    single = final.islands == 1 and not final.percolates and abs(final.charge) == 1
    if single and reversed_background and final.charge == -first.charge:
        return SWITCHING
    if single and not reversed_background and final.charge == first.charge:
        return BREATHING
    return MIXED
