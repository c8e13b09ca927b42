"""Evidence: the physics tests record what they measure, and make the validation page from it.

With NEUROSKYRM_EVIDENCE=docs in the environment, every number and figure is written to
docs/results/validation-<topic>/, and docs/validation.md is made from all of them.
"""

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

TOPICS = {}


@dataclass
class Evidence:
    """Numbers and figures of one topic (one test module)."""

    topic: str
    title: str
    folder: Path | None
    rows: list = field(default_factory=list)
    figures: list = field(default_factory=list)

    def number(self, what, got, expected, allowed, unit="", source=""):
        """Record a number, and fail if it is farther than `allowed` from what is expected."""
        row = {"what": what, "got": float(got), "expected": float(expected),
               "allowed": float(allowed), "unit": unit, "source": source}  # fmt: skip
        self.rows.append(row)
        assert abs(got - expected) <= allowed, f"{what}: {got} instead of {expected} +- {allowed}"

    @contextmanager
    def figure(self, name, caption):
        """Give axes to draw on; the figure is kept where evidence is wanted."""
        if self.folder is None:
            yield None
            return
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(5.2, 3.4), layout="constrained")
        yield axes
        self.folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(self.folder / f"{name}.png", dpi=110)
        plt.close(figure)
        self.figures.append((f"{name}.png", caption))


@pytest.fixture(scope="module")
def evidence(request):
    """Collect the evidence of this module: its docstring is the title of the topic."""
    topic = request.module.__name__.rsplit(".", 1)[-1].removeprefix("test_").replace("_", "-")
    place = os.environ.get("NEUROSKYRM_EVIDENCE")
    folder = Path(place) / "results" / f"validation-{topic}" if place else None
    title = " ".join((request.module.__doc__ or topic).split())
    found = TOPICS.setdefault(topic, Evidence(topic, title, folder))
    yield found
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        content = {"title": found.title, "numbers": found.rows, "figures": found.figures}
        (folder / "metrics.json").write_text(json.dumps(content, indent=2) + "\n")
        write_page(Path(place))


def write_page(docs):
    """Make docs/validation.md from the metrics of all topics."""
    lines = [
        "# Validation: micromagnetics against the world",
        "",
        "Every number below is measured by a test of `tests/physics` and compared there with its",
        "expectation: the tests fail when one leaves its allowed range. This page and its figures",
        "are made by",
        "",
        "    NEUROSKYRM_EVIDENCE=docs pytest tests/physics",
    ]
    for metrics in sorted((docs / "results").glob("validation-*/metrics.json")):
        content = json.loads(metrics.read_text())
        name = metrics.parent.name.removeprefix("validation-").replace("-", " ")
        lines += ["", f"## {name[0].upper()}{name[1:]}", "", content["title"], ""]
        lines += [
            "| quantity | got | expected | allowed | source |",
            "| --- | --- | --- | --- | --- |",
        ]
        for row in content["numbers"]:
            unit = f" {row['unit']}" if row["unit"] else ""
            lines.append(
                f"| {row['what']} | {row['got']:.5g}{unit} | {row['expected']:.5g}{unit} "
                f"| ± {row['allowed']:.2g}{unit} | {row['source']} |"
            )
        for figure, caption in content["figures"]:
            lines += ["", f"![{caption}](results/{metrics.parent.name}/{figure})", "", caption]
    (docs / "validation.md").write_text("\n".join(lines) + "\n")


@pytest.fixture
def rng():
    """Random numbers of a test."""
    return np.random.default_rng(2024)
