"""Saves a spiking network as safetensors with its settings as metadata, and loads it anywhere."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from networks.deep_snn import DeepSnn, Neuron, SpikingLayer
from networks.rate_coding import Coding
from neuroskyrm.errors import DataError
from neuroskyrm.io.atomic import replacing

FORMAT = "neuroskyrm-deep-snn-1"


def save_snn(path: Path, network: DeepSnn) -> None:
    """Write `network` to `path` in one step.

    Parameters
    ----------
    path : Path
        A ``.safetensors`` file.
    network : DeepSnn
        The network, with its integer weights and read noise.
    """
    from safetensors.numpy import save_file

    arrays: dict[str, Any] = {f"{i}.weights": x.weights for i, x in enumerate(network.layers)}
    arrays |= {f"{i}.noise": x.noise for i, x in enumerate(network.layers) if x.noise is not None}
    settings = {
        "layers": [
            {"planes": layer.planes, "unit": layer.unit, "threshold": layer.threshold}
            for layer in network.layers
        ],
        "neuron": asdict(network.neuron),
        "coding": asdict(network.coding),
        "steps": network.steps,
        "readout": network.readout,
    }
    with replacing(path) as temporary:
        save_file(arrays, temporary, {"format": FORMAT, "settings": json.dumps(settings)})


def load_snn(path: Path) -> DeepSnn:
    """Read a network that `save_snn` wrote.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    DeepSnn

    Raises
    ------
    DataError
        The file is missing, damaged, or not a saved spiking network.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if metadata.get("format") != FORMAT:
            raise DataError(f"{path}: not a spiking network; its format must be '{FORMAT}'.")
        return _network(json.loads(metadata["settings"]), arrays)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as problem:
        if isinstance(problem, DataError):
            raise
        raise DataError(f"{path}: damaged; it must be a spiking network saved here.") from None


def _network(settings: dict[str, Any], arrays: dict[str, Any]) -> DeepSnn:
    layers = tuple(
        SpikingLayer(
            arrays[f"{i}.weights"],
            layer["planes"],
            layer["unit"],
            layer["threshold"],
            arrays.get(f"{i}.noise"),
        )
        for i, layer in enumerate(settings["layers"])
    )
    return DeepSnn(
        layers,
        Neuron(**settings["neuron"]),
        Coding(**settings["coding"]),
        settings["steps"],
        settings["readout"],
    )
