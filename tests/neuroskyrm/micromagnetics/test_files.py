"""Pictures and mumax3 scripts."""

import re

import numpy as np
import pytest
from PIL import Image

from neuroskyrm.errors import ConfigError
from neuroskyrm.io import ovf
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics import (
    Demag,
    Exchange,
    InterfacialDMI,
    InterlayerExchange,
    Mesh,
    MumaxStep,
    Simulation,
    SlonczewskiTorque,
    SpinOrbitTorque,
    UniaxialAnisotropy,
    Zeeman,
    ZhangLiTorque,
    colours,
    export_mumax,
    save_film,
    save_picture,
    save_plot,
)


@pytest.mark.parametrize(("m", "rgb"), [
    ((1, 0, 0), (255, 0, 0)), ((-1, 0, 0), (0, 255, 255)), ((0, 0, 1), (255, 255, 255)),
    ((0, 0, -1), (0, 0, 0)), ((0, 1, 0), (128, 255, 0)), ((0, -1, 0), (128, 0, 255)),
    ((0, 0, 0), (191, 191, 191)),
])  # fmt: skip
def test_colours_of_the_six_directions(m, rgb):
    got = colours(np.array(m, dtype=float).reshape(3, 1, 1))[0, 0]
    assert np.abs(got.astype(int) - rgb).max() <= 1


def test_pictures_have_y_upwards(tmp_path):
    m = np.zeros((3, 1, 4, 6))
    m[2] = -1
    m[2, 0, 3, 0] = 1
    save_picture(tmp_path / "m.png", m, scale=3)
    with Image.open(tmp_path / "m.png") as picture:
        assert picture.size == (18, 12)
        assert picture.getpixel((0, 0)) == (255, 255, 255)
        assert picture.getpixel((0, 11)) == (0, 0, 0)


def test_films_have_a_frame_per_snapshot(tmp_path):
    snapshots = np.zeros((3, 3, 1, 4, 6), np.float32)
    snapshots[0, 0], snapshots[1, 1], snapshots[2, 2] = 1, 1, 1
    save_film(tmp_path / "m.gif", Trajectory({"t": np.zeros(3)}, snapshots, np.zeros(3)))
    with Image.open(tmp_path / "m.gif") as film:
        assert film.n_frames == 3
    with pytest.raises(ConfigError, match="no snapshots"):
        save_film(tmp_path / "none.gif", Trajectory({"t": np.zeros(3)}))


