"""Named devices from the literature, as cards: published fit parameters, nothing else.

Weights of the published fits run over a normalised range; here that range is laid over
`conductance_range`. A card has at most 255 states: devices with thousands of steps move by less
than a state a pulse, with the published mean and noise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from devicemodels.card import DeviceCard
from devicemodels.ideal import PAPER_RANGE
from devicemodels.reference import Positions, step_card
from neuroskyrm.errors import DeviceError


def _linear(
    step: float, bounds: tuple[float, float], slopes: tuple[float, float]
) -> tuple[Callable[[Positions], Positions], Callable[[Positions], Positions]]:
    """Return steps that fall linearly with the weight w (slopes: gamma up and down)."""
    low, high = bounds
    span = high - low

    def up(x: Positions) -> Positions:
        return step * (1 - slopes[0] * (low + span * x) / high) / span

    def down(x: Positions) -> Positions:
        return -step * (1 - slopes[1] * (low + span * x) / low) / span

    return up, down


_PRESETS: dict[str, tuple[float, tuple[float, float], tuple[float, float], float, float, str]] = {
    "ecram-lithium": (0.002, (-0.8276, 1.1724), (0.1153, 0.5085), 0.3, 0.05,
        "J. Tang et al., IEDM 2018, 13.1.1, doi 10.1109/IEDM.2018.8614551"),
    "ecram-metal-oxide": (2.8214e-4, (-0.8286, 1.1714), (0.4152, 0.7342), 2.0, 0.05,
        "S. Kim et al., IEDM 2019, 35.7.1, doi 10.1109/IEDM19573.2019.8993463"),
    "capacitor": (0.005, (-1.0, 1.0), (0.05, 0.05), 0.3, 0.07,
        "Y. Li et al., VLSI 2018, 25, doi 10.1109/VLSIT.2018.8510648"),
    "reram-soft-bounds": (0.002, (-0.75, 1.25), (1.0, 1.0), 3.75, 0.3,
        "N. Gong et al., Nat. Commun. 9, 2102 (2018), doi 10.1038/s41467-018-04485-1"),
    "rpu-specification": (0.0016, (-1.0, 1.0), (0.0, 0.0), 0.3, 0.3,
        "T. Gokmen, Y. Vlasov, Front. Neurosci. 10, 333 (2016), doi 10.3389/fnins.2016.00333"),
}  # fmt: skip
"""Step, weight bounds, slopes up/down, step noise (in steps), device spread, source.

The numbers are the fits that IBM's aihwkit publishes for these papers (presets/devices.py,
Apache-2.0): linear-step model, delta w = step (1 -+ gamma w / bound); gamma = 1 is soft bounds,
gamma = 0 constant steps.
"""

NAMES = tuple(sorted(_PRESETS))
"""Names that `literature_card` knows."""


def literature_card(
    name: str, states: int = 255, conductance_range: tuple[float, float] = PAPER_RANGE
) -> DeviceCard:
    """Return a published device as a card.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    states : int, optional
        Grid points over the range, 2 to 255.
    conductance_range : tuple of float, optional
        Lowest and highest conductance [S].

    Returns
    -------
    DeviceCard
        Its source stands in `provenance`.

    Raises
    ------
    DeviceError
        The name is unknown, or the states are out of range.
    """
    if name not in _PRESETS:
        raise DeviceError(f"{name}: not a literature device; known: {', '.join(NAMES)}.")
    if not 2 <= states <= 255:
        raise DeviceError(f"states = {states}: allowed are 2 to 255.")
    step, bounds, slopes, noise, spread, source = _PRESETS[name]
    up, down = _linear(step, bounds, slopes)
    levels = np.linspace(*conductance_range, states)
    card = step_card(name, levels, up, down, noise * step / (bounds[1] - bounds[0]))
    return card.model_copy(
        update={
            "description": f"Linear-step fit to {source}.",
            "device_spread": spread,
            "provenance": {"source": source, "step": step, "slopes": list(slopes)},
        }
    )
