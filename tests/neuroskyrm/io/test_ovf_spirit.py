"""OVF files against an independent reader and writer: the OVF library of the program Spirit."""

import numpy as np
import pytest

from neuroskyrm.io import ovf

spirit = pytest.importorskip("ovf.ovf", reason="the OVF library of Spirit is not installed here")
SPIRIT_KINDS = {
    "text": spirit.FILEFORMAT_TEXT,
    "binary4": spirit.FILEFORMAT_BIN4,
    "binary8": spirit.FILEFORMAT_BIN8,
}


@pytest.mark.parametrize("kind", SPIRIT_KINDS)
def test_spirits_ovf_library_reads_what_we_write(tmp_path, kind):
    values = np.random.default_rng(0).normal(size=(3, 2, 4, 5))
    ovf.write(tmp_path / "m.ovf", ovf.Ovf(values, (1e-9, 2e-9, 3e-9)), kind)
    with spirit.ovf_file(str(tmp_path / "m.ovf")) as file:
        assert file.is_ovf
        segment = spirit.ovf_segment()
        assert file.read_segment_header(0, segment) == -1  # its code for success
        assert list(segment.n_cells) == [5, 4, 2]
        assert (segment.valuedim, segment.title) == (3, b"m")
        np.testing.assert_allclose(list(segment.step_size), (1e-9, 2e-9, 3e-9), rtol=1e-6)
        numbers = np.zeros((2, 4, 5, 3), np.float32 if kind == "binary4" else np.float64)
        assert file.read_segment_data(0, segment, numbers) == -1
    close = {"text": 1e-14, "binary4": 1e-7, "binary8": 0}[kind]
    np.testing.assert_allclose(np.moveaxis(numbers, -1, 0), values, rtol=close)


@pytest.mark.parametrize("kind", SPIRIT_KINDS)
def test_we_read_what_spirits_ovf_library_writes(tmp_path, kind):
    values = np.random.default_rng(1).normal(size=(3, 2, 4, 5))
    with spirit.ovf_file(str(tmp_path / "m.ovf")) as file:
        segment = spirit.ovf_segment(
            title="m", valuedim=3, n_cells=[5, 4, 2], step_size=[1.0, 2.0, 3.0],
            valuelabels="m_x m_y m_z", valueunits="1 1 1",
        )  # fmt: skip
        numbers = np.ascontiguousarray(
            np.moveaxis(values, 0, -1), np.float32 if kind == "binary4" else np.float64
        )
        assert file.write_segment(segment, numbers, fileformat=SPIRIT_KINDS[kind]) == -1
    content = ovf.read(tmp_path / "m.ovf")
    assert (content.title, content.labels) == ("m", ("m_x", "m_y", "m_z"))
    assert content.values.shape == values.shape
    close = {"text": 1e-9, "binary4": 1e-7, "binary8": 0}[kind]
    np.testing.assert_allclose(content.values, values, atol=close)