def test_plots_of_columns(tmp_path):
    run = device().run(2e-13, every=1e-13)
    save_plot(tmp_path / "mean.png", run)
    save_plot(tmp_path / "mz.svg", run, "mz")
    assert (tmp_path / "mean.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "mz.svg").read_text()


def device(terms=(), torques=(), **options):
    mesh = Mesh.multilayer(8, 4, 2e-9, 2e-9, 2, 1e-9, 3e-9)
    Ms = np.full(mesh.shape, 956e3)
    Ms[:, 0, 0] = 0
    Ku = np.full(mesh.shape, 717e3)
    Ku[:, 2:, 3:5] = 860e3
    usual = [
        Exchange(1e-11), InterfacialDMI(1.7e-3), UniaxialAnisotropy(Ku), Demag(),
        Zeeman((0, 0, 0.08)),
    ]  # fmt: skip
    return Simulation(mesh, [*usual, *terms], Ms, 0.1, torques, m=(0.1, 0, 1), **options)


def test_mumax_script_holds_the_same_problem(tmp_path):
    simulation = device(torques=[SpinOrbitTorque.from_spin_hall(0.2, 956e3, 1e-9)])
    text = export_mumax(simulation, tmp_path, [MumaxStep(), MumaxStep(1e-9, 3e11)]).read_text()
    assert "SetGridSize(8, 4, 4)" in text  # two layers and the gap of two cells
    assert "SetCellSize(2e-09, 2e-09, 1e-09)" in text
    for line in ("B_ext = vector(0.0, 0.0, 0.08)", "OpenBC = true", "EnableDemag = true",
                 "Lambda = 1.0", "FixedLayer = vector(0.0, 1.0, 0.0)"):  # fmt: skip
        assert line in text.splitlines()
    assert values_of("Pol", text) == pytest.approx([0.2, 0.2])
    assert text.splitlines()[-4:-1] == [
        "Minimize()", "J = vector(0.0, 0.0, 300000000000.0)", "Run(1e-09)",
    ]  # fmt: skip
    assert set(map(float, re.findall(r"Ku1.SetRegion\(\d+, (\S+)\)", text))) == {717e3, 860e3}
    regions = ovf.read(tmp_path / "regions.ovf").values[0]
    assert not regions[1:3].any()
    assert regions[0, 0, 0] == 0
    assert len(np.unique(regions)) == 3
    m = ovf.read(tmp_path / "m.ovf").values
    np.testing.assert_allclose(m[:, [0, 3]], simulation.m, atol=1e-7)


def values_of(name, text):
    return [float(v) for v in re.findall(rf"^{name}.SetRegion\(\d+, (\S+)\)$", text, re.MULTILINE)]


def test_mumax_layers_may_be_driven_each_their_own_way(tmp_path):
    torque = SpinOrbitTorque.from_spin_hall(0.2, 956e3, 1e-9, [1.0, -0.5], field_like_ratio=0.1)
    text = export_mumax(device(torques=[torque]), tmp_path, [MumaxStep(1e-9, 3e11)]).read_text()
    assert sorted(set(np.round(values_of("Pol", text), 9))) == [-0.1, 0.2]
    assert sorted(set(np.round(values_of("EpsilonPrime", text), 9))) == [-0.005, 0.01]


def test_other_torques_reach_mumax(tmp_path):
    through = SlonczewskiTorque(0.4, (0, 0, 1), asymmetry=1.5, epsilon_prime=0.02)
    text = export_mumax(device(torques=[through]), tmp_path, [MumaxStep(1e-9, 1e10)]).read_text()
    assert values_of("Pol", text) == [0.4, 0.4]
    assert values_of("EpsilonPrime", text) == [0.02, 0.02]
    assert "Lambda = 1.5" in text
    along = ZhangLiTorque(0.5, 0.1, (0.0, 1.0))
    text = export_mumax(device(torques=[along]), tmp_path, [MumaxStep(1e-9, 2.0)]).read_text()
    for line in ("Pol = 0.5", "Xi = 0.1", "J = vector(0.0, 2.0, 0.0)"):
        assert line in text.splitlines()


def test_mumax_thermal_runs_have_a_seed_and_a_fixed_step(tmp_path):
    text = export_mumax(device(temperature=300.0, seed=7), tmp_path, [MumaxStep(1e-9)]).read_text()
    for line in ("ThermSeed(7)", "FixDt = 1e-13", "SetSolver(2)"):
        assert line in text.splitlines()
    assert "Temp.SetRegion(1, 300.0)" in text


@pytest.mark.parametrize("options", [
    {"terms": [InterlayerExchange(1e-4)]},
    {"terms": [Exchange(1e-12)]},
    {"torques": [SpinOrbitTorque(1e-13), ZhangLiTorque(0.5)]},
])  # fmt: skip
def test_what_mumax_cannot_do_is_named(tmp_path, options):
    with pytest.raises(ConfigError, match="mumax3"):
        export_mumax(device(**options), tmp_path, [MumaxStep(1e-9, 1e11)])
    assert not (tmp_path / "problem.mx3").exists()


def test_more_than_256_regions_are_refused(tmp_path):
    mesh = Mesh.multilayer(20, 20, 2e-9, 2e-9)
    Ku = np.arange(400.0).reshape(mesh.shape) + 1
    with pytest.raises(ConfigError, match="regions"):
        export_mumax(
            Simulation(mesh, [UniaxialAnisotropy(Ku)], 8e5, 0.1), tmp_path, [MumaxStep(1e-9)]
        )
