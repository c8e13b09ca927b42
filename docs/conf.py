"""Sphinx: `sphinx-build -W -b html docs docs/_build/html` builds the documentation."""

from __future__ import annotations

from importlib.metadata import version as installed
from typing import Any

project = "neuroskyrm"
copyright = "the neuroskyrm authors"  # noqa: A001
version = release = installed("neuroskyrm")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
# Pages that are read on the code host link to files there, which no page here stands for.
# The same short name (shape, Drive) stands in several modules.
suppress_warnings = ["myst.xref_missing", "ref.python"]
exclude_patterns = ["_build", "results/*", "adr/README.md"]

autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_numpy_docstring = True
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "alabaster"
html_title = f"neuroskyrm {release}"
html_theme_options = {"description": "skyrmion neuromorphic hardware from the spins up"}


def _keep_bars(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Keep |x| in docstrings: magnitudes, not substitutions."""
    lines[:] = [line.replace("|", r"\|") for line in lines]


def setup(app: Any) -> None:
    """Connect what the docstrings need."""
    app.connect("autodoc-process-docstring", _keep_bars)
