"""The one way to ask the server: ``POST /ld/{token}/ask/{tab}/{kind}``.

The body is the question as a JSON object; or it is a file, and the question comes percent-encoded
in ``X-Question``: the name of a photo may be that of a patient, and addresses end up in logs.

The answer is lines of JSON: the stages of the work with ``share``, ``text`` and sometimes
``preview``, and at last ``answer``, or the error as
:func:`~landmarkdiff.ui.server.responses.error_response` words it. What is wrong with the request
itself, and a queue that is full, has a status of its own and no lines.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from landmarkdiff.errors import WorkCancelled
from landmarkdiff.generators import StepProgress
from landmarkdiff.runtime.threads import one_blas_thread
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Answer, Job, Kind, StageText
from landmarkdiff.ui.server.responses import (
    MalformedRequestError,
    answering,
    choose_language,
    error_content,
    parse_object,
    read_body,
)
from landmarkdiff.ui.server.routes import Routes
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.sessions import Progress, Session
from landmarkdiff.ui.server.step_messages import Stage, StepMessages
from landmarkdiff.ui.server.work import BusyError

__all__ = ["AnswerLines", "Kinds", "UploadPlaces", "answer_lines", "ask_router", "read_question"]

#: Kinds of question by the names of their tab and of their own.
Kinds = Mapping[tuple[str, str], Kind[Any]]

#: A question is a few hundred bytes.
QUESTION_BYTES = 64 * 1024
QUESTION_SECONDS = 10.0
#: Files that arrive at once, each of which may fill its memory; and those of one account.
UPLOADS, UPLOADS_OF_ACCOUNT = 16, 5

#: Lines that wait for a page to read them.
_MOST_UNREAD = 64

_running: set[asyncio.Task[None]] = set()


def ask_router(services: AppServices, kinds: Kinds) -> Routes:
    """Return the route by which the page asks."""
    router = Routes()
    uploads = UploadPlaces()

    @router.post("/ld/{token}/ask/{tab}/{kind}")
    @answering
    async def ask(token: str, tab: str, kind: str, request: Request) -> Response:
        session = services.session(token, request)
        asked = kinds.get((tab, kind))
        if asked is None:
            raise MalformedRequestError
        session.count_request(photo=asked.upload is not None and asked.upload.photo)
        services.require("view", request, f"{tab}/{kind}")
        if asked.exports:
            services.require("export", request, f"{tab}/{kind}")
        texts = Texts.load(choose_language(request))
        async with AsyncExitStack() as held:
            if asked.upload is None:
                body = await read_body(request, QUESTION_BYTES, QUESTION_SECONDS)
                upload = bytearray()
            else:
                if asked.upload.photo:
                    services.store.require_room()
                held.enter_context(uploads.place(session.owner.account))
                body = bytearray(unquote(request.headers.get("x-question", "{}")).encode())
                limit = asked.upload.max_bytes or services.settings.max_upload_bytes
                upload = await read_body(request, limit, asked.upload.seconds)
            question = read_question(asked, body)
            if asked.edits(session.case, question):
                services.require("edit", request, f"{tab}/{kind}")
            if asked.opens or (asked.upload is not None and asked.upload.photo):
                services.note("photo opened", request, f"{tab}/{kind}")
            if asked.exports:
                services.note("file exported", request, _exported(tab, kind, question))
            lines = answer_lines(services, session, texts, asked, question, upload)
            lines.held.push_async_exit(held.pop_all())
        return StreamingResponse(
            (json.dumps(line, ensure_ascii=False) + "\n" async for line in lines),
            media_type="application/x-ndjson",
            # A proxy that collects the answer would hide the stages.
            headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
        )

    return router


def _exported(tab: str, kind: str, question: BaseModel) -> str:
    """Name the kind of file that a question asks for."""
    named = getattr(question, "file", None) or getattr(question, "format", None)
    return "/".join([tab, kind, *filter(None, [named])])


class UploadPlaces:
    """Places for files that arrive, in the loop alone."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    @contextmanager
    def place(self, account: str) -> Iterator[None]:
        """Hold a place; BusyError where there is none, for all or for this account."""
        if self._taken.total() >= UPLOADS or self._taken[account] >= UPLOADS_OF_ACCOUNT:
            raise BusyError
        self._taken[account] += 1
        try:
            yield
        finally:
            self._taken[account] -= 1
            self._taken += Counter()  # drops those that have none


def read_question(kind: Kind[Any], body: bytes | bytearray) -> BaseModel:
    """Return a question from its JSON.

    Raises
    ------
    MalformedRequestError
    """
    try:
        question: BaseModel = kind.question.model_validate(parse_object(body))
    except ValidationError:
        raise MalformedRequestError from None
    return question


