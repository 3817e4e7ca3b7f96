"""A real engine process with a fake science, seen through its client."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

from coun_gui.experiments.events import TERMINAL, Cancelled, Event, Failed, Finished, Step, from_json
from coun_gui.jobs.engine import Engine, StepFilter, WindowGone
from coun_gui.jobs.engine_client import EngineClient, EngineDied, EnginePool, death_in_words
from coun_gui.jobs.protocol import encode

HERE = Path(__file__).parent


def until_the_end(engine: EngineClient) -> list[Event]:
    """The events of one order."""
    events: list[Event] = []
    while not (events and isinstance(events[-1], TERMINAL)):
        message = engine.receive(20)
        assert message is not None
        events.append(from_json(json.dumps(message["event"])))
    return events


def until_a_step(engine: EngineClient) -> None:
    """It is in the midst of its work."""
    while (message := engine.receive(20)) is not None and message["event"]["event"] != "Step":
        pass


def answer(engine: EngineClient, **question: Any) -> dict[str, Any]:
    engine.send({"id": 1, **question})
    reply = engine.receive(20)
    assert reply is not None
    return reply


def test_a_question_is_answered_under_its_id(engine: EngineClient) -> None:
    reply = answer(engine, ask="echo", text="θ")
    assert (reply["id"], reply["answer"]["echo"]) == (1, "θ")


def test_a_refusal_names_sentence_remedy_and_field(engine: EngineClient) -> None:
    error = {"sentence": "No such dataset.", "remedy": "Pick another.", "field": "dataset.name"}
    assert answer(engine, ask="refuse") == {"id": 1, "error": error}


def test_an_engine_survives_an_error_in_an_answer(engine: EngineClient) -> None:
    assert "division by zero" in answer(engine, ask="raise")["error"]["sentence"]
    assert answer(engine, ask="echo", text="still here")["answer"]["echo"] == "still here"


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [("finish", Finished), ("fail", Failed), ("throw", Failed), ("say_nothing", Failed)],
)
def test_every_order_ends_with_one_terminal_event(engine: EngineClient, behaviour: str, kind: type) -> None:
    engine.send({"id": "r", "do": behaviour})
    events = until_the_end(engine)
    assert isinstance(events[-1], kind)
    assert events[-1].run == "r"
    assert answer(engine, ask="echo", text="next")["answer"]["echo"] == "next"  # nothing came after the end


def test_an_exception_becomes_a_sentence_and_its_traceback_a_log(engine: EngineClient) -> None:
    engine.send({"id": "r", "do": "throw"})
    end = until_the_end(engine)[-1]
    assert isinstance(end, Failed)
    assert end.sentence == "The run stopped with an error: shapes differ (ValueError)."
    assert "Traceback (most recent call last)" in end.log


@pytest.mark.parametrize(
    ("keep", "trace"),
    [(True, ["started r", "kept r"]), (False, ["started r", "kept r", "discarded r"])],
)
def test_a_cancel_stops_the_work_and_keeps_or_discards(
    engine: EngineClient, tmp_path: Path, keep: bool, trace: list[str]
) -> None:
    engine.send({"id": "r", "do": "endless", "trace": str(tmp_path)})
    engine.receive(20)
    engine.send({"cancel": "r", "keep": keep})
    assert until_the_end(engine)[-1] == Cancelled("r", resumable=keep)
    assert (tmp_path / "order.txt").read_text().splitlines() == trace


def test_a_cancel_of_something_else_stops_nothing(engine: EngineClient) -> None:
    engine.send({"id": "r", "do": "finish"})
    engine.send({"cancel": "other"})
    assert isinstance(until_the_end(engine)[-1], Finished)


def test_stopping_that_fails_is_told_as_a_failure(engine: EngineClient) -> None:
    engine.send({"id": "r", "do": "fail_to_stop"})
    until_a_step(engine)
    engine.send({"cancel": "r"})
    end = until_the_end(engine)[-1]
    assert isinstance(end, Failed)
    assert "no space left on device" in end.sentence


def test_a_question_that_comes_during_work_is_answered_after_it(engine: EngineClient) -> None:
    engine.send({"id": "r", "do": "endless"})
    engine.receive(20)
    engine.send({"id": 5, "ask": "echo", "text": "late"})
    engine.send({"cancel": "r"})
    until_the_end(engine)
    reply = engine.receive(20)
    assert reply is not None
    assert reply["answer"]["echo"] == "late"


def test_a_flood_of_steps_arrives_thinned(engine: EngineClient) -> None:
    engine.send({"id": "r", "do": "flood"})
    begin = time.monotonic()
    steps = [event for event in until_the_end(engine) if isinstance(event, Step)]
    assert 1 <= len(steps) <= 2 + 20 * (time.monotonic() - begin)


def test_steps_are_thinned_in_time_but_a_new_stage_is_told_at_once() -> None:
    steps = StepFilter()
    seen = [("a", 1.0), ("a", 1.01), ("b", 1.02), ("b", 1.08)]
    assert [steps.admits(Step("r", stage, 0.0), now) for stage, now in seen] == [True, False, True, True]


def test_an_engine_is_nice_and_leaves_a_core_free(engine: EngineClient) -> None:
    about = answer(engine, ask="process")["answer"]
    assert about["nice"] >= 10
    assert about["wait_policy"] == "PASSIVE"
    assert about["spin_count"] == "0"
    assert 1 <= int(about["threads"]) <= max(1, (os.cpu_count() or 1) - 1)


def test_ctrl_c_leaves_the_decision_to_the_window(engine: EngineClient) -> None:
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGINT)
    assert answer(engine, ask="echo", text="here")["answer"]["echo"] == "here"


def test_an_engine_that_leaves_is_reported_with_its_exit_code_and_last_words(engine: EngineClient) -> None:
    engine.send({"id": "r", "do": "leave"})
    with pytest.raises(EngineDied) as death:
        until_the_end(engine)
    assert death.value.sentence == "The engine stopped with exit code 3."
    assert "something terrible" in death.value.log
    assert not engine.alive


def test_an_engine_that_is_killed_is_reported_with_its_signal(engine: EngineClient) -> None:
    engine.send({"id": "r", "do": "be_killed"})
    with pytest.raises(EngineDied) as death:
        until_the_end(engine)
    assert death.value.sentence == "The engine was killed by signal 9 (often: out of memory)."


def test_a_science_that_cant_be_loaded_is_reported_with_its_traceback() -> None:
    client = EngineClient("no_such_science")
    with pytest.raises(EngineDied) as death:
        client.receive(20)
    client.close()
    assert death.value.sentence == "The engine stopped with exit code 1."
    assert "No module named 'no_such_science'" in death.value.log


def test_every_exit_code_has_words() -> None:
    assert death_in_words(-11)[0] == "The engine was ended by signal 11 (Segmentation fault)."
    assert death_in_words(0)[0] == "The engine ended before its work was done."
    assert death_in_words(None)[0] == "The engine no longer answers."


def test_a_closed_engine_is_gone_and_closing_again_is_harmless(engine: EngineClient) -> None:
    engine.close()
    engine.close()
    engine.wake()
    assert not engine.alive


def test_an_engine_that_hears_nothing_is_closed_all_the_same(engine: EngineClient) -> None:
    engine.send({"id": "r", "do": "be_deaf"})
    engine.receive(20)
    engine.close()
    assert not engine.alive


def test_the_loop_ends_when_the_window_closes_the_pipe_and_leaves_the_work_resumable(tmp_path: Path) -> None:
    client = EngineClient("fake_science")
    client.receive(20)
    client.send({"id": "r", "do": "endless", "trace": str(tmp_path)})
    client.receive(20)
    client._connection.close()
    client._process.join(10)
    assert client._process.exitcode == 0
    assert (tmp_path / "order.txt").read_text().splitlines() == ["started r", "kept r"]
    client.close()


PARENT = """
import sys
sys.path.insert(0, sys.argv[1])
from coun_gui.jobs.engine_client import EngineClient

