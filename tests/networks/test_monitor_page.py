"""What people see of a watched run: board, local web page (in a real browser too), restarts."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import threading
from base64 import b64decode

import numpy as np
import pytest

from networks.monitor import ProcessMonitor
from networks.monitor_board import Board, picture_of
from networks.monitor_page import MonitorPage
from networks.monitor_stream import MonitorStream
from networks.recurrent import RecurrentClassifier
from neuroskyrm.errors import ConfigError

CLASSES = ("breathing", "switching", "collapse")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BROWSER = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
)  # fmt: skip


def make_monitor(threshold):
    rng = np.random.default_rng(0)

    def weights(*shape):
        return rng.normal(size=shape).astype(np.float32)

    net = RecurrentClassifier(
        weights(16, 6) / 4, weights(6, 6), weights(6, 3), weights(6), weights(3), CLASSES
    )
    return ProcessMonitor(net, np.sort(weights(20, 16)), 10.0, threshold=threshold)


def spins(count, shape=(8, 9)):
    rng = np.random.default_rng(1)
    made = rng.normal(size=(count, 3, *shape)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def watched(count=6, **options):
    board = Board("a run", CLASSES, **options)
    with MonitorStream(make_monitor(threshold=1.1), board=board) as stream:
        for k, frame in enumerate(spins(count)):
            stream.offer(frame, k * 15e-12)
    return board


def ask(page, path="/state", host=None, method="GET"):
    port = int(page.url.rstrip("/").rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, headers={"Host": host or f"127.0.0.1:{port}"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def test_board_holds_what_the_stream_saw():
    board = watched(alarming=("collapse",))
    state = board.snapshot()
    assert state["state"] == "ended"
    assert state["counts"] == {"dropped": 0, "used": 6, "damaged": 0, "late": 0, "missing": 0}
    assert len(state["curves"]["mz"]) == 6
    np.testing.assert_allclose(state["curves"]["mz"], spins(6)[:, 2].mean(axis=(1, 2)), rtol=1e-5)
    total = np.sum([state["curves"][name] for name in CLASSES], axis=0)
    np.testing.assert_allclose(total, 1.0, rtol=1e-5)
    # A threshold above 1 makes every verdict unsure, which is an alarm, told once.
    assert (state["label"], state["alarm"]) == ("unsure", True)
    assert [a["label"] for a in state["alarms"] if a["event"] == "verdict"] == ["unsure"]
    picture = np.frombuffer(b64decode(state["picture"]), np.uint8).reshape(8, 9)
    np.testing.assert_allclose(picture / 127.5 - 1, spins(6)[-1][2], atol=0.005)


def test_damaged_frames_are_an_alarm_and_leave_the_picture():
    board = watched()
    before = board.snapshot()["picture"]
    board.tell({"event": "damaged", "time": 1e-10})
    board.show(None, 1e-10, None, {"damaged": 1})
    state = board.snapshot()
    assert state["picture"] == before
    assert state["alarms"][-1] == {"event": "damaged", "time": 1e-10}
    json.dumps(state, allow_nan=False)


def test_long_runs_are_thinned_and_large_frames_averaged(monkeypatch):
    monkeypatch.setattr("networks.monitor_board.POINTS", 40)
    board = Board("long", CLASSES)
    monitor = make_monitor(0.5)
    frame = spins(1)[0]
    for k in range(120):
        board.show(frame, float(k), monitor.update(frame, float(k)), {})
    time = board.snapshot()["curves"]["time"]
    assert 20 <= len(time) <= 40
    assert len(set(np.diff(time))) == 1
    large = np.repeat(np.repeat([[-1.0, 1.0], [1.0, -1.0]], 150, axis=0), 100, axis=1)
    picture = picture_of(large, 10)
    assert picture.shape == (10, 7)
    assert picture[0, 0] == picture[-1, -1] == 0
    assert picture[0, -1] == 255


def test_restart_tells_the_outcome_of_the_update_that_ended(tmp_path):
    path = tmp_path / "events.jsonl"
    monitor = make_monitor(threshold=0.0)
    board = Board("device", CLASSES, CLASSES, "update")
    with MonitorStream(monitor, capacity=2, events=path, board=board) as stream:
        for pulse in range(3):
            stream.restart(pulse * 1e-9)
            stream.offer(spins(1)[0], pulse * 1e-9)
    events = [json.loads(line) for line in path.read_text().splitlines()]
    updates = [event for event in events if event["event"] == "update"]
    assert stream.counts.used + stream.dropped == 3
    assert len(updates) == stream.counts.used
    assert all(update["label"] in CLASSES for update in updates)
    assert board.snapshot()["alarm_count"] >= len(updates)


def test_page_answers_on_this_machine_only():
    with MonitorPage(watched()) as page:
        assert page.url.startswith("http://127.0.0.1:")
        status, content = ask(page)
        assert status == 200
        assert json.loads(content)["title"] == "a run"
        status, content = ask(page, "/")
        assert status == 200
        assert b"http://" not in content.replace(b"http://www.w3.org", b"")
        assert b"https://" not in content
        assert ask(page, "/../../etc/passwd")[0] == 404
        assert ask(page, host="evil.example")[0] == 403
        assert ask(page, method="POST")[0] == 501


def test_port_in_use_is_told():
    with MonitorPage(Board("a", CLASSES)) as page:
        port = int(page.url.rstrip("/").rsplit(":", 1)[1])
        with pytest.raises(ConfigError, match=f"--web {port}: .* choose another port"):
            MonitorPage(Board("b", CLASSES), port)


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_browser_follows_the_run(tmp_path):
    """Every look of the browser finds one more frame; what it shows in the end is the last."""
    board = Board("run in a browser", CLASSES, ("switching",))
    taken, one_at_a_time = threading.Semaphore(0), threading.Lock()
    stream = MonitorStream(make_monitor(0.0), on_verdict=lambda _: taken.release(), board=board)
    waiting = list(enumerate(spins(4)))
    plain = board.snapshot

    def snapshot():
        with one_at_a_time:
            if waiting:
                k, frame = waiting.pop(0)
                stream.offer(frame, k * 15e-12)
                taken.acquire(timeout=60)
            else:
                stream.close()
        return plain()

    board.snapshot = snapshot
    command = [CHROMIUM, *BROWSER, f"--user-data-dir={tmp_path}", "--virtual-time-budget=4000"]
    with MonitorPage(board) as page:
        try:
            done = subprocess.run(
                [*command, "--dump-dom", page.url], capture_output=True, text=True, timeout=120,
                check=True,
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError) as problem:
            # A machine without a moment for a browser says nothing about the page.
            pytest.skip(f"chromium does not run here: {type(problem).__name__}")
        finally:
            stream.close()
    dom, state = done.stdout, plain()
    if waiting or "data-drawn" not in dom:
        pytest.skip("chromium gave up before the page had followed the run")
    assert "run in a browser" in dom
    drawn = int(dom.split('data-drawn="')[1].split('"')[0])
    assert drawn >= 4  # the page changed with every frame
    assert f">{state['label']}</div>" in dom
    assert f'id="charge">{state["curves"]["charge"][-1]:.2f}<' in dom
    assert ">used</td><td>4</td>" in dom
    for name in CLASSES:
        assert f"<span>{name}</span>" in dom
    assert 'id="map" width="9" height="8"' in dom
