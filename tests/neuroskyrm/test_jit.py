"""Compiled kernels are made again when anything that they hold has changed."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys

import pytest

CALLER = """
from neuroskyrm.jit import kernel
from neuroskyrm.called import FACTOR, called


@kernel
def caller(x):
    return FACTOR * called(x)


print(caller(1.0))
"""
CALLED = """
from neuroskyrm.jit import {kind}
FACTOR = {factor}


@{kind}
def called(x):
    return x + {term}
"""


@pytest.mark.parametrize("kind", ["kernel", "inline_kernel"])
def test_a_changed_callee_or_constant_is_seen(tmp_path, kind):
    main = "import neuroskyrm; neuroskyrm.__path__.append('.'); import neuroskyrm.caller"
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    (tmp_path / "caller.py").write_text(CALLER)
    for factor, term in ((1.0, 1.0), (1.0, 2.0), (5.0, 2.0)):
        (tmp_path / "called.py").write_text(CALLED.format(kind=kind, factor=factor, term=term))
        run = subprocess.run([sys.executable, "-B", "-c", main], cwd=tmp_path, env=environment,
                             text=True, check=True, capture_output=True)  # fmt: skip
        assert float(run.stdout) == factor * (1.0 + term)


def test_a_kernel_may_be_defined_in_a_file_that_is_no_module(tmp_path):
    (tmp_path / "script.py").write_text(CALLED.format(kind="kernel", factor=1.0, term=3.0))
    names = runpy.run_path(str(tmp_path / "script.py"))
    assert names["called"](1.0) == 4.0
