"""The gate: how many compute, how many wait, who is told that the app is busy."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from event_loops import run_in_thread

from landmarkdiff.errors import WorkCancelled
from landmarkdiff.ui.server.sessions import Owner, SessionStore
from landmarkdiff.ui.server.work import BusyError, WorkGate


@pytest.fixture
def sessions():
    store = SessionStore()
    return [store.open(Owner("", str(index))) for index in range(8)]


class Worker:
    """Holds a turn in a thread until it is let go."""

    def __init__(self, gate, session):
        self.inside, self.let_go, self.failure = threading.Event(), threading.Event(), None
        self.thread = threading.Thread(target=self._run, args=(gate, session))
        self.thread.start()

    def _run(self, gate, session):
        try:
            with gate.turn(session):
                self.inside.set()
                self.let_go.wait(10)
        except (BusyError, WorkCancelled) as failure:
            self.failure = failure

    def finish(self):
        self.let_go.set()
        self.thread.join(10)
        assert not self.thread.is_alive()


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_only_so_many_run_and_the_others_follow_in_order(sessions):
    gate = WorkGate(2, 8)
    running = [Worker(gate, sessions[index]) for index in range(2)]
    wait_for(lambda: all(worker.inside.is_set() for worker in running))
    waiting = []
    for index in range(2, 5):
        waiting.append(Worker(gate, sessions[index]))
        wait_for(lambda expected=index - 1: gate.load == (2, expected))
    assert not any(worker.inside.is_set() for worker in waiting)
    for done, following in zip([*running, waiting[0]], waiting, strict=True):
        done.finish()
        assert following.inside.wait(10)
    for worker in waiting[1:]:
        worker.finish()
    assert gate.load == (0, 0)


def test_a_full_queue_says_that_the_app_is_busy(sessions):
    gate = WorkGate(1, 1)
    first = Worker(gate, sessions[0])
    assert first.inside.wait(10)
    second = Worker(gate, sessions[1])
    wait_for(lambda: gate.load == (1, 1))
    with pytest.raises(BusyError) as failure, gate.turn(sessions[2]):
        pass
    assert failure.value.retry_after == 5
    first.finish()
    second.finish()
    with gate.turn(sessions[2]):
        assert gate.load == (1, 0)


def test_one_page_cannot_take_the_whole_queue(sessions):
    gate = WorkGate(1, 8, per_session=2)
    workers = [Worker(gate, sessions[0])]
    assert workers[0].inside.wait(10)
    for count in (1, 2):
        workers.append(Worker(gate, sessions[0]))
        wait_for(lambda expected=count: gate.load == (1, expected))
    with pytest.raises(BusyError), gate.turn(sessions[0]):
        pass
    other = Worker(gate, sessions[1])
    wait_for(lambda: gate.load == (1, 3))
    for worker in [*workers, other]:
        worker.finish()
    assert gate.load == (0, 0)


def test_a_stop_takes_whoever_waits_out_of_the_queue(sessions):
    gate = WorkGate(1, 8)
    first = Worker(gate, sessions[0])
    assert first.inside.wait(10)
    second = Worker(gate, sessions[1])
    wait_for(lambda: gate.load == (1, 1))
    sessions[1].stop()
    second.thread.join(2)
    assert isinstance(second.failure, WorkCancelled)
    assert gate.load == (1, 0)
    first.finish()
    assert gate.load == (0, 0)


def test_work_that_fails_gives_its_turn_back(sessions):
    gate = WorkGate(1, 0)
    with pytest.raises(RuntimeError), gate.turn(sessions[0]):
        raise RuntimeError
    with gate.turn(sessions[0]) as progress:
        progress(0, 1, "")
    assert gate.load == (0, 0)
    assert sessions[0].seconds_left > 890


def test_turns_without_threads(sessions):
    gate = WorkGate(1, 4)
    order = []

    async def work(index):
        async with gate.turn_async(sessions[index]):
            order.append(index)
            await asyncio.sleep(0.01)
            assert gate.load[0] == 1

    async def all_of_them():
        await asyncio.gather(*(work(index) for index in range(5)))

    run_in_thread(all_of_them())
    assert order == [0, 1, 2, 3, 4]
    assert gate.load == (0, 0)


def test_a_request_that_is_given_up_leaves_the_queue(sessions):
    gate = WorkGate(1, 4)

    async def work(index, seconds):
        async with gate.turn_async(sessions[index]):
            await asyncio.sleep(seconds)

    async def give_up():
        first = asyncio.create_task(work(0, 0.1))
        await asyncio.sleep(0)
        second = asyncio.create_task(work(1, 0))
        await asyncio.sleep(0.02)
        assert gate.load == (1, 1)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert gate.load == (1, 0)
        await first

    run_in_thread(give_up())
    assert gate.load == (0, 0)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_who_waits_hears_how_many_come_before(sessions, asynchronous):
    gate = WorkGate(1, 8)
    workers = [Worker(gate, sessions[0])]
    wait_for(workers[0].inside.is_set)
    workers.append(Worker(gate, sessions[1]))
    wait_for(lambda: gate.load == (1, 1))
    told = []

    def waiting(before):
        told.append(before)
        if before == 2:
            workers[0].finish()

    async def wait():
        async with gate.turn_async(sessions[2], waiting):
            pass

    def enter():
        if asynchronous:
            asyncio.run(wait())
        else:
            with gate.turn(sessions[2], waiting):
                pass

    last = threading.Thread(target=enter)
    last.start()
    wait_for(lambda: told[-1:] == [1])
    workers[1].finish()
    last.join(10)
    assert list(dict.fromkeys(told)) == [2, 1]
    assert gate.load == (0, 0)


def test_who_waits_can_give_up(sessions):
    gate = WorkGate(1, 8)
    first = Worker(gate, sessions[0])
    wait_for(first.inside.is_set)

    def gone(_):
        raise WorkCancelled

    with pytest.raises(WorkCancelled), gate.turn(sessions[1], gone):
        pass
    assert gate.load == (1, 0)
    first.finish()
