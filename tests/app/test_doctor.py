"""Every illness that the doctor knows is found, and its cure is named."""

import subprocess
import sys

import pytest

from neuroskyrm.app import doctor


def _with_versions(monkeypatch, **versions):
    monkeypatch.setattr(doctor, "_version", lambda name: versions.get(name, "1.0"))


def test_healthy_installation_passes_every_check(monkeypatch):
    monkeypatch.delenv("NEUROSKYRM_DATA", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    ill = [finding for finding in doctor.examine() if not finding.ok]
    assert ill == []


def test_numpy_too_new_for_brian2(monkeypatch):
    _with_versions(monkeypatch, numpy="2.4.0", brian2="2.9.0")
    finding = doctor.check_numpy_brian2()
    assert not finding.ok
    assert "numpy<2.4" in finding.cure
    _with_versions(monkeypatch, numpy="2.3.5", brian2="2.9.0")
    assert doctor.check_numpy_brian2().ok


def test_missing_library_is_named(monkeypatch):
    _with_versions(monkeypatch, onnx=None)
    finding = doctor.check_libraries()
    assert not finding.ok
    assert "onnx" in finding.state
    assert "pip install" in finding.cure


def test_old_torch_is_found(monkeypatch):
    monkeypatch.setattr(doctor, "_version", lambda name: "2.1.0+cpu")
    assert not doctor.check_torch().ok


@pytest.mark.parametrize(
    ("value", "ok"), [("", True), ("1", True), ("many", False), ("9999", False)]
)
def test_thread_limit(monkeypatch, value, ok):
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert doctor.check_threads().ok is ok


def test_data_folder_without_mnist(monkeypatch, tmp_path):
    monkeypatch.setenv("NEUROSKYRM_DATA", str(tmp_path))
    finding = doctor.check_data()
    assert not finding.ok
    assert str(tmp_path) in finding.state


def test_foreign_package_named_crossbar_is_found(tmp_path):
    (tmp_path / "crossbar").mkdir()
    (tmp_path / "crossbar" / "__init__.py").write_text("")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from neuroskyrm.app.doctor import check_packages as c\n"
        "f = c(); print(f.ok, f.state, f.cure)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("False 'crossbar' is not ours")
    assert "pip uninstall crossbar" in done.stdout


def test_installed_distribution_named_crossbar_is_found(monkeypatch):
    _with_versions(monkeypatch, crossbar="23.1.2")
    finding = doctor.check_packages()
    assert not finding.ok
    assert "23.1.2" in finding.state
