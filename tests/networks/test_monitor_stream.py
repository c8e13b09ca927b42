"""The stream beside a simulation, the controller, and the exported step graph."""

from __future__ import annotations

import json
import threading
import time

import numpy as np
import pytest

from networks.export.recurrent import OnnxMonitor, differing_verdicts, export_monitor
from networks.monitor import UNSURE, ProcessMonitor
from networks.monitor_control import Controller, control_process
from networks.monitor_stream import MonitorStream
from networks.recurrent import RecurrentClassifier
from neuroskyrm.atomistic import FieldPulse, Process
from neuroskyrm.errors import ConfigError, ExportError

RNG = np.random.default_rng(0)
CLASSES = ("breathing", "switching", "collapse")


def make_monitor(threshold=0.4, spacing="tails", inputs=16, regions=1, relative=False):
    def weights(*shape):
        return RNG.normal(size=shape).astype(np.float32)

    net = RecurrentClassifier(
        weights(inputs, 6) / 4, weights(6, 6), 2 * weights(6, 3), weights(6), weights(3), CLASSES
    )
    return ProcessMonitor(
        net, np.sort(RNG.uniform(-1, 1, (20, inputs)).astype(np.float32)), 0.5,
        threshold=threshold, spacing=spacing, largest_novelty=3.0, regions=regions,
        relative=relative,
    )  # fmt: skip


def frames(count, shape=(8, 9)):
    return [RNG.uniform(-1, 1, shape).astype(np.float32) for _ in range(count)]


def test_stream_sees_what_direct_updates_see():
    monitor, shown = make_monitor(), frames(12)
    expected = [monitor.update(frame, k * 15e-12) for k, frame in enumerate(shown)]
    monitor.reset()
    seen = []
    with MonitorStream(monitor, on_verdict=seen.append) as stream:
        for k, frame in enumerate(shown):
            stream.offer(frame, k * 15e-12)
    assert seen == expected
    assert stream.verdict == expected[-1]
    assert stream.dropped == 0


def test_a_slow_monitor_never_blocks_and_drops_the_oldest():
    taken, gate = threading.Event(), threading.Event()

    def slow(_):
        taken.set()
        gate.wait(5)

    stream = MonitorStream(make_monitor(), capacity=3, on_verdict=slow)
    shown = frames(10)
    stream.offer(shown[0], 0.0)
    assert taken.wait(5)
    started = time.perf_counter()
    for k in range(1, 10):
        stream.offer(shown[k], k * 15e-12)
    assert time.perf_counter() - started < 1.0
    gate.set()
    stream.close()
    assert stream.dropped == 6
    assert stream.counts.used == 4
    assert stream.counts.missing == 6  # the gap in time shows in the counts too
    assert stream.verdict.time == pytest.approx(9 * 15e-12)