def answer_lines(
    services: AppServices,
    session: Session,
    texts: Texts,
    kind: Kind[Any],
    question: BaseModel,
    upload: bytearray | None = None,
) -> AnswerLines:
    """Begin to answer a question.

    Parameters
    ----------
    services : AppServices
    session : Session
    texts : Texts
        Language of the stages and of an error.
    kind : Kind
    question : pydantic.BaseModel
        As the kind reads it.
    upload : bytearray, optional
        The file that came with it; emptied by whoever reads it.

    Raises
    ------
    BusyError
        The queue is full.
    """
    gate = services.gate(kind.mode(session.case, question)) if kind.gated else None
    lines = AnswerLines(texts, kind.stage)
    file = bytearray() if upload is None else upload
    job = Job(
        services, session, session.case, texts, lines.progress, lines.on_step, lines.pause, file
    )
    ticket = None if gate is None else gate.enter(session)
    if kind.slot:  # not before there is a place for it
        lines.newest = session.replace(kind.slot)

    async def run() -> None:
        async with lines.held:
            if gate is not None and ticket is not None:
                lines.guard = await lines.held.enter_async_context(gate.turn(ticket, lines.waiting))
            lines.add(await asyncio.to_thread(lines.attempt, partial(kind.work, job, question)))

    lines.follow(run())
    return lines


class AnswerLines:
    """What the page is told of one question, line by line; whoever stops reading stops the work.

    Attributes
    ----------
    held : AsyncExitStack
        What is given back when the work has ended.
    guard : callable
        Raises WorkCancelled once the page has stopped its work.
    newest : callable
        Raises WorkCancelled once another question has taken this one's place.
    """

    def __init__(self, texts: Texts, stage: StageText) -> None:
        self.held = AsyncExitStack()
        self.guard: Progress = lambda *_: None
        self.newest: Callable[[], None] = lambda: None
        self._texts = texts
        self._stage = stage
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._given_up = threading.Event()
        self._last: object = None
        self._steps = StepMessages(texts)

    def follow(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the work in a task of its own.

        A page that goes away ends whatever its request awaits, while the work has to keep its
        turn until its thread has stopped.
        """

        async def run() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001  # logged by kind and place, answered
                self.add(error_content(error, self._texts))
            finally:
                self._lines.put_nowait(None)

        task = asyncio.create_task(run())
        _running.add(task)
        task.add_done_callback(_running.discard)

    def attempt(self, work: Callable[[], Answer]) -> dict[str, Any]:
        """Return the last line of the work; called in its thread.

        Errors end here: handed to the loop, their traceback would keep every picture that was
        under way until the collector comes by.
        """
        try:
            with one_blas_thread():  # many work beside each other, and BLAS would make them wait
                return {"answer": work().to_dict()}
        except Exception as error:  # noqa: BLE001  # logged by kind and place, answered
            return error_content(error, self._texts)

    def add(self, line: dict[str, Any]) -> None:
        """Add a line; called in the loop.

        A page that reads too slowly misses the oldest stages, and of work that was stopped nobody
        keeps the pictures of its steps.
        """
        most = 0 if line.get("code") == WorkCancelled.__name__ else _MOST_UNREAD
        while self._lines.qsize() > most:
            self._lines.get_nowait()
        self._lines.put_nowait(line)

    def pause(self) -> None:
        """Raise WorkCancelled where nobody waits for the answer any more."""
        if self._given_up.is_set():
            raise WorkCancelled
        self.newest()
        self.guard(0, 1, "")

    def progress(self, done: int, total: int, what: str) -> None:
        """Tell a stage; called in the thread of the work."""
        self.pause()
        self._steps.begin((done, what))
        if self._last == (done, total, what):
            return  # asked only whether to go on
        self._last = done, total, what
        share = round(done / max(total, 1), 3)
        self._tell(Stage(share, self._stage(self._texts, done, total, what)))

    def on_step(self, step: StepProgress) -> None:
        """Tell a step of a network; called in the thread of the work."""
        self._tell(self._steps.stage(step))

    def waiting(self, before: int) -> None:
        """Tell how many pieces of work come before; called in the loop."""
        self.pause()
        if self._last != before:
            self._last = before
            self.add(_line(Stage(0.0, self._texts("progress.waiting", count=before))))

    def _tell(self, stage: Stage) -> None:
        self._loop.call_soon_threadsafe(self.add, _line(stage))

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the lines; the last one is the answer or the error."""
        try:
            while (line := await self._lines.get()) is not None:
                yield line
        finally:
            self._given_up.set()


def _line(stage: Stage) -> dict[str, Any]:
    line: dict[str, Any] = {"share": stage.share, "text": stage.text}
    return line if stage.preview is None else {**line, "preview": stage.preview}