if __name__ == "__main__":
    engine = EngineClient("fake_science")
    engine.receive()
    engine.send({"id": "r", "do": sys.argv[2]})
    while engine.receive()["event"]["event"] != "Step":
        pass
    print(engine.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("behaviour", ["endless", "be_deaf"])
def test_no_engine_outlives_a_parent_that_is_killed(tmp_path: Path, qtbot: Any, behaviour: str) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, str(script), str(HERE), behaviour]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        parent.kill()
    qtbot.waitUntil(lambda: not _runs(pid), timeout=15_000)
    assert list(temporary.iterdir()) == []


def _runs(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_an_idle_engine_is_used_again_and_a_dead_one_is_not(qapp: Any) -> None:
    pool = EnginePool("fake_science")
    pool.warm()
    first = pool.take()
    pool.give_back(first)
    assert pool.take() is first
    first.kill()
    pool.give_back(first)
    second = pool.take()
    assert second is not first
    pool.give_back(second)
    pool.close()
    assert not second.alive


def test_importing_the_jobs_and_the_session_imports_no_torch() -> None:
    code = """
import sys
import coun_gui.jobs.queue, coun_gui.jobs.desk, coun_gui.jobs.science, coun_gui.ui.session
heavy = {"torch", "torchvision", "umap", "sklearn", "numba"} & set(sys.modules)
sys.exit(f"imported: {heavy}" if heavy else 0)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr


def test_importing_the_engine_imports_no_qt() -> None:
    code = "import sys, coun_gui.jobs.engine_client; sys.exit('PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_work_is_stopped_in_good_order_when_the_pipe_breaks_while_telling() -> None:
    ours, theirs = Pipe()
    ours.send_bytes(encode({"id": "r", "do": "anything"}))
    closed = []

    class Science:
        def work(self, order: dict[str, Any]) -> Any:
            try:
                ours.close()
                yield Step("r", "train", 0.0)
            finally:
                closed.append(True)

    with pytest.raises(WindowGone):
        Engine(theirs, Science()).loop()  # type: ignore[arg-type]
    theirs.close()
    assert closed == [True]
