"""The numbers of the two papers beside ours, and when they may be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from neuroskyrm.app.study import Study

NOT_COMPARABLE = "not comparable at demo scale"


def _is_paper_device(study: Study) -> bool:
    return study.device.preset == "paper" and study.device.layers == 4


def _is_full_deep(study: Study) -> bool:
    full = study.data.source == "mnist" and study.data.train is None and study.data.test is None
    return full and study.deep.hidden == [2400, 2400]


def _is_full_stdp(study: Study) -> bool:
    full = study.data.source == "mnist" and study.stdp.neurons == 400
    return full and study.stdp.train >= 60000 and study.stdp.test >= 10000


def _always(study: Study) -> bool:
    return True


@dataclass(frozen=True)
class PaperValue:
    """One published number.

    Attributes
    ----------
    metric : str
        Our metric of the same meaning.
    quantity : str
        What it is.
    published : str
        What the paper says, and where.
    comparable : callable
        ``comparable(study)`` tells whether the study is at the paper's scale.
    unit : str
        Unit that the metric is shown in.
    scale : float
        Factor from the metric (SI) to that unit.
    """

    metric: str
    quantity: str
    published: str
    comparable: Callable[[Study], bool]
    unit: str = ""
    scale: float = 1.0


PAPER_VALUES = (
    PaperValue("device.states", "conductance states, this run", "6 (Fig. 3f, n=4, 300 K)",
               _is_paper_device),
    PaperValue("device.range", "conductance range, this run", "0.6 G0 (Fig. 5c)",
               _is_paper_device, "G0"),
    PaperValue("device.energy_per_update", "energy per update, this run", "~300 fJ (Eq. 3)",
               _is_paper_device, "fJ", 1e15),
    PaperValue("card.states", "conductance states, card in use", "6 (Fig. 3f)", _always),
    PaperValue("card.range", "conductance range, card in use", "0.6 G0 (Fig. 5c)", _always, "G0"),
    PaperValue("card.energy_per_update", "energy per update, card in use", "~300 fJ (Eq. 3)",
               _always, "fJ", 1e15),
    PaperValue("stdp.accuracy", "STDP network, test accuracy", "~78 % (Fig. 6, MNIST)",
               _is_full_stdp, "%", 100),
    PaperValue("deep.ann_accuracy", "float net, test accuracy", "98.67 % (98.61 % + 0.06 %)",
               _is_full_deep, "%", 100),
    PaperValue("deep.snn_accuracy", "spiking net on the crossbar", "98.61 % (Fig. 7b, MNIST)",
               _is_full_deep, "%", 100),
    PaperValue("export.differing_spikes", "spikes that differ after export",
               "(not in the papers; must be 0)", _always),
    PaperValue("monitor.accuracy", "monitor, unseen theta = 40 deg processes",
               "(boundaries only, Fig. 3)", _always, "%", 100),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row of the comparison table."""

    quantity: str
    got: str
    paper: str


def comparison(study: Study, metrics: Mapping[str, Any]) -> list[Row]:
    """Return the table "quantity | got | paper" for the metrics that are there.

    Parameters
    ----------
    study : Study
        Decides what is comparable.
    metrics : mapping
        Flat metrics of the run.

    Returns
    -------
    list of Row
    """
    rows = []
    for value in PAPER_VALUES:
        if value.metric in metrics:
            got = f"{metrics[value.metric] * value.scale:.4g} {value.unit}".strip()
            note = "" if value.comparable(study) else f"; {NOT_COMPARABLE}"
            rows.append(Row(value.quantity, got, value.published + note))
    return rows
