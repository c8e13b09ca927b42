"""Importing the toolkit and asking for help must stay light."""

import subprocess
import sys
import time

import pytest

HEAVY = ("torch", "numba", "matplotlib", "brian2", "scipy", "onnx", "onnxruntime", "sklearn")


def _modules_after(statement):
    code = f"{statement}\nimport sys\nprint(' '.join(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_pulls_in_nothing_heavy():
    loaded = _modules_after("import neuroskyrm as ns; ns.__version__; dir(ns)")
    assert not loaded & set(HEAVY)


def test_command_line_module_pulls_in_nothing_heavy():
    loaded = _modules_after("import neuroskyrm.app.cli")
    assert not loaded & {*HEAVY, "pydantic", "numpy"}


def test_help_starts_in_half_a_second():
    command = [sys.executable, "-m", "neuroskyrm", "--help"]
    subprocess.run(command, capture_output=True, check=True)
    best = min(_timed(command) for _ in range(5))
    assert best < 0.5


def _timed(command):
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start


def test_every_public_name_can_be_imported():
    import neuroskyrm as ns

    for name in ns.__all__:
        assert getattr(ns, name) is not None


def test_unknown_name_is_an_attribute_error():
    import neuroskyrm as ns

    with pytest.raises(AttributeError, match="no attribute 'Skyrmium'"):
        ns.Skyrmium  # noqa: B018
