"""Queues and desks whose engines run the fake science, closed at the end of each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from coun_gui.experiments.events import Event
from coun_gui.jobs.desk import Desk
from coun_gui.jobs.engine_client import EngineClient
from coun_gui.jobs.queue import Job, JobQueue

FAKE = "fake_science"


@pytest.fixture
def queue(qapp: Any) -> Iterator[JobQueue]:
    """One slot; an engine that doesn't follow a cancel is ended after half a second."""
    queue = JobQueue(science=FAKE, grace=0.5)
    yield queue
    queue.close()


@pytest.fixture
def told(queue: JobQueue) -> list[Event]:
    """All events of the queue, in order."""
    events: list[Event] = []
    queue.events.connect(events.extend)
    return events


@pytest.fixture
def desk(qapp: Any) -> Iterator[Desk]:
    desk = Desk(science=FAKE)
    yield desk
    desk.close()


@pytest.fixture
def engine() -> Iterator[EngineClient]:
    """An engine that has come up."""
    client = EngineClient(FAKE)
    assert client.receive(30) == {"ready": True}
    yield client
    client.close()


@pytest.fixture
def job(tmp_path: Any) -> Callable[..., Job]:
    """Makes a job that behaves as the function of fake_science with that name does."""

    def make(behaviour: str, job_id: str = "", needs: tuple[str, ...] = (), experiment: str = "e1") -> Job:
        request = {"do": behaviour, "trace": str(tmp_path)}
        return Job(job_id or behaviour, f"title of {job_id or behaviour}", request, needs, experiment)

    return make


@pytest.fixture
def trace(tmp_path: Any) -> Callable[[], list[str]]:
    """What happened in the engines: lines such as “started a”."""
    path = tmp_path / "order.txt"
    return lambda: path.read_text().splitlines() if path.exists() else []
