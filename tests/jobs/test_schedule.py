"""What may run next, as it follows from the states of all jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from coun_gui.experiments.events import Cancelled, Epoch, Failed, Finished, Message, Started, Step
from coun_gui.jobs.schedule import Job, Schedule


def job(job_id: str, *needs: str, experiment: str = "e1", **request: Any) -> Job:
    return Job(job_id, job_id.upper(), {"do": "run", **request}, needs, experiment)


def schedule(*jobs: Job) -> Schedule:
    made = Schedule()
    for one in jobs:
        made.submit(one)
    made.refresh()
    return made


def test_jobs_start_in_order_of_submission() -> None:
    line = schedule(job("b"), job("a"))
    assert line.ready() is line.jobs["b"]


def test_a_job_waits_for_what_it_needs_while_later_ones_pass() -> None:
    line = schedule(job("original"), job("ft", "original"), job("other"))
    line.jobs["original"].state = "running"
    assert line.ready() is line.jobs["other"]


def test_a_need_that_is_not_in_the_queue_lies_in_the_workspace() -> None:
    line = schedule(job("ft", "original"))
    assert line.ready() is line.jobs["ft"]


def test_what_needs_a_failed_job_is_blocked_and_says_by_which() -> None:
    line = schedule(job("original"), job("ft", "original"), job("map", "ft"))
    line.jobs["original"].state = "failed"
    assert line.refresh() == ["ft", "map"]
    assert line.jobs["ft"].message == "Can't start because “ORIGINAL” failed."
    assert line.jobs["map"].message == "Can't start because “FT” can't start either."
    assert line.ready() is None


def test_blocking_reaches_jobs_listed_before_what_they_need() -> None:
    line = schedule(job("map", "ft"), job("ft", "original"), job("original"))
    line.jobs["original"].state = "cancelled"
    line.refresh()
    assert [one.state for one in line.jobs.values()] == ["blocked", "blocked", "cancelled"]


def test_a_retried_job_frees_what_it_blocked() -> None:
    line = schedule(job("original"), job("ft", "original"))
    line.jobs["original"].state = "failed"
    line.refresh()
    line.retry("original")
    line.refresh()
    assert [one.state for one in line.jobs.values()] == ["waiting", "waiting"]
    assert line.jobs["ft"].message == ""


def test_retrying_a_blocked_job_retries_what_blocks_it() -> None:
    line = schedule(job("original"), job("ft", "original"), job("map", "ft"))
    line.jobs["original"].state = "failed"
    line.refresh()
    line.retry("map")
    assert line.ready() is line.jobs["original"]


def test_a_paused_experiment_starts_nothing_until_it_is_resumed() -> None:
    line = schedule(job("a"), job("b", experiment="e2"))
    line.paused.add("e1")
    assert line.refresh() == ["a"]
    assert line.jobs["a"].state == "paused"
    assert line.ready() is line.jobs["b"]
    line.paused.clear()
    assert line.refresh() == ["a"]
    assert line.ready() is line.jobs["a"]


def test_a_job_of_two_experiments_pauses_only_with_both() -> None:
    line = schedule(job("a"), job("a", experiment="e2"))
    line.paused.add("e1")
    line.refresh()
    assert line.jobs["a"].state == "waiting"
    line.paused.add("e2")
    line.refresh()
    assert line.jobs["a"].state == "paused"


def test_the_same_job_twice_is_one_job_of_both_experiments() -> None:
    line = Schedule()
    assert line.submit(job("a"))
    assert not line.submit(job("a", experiment="e2"))
    assert line.jobs["a"].experiments == ["e1", "e2"]
    assert line.jobs["a"].further == []


def test_a_done_job_is_not_run_again() -> None:
    line = schedule(job("a", device="cpu"))
    line.jobs["a"].state = "done"
    line.submit(job("a", experiment="e2", device="cuda:0"))
    assert line.jobs["a"].state == "done"


def test_a_done_job_runs_again_where_its_result_is_known_to_be_gone() -> None:
    line = schedule(job("a"))
    line.jobs["a"].state = "done"
    line.submit(replace(job("a"), renew=True))
    assert line.ready() is line.jobs["a"]


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_a_job_without_a_result_runs_again_when_submitted_again(end: Any) -> None:
    line = schedule(job("a"))
    line.jobs["a"].state = end
    line.submit(job("a"))
    assert line.jobs["a"].state == "waiting"


def test_the_original_is_done_again_for_another_forget_set() -> None:
    line = schedule(job("original", spec={"forget_hash": "1"}))
    line.jobs["original"].state = "done"
    line.submit(job("original", spec={"forget_hash": "2"}))
    assert line.jobs["original"].state == "waiting"
    assert line.jobs["original"].request["spec"] == {"forget_hash": "2"}


def test_another_forget_set_follows_while_the_first_is_under_way() -> None:
    line = schedule(job("original", spec={"forget_hash": "1"}))
    line.jobs["original"].state = "running"
    for _ in range(2):
        line.submit(job("original", spec={"forget_hash": "2"}))
    assert [request["spec"] for request in line.jobs["original"].further] == [{"forget_hash": "2"}]


def test_a_leaving_experiment_takes_only_its_own_jobs_along() -> None:
    line = schedule(job("shared"), job("own"), job("shared", experiment="e2"))
    assert line.leave("e1") == [line.jobs["own"]]
    assert line.jobs["shared"].experiments == ["e2"]


def test_the_time_left_follows_from_the_measured_rate() -> None:
    one = job("a")
    one.begin(100.0)
    one.apply(Started("a", "A", epochs=10), 103.0)
    one.apply(Step("a", "train", 0.0), 103.0)
    assert one.eta is None
    one.apply(Step("a", "train", 0.25, epoch=3, samples_per_second=512.0), 113.0)
    assert one.eta == pytest.approx(30.0)  # a quarter took 10 s
    assert (one.epoch, one.epochs, one.share, one.samples_per_second) == (3, 10, 0.25, 512.0)


def test_a_resumed_job_is_measured_from_where_it_resumed() -> None:
    one = job("a")
    one.begin(0.0)
    one.apply(Started("a", "A", epochs=10, epoch=5), 0.0)
    assert one.share == 0.5
    one.apply(Step("a", "train", 0.5), 0.0)
    one.apply(Step("a", "train", 0.75), 10.0)
    assert one.eta == pytest.approx(10.0)


def test_a_job_shows_its_latest_figures_and_how_it_ended() -> None:
    one = job("a")
    one.begin(0.0)
    one.apply(Epoch("a", 1, 2, {"UA": 50.0}, {"CE": 0.7}, 0.1, 1.0, 1.0), 1.0)
    one.apply(Message("a", "Loaded."), 1.0)
    assert (one.metrics, one.losses, one.message) == ({"UA": 50.0}, {"CE": 0.7}, "Loaded.")
    one.apply(Failed("a", "Out of memory.", "Use less.", "Traceback"), 2.0)
    assert (one.state, one.message, one.remedy, one.ended) == ("failed", "Out of memory.", "Use less.", 2.0)
    assert one.log == ["Loaded.", "Out of memory. Use less.", "Traceback"]


def test_the_log_of_a_chatty_job_stays_bounded() -> None:
    one = job("a")
    for line in range(5000):
        one.apply(Message("a", str(line)), 0.0)
    assert len(one.log) == 2000
    assert one.log[-1] == "4999"


def test_done_and_cancelled_close_a_job() -> None:
    done, stopped = job("a"), job("b")
    done.apply(Finished("a", {"UA": 1.0}), 1.0)
    stopped.apply(Cancelled("b", resumable=True), 1.0)
    assert (done.state, done.share, done.metrics) == ("done", 1.0, {"UA": 1.0})
    assert (stopped.state, stopped.resumable) == ("cancelled", True)
