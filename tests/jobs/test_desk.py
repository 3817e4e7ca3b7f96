"""Questions to an engine that the window has for itself."""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QLabel
from shiboken6 import delete

from coun_gui.errors import CounError
from coun_gui.jobs.desk import Desk


class Answers:
    """Collects what comes back."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.errors: list[CounError] = []

    def ask(self, desk: Desk, **question: Any) -> int:
        return desk.ask(question, self.answers.append, self.errors.append)

    @property
    def count(self) -> int:
        return len(self.answers) + len(self.errors)


def wait_for(qtbot: Any, answers: Answers, count: int = 1) -> None:
    qtbot.waitUntil(lambda: answers.count == count, timeout=20_000)


def test_it_tells_what_there_is_as_soon_as_it_is_up(qtbot: Any, desk: Desk) -> None:
    with qtbot.waitSignal(desk.ready, timeout=20_000) as up:
        desk.start()
    assert up.args[0]["methods"] == []


def test_a_question_asked_before_it_is_up_is_answered(qtbot: Any, desk: Desk) -> None:
    answers = Answers()
    answers.ask(desk, ask="echo", text="early")
    desk.start()
    wait_for(qtbot, answers)
    assert answers.answers[0]["echo"] == "early"


def test_callbacks_run_in_the_windows_thread(qtbot: Any, desk: Desk) -> None:
    threads: list[QThread] = []
    desk.start()
    desk.ask({"ask": "echo", "text": ""}, lambda _: threads.append(QThread.currentThread()), print)
    qtbot.waitUntil(lambda: threads == [desk.thread()], timeout=20_000)


def test_each_answer_goes_to_its_own_question(qtbot: Any, desk: Desk) -> None:
    desk.start()
    answers = Answers()
    for number in range(20):
        answers.ask(desk, ask="echo", text=str(number))
    wait_for(qtbot, answers, 20)
    assert [answer["echo"] for answer in answers.answers] == [str(number) for number in range(20)]


def test_a_refusal_arrives_as_an_error_with_its_field(qtbot: Any, desk: Desk) -> None:
    desk.start()
    answers = Answers()
    answers.ask(desk, ask="refuse")
    wait_for(qtbot, answers)
    assert answers.errors[0].as_json() == {
        "sentence": "No such dataset.",
        "remedy": "Pick another.",
        "field": "dataset.name",
    }


def test_a_dropped_question_is_never_answered(qtbot: Any, desk: Desk) -> None:
    desk.start()
    dropped, kept = Answers(), Answers()
    desk.drop(dropped.ask(desk, ask="echo", text="unwanted"))
    kept.ask(desk, ask="echo", text="wanted")
    wait_for(qtbot, kept)
    assert dropped.count == 0


def test_a_question_dropped_on_its_way_is_never_answered(qtbot: Any, desk: Desk) -> None:
    with qtbot.waitSignal(desk.ready, timeout=20_000):
        desk.start()
    dropped, kept = Answers(), Answers()
    number = dropped.ask(desk, ask="wait", seconds=0.1)
    assert desk._current is not None
    desk.drop(number)
    kept.ask(desk, ask="echo", text="wanted")
    wait_for(qtbot, kept)
    assert dropped.count == 0


def test_a_question_that_kills_the_engine_fails_and_the_next_is_answered_by_a_new_one(
    qtbot: Any, desk: Desk
) -> None:
    desk.start()
    answers = Answers()
    answers.ask(desk, ask="die")
    answers.ask(desk, ask="echo", text="after")
    wait_for(qtbot, answers, 2)
    assert answers.errors[0].sentence == "The engine stopped with exit code 3."
    assert answers.answers[0]["echo"] == "after"


def test_it_gives_up_after_three_engines_and_says_so(qtbot: Any, qapp: Any) -> None:
    desk = Desk(science="no_such_science")
    answers = Answers()
    answers.ask(desk, ask="echo", text="")
    with qtbot.waitSignal(desk.lost, timeout=30_000) as lost:
        desk.start()
    assert lost.args[0] == "The engine stopped with exit code 1."
    wait_for(qtbot, answers, 1)
    answers.ask(desk, ask="echo", text="")
    wait_for(qtbot, answers, 2)
    assert [error.sentence for error in answers.errors] == [lost.args[0]] * 2
    desk.close()


def test_an_answer_for_a_widget_that_is_gone_is_passed_over(qtbot: Any, desk: Desk) -> None:
    label = QLabel()
    answers = Answers()
    desk.ask({"ask": "echo", "text": ""}, lambda answer: label.setText(answer["echo"]), print)
    answers.ask(desk, ask="echo", text="next")
    delete(label)
    desk.start()
    wait_for(qtbot, answers)


def test_other_errors_in_a_callback_are_not_hidden(qtbot: Any, desk: Desk) -> None:
    def broken(_: dict[str, Any]) -> None:
        raise RuntimeError("a mistake")

    answers = Answers()
    with qtbot.captureExceptions() as raised:
        desk.ask({"ask": "echo", "text": ""}, broken, print)
        answers.ask(desk, ask="echo", text="next")
        desk.start()
        wait_for(qtbot, answers)
    assert [str(error[1]) for error in raised] == ["a mistake"]


@pytest.mark.parametrize("when", ["never started", "loading", "up", "answering"])
def test_close_leaves_nothing_and_calls_nobody(qtbot: Any, desk: Desk, when: str) -> None:
    answers = Answers()
    if when != "never started":
        desk.start()
    if when in ("up", "answering"):
        qtbot.waitSignal(desk.ready, timeout=20_000).wait()
    if when == "answering":
        answers.ask(desk, ask="wait", seconds=30)
    begin = time.monotonic()
    desk.close()
    desk.close()
    assert time.monotonic() - begin < 4
    assert multiprocessing.active_children() == []
    qtbot.wait(0)  # lets signals on their way arrive
    assert answers.count == 0
