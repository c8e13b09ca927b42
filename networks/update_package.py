"""Sparse updates at the edge: a small file of the device codes that changed (Appendix C).

The cloud fine-tunes in full precision and quantises anew; the edge needs only the pairs whose
code moved, and the new thresholds. A package names the codes it starts from and the card it was
made for by their hashes, so that a device it does not fit refuses it untouched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossbar.array import Crossbar
from crossbar.ledger import Ledger, total
from crossbar.programming import Verify
from networks.conversion import Conversion
from neuroskyrm.errors import DataError
from neuroskyrm.io.atomic import replacing

FORMAT = "neuroskyrm-update-1"

Codes = NDArray[np.int8]


@dataclass(frozen=True)
class UpdatePackage:
    """What has to change on a deployed network.

    Attributes
    ----------
    places : tuple of ndarray of uint32
        Flat indices of the changed pairs of each layer, ascending.
    codes : tuple of ndarray of int8
        Their new codes, shapes as `places`.
    shapes : tuple of tuple of int
        Shape of each layer.
    thresholds : tuple of float
        New threshold of each layer [S times full input].
    base, result : str
        Hash of all codes before and after.
    levels : str
        Hash of the device levels that the codes mean.
    """

    places: tuple[NDArray[np.uint32], ...]
    codes: tuple[Codes, ...]
    shapes: tuple[tuple[int, int], ...]
    thresholds: tuple[float, ...]
    base: str
    result: str
    levels: str

    @property
    def changes(self) -> int:
        """Number of changed pairs in all layers."""
        return sum(part.size for part in self.places)

    def save(self, path: Path) -> None:
        """Write the package as safetensors, in one step; its own hash is inside."""
        from safetensors.numpy import save_file

        tensors: dict[str, NDArray[Any]] = {}
        for k, (places, codes) in enumerate(zip(self.places, self.codes, strict=True)):
            tensors[f"gaps.{k}"] = _gaps(places)
            tensors[f"codes.{k}"] = codes
        note = {
            "shapes": self.shapes,
            "thresholds": self.thresholds,
            "base": self.base,
            "result": self.result,
            "levels": self.levels,
        }
        text = json.dumps(note)
        seal = _seal(text, tensors)
        with replacing(path) as temporary:
            save_file(tensors, temporary, {"format": FORMAT, "note": text, "seal": seal})


def make_update(deployed: Conversion, wanted: Conversion) -> UpdatePackage:
    """Return the package that takes a deployed network to a fine-tuned one.

    Parameters
    ----------
    deployed, wanted : Conversion
        Codes as they were deployed, and as they shall be; made on the same device levels with
        the same scales.

    Returns
    -------
    UpdatePackage

    Raises
    ------
    DataError
        The networks differ in shape, levels or scales.
    """
    shapes = tuple(c.shape for c in deployed.codes)
    if shapes != tuple(c.shape for c in wanted.codes):
        raise DataError(f"update: the layers' shapes must stay {shapes}.")
    if not np.array_equal(deployed.levels, wanted.levels) or deployed.scales != wanted.scales:
        raise DataError("update: device levels and scales must stay; convert with scales=.")
    changed = [np.flatnonzero(a != b) for a, b in zip(deployed.codes, wanted.codes, strict=True)]
    return UpdatePackage(
        tuple(where.astype(np.uint32) for where in changed),
        tuple(codes.ravel()[where] for codes, where in zip(wanted.codes, changed, strict=True)),
        tuple((int(n), int(m)) for n, m in shapes),
        wanted.thresholds,
        codes_hash(deployed.codes),
        codes_hash(wanted.codes),
        _hash(deployed.levels.tobytes()),
    )


def load_update(path: Path) -> UpdatePackage:
    """Read a package.

    Raises
    ------
    DataError
        The file is missing, damaged, or not an update package.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if metadata.get("format") != FORMAT:
            raise DataError(f"{path}: not an update package; its format must be '{FORMAT}'.")
        if metadata["seal"] != _seal(metadata["note"], tensors):
            raise DataError(f"{path}: the content does not match its seal; fetch it again.")
        return _package(json.loads(metadata["note"]), tensors)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; it must be an update package.") from None
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as problem:
        if isinstance(problem, DataError):
            raise
        raise DataError(f"{path}: damaged; it must be a whole update package.") from None


