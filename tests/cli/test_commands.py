"""The small commands, used as a user would."""

import pytest
import yaml

from devicemodels.card import load_card, shipped_cards
from neuroskyrm.app.study import default_study, dump_study, load_study


def test_init_writes_the_commented_defaults(neuroskyrm, tmp_path):
    outcome = neuroskyrm("init")
    assert outcome.code == 0
    text = (tmp_path / "study.yaml").read_text()
    assert load_study(tmp_path / "study.yaml") == default_study()
    lines = [line for line in text.splitlines()[5:] if line]
    assert all("  # " in line for line in lines)


def test_init_shows_the_values_of_the_preset_without_fixing_them(neuroskyrm, tmp_path):
    neuroskyrm("init")
    text = (tmp_path / "study.yaml").read_text()
    (tmp_path / "rim.yaml").write_text(text.replace("preset: demo", "preset: rim"))
    assert (
        load_study(tmp_path / "rim.yaml").device == load_study(None, ["device.preset=rim"]).device
    )
    opened = text.replace("\n# ", "\n")
    assert load_study_text(tmp_path, opened) == default_study()


def load_study_text(folder, text):
    (folder / "opened.yaml").write_text(text[text.index("name:") :])
    return load_study(folder / "opened.yaml")


def test_a_problem_becomes_a_mumax3_script(neuroskyrm, tmp_path):
    (tmp_path / "p.yaml").write_text(
        "mesh: {length: 32 nm, width: 16 nm, cell: 4 nm, layers: 2}\n"
        "film: {interlayer: 0 J/m^2}\n"
        "sample: {shape: difference, of: [{shape: rectangle, length: 32 nm, width: 16 nm},"
        " {shape: disc, radius: 4 nm}]}\n"
        "steps: [{do: minimise}, {do: run, time: 1 ns, current: 2 MA/cm^2}]\n"
    )
    outcome = neuroskyrm("mumax3", "p.yaml")
    assert outcome.code == 0
    assert "mumax3/problem.mx3" in outcome.out
    lines = (tmp_path / "mumax3" / "problem.mx3").read_text().splitlines()
    assert lines[-4:] == [
        "Minimize()", "J = vector(0.0, 0.0, 20000000000.0)", "Run(1e-09)", 'SaveAs(m, "final")',
    ]  # fmt: skip
    assert (tmp_path / "mumax3" / "regions.ovf").exists()
    coupled = neuroskyrm("mumax3", "p.yaml", "--set", "film.interlayer=1 mJ/m^2", "--out", "other")
    assert coupled.code == 2
    assert "InterlayerExchange" in coupled.err
    assert not (tmp_path / "other").exists()


def test_dry_run_prints_study_and_estimate_and_runs_nothing(neuroskyrm, tmp_path):
    (tmp_path / "study.yaml").write_text("seed: 7\ndevice: {temperature: 300 K}")
    outcome = neuroskyrm("run", "study.yaml", "--dry-run", "--set", "device.layers=4")
    assert outcome.code == 0
    assert "layers: 4" in outcome.out
    assert "seed: 7" in outcome.out
    assert "MB" in outcome.out
    assert [p.name for p in tmp_path.iterdir()] == ["study.yaml"]


def test_resolved_study_loads_to_itself(tmp_path):
    study = load_study(None, ["device.preset=rim", "drive.width=2 ns", "deep.hidden=[30, 20]"])
    (tmp_path / "s.yaml").write_text(dump_study(study))
    assert load_study(tmp_path / "s.yaml") == study


def test_exponent_without_point_is_a_number(tmp_path):
    assert isinstance(yaml.safe_load("x: 1e-11")["x"], str)
    (tmp_path / "s.yaml").write_text("device: {film: {A: 2e-11, Ku: 8e5, alpha: 3e-1}}")
    film = load_study(tmp_path / "s.yaml").device.film
    assert (film.A, film.Ku, film.alpha) == (2e-11, 8e5, 0.3)


