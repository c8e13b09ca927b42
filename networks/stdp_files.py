"""Saving and loading STDP networks: one safetensors file that holds all it takes to go on."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from networks.encoding import PoissonCode
from networks.neurons import LifParameters, NeuronState
from networks.stdp import DeviceCosts, StdpNetwork
from networks.stdp_array import WeightMap
from networks.stdp_kernel import SynapseState
from networks.stdp_labels import Assignment, LiveAccuracy
from networks.stdp_rules import RULES
from neuroskyrm.errors import DataError
from neuroskyrm.io.atomic import replacing

FORMAT = "neuroskyrm-stdp-2"


def save_stdp(network: StdpNetwork, path: Path) -> None:
    """Write `network` to `path`, in one step.

    The file holds states, weights, thresholds, what was learned of labels, the constants, and the
    name and statistics of the device: it can be loaded, evaluated and trained on anywhere, with
    the same bits.

    Parameters
    ----------
    network : StdpNetwork
        The network.
    path : Path
        A ``.safetensors`` file.
    """
    from safetensors.numpy import save_file

    tensors: dict[str, Any] = {f"neurons.{k}": v for k, v in network.neurons._asdict().items()}
    tensors |= {f"synapses.{k}": np.asarray(v) for k, v in network.synapses._asdict().items()}
    tensors["pulses"] = network.pulses
    if network.assignment is not None:
        tensors["assignment.rates"] = network.assignment.rates
    header = {
        "format": FORMAT,
        "rule": {"name": network.rule.name, **asdict(network.rule)},  # type: ignore[call-overload]
        "lif": asdict(network.lif),
        "code": asdict(network.code),
        "weight_map": asdict(network.weight_map),
        "device": asdict(network.costs),
        "seed": network.seed,
        "presented": network.presented,
    }
    contiguous = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
    with replacing(Path(path)) as temporary:
        save_file(contiguous, temporary, metadata={"neuroskyrm": json.dumps(header)})


def load_stdp(path: Path) -> StdpNetwork:
    """Read a network that `save_stdp` wrote.

    Raises
    ------
    DataError
        The file is missing, damaged, or not one of ours.
    """
    header, tensors = _read(Path(path))
    try:
        network = object.__new__(StdpNetwork)
        rule = dict(header["rule"])
        network.rule = RULES[rule.pop("name")](**rule)
        network.lif = LifParameters(**header["lif"])
        network.code = PoissonCode(**header["code"])
        network.weight_map = WeightMap(**header["weight_map"])
        network.costs = DeviceCosts(**header["device"])
        network.seed = int(header["seed"])
        network.presented = int(header["presented"])
        network.pulses = tensors["pulses"]
        network.live = LiveAccuracy(len(tensors["neurons.v"]))
        network.neurons = NeuronState(**_part(tensors, "neurons."))
        synapses = _part(tensors, "synapses.")
        synapses["base"] = synapses["base"].reshape(-1)[0]
        network.synapses = SynapseState(**synapses)
        rates = tensors.get("assignment.rates")
        network.assignment = None if rates is None else Assignment(rates)
    except (KeyError, TypeError, ValueError) as problem:
        raise DataError(f"{path}: damaged STDP network ({problem!r}); train it anew.") from None
    return network


def _read(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    try:
        with safe_open(path, framework="numpy") as file:
            header = json.loads((file.metadata() or {}).get("neuroskyrm", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, json.JSONDecodeError) as problem:
        raise DataError(f"{path}: not a readable safetensors file ({problem}).") from None
    if header.get("format") != FORMAT:
        raise DataError(
            f"{path}: not an STDP network of this neuroskyrm; 'format' must be {FORMAT}."
        )
    return header, tensors


def _part(tensors: dict[str, NDArray[Any]], prefix: str) -> dict[str, Any]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