def apply_update(
    conversion: Conversion,
    crossbars: Sequence[Crossbar],
    package: UpdatePackage,
    rng: np.random.Generator,
    verify: Verify | None = None,
) -> tuple[Conversion, Ledger]:
    """Apply a package to deployed arrays through the devices' own stochastic pulses.

    Parameters
    ----------
    conversion : Conversion
        The network that is deployed.
    crossbars : sequence of Crossbar
        Its arrays; changed in place, and only where codes change.
    package : UpdatePackage
        What changes.
    rng : numpy.random.Generator
        Source of the switching statistics.
    verify : Verify, optional
        Write-verify the changed devices. Default: open loop.

    Returns
    -------
    conversion : Conversion
        The updated network.
    cost : Ledger
        Energy, pulses, time and failures of this update alone.

    Raises
    ------
    DataError
        The package was made for other codes or another device; nothing is changed then.
    """
    _check_fit(conversion, crossbars, package)
    codes = []
    for before, places, values in zip(conversion.codes, package.places, package.codes, strict=True):
        after = before.copy()
        after.ravel()[places] = values
        codes.append(after)
    if codes_hash(codes) != package.result:
        raise DataError("update: the package does not lead to the codes it promises; fetch again.")
    costs = []
    for crossbar, after in zip(crossbars, codes, strict=True):
        earlier = crossbar.ledger
        crossbar.reprogram(after, rng, verify, changed_only=True)
        costs.append(_difference(crossbar.ledger, earlier))
    return replace(conversion, codes=tuple(codes), thresholds=package.thresholds), total(costs)


def _check_fit(
    conversion: Conversion, crossbars: Sequence[Crossbar], package: UpdatePackage
) -> None:
    if package.shapes != tuple(c.shape for c in conversion.codes):
        raise DataError(f"update: made for layers {package.shapes}, but deployed are others.")
    if package.levels != _hash(conversion.levels.tobytes()):
        raise DataError("update: made for other device levels; make it from this device's card.")
    held = codes_hash([crossbar.target for crossbar in crossbars])
    if package.base != held:
        raise DataError(
            f"update: starts from codes {package.base}, but {held} are deployed; apply the "
            "updates in order."
        )


def _difference(now: Ledger, earlier: Ledger) -> Ledger:
    """Return what was spent since `earlier`; failures are those of the last programming."""
    return Ledger(
        energy=now.energy - earlier.energy,
        pulses=now.pulses - earlier.pulses,
        latency=now.latency - earlier.latency,
        failures=now.failures,
    )


def codes_hash(codes: Sequence[Codes]) -> str:
    """Return a short hash (16 hexadecimal digits) of the codes of all layers."""
    return _hash(*(np.ascontiguousarray(c).tobytes() + str(c.shape).encode() for c in codes))


def _hash(*parts: bytes) -> str:
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part)
    return sha.hexdigest()[:16]


def _seal(note: str, tensors: dict[str, NDArray[Any]]) -> str:
    content = [name.encode() + tensors[name].tobytes() for name in sorted(tensors)]
    return _hash(note.encode(), *content)


def _gaps(places: NDArray[np.uint32]) -> NDArray[Any]:
    """Return the distances between changed places, in the smallest integers that hold them."""
    gaps = np.diff(places, prepend=np.uint32(0))
    return gaps.astype(np.min_scalar_type(int(gaps.max(initial=0))))


def _package(note: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> UpdatePackage:
    count = len(note["shapes"])
    places = [np.cumsum(tensors[f"gaps.{k}"], dtype=np.uint64) for k in range(count)]
    for k, (part, shape) in enumerate(zip(places, note["shapes"], strict=True)):
        if part.size != tensors[f"codes.{k}"].size or part.max(initial=0) >= np.prod(shape):
            raise ValueError("places and codes do not fit")
    return UpdatePackage(
        tuple(part.astype(np.uint32) for part in places),
        tuple(tensors[f"codes.{k}"] for k in range(count)),
        tuple((int(n), int(m)) for n, m in note["shapes"]),
        tuple(float(t) for t in note["thresholds"]),
        note["base"],
        note["result"],
        note["levels"],
    )
