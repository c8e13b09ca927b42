"""Importing the toolkit and asking for help must stay light."""

import os
import subprocess
import sys

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
    assert min(_processor_time(command) for _ in range(5)) < 0.5


def _processor_time(command):
    """Return user and system time of `command` [s]: on a busy machine the wall says little."""
    before = os.times()
    subprocess.run(command, capture_output=True, check=True)
    after = os.times()
    spent = after.children_user - before.children_user
    return spent + after.children_system - before.children_system


def test_every_public_name_can_be_imported():
    import neuroskyrm as ns

    for name in ns.__all__:
        assert getattr(ns, name) is not None


def test_unknown_name_is_an_attribute_error():
    import neuroskyrm as ns

    with pytest.raises(AttributeError, match="no attribute 'Skyrmium'"):
        ns.Skyrmium  # noqa: B018


def test_worker_of_a_sweep_starts_without_torch():
    loaded = _modules_after("import neuroskyrm.app.sweep_work")
    assert not loaded & {"torch", "matplotlib", "onnx", "onnxruntime"}
