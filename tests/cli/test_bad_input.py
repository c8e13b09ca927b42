"""Bad input gets one sentence with file, field, value and remedy; exit code 2; nothing written."""

import gzip
import struct

import pytest
import yaml

from devicemodels.card import load_card, shipped_cards

STUDIES = [
    # what the study file holds, what the sentence must say
    ("sead: 1", ["study.yaml", "unknown key 'sead'", "did you mean 'seed'"]),
    ("device: {layer: 4}", ["unknown key 'layer' in 'device'", "did you mean 'layers'"]),
    ("device: {film: {Aex: 1e-11}}", ["unknown key 'Aex' in 'device.film'"]),
    ("banana: 1", ["unknown key 'banana'", "known here: card, crossbar"]),
    ("seed: -1", ["'seed' = -1", "greater than or equal to 0"]),
    ("seed: 1.5", ["'seed' = 1.5", "whole number"]),
    ("seed: yes", ["'seed' = True", "whole number"]),
    ("seed: many", ["'seed' = 'many'", "integer"]),
    ("name: ../up", ["'name' = '../up'", "pattern"]),
    ("name: ''", ["'name' = ''", "pattern"]),
    ("device: {temperature: 80 mT}", ["'device.temperature' = '80 mT'", "unit 'mT'", "K"]),
    ("device: {temperature: -3}", ["'device.temperature'", "-3", "greater than or equal to 0"]),
    ("device: {temperature: 1e9 K}", ["'device.temperature'", "less than or equal to 2000"]),
    ("device: {temperature: .nan}", ["'device.temperature'", "finite"]),
    ("device: {length: wide}", ["'device.length' = 'wide'", "a number in m", "nm"]),
    ("device: {length: 0 nm}", ["'device.length'", "greater than or equal to"]),
    ("device: {length: 401 nm}", ["track.length", "whole number"]),
    ("device: {layers: 0}", ["'device.layers' = 0", "greater than or equal to 1"]),
    (
        "device: {preset: papr}",
        ["'device.preset' = 'papr'", "'paper', 'rim', 'compact' or 'register'"],
    ),
    ("device: {driven: some}", ["'device.driven' = 'some'", "'outer', 'opposite' or 'all'"]),
    ("device: 7", ["'device' = 7", "must"]),
    ("device: {film: {alpha: 0}}", ["'device.film.alpha' = 0", "greater than 0"]),
    ("device: {film: {Ms: 956 kA}}", ["'device.film.Ms'", "unit 'kA'", "kA/m"]),
    ("device: {barrier: {across: 1 m}}", ["'device.barrier.across'", "less than"]),
    ("device: {regions: [{along: 9 nm, width: 1}]}", ["unknown key 'width' in 'device.regions.0'"]),
    ("device: {regions: [{along: 9 nm}]}", ["track.regions[0]", "neither Ku nor D"]),
    (
        "device: {regions: [{along: 9 nm, across: 9 nm, x: 1 um, D: 1 mJ/m^2}]}",
        ["track.regions[0]", "covers no cell of the track"],
    ),
    ("drive: {current: 30 MA/cm}", ["'drive.current'", "unit 'MA/cm'", "MA/cm^2"]),
    ("drive: {width: 2 nm}", ["'drive.width' = '2 nm'", "unit 'nm'", "ns"]),
    ("drive: {pulses: 0}", ["'drive.pulses' = 0", "greater than or equal to 1"]),
    ("card: {use: no-such-card}", ["no-such-card", "shipped"]),
    ("data: {source: nowhere}", ["nowhere", "digits28, mnist"]),
    ("data: {train: 0}", ["'data.train' = 0", "greater than or equal to 1"]),
    ("data: {train: 20}", ["'deep.batch' = 100", "18 training images"]),
    ("deep: {positive: 100}", ["'deep.positive' = 100", "paper-n4-300K", "positive ones"]),
    ("deep: {hidden: []}", ["'deep.hidden'", "at least 1 item"]),
    ("deep: {hidden: [0]}", ["'deep.hidden.0' = 0", "greater than or equal to 1"]),
    ("deep: {dropout: 1}", ["'deep.dropout' = 1", "less than 1"]),
    ("deep: {coding: morse}", ["'deep.coding' = 'morse'", "'constant' or 'poisson'"]),
    ("stdp: {rule: hebb}", ["'stdp.rule' = 'hebb'", "deterministic"]),
    ("stdp: {neurons: 3}", ["'stdp.neurons' = 3", "greater than or equal to 10"]),
    ("monitor: {angle: 40 mT}", ["'monitor.angle'", "unit 'mT'", "deg"]),
    ("crossbar: {tile: 0}", ["'crossbar.tile' = 0", "greater than or equal to 1"]),
    ("crossbar: {wire: 1 ohm, reference: false}", ["'wire' = 1 ohm", "'reference' = true"]),
    ("export: {images: -5}", ["'export.images' = -5", "greater than or equal to 1"]),
    ("seed: 1\nseed: 2", ["'seed' is given twice", "line 2"]),
    ("device: {layers: 4", ["not valid YAML", "line"]),
    ("- 1\n- 2", ["must hold 'key: value' lines", "list"]),
    ("", ["must hold 'key: value' lines", "nothing"]),
    ("a: !!python/object/apply:os.system ['true']", ["not valid YAML"]),
]


