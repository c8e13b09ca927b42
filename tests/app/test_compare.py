"""Two runs side by side in one HTML file."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from devicemodels.reference import soft_bounds
from neuroskyrm.app.compare import compare_runs, read_run, table
from neuroskyrm.app.figures import drawing
from neuroskyrm.app.study import Study, dump_study
from neuroskyrm.errors import DataError

CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)

HEADLESS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-dev-shm-usage", "--enable-logging=stderr", "--virtual-time-budget=5000",
    "--dump-dom",
)  # fmt: skip


@pytest.fixture
def runs(tmp_path):
    """Two run folders as a run leaves them, without the computation."""
    folders = []
    for layers, accuracy in ((2, 0.91), (4, 0.94)):
        folder = tmp_path / f"run-{layers}"
        (folder / "figures").mkdir(parents=True)
        study = Study.model_validate({"device": {"layers": layers}})
        (folder / "study.yaml").write_text(dump_study(study))
        metrics = {"deep.snn_accuracy": accuracy, "device.states": 5, "program.energy": 2e-9}
        (folder / "metrics.json").write_text(json.dumps(metrics))
        soft_bounds(layers + 3).save(folder / "card.yaml")
        with drawing(folder / "figures" / "track.png") as figure:
            figure.subplots().plot([0, layers])
        folders.append(folder)
    return folders


class Pictures(HTMLParser):
    """Collects the sources of all pictures, scripts and links."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.sources += [v for k, v in attrs if k in ("src", "href") and v]


def test_only_what_differs_in_the_studies_is_listed(runs):
    lines = table([read_run(folder).study for folder in runs])
    assert {line.name: line.values for line in lines if line.differs} == {
        "device.layers": ["2", "4"]
    }


def test_one_file_holds_everything_and_needs_no_network(runs, tmp_path):
    out = compare_runs(runs, tmp_path / "both.html")
    html = out.read_text()
    parser = Pictures()
    parser.feed(html)
    assert parser.sources
    assert all(source.startswith("data:") for source in parser.sources)
    assert len(re.findall(r"<img ", html)) == 2 + 2  # two overlays, one figure of each run
    assert "<td>deep.snn_accuracy</td><td>0.91</td><td>0.94</td>" in html
    assert "<td>program.energy [J]</td><td>2e-09</td></tr>" in html
    for name in ("levels", "accuracies"):
        assert (tmp_path / "figures" / f"{name}.svg").exists()


def test_folder_that_is_no_run_is_named(tmp_path, runs):
    with pytest.raises(DataError, match="this is no run folder"):
        compare_runs([runs[0], tmp_path], tmp_path / "both.html")
    (runs[0] / "metrics.json").write_text("{")
    with pytest.raises(DataError, match="truncated or damaged"):
        read_run(runs[0])


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium")
def test_browser_shows_every_picture_without_an_error(runs, tmp_path):
    out = compare_runs(runs, tmp_path / "both.html")
    probe = (
        "<script>window.addEventListener('load', () => { const all = [...document.images];"
        "document.title = 'seen ' + all.filter(i => i.naturalWidth > 0).length + ' of '"
        " + all.length; });</script></body>"
    )
    out.write_text(out.read_text().replace("</body>", probe))
    command = [CHROMIUM, *HEADLESS, f"--user-data-dir={tmp_path / 'profile'}", out.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    assert "<title>seen 4 of 4</title>" in done.stdout
    assert "CONSOLE" not in done.stderr
