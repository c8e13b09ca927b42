"""neuroskyrm: skyrmion-based neuromorphic hardware, emulated from the spins up.

``import neuroskyrm as ns`` gives every public name of the toolkit; each is imported when it is
first used, so that the import itself is light.

Examples
--------
>>> import neuroskyrm as ns
>>> ns.load_study(None).device.layers
2
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "neuroskyrm.app.pipeline": ("Pipeline",),
    "neuroskyrm.app.study": ("Study", "load_study"),
    "neuroskyrm.atomistic": ("FieldPulse", "Hamiltonian", "Process", "simulate_process"),
    "neuroskyrm.io.datasets": ("load_digits28", "load_idx", "load_mnist"),
    "neuroskyrm.io.trajectory": ("Trajectory",),
    "neuroskyrm.micromagnetics": ("Mesh", "Simulation"),
    "neuroskyrm.micromagnetics.terms": (
        "Demag",
        "Exchange",
        "InterfacialDMI",
        "InterlayerExchange",
        "UniaxialAnisotropy",
        "Zeeman",
    ),
    "neuroskyrm.micromagnetics.torques": ("SpinOrbitTorque",),
    "neuroskyrm.micromagnetics.track": ("Track",),
    "neuroskyrm.micromagnetics.track_drive": ("Drive",),
    "neuroskyrm.micromagnetics.track_run": ("simulate_track",),
    "neuroskyrm.texture": ("count_skyrmions", "seed_skyrmion", "topological_charge"),
    "crossbar": ("Crossbar", "Ledger"),
    "devicemodels": ("DeviceCard", "IdealDevice", "SkyrmionDevice", "load_card", "shipped_cards"),
    "devicemodels.calibrate": ("calibrate",),
    "devicemodels.readout": ("Readout",),
    "networks.ann": ("train_ann",),
    "networks.conversion": ("convert",),
    "networks.deep_snn": ("DeepSnn",),
    "networks.export.onnx": ("export_onnx",),
    "networks.export.parity": ("verify_onnx",),
    "networks.monitor": ("ProcessMonitor",),
    "networks.stdp": ("StdpNetwork",),
}
"""Public names by the module they live in: a new name is one entry here."""

_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE_OF)]  # noqa: PLE0604  (strings, but computed)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'neuroskyrm' has no attribute '{name}'")
    value = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
