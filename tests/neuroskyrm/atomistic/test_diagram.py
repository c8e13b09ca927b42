"""Process diagrams: any axes, threads, resuming, files, interior, figure."""

from __future__ import annotations

import numpy as np
import pytest

from neuroskyrm.atomistic import FieldPulse, Process, simulate_process
from neuroskyrm.atomistic.diagram import (
    PAPER_DAMPINGS,
    PAPER_WIDTHS,
    Axis,
    clear_interior,
    load_diagram,
    process_diagram,
)
from neuroskyrm.atomistic.diagram_figure import draw_diagram
from neuroskyrm.errors import ConfigError, DataError

BASE = Process(damping=0.3, pulse=FieldPulse(width=6e-12), shape=(32, 32))
WIDTHS = Axis("width", (2e-12, 20e-12, 40e-12))
DAMPINGS = Axis("damping", (0.1, 0.4))


@pytest.fixture(scope="module")
def diagram():
    return process_diagram(BASE, WIDTHS, DAMPINGS)


def test_points_are_the_processes_they_name(diagram):
    run = simulate_process(Process(0.4, FieldPulse(20e-12), shape=(32, 32)))
    point = diagram.sel(damping=0.4, width=20e-12)
    assert int(point["label"]) == run.label
    assert int(point["charge"]) == run.final.charge
    np.testing.assert_array_equal(point["mz"], run.mz.astype(np.float32))
    assert set(np.unique(diagram["label"])) <= {0, 1, 2, 3}


def test_threads_change_nothing(diagram):
    assert process_diagram(BASE, WIDTHS, DAMPINGS, threads=2).identical(diagram)


@pytest.mark.parametrize("name", ["polar", "amplitude", "temperature", "centre"])
def test_other_axes(name):
    values = {"polar": (0.0, 80.0), "amplitude": (0.5, 3.0), "temperature": (0.0, 3.0),
              "centre": (20e-12, 40e-12)}[name]  # fmt: skip
    data = process_diagram(BASE, Axis(name, values), DAMPINGS)
    assert data["label"].dims == ("damping", name)
    assert not np.array_equal(data["mz"][:, 0], data["mz"][:, 1])


def test_interrupted_diagram_goes_on_where_it_stopped(diagram, tmp_path):
    path = tmp_path / "diagram.nc"
    stopped = []

    def stop_soon(done, total):
        stopped.append(done)
        if done == 3:
            raise KeyboardInterrupt

    import neuroskyrm.atomistic.diagram as module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHECKPOINT_SECONDS", 0.0)
        with pytest.raises(KeyboardInterrupt):
            process_diagram(BASE, WIDTHS, DAMPINGS, checkpoint=path, progress=stop_soon)
    counted = []
    data = process_diagram(
        BASE, WIDTHS, DAMPINGS, checkpoint=path, progress=lambda done, _: counted.append(done)
    )
    assert counted == [4, 5, 6]
    assert data.equals(diagram)
    assert load_diagram(path).equals(diagram)


def test_foreign_checkpoint_is_refused(diagram, tmp_path):
    path = tmp_path / "diagram.nc"
    process_diagram(BASE, WIDTHS, DAMPINGS, checkpoint=path)
    with pytest.raises(DataError, match="another diagram"):
        process_diagram(BASE, WIDTHS, Axis("damping", (0.1, 0.5)), checkpoint=path)
    path.write_bytes(b"nothing")
    with pytest.raises(DataError, match="not a process diagram"):
        process_diagram(BASE, WIDTHS, DAMPINGS, checkpoint=path)


def test_measures_become_variables():
    data = process_diagram(
        BASE, WIDTHS, DAMPINGS, measures={"least": lambda run: run.frames.min(axis=(1, 2))}
    )
    assert data["least"].shape == (2, 3, 7)
    assert np.all(data["least"] >= -1.001)


def test_interior_keeps_a_margin_to_other_labels():
    labels = np.zeros((7, 8), dtype=int)
    labels[:, 4:] = 1
    labels[0, 7] = 3
    inside = clear_interior(labels)
    assert inside[:, :3].all()
    assert not inside[:, 3:5].any()
    assert not inside[1, 6]
    assert inside[3, 6]


def test_paper_grid_has_its_size_and_points():
    assert (len(PAPER_WIDTHS.values), len(PAPER_DAMPINGS.values)) == (44, 40)
    for damping, width in [(0.36, 8), (0.1, 32), (0.58, 18), (0.04, 24)]:
        assert width * 1e-12 in PAPER_WIDTHS.values
        assert damping in PAPER_DAMPINGS.values


def test_wrong_axes_are_refused():
    with pytest.raises(ConfigError, match="must be one of"):
        Axis("angle", (1.0,))
    with pytest.raises(ConfigError, match="empty"):
        Axis("width", ())
    with pytest.raises(ConfigError, match="both axes"):
        process_diagram(BASE, WIDTHS, WIDTHS)


def test_figure_shows_diagram_boundaries_and_examples(diagram, tmp_path):
    run = simulate_process(BASE)
    figure = draw_diagram(diagram, "test", [run, run], boundaries=np.array([[0, 1, 1], [0, 0, 1]]))
    assert len(figure.axes) == 3
    assert len(figure.axes[0].lines) == 3 + 2  # boundary pieces, example marks
    figure.savefig(tmp_path / "diagram.png")
