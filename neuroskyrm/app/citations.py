"""Which works a study stands on: BibTeX of exactly the models that it uses."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files

from neuroskyrm.app.study import Study

Uses = Callable[[Study], bool]


def _always(study: Study) -> bool:
    return True


RULES: tuple[tuple[str, Uses], ...] = (
    ("neuroskyrm", _always),
    ("chen2020synapse", _always),
    ("gilbert2004", _always),
    ("rohart2013", lambda s: s.device.film.D != 0),
    ("vansteenkiste2014", _always),
    ("newell1993", _always),
    ("manchon2019", _always),
    ("bruno1995", lambda s: s.device.film.interlayer != 0 and s.device.layers > 1),
    ("legrand2018", lambda s: s.device.driven != "all"),
    ("brown1963", lambda s: s.device.temperature > 0),
    ("salmon2011", lambda s: s.device.temperature > 0),
    ("berg1981", _always),
    ("braun1994", _always),
    ("diehl2015conversion", _always),
    ("bengio2013", _always),
    ("diehl2015stdp", _always),
    ("deviatov2019process", _always),
    ("guo2017", _always),
    ("alpaydin1998digits", lambda s: s.data.source == "digits28"),
    ("lecun1998", lambda s: s.data.source == "mnist"),
    ("onnx", _always),
)
"""BibTeX key of each work, and whether a study uses it; in the order of the staircase."""


def citations(study: Study) -> list[str]:
    """Return the BibTeX keys of the works that a study uses."""
    return [key for key, uses in RULES if uses(study)]


def bibtex(study: Study) -> str:
    """Return the BibTeX entries of the works that a study uses.

    Examples
    --------
    >>> from neuroskyrm.app.study import default_study
    >>> "@article{chen2020synapse" in bibtex(default_study())
    True
    """
    known = entries()
    return "\n\n".join(known[key] for key in citations(study)) + "\n"


def entries() -> dict[str, str]:
    """Return all BibTeX entries that come with the toolkit, by key."""
    text = (files("neuroskyrm.app") / "citations.bib").read_text(encoding="utf-8")
    found = re.findall(r"^(@\w+\{([^,]+),.*?^\})", text, flags=re.MULTILINE | re.DOTALL)
    return {key: entry for entry, key in found}