def _one_sentence(outcome, words, folder, before):
    assert outcome.code == 2, outcome
    assert "Traceback" not in outcome.err
    sentence = outcome.err.strip()
    assert sentence.startswith("neuroskyrm: ")
    assert "\n" not in sentence
    for word in words:
        assert word in sentence
    assert sorted(p.name for p in folder.iterdir()) == before


@pytest.mark.parametrize(("text", "words"), STUDIES)
def test_bad_study_is_answered_with_one_sentence(neuroskyrm, tmp_path, text, words):
    (tmp_path / "study.yaml").write_text(text)
    outcome = neuroskyrm("simulate" if "length: 401" in text else "run", "study.yaml", "--out", "r")
    _one_sentence(outcome, words, tmp_path, ["study.yaml"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "missing.yaml"], ["missing.yaml", "no such file"]),
        (["run", "."], ["folder", "YAML"]),
        (["run", "binary.yaml"], ["binary.yaml", "not a text file"]),
        (["run", "good.yaml", "--set", "seed"], ["--set 'seed'", "section.key=value"]),
        (["run", "good.yaml", "--set", "=3"], ["--set '=3'", "section.key=value"]),
        (["run", "good.yaml", "--set", "sed=3"], ["unknown key 'sed'", "did you mean 'seed'"]),
        (["run", "good.yaml", "--set", "seed=[1"], ["--set 'seed=[1'", "not valid YAML"]),
        (["run", "good.yaml", "--set", "device.layers=four"], ["'device.layers' = 'four'"]),
        (["run", "good.yaml", "--out", "good.yaml"], ["good.yaml", "folder"]),
        (["train", "cnn", "good.yaml"], ["'cnn'", "deep or stdp"]),
        (["init", "good.yaml"], ["good.yaml", "exists already"]),
        (["init", "."], ["folder", "file name"]),
        (["card", "show", "no-such-card"], ["no-such-card", "shipped"]),
        (["verify", "missing.onnx"], ["missing.onnx", "no such file"]),
        (["verify", "binary.yaml"], ["binary.yaml"]),
        (["verify", "foreign.onnx"], ["foreign.onnx", "neuroskyrm"]),
        (["verify", "truncated.onnx"], ["truncated.onnx"]),
    ],
)
def test_bad_argument_is_answered_with_one_sentence(neuroskyrm, tmp_path, arguments, words):
    (tmp_path / "good.yaml").write_text("seed: 1")
    (tmp_path / "binary.yaml").write_bytes(bytes(range(128, 256)))
    model = _foreign_model()
    (tmp_path / "foreign.onnx").write_bytes(model)
    (tmp_path / "truncated.onnx").write_bytes(model[: len(model) // 2])
    before = sorted(p.name for p in tmp_path.iterdir())
    _one_sentence(neuroskyrm(*arguments), words, tmp_path, before)


def _foreign_model():
    """Return a valid ONNX model that is not one of ours."""
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    node = helper.make_node("Identity", ["x"], ["y"])
    return helper.make_model(helper.make_graph([node], "g", [value], [result])).SerializeToString()


def _damaged(change):
    content = yaml.safe_load(load_card(shipped_cards()[0]).model_dump_json())
    change(content)
    return yaml.safe_dump(content)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(format=99), ["'format' = 99", "newer"]),
        (lambda c: c["levels"]["mean"].reverse(), ["levels.mean", "rise"]),
        (lambda c: c["levels"]["mean"].__setitem__(0, -1.0), ["levels.mean.0", "greater than 0"]),
        (lambda c: c["levels"]["read_sd"].pop(), ["levels.read_sd", "entries"]),
        (lambda c: c["potentiation"]["later"][0].__setitem__(0, 2.0), ["less than or equal to 1"]),
        (lambda c: c["depression"]["later"].pop(), ["depression.later", "entries"]),
        (lambda c: c.pop("pulse"), ["'pulse' is missing"]),
        (lambda c: c["pulse"].update(energy="lots"), ["'pulse.energy' = 'lots'"]),
        (lambda c: c.update(colour="red"), ["unknown key 'colour'"]),
        (lambda c: c.update(name="a/b"), ["'name' = 'a/b'"]),
    ],
)
def test_damaged_card_is_answered_with_one_sentence(neuroskyrm, tmp_path, change, words):
    (tmp_path / "card.yaml").write_text(_damaged(change))
    outcome = neuroskyrm("card", "show", "card.yaml")
    _one_sentence(outcome, ["card.yaml", *words], tmp_path, ["card.yaml"])


def _idx(kind, *shape, length=None):
    body = bytes(length if length is not None else max(1, __import__("math").prod(shape)))
    return gzip.compress(
        struct.pack(">BBBB", 0, 0, kind, len(shape)) + struct.pack(f">{len(shape)}I", *shape) + body
    )


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (_idx(8, 10, 28, 28, length=100), ["train-images", "7840"]),
        (_idx(13, 10, 28, 28), ["train-images"]),
        (b"not gzip at all", ["train-images"]),
        (_idx(8, 10, 28, 28)[:30], ["train-images"]),
    ],
)
def test_damaged_data_file_is_answered_with_one_sentence(neuroskyrm, tmp_path, images, words):
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "train-images-idx3-ubyte.gz").write_bytes(images)
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(_idx(8, 10))
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(_idx(8, 10, 28, 28))
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(_idx(8, 10))
    (tmp_path / "study.yaml").write_text("data: {source: digits}")
    outcome = neuroskyrm("train", "deep", "study.yaml")
    _one_sentence(outcome, words, tmp_path, ["digits", "study.yaml"])
