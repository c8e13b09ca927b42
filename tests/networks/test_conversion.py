"""Float network to device levels: scales, thresholds, accuracy, and devices that are not ideal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from crossbar import Wires
from crossbar.dale import signed_levels
from devicemodels import SkyrmionDevice
from devicemodels.ideal import IdealDevice
from devicemodels.reference import linear_step
from networks.ann import Recipe, TrainedAnn, train_ann
from networks.augmentation import Distortion
from networks.conversion import Conversion, convert, weight_grids
from networks.deep_snn import Neuron
from networks.hosting import example_inputs, host, host_on, read_variances
from networks.rate_coding import Coding
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.datasets import load_digits28

DIGITS = load_digits28()
UNEQUAL = np.array([20, 22.3, 24.1, 26.8, 28.2, 30.9, 32]) * 1e-6
HELD_OUT = (DIGITS.train_images[1000:], DIGITS.train_labels[1000:])


@pytest.fixture(scope="module")
def ann() -> TrainedAnn:
    recipe = Recipe(
        hidden=(96, 64),
        epochs=25,
        batch=50,
        rate=0.05,
        momentum=0.9,
        cosine=True,
        initial=None,
        dropout=(0.1, 0.1),
        distortion=Distortion(1, 0.1, 0.1, 0.1, 0.3),
    )
    return train_ann(DIGITS.train_images[:1000], DIGITS.train_labels[:1000], recipe)


def accuracy(conversion: Conversion, **options: object) -> float:
    run = conversion.on(**options).run(DIGITS.test_images, np.random.default_rng(0))
    return run.accuracy(DIGITS.test_labels)


@pytest.mark.parametrize(
    ("neuron", "coding", "steps", "loss"),
    [
        (Neuron(), Coding(), 10, 0.015),
        (Neuron(0.05, "subtract"), Coding(), 20, 0.02),
        (Neuron(0.05, "zero", 0.0), Coding("poisson"), 40, 0.03),
    ],
)
def test_thirteen_unequal_states_keep_the_accuracy(
    ann: TrainedAnn,
    paired_loss: Callable[..., tuple[float, float]],
    neuron: Neuron,
    coding: Coding,
    steps: int,
    loss: float,
) -> None:
    conversion = convert(ann, *HELD_OUT, UNEQUAL, neuron=neuron, coding=coding, steps=steps)
    run = conversion.on().run(DIGITS.test_images, np.random.default_rng(0))
    float_net = ann.decide(DIGITS.test_images)
    lost, error = paired_loss(float_net, run.decisions(), DIGITS.test_labels)
    assert lost - 2 * error <= loss


def test_scaled_conversion_beats_direct_with_few_states(ann: TrainedAnn) -> None:
    """Fig. 7b of Chen et al.: without the scale, small weights all fall on the zero state."""
    levels = IdealDevice(2).levels
    direct_scale = (float(signed_levels(levels)[-1] / 0.6),) * 3
    direct = convert(ann, *HELD_OUT, levels, scales=direct_scale, scan=(1.0,))
    assert accuracy(convert(ann, *HELD_OUT, levels)) > accuracy(direct) + 0.1


def test_more_states_are_nearer_to_the_float_weights(ann: TrainedAnn) -> None:
    errors = []
    for positive in (1, 3, 6, 16):
        found = convert(ann, *HELD_OUT, IdealDevice(positive + 1).levels, scan=(1.0,))
        held = found.nominal()[1] / found.scales[1]
        errors.append(float(((held - ann.weights[1]) ** 2).mean()))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.01 * float(ann.weights[1].var()) * 3


def test_two_bytes_a_weight_agree_with_one(ann: TrainedAnn) -> None:
    conversion = convert(ann, *HELD_OUT, UNEQUAL)
    assert abs(accuracy(conversion) - accuracy(conversion, planes=2)) <= 0.01


def test_fewer_positive_codes_are_a_choice(ann: TrainedAnn) -> None:
    conversion = convert(ann, *HELD_OUT, UNEQUAL, positive=3, scan=(1.0,))
    assert set(np.unique(conversion.codes[1])) <= {-6, -4, -2, 0, 2, 4, 6}
    assert np.abs(conversion.codes[1]).max() == 6
    assert conversion.positive == 3


def test_grids_are_the_levels_in_units_of_weight() -> None:
    grid = weight_grids(UNEQUAL, (2e-5,))[0]
    np.testing.assert_allclose(grid.levels[-1], 0.6)


def test_wrong_arrays_are_refused(ann: TrainedAnn) -> None:
    conversion = convert(ann, *HELD_OUT, UNEQUAL, scan=(1.0,))
    with pytest.raises(ConfigError, match="they must be"):
        conversion.on([np.ones((2, 2))])


class TestHosted:
    def test_ideal_devices_give_the_nominal_network(self, ann: TrainedAnn) -> None:
        conversion = convert(ann, *HELD_OUT, UNEQUAL, scan=(1.0,))
        hosted = host(conversion, IdealDevice(UNEQUAL))
        for ours, nominal in zip(hosted.snn.layers, conversion.on().layers, strict=True):
            np.testing.assert_array_equal(ours.weights, nominal.weights)
            assert ours.noise is None
        pulses = sum(int(np.abs(codes.astype(int)).sum()) for codes in conversion.codes)
        assert sum(crossbar.ledger.pulses for crossbar in hosted.crossbars) == pulses

    def test_trimming_wins_back_what_wires_take(self, ann: TrainedAnn) -> None:
        conversion = convert(ann, *HELD_OUT, UNEQUAL, scan=(1.0,))
        aim = conversion.nominal()
        wires = {"wires": Wires(30.0, 30.0), "tile": (64, 64)}
        device = IdealDevice(UNEQUAL)
        plain = host(conversion, device, **wires)
        trimmed = host_on(conversion, plain.crossbars, trim_images=HELD_OUT[0])
        assert plain.trims == ()
        assert len(trimmed.trims) == len(aim)
        inputs_of = example_inputs(conversion, DIGITS.test_images)
        for inputs, wanted, raw, better in zip(
            inputs_of, aim, plain.snn.layers, trimmed.snn.layers, strict=True
        ):
            want = inputs @ wanted
            errors = [
                np.abs(inputs @ layer.weights * layer.unit - want).mean() for layer in (raw, better)
            ]
            assert errors[1] < 0.5 * errors[0]
        found = [
            h.snn.run(DIGITS.test_images).accuracy(DIGITS.test_labels) for h in (plain, trimmed)
        ]
        assert found[1] > found[0]

    def test_wires_attenuate_the_read_noise_too(self, ann: TrainedAnn) -> None:
        conversion = convert(ann, *HELD_OUT, UNEQUAL, scan=(1.0,))
        card = linear_step(7, noise=0.1)
        levels = card.levels.model_copy(update={"read_sd": [1e-7] * 7})
        device = SkyrmionDevice(card.model_copy(update={"levels": levels}))
        plain, wired = (
            read_variances(host(conversion, device, **options).crossbars)
            for options in ({}, {"wires": Wires(10.0, 10.0)})
        )
        assert plain is not None
        assert wired is not None
        for free, behind in zip(plain, wired, strict=True):
            assert (behind < free).all()
            assert (behind > 0).all()
