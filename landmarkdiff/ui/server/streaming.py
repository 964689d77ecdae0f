"""Answers that come line by line: how far a long piece of work is, and at last what it made.

Each line is a JSON object. A stage has ``share``, ``text`` and sometimes ``preview``; the last line
is the answer, or the error as :func:`~landmarkdiff.ui.answers.error_response` words it.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any

from fastapi import Response
from starlette.responses import StreamingResponse

from landmarkdiff.errors import WorkCancelled
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.responses import error_response
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.ui.server.steps import Telling
from landmarkdiff.ui.server.work import WorkGate

__all__ = ["StageWords", "Work", "stream"]

#: ``words(texts, done, total, what)`` says a stage in the page's language.
StageWords = Callable[[Texts, int, int, str], str]

_running: set[asyncio.Task[None]] = set()


#: Returns the last line of what the page is told.
Work = Callable[[Telling], dict[str, Any]]


def stream(
    session: Session, texts: Texts, gate: WorkGate, work: Work, words: StageWords
) -> Response:
    """Answer with lines of JSON: the stages of the work, then its result or its error.

    Parameters
    ----------
    session : Session
    texts : Texts
        Language of the stages and of an error.
    gate : WorkGate
        A turn of it is held while the work goes on; someone who waits for it is told so.
    work : callable
        Runs in a thread.
    words : callable
        Says the stages that the work tells.
    """
    return StreamingResponse(
        _lines(session, texts, gate, work, words),
        media_type="application/x-ndjson",
        # A proxy that collects the answer would hide the stages.
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
    )


async def _lines(
    session: Session, texts: Texts, gate: WorkGate, work: Work, words: StageWords
) -> AsyncIterator[str]:
    """Yield what the work tells; a page that goes away stops it."""
    loop = asyncio.get_running_loop()
    said: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue()
    gone = threading.Event()

    def finished(telling: Telling) -> dict[str, Any]:
        # Errors end here: handed to the loop, their traceback would keep every picture that was
        # under way until the collector comes by.
        try:
            return work(telling)
        except Exception as error:  # noqa: BLE001  # logged by kind and place, answered
            return _failure(error, texts)

    queued: list[int] = []

    def waiting(before: int) -> None:
        if gone.is_set():
            raise WorkCancelled
        if queued[-1:] != [before]:
            queued.append(before)
            said.put_nowait({"share": 0.0, "text": texts("progress.waiting", count=before)})

    async def run() -> None:
        try:
            async with gate.turn_async(session, waiting) as guard:
                told: list[tuple[int, int, str]] = []

                def progress(done: int, total: int, what: str) -> None:
                    if gone.is_set():
                        raise WorkCancelled
                    guard(done, total, what)
                    if told[-1:] == [(done, total, what)]:
                        return  # asked only whether to go on
                    told.append((done, total, what))
                    share = round(done / max(total, 1), 3)
                    line({"share": share, "text": words(texts, done, total, what)})

                def line(content: Mapping[str, Any]) -> None:
                    loop.call_soon_threadsafe(said.put_nowait, content)

                telling = Telling.of(texts, progress, line)
                said.put_nowait(await asyncio.to_thread(partial(finished, telling)))
        except Exception as error:  # noqa: BLE001  # logged by kind and place, answered
            said.put_nowait(_failure(error, texts))
        finally:
            said.put_nowait(None)

    # Not awaited here: a page that goes away cancels this generator, and with it what it awaits,
    # while the work has to keep its turn until its thread has stopped.
    task = asyncio.create_task(run())
    _running.add(task)
    task.add_done_callback(_running.discard)
    try:
        while (said_now := await said.get()) is not None:
            yield json.dumps(said_now, ensure_ascii=False) + "\n"
    finally:
        gone.set()


def _failure(error: Exception, texts: Texts) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(bytes(error_response(error, texts.language).body))
    return content
