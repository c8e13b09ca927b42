import pytest

from neuroskyrm.io.atomic import replacing, write_json, write_text


def test_nothing_is_left_behind_by_a_failure(tmp_path):
    target = tmp_path / "a" / "file.txt"
    write_text(target, "old")
    with pytest.raises(RuntimeError):
        _fail_half_way(target)
    assert target.read_text() == "old"
    assert [p.name for p in target.parent.iterdir()] == ["file.txt"]


def test_json_refuses_nan(tmp_path):
    with pytest.raises(ValueError, match="Out of range"):
        write_json(tmp_path / "x.json", {"a": float("inf")})
    assert not list(tmp_path.iterdir())


def _fail_half_way(target):
    with replacing(target) as temporary:
        temporary.write_text("new, but half")
        raise RuntimeError
