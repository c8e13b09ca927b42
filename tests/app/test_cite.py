"""BibTeX of exactly the models that a study uses."""

from __future__ import annotations

import re

from neuroskyrm.app.citations import RULES, bibtex, citations, entries
from neuroskyrm.app.study import Study, default_study


def study(**device):
    return Study.model_validate({"device": device})


def test_every_key_has_an_entry_and_every_entry_is_whole():
    known = entries()
    assert {key for key, _ in RULES} <= set(known)
    for key, entry in known.items():
        assert entry.count("{") == entry.count("}"), key
        assert re.search(r"title\s+= ", entry), key
        assert re.search(r"year\s+= \{\d{4}\}", entry), key


def test_what_is_switched_off_is_not_cited():
    cold = citations(study(temperature=0))
    warm = citations(study(temperature=300))
    assert set(warm) - set(cold) == {"brown1963", "salmon2011"}
    assert "rohart2013" not in citations(study(film={"D": 0}))
    assert "bruno1995" not in citations(study(layers=1))


def test_driven_layers_and_data_decide():
    assert "legrand2018" in citations(study(preset="paper"))
    assert "legrand2018" not in citations(study(preset="rim"))
    mnist = citations(Study.model_validate({"data": {"source": "mnist"}}))
    assert "lecun1998" in mnist
    assert "alpaydin1998digits" not in mnist


def test_bibtex_prints_each_work_once():
    keys = re.findall(r"^@\w+\{([^,]+),", bibtex(default_study()), flags=re.MULTILINE)
    assert keys == citations(default_study())
    assert len(set(keys)) == len(keys)
