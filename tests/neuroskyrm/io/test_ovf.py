import struct

import numpy as np
import pytest

from neuroskyrm.errors import ConfigError, DataError
from neuroskyrm.io import ovf

# As mumax3 writes it (header lines of its oommf/ovf2.go), 3 x 2 x 1 cells.
MUMAX = """# OOMMF OVF 2.0
# Segment count: 1
# Begin: Segment
# Begin: Header
# Title: m
# meshtype: rectangular
# meshunit: m
# xmin: 0
# ymin: 0
# zmin: 0
# xmax: 6e-09
# ymax: 8e-09
# zmax: 1e-09
# valuedim: 3
# valuelabels: m_x m_y m_z
# valueunits: 1 1 1
# Desc: Total simulation time:  1e-09  s
# xbase: 1e-09
# ybase: 2e-09
# zbase: 5e-10
# xnodes: 3
# ynodes: 2
# znodes: 1
# xstepsize: 2e-09
# ystepsize: 4e-09
# zstepsize: 1e-09
# End: Header
# Begin: Data {kind}
"""

VALUES = np.arange(18, dtype=float).reshape(6, 3) / 16  # cell by cell, x fastest


def mumax_file(path, kind):
    body = MUMAX.format(kind=kind).encode()
    if kind == "Text":
        body += "".join(f"{a} {b} {c}\n" for a, b, c in VALUES).encode()
    elif kind == "Binary 4":
        body += struct.pack("<f", 1234567.0) + struct.pack("<18f", *VALUES.ravel()) + b"\n"
    else:
        body += struct.pack("<d", 123456789012345.0) + struct.pack("<18d", *VALUES.ravel())
    path.write_bytes(body + f"# End: Data {kind}\n# End: Segment\n".encode())
    return path


@pytest.mark.parametrize("kind", ["Text", "Binary 4", "Binary 8"])
def test_reads_what_mumax3_writes(tmp_path, kind):
    content = ovf.read(mumax_file(tmp_path / "m.ovf", kind))
    assert content.values.shape == (3, 1, 2, 3)
    assert content.values[1, 0, 1, 2] == VALUES[5, 1]
    assert content.values[2, 0, 0, 1] == VALUES[1, 2]
    assert content.steps == (2e-9, 4e-9, 1e-9)
    assert content.base == (1e-9, 2e-9, 5e-10)
    assert content.description == ("Total simulation time:  1e-09  s",)


def test_comments_behind_header_values_are_skipped(tmp_path):
    path = mumax_file(tmp_path / "m.ovf", "Text")
    text = path.read_text().replace("valuedim: 3", "valuedim: 3   ## field dimensionality")
    path.write_text(text.replace("# xbase", "## a line of its own\n#\n# xbase"))
    assert ovf.read(path).values.shape == (3, 1, 2, 3)


def independent_reader(path):
    """Return (nodes, numbers) with nothing of the reader under test: by offsets and struct."""
    raw = path.read_bytes()
    begin = raw.index(b"# Begin: Data ")
    end = raw.index(b"\n", begin)
    kind = raw[begin + 14 : end].decode()
    nodes = [
        int(line.split(b":")[1])
        for name in (b"xnodes", b"ynodes", b"znodes")
        for line in raw[:begin].splitlines()
        if name in line
    ]
    count = 3 * int(np.prod(nodes))
    if kind == "Text":
        numbers = [float(word) for word in raw[end : raw.index(b"# End: Data")].split()]
    else:
        form, size = ("f", 4) if kind == "Binary 4" else ("d", 8)
        numbers = struct.unpack_from(f"<{count + 1}{form}", raw, end + 1)
        assert numbers[0] == {4: 1234567.0, 8: 123456789012345.0}[size]
        numbers = numbers[1:]
        assert raw[end + 1 + (count + 1) * size :].startswith(f"\n# End: Data {kind}".encode())
    assert len(numbers) == count
    return nodes, np.array(numbers)