def test_preset_fills_what_is_not_given():
    study = load_study(None, ["device.preset=paper", "device.layers=8"])
    assert study.device.length == 800e-9
    assert study.device.rim.width == 0
    assert study.device.layers == 8


def test_doctor_reports_and_exits_with_its_verdict(neuroskyrm, monkeypatch):
    monkeypatch.delenv("NEUROSKYRM_DATA", raising=False)
    assert neuroskyrm("doctor").code == 0
    monkeypatch.setenv("NEUROSKYRM_DATA", "/no/such/folder")
    outcome = neuroskyrm("doctor")
    assert outcome.code == 1
    assert "NEUROSKYRM_DATA" in outcome.out


def test_version(neuroskyrm):
    from neuroskyrm import __version__

    assert __version__ in neuroskyrm("--version").out


PROBLEM = """
name: small
mesh: {length: 64 nm, width: 64 nm, cell: 4 nm}
sample: {shape: disc, radius: 32 nm}
regions: [{shape: rectangle, length: 16 nm, width: 64 nm, centre: [24 nm, 0 nm], Ku: 900 kJ/m^3}]
field: [0 mT, 0 mT, 80 mT]
start: {skyrmions: [{radius: 12 nm}]}
steps:
  - {do: minimise}
  - {do: run, time: 20 ps, current: 1 MA/cm^2, frames: 4}
"""


def test_plain_problem_leaves_table_pictures_and_files(neuroskyrm, tmp_path):
    (tmp_path / "problem.yaml").write_text(PROBLEM)
    outcome = neuroskyrm("simulate", "problem.yaml")
    assert outcome.code == 0, outcome
    (folder,) = tmp_path.glob("runs/small-*")
    for name in ("table.csv", "final.ovf", "trajectory.h5", "figures/final.png",
                 "figures/table.png", "figures/film.gif"):  # fmt: skip
        assert (folder / name).stat().st_size > 200
    assert "(reused)" in neuroskyrm("simulate", "problem.yaml").out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("radius: 32 nm", "corner: 1 nm"), ["'sample.radius' is missing"]),
        (("cell: 4 nm", "cell: 5 nm"), ["'mesh.length'", "whole number of cells"]),
        (("do: minimise", "do: minimize"), ["'steps.0.do' = 'minimize'", "'minimise' or 'run'"]),
        (("time: 20 ps, ", ""), ["'steps.1.time' is missing"]),
        (("80 mT", "80 K"), ["'field.2' = '80 K'", "unit 'K'"]),
        (("mesh:", "messh: 1\nmesh:"), ["unknown key 'messh'", "did you mean 'mesh'"]),
    ],
)
def test_bad_problem_is_answered_with_one_sentence(neuroskyrm, tmp_path, change, words):
    (tmp_path / "problem.yaml").write_text(PROBLEM.replace(*change))
    outcome = neuroskyrm("simulate", "problem.yaml")
    assert outcome.code == 2
    assert all(word in outcome.err for word in words), outcome.err
    assert "Traceback" not in outcome.err


def test_a_card_is_shown_with_what_it_rests_on(neuroskyrm):
    shown = neuroskyrm("card", "show", "register-n4-300K").out
    for said in (
        "G / µS",
        "20.032",
        "0.630 G0",
        "112 fJ",
        "0 of 480",
        "temperature 300 K",
        "seeds",
    ):
        assert said in shown


def test_cards_are_listed_a_line_each(neuroskyrm):
    lines = neuroskyrm("card", "list").out.splitlines()
    for name in shipped_cards():
        assert sum(line.split()[:1] == [name] for line in lines) == 1


def test_a_card_of_ones_own_is_shown_whatever_its_provenance_says(neuroskyrm, tmp_path):
    card = load_card("register-n4-300K")
    own = {"seeds": 5, "held_back": "none", "pulses_with_a_loss": 0, "limits": "[bold] wire"}
    card.model_copy(update={"provenance": own}).save(tmp_path / "own.yaml")
    outcome = neuroskyrm("card", "show", "own.yaml")
    assert outcome.code == 0
    assert "[bold] wire" in outcome.out
