"""Effective matrices, powers and voltages equal an independent nodal solution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossbar import MeanAttenuation, Wires, node_voltages, nonlinear_currents, solve
from neuroskyrm.errors import ConfigError, ConvergenceError

LOW, HIGH = 20e-6, 32e-6


def devices(rows, columns, open_share=0.0, seed=0, spread=1.0):
    rng = np.random.default_rng(seed)
    g = LOW * (HIGH / LOW) ** (spread * rng.random((rows, columns)))
    g[rng.random((rows, columns)) < open_share] = 0.0
    return g


def inputs_for(rows, kind, seed=1):
    rng = np.random.default_rng(seed)
    if kind == "binary":
        return 0.1 * (rng.random(rows) < 0.05)
    if kind == "signed":
        return rng.uniform(-0.2, 0.2, rows)
    return rng.uniform(0, 0.2, rows)


CASES = {
    "1x1": (devices(1, 1), Wires(1, 1, 10, 5), ""),
    "1x1, perfect lines": (devices(1, 1), Wires(driver=10, sense=5), ""),
    "single row": (devices(1, 40), Wires(2, 1), ""),
    "single column": (devices(40, 1), Wires(1, 2), ""),
    "single row, all perfect but bits": (devices(1, 20), Wires(bit=3), ""),
    "wide": (devices(9, 70), Wires(1, 1, 5, 5), "signed"),
    "tall": (devices(70, 9), Wires(1, 1, 5, 5), "signed"),
    "30 % open": (devices(37, 33, open_share=0.3), Wires(1, 1), ""),
    "30 % open, zero word": (devices(33, 37, open_share=0.3), Wires(0, 1, 3, 0), ""),
    "an open row and column": (
        devices(20, 20) * (np.arange(20) != 3)[:, None] * (np.arange(20) != 7),
        Wires(1, 2, 1, 1),
        "",
    ),
    "one working device": (LOW * np.outer(np.eye(20)[11], np.eye(20)[4]), Wires(5, 5), ""),
    "unequal lines": (devices(40, 40), Wires(0.2, 7.0, 100.0, 3.0), "signed"),
    "zero word": (devices(40, 35), Wires(0, 1), ""),
    "zero bit": (devices(40, 35), Wires(1, 0), ""),
    "zero word with driver and sense": (devices(35, 40), Wires(0, 1, 20, 30), "signed"),
    "zero bit with driver and sense": (devices(35, 40), Wires(1, 0, 20, 30), "signed"),
    "zero lines with driver": (devices(30, 30), Wires(driver=50), ""),
    "zero lines with sense": (devices(30, 30), Wires(sense=50), ""),
    "zero lines with both": (devices(30, 30), Wires(driver=50, sense=20), ""),
    "no wires at all": (devices(30, 30), Wires(), "signed"),
    "95 % loss": (devices(96, 96), Wires(200, 200), ""),
    "wires a million times better than devices": (devices(48, 48), Wires(0.02, 0.02), ""),
    "devices over six decades": (devices(40, 40, spread=30.0, seed=4), Wires(1, 1), ""),
    "sparse binary inputs": (devices(100, 50), Wires(1, 1, 10, 10), "binary"),
    "ragged leaves": (devices(17, 49), Wires(1, 1), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_currents_equal_the_nodal_solution(name, nodal_solver):
    g, wires, kind = CASES[name]
    v = inputs_for(len(g), kind)
    network = solve(g, wires)
    out, driven = nodal_solver(g, wires.word, wires.bit, wires.driver, wires.sense).currents(v)
    assert network.currents(v) == pytest.approx(out, rel=1e-9, abs=1e-9 * np.abs(out).max())
    assert v @ network.admittance == pytest.approx(
        driven, rel=1e-9, abs=1e-9 * np.abs(driven).max()
    )


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    shape=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    resistances=st.tuples(*[st.sampled_from([0.0, 0.01, 1.0, 300.0])] * 4),
    open_share=st.sampled_from([0.0, 0.5, 0.95]),
    seed=st.integers(0, 99),
)
def test_any_circuit_equals_the_nodal_solution(nodal_solver, shape, resistances, open_share, seed):
    g, v = devices(*shape, open_share, seed, spread=10.0), inputs_for(shape[0], "signed", seed)
    out, driven = nodal_solver(g, *resistances).currents(v)
    network = solve(g, Wires(*resistances))
    scale = np.abs(driven).max(initial=1e-30)
    assert np.abs(network.currents(v) - out).max() <= 1e-9 * scale
    assert np.abs(v @ network.admittance - driven).max() <= 1e-9 * scale


def test_95_percent_are_lost_where_it_says_so():
    g, wires, _ = CASES["95 % loss"]
    v = np.ones(len(g))
    assert solve(g, wires).currents(v).sum() < 0.05 * (v @ g).sum()


@pytest.mark.slow
def test_256_by_256_equals_the_nodal_solution(nodal_solver):
    g, v = devices(256, 256), inputs_for(256, "binary")
    out, driven = nodal_solver(g, 1.0, 1.5, 5.0, 5.0).currents(v)
    network = solve(g, Wires(1.0, 1.5, 5.0, 5.0))
    assert network.currents(v) == pytest.approx(out, rel=1e-9)
    assert v @ network.admittance == pytest.approx(driven, rel=1e-9, abs=1e-9 * driven.max())


@pytest.mark.parametrize("shape", [(1, 1), (7, 30), (40, 12)])
def test_currents_equal_badcrossbar(shape):
    badcrossbar = pytest.importorskip("badcrossbar", exc_type=ImportError)
    g, v = devices(*shape), inputs_for(shape[0], "")
    solution = badcrossbar.compute(
        v[:, None], 1 / g, r_i_word_line=1.0, r_i_bit_line=2.0, node_voltages=True
    )
    assert solve(g, Wires(1.0, 2.0)).currents(v) == pytest.approx(
        solution.currents.output[0], rel=1e-9
    )
    inside = node_voltages(g, Wires(1.0, 2.0), v)
    assert inside.word == pytest.approx(solution.voltages.word_line, rel=1e-9)
    assert inside.bit == pytest.approx(solution.voltages.bit_line, rel=1e-9)


@pytest.mark.parametrize(
    "wires", [Wires(1, 1, 5, 5), Wires(0, 2), Wires(driver=10), Wires(), Wires(60, 60)]
)
def test_power_balance_closes(wires):
    g, v = devices(40, 30), inputs_for(40, "signed")
    inside = node_voltages(g, wires, v)
    network = solve(g, wires)
    delivered = v @ inside.driver_currents
    assert inside.dissipated == pytest.approx(delivered, rel=1e-9)
    assert network.power(v) == pytest.approx(delivered, rel=1e-9)
    assert inside.currents == pytest.approx(network.currents(v), rel=1e-9)


def test_voltages_fall_along_the_lines():
    inside = node_voltages(devices(20, 20), Wires(1, 1), np.full(20, 0.1))
    assert (np.diff(inside.word, axis=1) < 0).all()
    assert (np.diff(inside.bit, axis=0) < 0).all()
    assert (inside.device_voltage > 0).all()


def test_the_circuit_is_reciprocal():
    g = devices(23, 31)
    forward = solve(g, Wires(1, 2, 3, 4)).effective
    # turn the array by a half: sources and sinks change places
    backward = solve(g[::-1, ::-1].T.copy(), Wires(2, 1, 4, 3)).effective
    assert forward == pytest.approx(backward.T[::-1, ::-1], rel=1e-10)


@pytest.mark.parametrize("size", [50, 220])
def test_small_wires_leave_the_devices(size):
    g = devices(size, size)
    assert solve(g, Wires(1e-9, 1e-9)).effective == pytest.approx(g, rel=1e-5)


def test_the_number_of_threads_changes_no_bit():
    from threadpoolctl import threadpool_limits

    g = devices(300, 260)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(solve(g, Wires(1, 1, 3, 3)).effective)
    assert (found[0] == found[1]).all()


def test_a_batch_of_inputs_is_a_batch_of_outputs():
    g = devices(10, 6)
    v = np.random.default_rng(0).random((3, 5, 10))
    network = solve(g, Wires(1, 1))
    assert network.currents(v).shape == (3, 5, 6)
    assert network.power(v).shape == (3, 5)
    assert (network.power(v) > 0).all()


def test_mean_attenuation_is_exact_for_a_rank_one_attenuation():
    g = devices(12, 9)
    row, column = np.linspace(1, 0.5, 12)[:, None], np.linspace(0.9, 0.6, 9)[None]
    mean = MeanAttenuation.fit(g, row * g * column)
    assert mean(g) == pytest.approx(row * g * column, rel=1e-6)


def test_mean_attenuation_follows_changed_devices_within_percents():
    wires = Wires(1, 1, 10, 10)
    before, after = devices(64, 64, seed=0), devices(64, 64, seed=1)
    mean = MeanAttenuation.fit(before, solve(before, wires).effective)
    exact = solve(after, wires).effective
    v = inputs_for(64, "")
    error = np.abs(v @ mean(after) / (v @ exact) - 1).max()
    assert error < 0.02 < np.abs(v @ after / (v @ exact) - 1).min()


def test_a_curved_characteristic_meets_its_own_equation():
    g, wires, v = devices(8, 6), Wires(5, 5), np.full(8, 0.5)
    point = nonlinear_currents(g, wires, v, factor=lambda u: 1 + (u / 0.4) ** 2)
    through = (g * (1 + (point.device_voltage / 0.4) ** 2) * point.device_voltage).sum(axis=0)
    assert point.currents == pytest.approx(through, rel=1e-8)
    linear = nonlinear_currents(g, wires, v, factor=np.ones_like)
    assert linear.currents == pytest.approx(solve(g, wires).currents(v), rel=1e-9)


def test_a_characteristic_too_steep_to_converge_raises():
    with pytest.raises(ConvergenceError, match="too steep"):
        nonlinear_currents(
            devices(4, 4), Wires(1e4, 1e4), np.ones(4),
            factor=lambda u: np.exp(np.abs(u) / 0.01), iterations=5,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Wires(word=-1), "word"),
        (lambda: Wires(sense=float("inf")), "sense"),
        (lambda: solve([1.0], Wires()), "matrix"),
        (lambda: solve([[np.nan]], Wires()), "finite"),
        (lambda: solve([[-1e-6]], Wires()), "at least 0"),
        (lambda: node_voltages([[1e-6]], Wires(1, 1), [1.0, 2.0]), "inputs"),
    ],
)
def test_wrong_circuits_are_refused(call, message):
    with pytest.raises(ConfigError, match=message):
        call()