@pytest.mark.parametrize("kind", ["text", "binary4", "binary8"])
def test_an_independent_reader_reads_what_we_write(tmp_path, kind):
    values = np.random.default_rng(0).normal(size=(3, 2, 4, 5))
    path = tmp_path / "m.ovf"
    ovf.write(path, ovf.Ovf(values, (1e-9, 2e-9, 3e-9)), kind)
    nodes, numbers = independent_reader(path)
    assert nodes == [5, 4, 2]
    expected = values.transpose(1, 2, 3, 0).ravel()
    np.testing.assert_allclose(numbers, expected, rtol=1e-7 if kind == "binary4" else 0)


@pytest.mark.parametrize("kind", ["text", "binary8"])
def test_round_trip_keeps_every_bit(tmp_path, kind):
    values = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    content = ovf.Ovf(
        values, (1e-9, 2e-9, 3e-9), (0.0, 1e-9, 2e-9), "B", ("a", "b"), ("T", "T"), ("note",)
    )
    ovf.write(tmp_path / "b.ovf", content, kind)
    back = ovf.read(tmp_path / "b.ovf")
    assert np.array_equal(back.values, values)
    assert (back.steps, back.base, back.title) == (content.steps, content.base, "B")
    assert (back.labels, back.units, back.description) == (("a", "b"), ("T", "T"), ("note",))


@pytest.mark.parametrize("kind", ["Text", "Binary 4", "Binary 8"])
@pytest.mark.parametrize("keep", [0.3, 0.93])
def test_truncated_files_are_refused(tmp_path, kind, keep):
    path = mumax_file(tmp_path / "m.ovf", kind)
    raw = path.read_bytes()
    start = raw.index(b"# Begin: Data")
    length = start + int((len(raw) - start) * 0.5) if keep > 0.5 else int(len(raw) * keep)
    path.write_bytes(raw[:length])
    with pytest.raises(DataError, match=r"m\.ovf: "):
        ovf.read(path)


def damaged(text, old, new):
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(("old", "new"), [
    ("# OOMMF OVF 2.0", "# OOMMF: rectangular mesh v1.0"),
    ("# xnodes: 3", "# xnodes: three"),
    ("# xnodes: 3", "# xnodes: -3"),
    ("# xnodes: 3\n", ""),
    ("# xnodes: 3", "# xnodes: 99999999999"),
    ("rectangular", "irregular"),
    ("Data Text", "Data Binary 2"),
    ("0.0625", "abc"),
    ("# xstepsize: 2e-09", "# xstepsize: 0"),
])  # fmt: skip
def test_damaged_files_are_refused(tmp_path, old, new):
    path = mumax_file(tmp_path / "m.ovf", "Text")
    path.write_text(damaged(path.read_text(), old, new))
    with pytest.raises(DataError, match=r"m\.ovf: "):
        ovf.read(path)


def test_a_wrong_check_value_is_refused(tmp_path):
    path = mumax_file(tmp_path / "m.ovf", "Binary 4")
    swapped = struct.pack(">f", 1234567.0)
    path.write_bytes(path.read_bytes().replace(struct.pack("<f", 1234567.0), swapped))
    with pytest.raises(DataError, match="byte order"):
        ovf.read(path)


def test_missing_files_and_wrong_arguments_are_named(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        ovf.read(tmp_path / "none.ovf")
    with pytest.raises(DataError, match="folder"):
        ovf.read(tmp_path)
    with pytest.raises(ConfigError, match="binary16"):
        ovf.write(tmp_path / "m.ovf", ovf.Ovf(np.zeros((3, 1, 1, 1)), (1, 1, 1)), "binary16")
    with pytest.raises(ConfigError, match="shape"):
        ovf.Ovf(np.zeros((3, 1, 1)), (1, 1, 1))
    with pytest.raises(ConfigError, match="labels"):
        ovf.write(tmp_path / "m.ovf", ovf.Ovf(np.zeros((2, 1, 1, 1)), (1, 1, 1)))
