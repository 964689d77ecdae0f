"""What every tab is given, and what they share."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gradio as gr

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.sessions import Progress, Session
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["Frame", "module_call", "planned", "reply"]


@dataclass(frozen=True)
class Frame:
    """The page under construction.

    Attributes
    ----------
    language : str
    texts : Texts
    services : AppServices
    token : gradio.Textbox
        Hidden; holds the session's token and is an input of every event.
    tabs : gradio.Tabs
        An event may put out ``gr.Tabs(selected="single")`` to go to a tab.
    """

    language: str
    texts: Texts
    services: AppServices
    token: gr.Textbox
    tabs: gr.Tabs

    @contextmanager
    def work(
        self,
        token: str,
        request: gr.Request,
        report: Callable[[float, str], object] | None = None,
        *,
        paints: bool = False,
    ) -> Iterator[tuple[Session, Progress]]:
        """Give the session and a progress callback, inside a turn of the work gate.

        Parameters
        ----------
        token : str
        request : gradio.Request
        report : callable, optional
            ``report(share, sentence)`` hears how far the work is, or how many come before.
        paints : bool
            Whether the work is done in the mode of the session's plan: where that repaints, a
            turn of the painting gate is held instead.

        Raises
        ------
        LandmarkDiffError
            The session is over, the app is busy, or the user stopped the work.
        """
        session = self.services.session(token, request)
        session.count_request()
        settings = planned(session) if paints else None
        gate = self.services.gate(DEFAULT_MODE if settings is None else settings.mode)
        reported: set[tuple[int, int, str]] = set()
        queued: list[int] = []

        def waiting(before: int) -> None:
            if report is not None and queued[-1:] != [before]:
                queued.append(before)
                report(0.0, self.texts("progress.waiting", count=before))

        with gate.turn(session, waiting) as guard:

            def progress(done: int, total: int, what: str) -> None:
                guard(done, total, what)
                if report is not None and (done, total, what) not in reported:
                    reported.add((done, total, what))
                    report(done / max(total, 1), self.stage(done, total, what))

            yield session, progress

    def stage(self, done: int, total: int, what: str) -> str:
        """Return the words for a stage of work, as the workflows name it."""
        if not what:
            return self.texts("progress.step", number=min(done + 1, total), count=total)
        return self.texts.progress(what)

    def sentence(self, error: LandmarkDiffError) -> str:
        """Return an error as one sentence in the page's language."""
        return self.texts.error(error)


def planned(session: Session) -> ConsultationSettings | None:
    """Return the settings of the session's plan; None where there is no photo."""
    consultation = session.consultation
    return consultation.settings if isinstance(consultation, Consultation) else None


def module_call(module: str, call: str) -> str:
    """Return JavaScript for ``js_on_load`` that calls a function of one of our modules."""
    return f"import('/ld/static/{module}').then((module) => module.{call});"


def reply(**entries: Any) -> str:
    """Return an answer for the page's own modules, see ``static/bus.js``.

    Its stamp tells it from an earlier answer of the same words.
    """
    return json.dumps({**entries, "stamp": secrets.token_hex(8)}, ensure_ascii=False)
