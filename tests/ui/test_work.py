"""The gate: how many compute, how many wait, who is told that the app is busy."""

from __future__ import annotations

import asyncio
import threading

import pytest
import waiting
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
        async def hold():
            async with gate.turn(gate.enter(session)):
                self.inside.set()
                await asyncio.to_thread(self.let_go.wait)

        try:
            asyncio.run(hold())
        except (BusyError, WorkCancelled) as failure:
            self.failure = failure

    def finish(self):
        self.let_go.set()
        self.thread.join(waiting.LONGEST)
        assert not self.thread.is_alive()


def test_only_so_many_run_and_the_others_follow_in_order(sessions):
    gate = WorkGate(2, 8)
    running = [Worker(gate, sessions[index]) for index in range(2)]
    waiting.until(lambda: all(worker.inside.is_set() for worker in running))
    queued = []
    for index in range(2, 5):
        queued.append(Worker(gate, sessions[index]))
        waiting.until(lambda expected=index - 1: gate.load == (2, expected))
    assert not any(worker.inside.is_set() for worker in queued)
    for done, following in zip([*running, queued[0]], queued, strict=True):
        done.finish()
        assert following.inside.wait(waiting.LONGEST)
    for worker in queued[1:]:
        worker.finish()
    assert gate.load == (0, 0)


def test_a_full_queue_says_that_the_app_is_busy(sessions):
    gate = WorkGate(1, 1)
    first = Worker(gate, sessions[0])
    assert first.inside.wait(waiting.LONGEST)
    second = Worker(gate, sessions[1])
    waiting.until(lambda: gate.load == (1, 1))
    with pytest.raises(BusyError) as failure:
        gate.enter(sessions[2])
    assert failure.value.retry_after == 5
    first.finish()
    second.finish()
    gate.enter(sessions[2])
    assert gate.load == (1, 0)


def test_one_page_cannot_take_the_whole_queue(sessions):
    gate = WorkGate(1, 8, per_session=2)
    workers = [Worker(gate, sessions[0])]
    assert workers[0].inside.wait(waiting.LONGEST)
    for count in (1, 2):
        workers.append(Worker(gate, sessions[0]))
        waiting.until(lambda expected=count: gate.load == (1, expected))
    with pytest.raises(BusyError):
        gate.enter(sessions[0])
    other = Worker(gate, sessions[1])
    waiting.until(lambda: gate.load == (1, 3))
    for worker in [*workers, other]:
        worker.finish()
    assert gate.load == (0, 0)


def test_one_account_leaves_a_worker_to_the_others(sessions):
    gate = WorkGate(2, 8, per_account=3)
    gate.shared = True
    workers = [Worker(gate, sessions[0])]
    assert workers[0].inside.wait(waiting.LONGEST)
    for count in (1, 2, 3):
        workers.append(Worker(gate, sessions[0]))
        waiting.until(lambda expected=count: gate.load == (1, expected))
    with pytest.raises(BusyError):
        gate.enter(sessions[0])
    other = Worker(gate, sessions[1])
    assert other.inside.wait(waiting.LONGEST)
    assert gate.load == (2, 3)
    other.finish()
    assert gate.load == (1, 3)
    for worker in workers:
        worker.finish()
    assert gate.load == (0, 0)


def test_where_one_person_works_all_workers_are_theirs(sessions):
    gate = WorkGate(2, 8)
    workers = [Worker(gate, sessions[0]) for _ in range(2)]
    for worker in workers:
        assert worker.inside.wait(waiting.LONGEST)
        worker.finish()


def test_a_stop_takes_whoever_waits_out_of_the_queue(sessions):
    gate = WorkGate(1, 8)
    first = Worker(gate, sessions[0])
    assert first.inside.wait(waiting.LONGEST)
    second = Worker(gate, sessions[1])
    waiting.until(lambda: gate.load == (1, 1))
    sessions[1].stop()
    second.thread.join(waiting.LONGEST)
    assert isinstance(second.failure, WorkCancelled)
    assert gate.load == (1, 0)
    first.finish()
    assert gate.load == (0, 0)


def test_work_that_fails_gives_its_turn_back(sessions):
    gate = WorkGate(1, 0)

    async def work(fails):
        async with gate.turn(gate.enter(sessions[0])) as progress:
            progress(0, 1, "")
            if fails:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        run_in_thread(work(True))
    run_in_thread(work(False))
    assert gate.load == (0, 0)
    assert sessions[0].seconds_left > 890


def test_turns_without_threads(sessions):
    gate = WorkGate(1, 4)
    order = []

    async def work(index):
        async with gate.turn(gate.enter(sessions[index])):
            order.append(index)
            await asyncio.sleep(0)
            assert gate.load[0] == 1

    async def all_of_them():
        await asyncio.gather(*(work(index) for index in range(5)))

    run_in_thread(all_of_them())
    assert order == [0, 1, 2, 3, 4]
    assert gate.load == (0, 0)


def test_a_request_that_is_given_up_leaves_the_queue(sessions):
    gate = WorkGate(1, 4)

    async def work(index, let_go):
        async with gate.turn(gate.enter(sessions[index])):
            await let_go.wait()

    async def give_up():
        let_go = asyncio.Event()
        first = asyncio.create_task(work(0, let_go))
        second = asyncio.create_task(work(1, let_go))
        while gate.load != (1, 1):
            await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert gate.load == (1, 0)
        let_go.set()
        await first

    run_in_thread(give_up())
    assert gate.load == (0, 0)


def test_who_waits_hears_how_many_come_before(sessions):
    gate = WorkGate(1, 8)
    workers = [Worker(gate, sessions[0])]
    waiting.until(workers[0].inside.is_set)
    workers.append(Worker(gate, sessions[1]))
    waiting.until(lambda: gate.load == (1, 1))
    told = []

    def hear(before):
        told.append(before)
        if before == 2:
            workers[0].finish()

    async def enter():
        async with gate.turn(gate.enter(sessions[2]), hear):
            pass

    last = threading.Thread(target=lambda: asyncio.run(enter()))
    last.start()
    waiting.until(lambda: told[-1:] == [1])
    workers[1].finish()
    last.join(waiting.LONGEST)
    assert list(dict.fromkeys(told)) == [2, 1]
    assert gate.load == (0, 0)


def test_who_waits_can_give_up(sessions):
    gate = WorkGate(1, 8)
    first = Worker(gate, sessions[0])
    waiting.until(first.inside.is_set)

    def gone(_):
        raise WorkCancelled

    async def enter():
        async with gate.turn(gate.enter(sessions[1]), gone):
            pass

    with pytest.raises(WorkCancelled):
        run_in_thread(enter())
    assert gate.load == (1, 0)
    first.finish()
