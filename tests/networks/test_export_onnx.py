"""Exported models spike as the reference does, in every bit; anything else is refused."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from networks.deep_snn import DeepSnn, Neuron, SpikingLayer
from networks.export import describe_file, export_onnx, verify_onnx
from networks.export.latency import latencies, torch_loop
from networks.fixed_point import LARGEST, fixed_point
from networks.rate_coding import Coding
from networks.rate_network import run_rate
from neuroskyrm.errors import ExportError
from neuroskyrm.seeds import generator

SIZES = (30, 24, 17, 10)
SIMPLE = {"Cast", "MatMulInteger", "Mul", "Add", "GreaterOrEqual", "Where"}


def net(planes: int = 1, few: bool = False, **options: object) -> DeepSnn:
    """Return a random network that fires; `few`: on six unequal device levels only."""
    rng = np.random.default_rng(3)
    table, _ = fixed_point(np.array([0, 2.3, 4.1, 6.8, 8.2, 10.9, 12]))
    layers = []
    constant = options.get("coding", Coding()).kind == "constant"
    for n_in, n_out in pairwise(SIZES):
        top = LARGEST[planes]
        if few:
            codes = rng.integers(-6, 7, (n_in, n_out))
            weights = (np.sign(codes) * table[np.abs(codes)]).astype(np.int16)
        else:
            weights = rng.integers(-top // 2, top + 1, (n_in, n_out)).astype(np.int16)
        full = 127 if constant and not layers else 1
        layers.append(SpikingLayer(weights, planes, 1e-7, float(2 * top * full)))
    return DeepSnn(tuple(layers), **options)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return export_onnx(net(), tmp_path / "model.onnx", about={"accuracy": 0.98})


@pytest.mark.parametrize("shape", ["step", "layerwise"])
@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize(
    ("neuron", "coding"),
    [
        (Neuron(), Coding()),
        (Neuron(0.05, "zero", 0.0), Coding("poisson")),
        (Neuron(0.02, "subtract"), Coding("poisson", 500.0)),
    ],
)
def test_no_spike_and_no_membrane_bit_differs(
    tmp_path: Path, shape: str, planes: int, neuron: Neuron, coding: Coding
) -> None:
    snn = net(planes, neuron=neuron, coding=coding, steps=12)
    path = export_onnx(snn, tmp_path / "model.onnx", shape)
    report = verify_onnx(path, reference=snn)
    assert report["differing_spikes"] == report["differing_membranes"] == 0
    assert report["differing_decisions"] == 0
    assert report["images"] == 1000
    assert report["spikes"] > 10000
    again = verify_onnx(path)
    assert again["spikes"] == report["spikes"]
    assert again["differing_spikes"] == again["differing_membranes"] == 0


@pytest.mark.parametrize("shape", ["step", "layerwise", "rate"])
def test_fixed_batches_are_compared_in_whole_batches(tmp_path: Path, shape: str) -> None:
    path = export_onnx(net(), tmp_path / "m.onnx", shape, batch=8)
    images = np.random.default_rng(0).integers(0, 256, (50, SIZES[0]), dtype=np.uint8)
    labels = np.zeros(50, np.uint8)
    report = verify_onnx(path, images, labels)
    assert (report["images"], report["differing_spikes"]) == (48, 0)
    with pytest.raises(ExportError, match="takes 8 at once"):
        verify_onnx(path, images[:5])


def test_half_byte_codes_unfold_to_unequal_levels_exactly(tmp_path: Path) -> None:
    snn = net(few=True)
    small = export_onnx(snn, tmp_path / "int4.onnx", packing="int4")
    assert verify_onnx(small, reference=snn)["differing_membranes"] == 0
    assert verify_onnx(small)["differing_spikes"] == 0
    with pytest.raises(ExportError, match="must be at most 7"):
        export_onnx(net(), tmp_path / "no.onnx", packing="int4")


@pytest.mark.parametrize("planes", [1, 2])
def test_rate_shape_equals_its_reference_in_every_bit(tmp_path: Path, planes: int) -> None:
    snn = net(planes)
    report = verify_onnx(export_onnx(snn, tmp_path / "rate.onnx", "rate"), reference=snn)
    assert report["differing_spikes"] == report["differing_membranes"] == 0
    assert report["spikes"] > 10000


def test_rate_counts_are_the_spike_counts_of_the_first_layer() -> None:
    snn = net()
    images = np.random.default_rng(0).integers(0, 256, (50, SIZES[0]), dtype=np.uint8)
    run = snn.run(images, record=True)
    np.testing.assert_array_equal(run_rate(snn, images)[0][0], run.spikes[0].sum(0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"neuron": Neuron(0.05)}, "leak_time"),
        ({"neuron": Neuron(reset="zero")}, "reset = 'zero'"),
        ({"coding": Coding("poisson")}, "coding = 'poisson'"),
        ({"readout": "count"}, "readout = 'count'"),
    ],
)
def test_nets_without_an_equivalent_rate_net_are_refused(
    tmp_path: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ExportError, match=message):
        export_onnx(net(**options), tmp_path / "rate.onnx", "rate")


def test_count_readout_is_exported_too(tmp_path: Path) -> None:
    snn = net(readout="count")
    report = verify_onnx(export_onnx(snn, tmp_path / "m.onnx", "layerwise"), reference=snn)
    assert report["differing_decisions"] == 0


@pytest.mark.parametrize("shape", ["step", "layerwise", "rate"])
def test_half_bytes_serve_every_shape(tmp_path: Path, shape: str) -> None:
    snn = net(few=True)
    report = verify_onnx(export_onnx(snn, tmp_path / "m.onnx", shape, "int4"), reference=snn)
    assert report["differing_spikes"] == report["differing_membranes"] == 0


@pytest.mark.parametrize("packing", ["int8", "int4"])
def test_only_operators_that_small_targets_know(tmp_path: Path, packing: str) -> None:
    model = onnx.load(export_onnx(net(few=True), tmp_path / "m.onnx", packing=packing))
    assert {node.op_type for node in model.graph.node} <= SIMPLE


def test_a_changed_weight_is_seen_in_the_spikes(tmp_path: Path) -> None:
    """The comparison can fail: against another network it must count differences."""
    path = export_onnx(net(), tmp_path / "m.onnx")
    other = net()
    other.layers[0].weights[3, :] += 40
    report = verify_onnx(path, reference=other)
    assert report["differing_spikes"] > 0
    assert report["differing_membranes"] > 0


def test_the_file_says_what_it_is(path: Path) -> None:
    note = describe_file(path)
    assert note.about == {"accuracy": 0.98}
    assert note.shape == "step"
    assert "Run 10 times" in note.reading
    assert note.layers[0].unit == 1e-7


def test_export_is_the_same_file_again(path: Path, tmp_path: Path) -> None:
    again = export_onnx(net(), tmp_path / "again.onnx", about={"accuracy": 0.98})
    assert again.read_bytes() == path.read_bytes()


class TestRefusals:
    def test_every_truncation_is_refused(self, path: Path) -> None:
        whole = path.read_bytes()
        for length in range(0, len(whole), 211):
            path.write_bytes(whole[:length])
            with pytest.raises(ExportError, match=r"model\.onnx"):
                describe_file(path)

    def test_a_flipped_weight_is_refused(self, path: Path) -> None:
        model = onnx.load(path)
        tensor = model.graph.initializer[0]
        array = numpy_helper.to_array(tensor).copy()
        array.flat[0] += 1
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
        onnx.save(model, path)
        with pytest.raises(ExportError, match="do not match the SHA-256"):
            verify_onnx(path)

    def test_a_graph_with_other_outputs_is_refused(self, tmp_path: Path) -> None:
        path = export_onnx(net(), tmp_path / "model.onnx", "layerwise")
        model = onnx.load(path)
        (node,) = (n for n in model.graph.node if n.op_type == "ReduceSum")
        node.attribute[0].i = 1  # keepdims
        del model.graph.output[0].type.tensor_type.shape.dim[:]
        onnx.save(model, path)
        with pytest.raises(ExportError, match="must be"):
            verify_onnx(path)

    def test_another_opset_is_refused(self, path: Path) -> None:
        model = onnx.load(path)
        model.opset_import[0].version = 17
        onnx.save(model, path)
        with pytest.raises(ExportError, match="opsets"):
            verify_onnx(path)

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("steps", 0, "'steps'"),
            ("shape", "spiral", "'shape'"),
            ("format", 99, "'format'"),
            ("colour", "red", "'colour'"),
        ],
    )
    def test_damaged_metadata_is_named(
        self, path: Path, key: str, value: object, message: str
    ) -> None:
        model = onnx.load(path)
        content = json.loads(model.metadata_props[0].value)
        content[key] = value
        model.metadata_props[0].value = json.dumps(content)
        onnx.save(model, path)
        with pytest.raises(ExportError, match=message):
            verify_onnx(path)

    def test_somebody_elses_model_is_refused(self, tmp_path: Path) -> None:
        info = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
        out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
        graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [info], [out])
        foreign = tmp_path / "foreign.onnx"
        onnx.save(helper.make_model(graph), foreign)
        with pytest.raises(ExportError, match="'neuroskyrm' is missing"):
            verify_onnx(foreign)

    def test_missing_file_folder_and_text_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ExportError, match="no such file"):
            verify_onnx(tmp_path / "nowhere.onnx")
        with pytest.raises(ExportError, match="cannot be read"):
            verify_onnx(tmp_path)
        (tmp_path / "text.onnx").write_text("hello")
        with pytest.raises(ExportError, match=r"text\.onnx"):
            verify_onnx(tmp_path / "text.onnx")

    def test_unknown_shape_and_packing_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ExportError, match="shape = 'ring'"):
            export_onnx(net(), tmp_path / "m.onnx", shape="ring")
        with pytest.raises(ExportError, match="packing = 'int2'"):
            export_onnx(net(), tmp_path / "m.onnx", packing="int2")
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "snn",
    [net(), net(neuron=Neuron(0.05, "zero", 0.0)), net(coding=Coding("poisson"))],
    ids=["constant", "leaky", "poisson"],
)
def test_the_float_loop_that_models_are_timed_against_counts_the_same_spikes(snn: DeepSnn) -> None:
    images = np.random.default_rng(5).integers(0, 256, (7, SIZES[0]), dtype=np.uint8)
    ours = snn.run(images, generator(0, "latency"))
    np.testing.assert_array_equal(torch_loop(snn)(images), ours.counts)


def test_every_shape_is_timed_beside_the_float_loop(tmp_path: Path) -> None:
    paths = {
        shape: export_onnx(net(), tmp_path / f"{shape}.onnx", shape)
        for shape in ("step", "layerwise", "rate")
    }
    found = latencies(paths, net(), np.zeros((4, SIZES[0]), np.uint8), batch=2)
    assert set(found) == {"torch_loop", *paths}
    assert all(seconds > 0 for seconds in found.values())
