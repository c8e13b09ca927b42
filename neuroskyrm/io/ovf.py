"""OVF 2.0: the file format of OOMMF and mumax3, as text and as binary of 4 or 8 bytes.

References
----------
M. J. Donahue and D. G. Porter, OOMMF User's Guide, "OVF 2.0 format".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError, DataError
from neuroskyrm.io.atomic import replacing

Representation = Literal["text", "binary4", "binary8"]

_BINARY = {
    "binary4": ("Binary 4", "<f4", 1234567.0),
    "binary8": ("Binary 8", "<f8", 123456789012345.0),
}
_MAGIC = "# OOMMF OVF 2.0"
_MOST_NUMBERS = 2**33
"""Larger meshes are taken for a damaged header."""


@dataclass(frozen=True)
class Ovf:
    """Vectors (or numbers) on a regular grid.

    Parameters
    ----------
    values : array of shape (components, nz, ny, nx)
        The numbers.
    steps : tuple of float
        Cell size (dx, dy, dz) [m].
    base : tuple of float
        Centre of the first cell (x, y, z) [m]; half a cell if missing.
    title : str
        Free text, e.g. "m".
    labels, units : tuple of str
        One per component; empty units mean "1".
    description : tuple of str
        Free lines, e.g. "Total simulation time: 1e-09 s".

    Raises
    ------
    ConfigError
        The shape is not (components, nz, ny, nx), or a cell size is not positive.
    """

    values: NDArray[np.floating]
    steps: tuple[float, float, float]
    base: tuple[float, float, float] | None = None
    title: str = "m"
    labels: tuple[str, ...] = ("m_x", "m_y", "m_z")
    units: tuple[str, ...] = ()
    description: tuple[str, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if self.values.ndim != 4 or min(self.values.shape) < 1:
            raise ConfigError(
                f"OVF values of shape {self.values.shape} must be (components, nz, ny, nx)."
            )
        if not min(self.steps) > 0:
            raise ConfigError(f"OVF steps = {self.steps} must be three positive lengths.")

    @property
    def origin(self) -> tuple[float, float, float]:
        """Centre of the first cell [m]."""
        return self.base or (self.steps[0] / 2, self.steps[1] / 2, self.steps[2] / 2)


def write(path: Path | str, content: Ovf, representation: Representation = "binary4") -> None:
    """Write an OVF 2.0 file in one step (nothing half-written).

    Parameters
    ----------
    path : Path or str
        The file.
    content : Ovf
        What to write.
    representation : {"text", "binary4", "binary8"}
        How numbers are stored; text keeps all bits.

    Raises
    ------
    ConfigError
        `representation` is unknown, or there is not one label per component.
    """
    if representation not in ("text", *_BINARY):
        raise ConfigError(
            f"OVF representation = {representation!r} must be 'text', 'binary4' or 'binary8'."
        )
    if len(content.labels) != len(content.values):
        raise ConfigError(
            f"OVF labels = {content.labels} must be one for each of the "
            f"{len(content.values)} components."
        )
    name, form, check = _BINARY.get(representation, ("Text", "", 0.0))
    # x runs fastest, components of one cell stand together.
    numbers = np.moveaxis(content.values, 0, -1)
    with replacing(Path(path)) as temporary, temporary.open("wb") as file:
        file.write("\n".join([*_header(content), f"# Begin: Data {name}", ""]).encode())
        if representation == "text":
            lines = numbers.reshape(-1, numbers.shape[-1]).tolist()
            file.writelines((" ".join(map(repr, line)) + "\n").encode() for line in lines)
        else:
            file.write(np.array(check, dtype=form).tobytes())
            file.write(np.ascontiguousarray(numbers, dtype=form).tobytes())
            file.write(b"\n")
        file.write(f"# End: Data {name}\n# End: Segment\n".encode())


def _header(content: Ovf) -> list[str]:
    components, nz, ny, nx = content.values.shape
    base, step, count = content.origin, content.steps, (nx, ny, nz)
    axes = list(zip("xyz", base, step, count, strict=True))
    units = content.units or ("1",) * components
    return [
        _MAGIC,
        "# Segment count: 1",
        "# Begin: Segment",
        "# Begin: Header",
        f"# Title: {content.title}",
        *(f"# Desc: {line}" for line in content.description),
        "# meshtype: rectangular",
        "# meshunit: m",
        *(f"# {axis}min: {start - size / 2!r}" for axis, start, size, _ in axes),
        *(f"# {axis}max: {start + (n - 0.5) * size!r}" for axis, start, size, n in axes),
        f"# valuedim: {components}",
        f"# valuelabels: {' '.join(content.labels)}",
        f"# valueunits: {' '.join(units)}",
        *(f"# {axis}base: {start!r}" for axis, start, _, _ in axes),
        *(f"# {axis}nodes: {n}" for axis, _, _, n in axes),
        *(f"# {axis}stepsize: {size!r}" for axis, _, size, _ in axes),
        "# End: Header",
    ]


def read(path: Path | str) -> Ovf:
    """Read an OVF 2.0 file with one segment on a rectangular mesh.

    Parameters
    ----------
    path : Path or str
        The file.

    Returns
    -------
    Ovf
        Values as float64 (float32 for Binary 4).

    Raises
    ------
    DataError
        The file is missing, truncated, damaged, or of a kind that is not supported.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            header, description, form = _read_header(file, path)
            try:
                nx, ny, nz = (int(header[f"{axis}nodes"]) for axis in "xyz")
                components = int(header.get("valuedim", "3"))
                steps = tuple(float(header[f"{axis}stepsize"]) for axis in "xyz")
                base = tuple(float(header[f"{axis}base"]) for axis in "xyz")
            except KeyError as missing:
                raise DataError(f"{path}: the OVF header lacks {missing}.") from None
            except ValueError as problem:
                raise DataError(f"{path}: the OVF header is damaged ({problem}).") from None
            if min(nx, ny, nz, components) < 1 or nx * ny * nz * components > _MOST_NUMBERS:
                raise DataError(
                    f"{path}: the OVF header gives {nx} x {ny} x {nz} cells of {components} "
                    f"components, which cannot be."
                )
            if not min(steps) > 0:
                raise DataError(f"{path}: the OVF step sizes {steps} must be positive.")
            numbers = _read_numbers(file, form, nx * ny * nz * components, path)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file.") from None
    except IsADirectoryError:
        raise DataError(f"{path}: this is a folder, but an OVF file is needed.") from None
    values = np.moveaxis(numbers.reshape(nz, ny, nx, components), -1, 0)
    labels = tuple(header.get("valuelabels", "").split())
    if len(labels) != components:
        labels = tuple(f"v{i}" for i in range(components))
    return Ovf(
        values=np.ascontiguousarray(values),
        steps=(steps[0], steps[1], steps[2]),
        base=(base[0], base[1], base[2]),
        title=header.get("title", ""),
        labels=labels,
        units=tuple(header.get("valueunits", "").split()),
        description=tuple(description),
    )