def test_frames_from_many_threads_are_all_accounted_for():
    monitor = make_monitor()
    with MonitorStream(monitor, capacity=1000) as stream:
        workers = [
            threading.Thread(
                target=lambda first: [
                    stream.offer(frames(1)[0], (first + 4 * k) * 15e-12) for k in range(25)
                ],
                args=(n,),
            )
            for n in range(4)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert stream.counts.used + stream.counts.late == 100


def test_events_are_json_lines(tmp_path):
    path = tmp_path / "events.jsonl"
    monitor = make_monitor()
    bad = np.full((8, 9), np.nan, dtype=np.float32)
    with MonitorStream(monitor, events=path) as stream:
        for k, frame in enumerate([*frames(6), bad]):
            stream.offer(frame, k * 15e-12)
    events = [json.loads(line) for line in path.read_text().splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[0] == "verdict"
    assert "damaged" in kinds
    assert events[-1] == {
        "event": "end", "dropped": 0, "used": 6, "damaged": 1, "late": 0, "missing": 0,
    }  # fmt: skip


def test_a_failing_callback_is_told_at_the_end_and_does_not_stop_the_watch():
    def fail(verdict):
        raise RuntimeError("panel closed")

    monitor = make_monitor()
    stream = MonitorStream(monitor, on_verdict=fail)
    for k, frame in enumerate(frames(4)):
        stream.offer(frame, k * 15e-12)
    with pytest.raises(RuntimeError, match="panel closed"):
        stream.close()
    assert monitor.counts.used == 4
    with pytest.raises(ConfigError, match="capacity"):
        MonitorStream(monitor, capacity=0)


@pytest.mark.parametrize("spacing", ["tails", "uniform"])
@pytest.mark.parametrize("shape", [(8, 8), (9, 13), (3, 4)])
def test_exported_step_graph_gives_the_same_verdicts(spacing, shape, tmp_path):
    monitor = make_monitor(spacing=spacing)
    path = export_monitor(monitor, tmp_path / "monitor.onnx")
    processes = [np.stack(frames(7, shape)) for _ in range(5)]
    count, error = differing_verdicts(path, monitor, processes)
    assert count == 0
    assert error < 1e-5


@pytest.mark.parametrize(("regions", "shape"), [(2, (9, 14)), (2, (9, 13)), (4, (5, 11))])
def test_exported_graph_sorts_regions_apart_as_the_monitor_does(regions, shape, tmp_path):
    monitor = make_monitor(spacing="uniform", regions=regions, relative=regions == 2)
    path = export_monitor(monitor, tmp_path / "monitor.onnx")
    processes = [np.stack(frames(7, shape)) for _ in range(3)]
    count, error = differing_verdicts(path, monitor, processes)
    assert count == 0
    assert error < 1e-5
    monitor.save(tmp_path / "monitor.safetensors")
    again = ProcessMonitor.load(tmp_path / "monitor.safetensors")
    assert again.regions == regions
    monitor.reset()
    assert again.update(processes[0][0], 0.0) == monitor.update(processes[0][0], 0.0)
    with pytest.raises(ConfigError, match="cannot be shared among 3 regions"):
        make_monitor(regions=3)


def test_exported_graph_is_unsure_where_the_monitor_is(tmp_path):
    monitor = make_monitor(threshold=1.1)
    exported = OnnxMonitor(export_monitor(monitor, tmp_path / "monitor.onnx"))
    assert exported.update(frames(1)[0]).label == UNSURE


def test_foreign_onnx_files_are_refused(tmp_path):
    path = tmp_path / "monitor.onnx"
    with pytest.raises(ExportError, match="no such file"):
        OnnxMonitor(path)
    export_monitor(make_monitor(), path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ExportError, match=r"monitor\.onnx"):
        OnnxMonitor(path)


class Scripted:
    """Says what it is told, to test the controller alone."""

    def __init__(self, label_at):
        self.label_at = label_at
        self.resets = []

    def reset(self, pulse_time=None):
        self.resets.append(pulse_time)

    def update(self, frame, time):
        monitor = make_monitor()
        verdict = monitor.update(frame, time)
        return type(verdict)(1, time, self.label_at(time), verdict.probabilities, 0.0, None)


QUIET = Process(0.3, FieldPulse(2e-12, centre=10e-12, amplitude=0.01), shape=(24, 24))


@pytest.mark.parametrize("first", ["breathing", "mixed"])
def test_controller_fires_again_after_a_miss_and_stops_at_the_goal(first):
    second = FieldPulse(5e-12, centre=10e-12, amplitude=0.01)
    rule = Controller(second=second, pulses=2, afterwards=30e-12)
    watch = Scripted(lambda time: first if time < 45e-12 else "switching")
    run = control_process(QUIET, watch, rule)
    assert [(a.kind, round(a.time * 1e12)) for a in run.actions] == [("fire", 30), ("stop", 45)]
    anew = [pytest.approx(40e-12)] if first == "breathing" else []
    assert watch.resets == [10e-12, *anew]
    assert run.label == "breathing"  # so weak a pulse changes nothing
    assert run.verdicts[-1].time >= 45e-12 + rule.afterwards - 2 * rule.interval


@pytest.mark.parametrize("label", ["collapse", UNSURE])
def test_controller_lets_be_what_another_pulse_cannot_mend(label):
    run = control_process(QUIET, Scripted(lambda _: label), Controller(afterwards=30e-12))
    assert run.actions == ()


def test_without_a_controller_nothing_is_done():
    run = control_process(QUIET, Scripted(lambda _: "breathing"), None)
    assert run.actions == ()
    assert run.label == "breathing"
