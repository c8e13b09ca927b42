import json

import pytest

from neuroskyrm.errors import DataError
from neuroskyrm.io.stage_store import StageStore, content_hash


def test_finished_stage_is_reused_and_changed_input_is_not(tmp_path):
    calls = []

    def work(folder):
        calls.append(folder)
        (folder / "result.txt").write_text("7")
        return {"x": 7}

    store = StageStore(tmp_path)
    first = store.compute("s", {"a": 1}, work)
    second = store.compute("s", {"a": 1}, work)
    third = store.compute("s", {"a": 2}, work)
    assert (first.reused, second.reused, third.reused) == (False, True, False)
    assert len(calls) == 2
    assert second.metrics == {"x": 7}
    assert (second.folder / "result.txt").read_text() == "7"


def test_interrupted_stage_finds_its_checkpoint(tmp_path):
    store = StageStore(tmp_path)

    def broken(folder):
        (folder / "checkpoint").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.compute("s", {}, broken)
    assert store.find("s", content_hash({})) is None

    seen = {}

    def resumed(folder):
        seen["half"] = (folder / "checkpoint").read_text()
        return {}

    assert not store.compute("s", {}, resumed).reused
    assert seen == {"half": "half"}
    assert not list(tmp_path.glob("*.partial"))


def test_damaged_record_is_named(tmp_path):
    store = StageStore(tmp_path)
    result = store.compute("s", {}, lambda folder: {})
    (result.folder / "stage.json").write_text('{"metrics": ')
    with pytest.raises(DataError, match=r"stage\.json: damaged record"):
        store.compute("s", {}, lambda folder: {})


def test_metrics_that_are_not_numbers_leave_nothing_finished(tmp_path):
    store = StageStore(tmp_path)
    with pytest.raises(ValueError, match="Out of range"):
        store.compute("s", {}, lambda folder: {"x": float("nan")})
    assert store.find("s", content_hash({})) is None


def test_hash_does_not_depend_on_key_order():
    assert content_hash({"a": 1, "b": 2}) == content_hash(json.loads('{"b": 2, "a": 1}'))