def _read_header(file: BinaryIO, path: Path) -> tuple[dict[str, str], list[str], str]:
    """Return the header, its description lines and the kind of data; stop before the data."""
    first = file.readline(200).decode("latin-1").strip()
    if not first.lower().startswith(_MAGIC.lower()):
        raise DataError(f"{path}: this is not an OVF 2.0 file; its first line must be '{_MAGIC}'.")
    header: dict[str, str] = {}
    description: list[str] = []
    while line := file.readline(10_000).decode("latin-1"):
        text = line.lstrip("# \t").strip()
        key, _, value = text.partition(":")
        # A comment may follow a value.
        key, value = key.strip().lower(), value.partition("##")[0].strip()
        if key == "begin" and value.lower().startswith("data"):
            if header.get("meshtype", "rectangular").lower() != "rectangular":
                raise DataError(f"{path}: the OVF meshtype must be 'rectangular'.")
            return header, description, value[4:].strip().lower()
        if key == "desc":
            description.append(value)
        elif line.startswith("#") and not line.startswith("##"):
            header[key] = value
    raise DataError(f"{path}: the OVF file ends before its data.")


def _read_numbers(file: BinaryIO, form: str, count: int, path: Path) -> NDArray[np.floating]:
    if form == "text":
        return _read_text(file, count, path)
    kinds = {name.lower(): (dtype, check) for name, dtype, check in _BINARY.values()}
    if form not in kinds:
        raise DataError(f"{path}: OVF data '{form}' must be Text, Binary 4 or Binary 8.")
    dtype, check = kinds[form]
    size = np.dtype(dtype).itemsize
    raw = file.read((count + 1) * size)
    held = len(raw) // size - 1
    if held < count:
        raise DataError(
            f"{path}: the OVF file is truncated; it holds {max(held, 0)} of {count} numbers."
        )
    numbers = np.frombuffer(raw, dtype=dtype)
    if numbers[0] != check:
        raise DataError(
            f"{path}: the OVF check value is {numbers[0]!r}, but must be {check!r}; the file is "
            f"damaged or has another byte order."
        )
    return numbers[1:].astype(dtype[1:])


def _read_text(file: BinaryIO, count: int, path: Path) -> NDArray[np.floating]:
    words: list[str] = []
    for line in file:
        text = line.decode("latin-1").strip()
        if text.startswith("#"):
            break
        words += text.split()
    if len(words) != count:
        raise DataError(f"{path}: the OVF file holds {len(words)} of {count} numbers.")
    try:
        return np.array(words, dtype=np.float64)
    except ValueError as problem:
        raise DataError(f"{path}: the OVF data are damaged ({problem}).") from None
