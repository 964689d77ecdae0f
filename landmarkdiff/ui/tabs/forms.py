"""A tab's desk: controls that ask, a line of progress with Cancel, and parts that show answers.

The browser's half is ``static/forms.js``. Questions go through Gradio's queue; the answers come
back as JSON, of which a long piece of work sends several: how far it is, and at last its parts.
"""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from html import escape
from queue import SimpleQueue
from secrets import token_hex
from threading import Thread
from typing import Any

import gradio as gr

from landmarkdiff.errors import LandmarkDiffError, ParameterError, WorkCancelled
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.modes import mode_note
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.ui.server.steps import Telling
from landmarkdiff.ui.tabs.frame import Frame, module_call, planned, reply
from landmarkdiff.ui.tabs.single.studio import NoPhotoError, consultation_of
from landmarkdiff.workflows.consultation import Consultation

__all__ = ["Answer", "Desk", "Question", "answers", "mount_desk", "photo_mark", "shelf", "skeleton"]

log = logging.getLogger(__name__)

#: What the page is told: ``parts`` (HTML by the name of its place), ``offer`` (values for fields),
#: ``limits`` (largest values of fields), ``note`` (a sentence in the form), ``ask`` (a kind of
#: question to follow at once).
Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """What the page asks.

    Attributes
    ----------
    kind : str
        The button, or ``"open"`` when the tab is shown.
    fields : mapping of str to list of str
        The form's fields, as a browser sends them.
    number : int
        Repeated in the answers, so that the page knows which of its questions they are for.
    filled : bool
        Whether the page shows an answer.
    """

    kind: str
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    number: int = 0
    filled: bool = False

    @classmethod
    def read(cls, data: Any) -> Question:
        """Read a question of the page; ParameterError when it is none."""
        if isinstance(data, Mapping):
            kind, fields, number = data.get("kind"), data.get("fields", {}), data.get("number", 0)
            if (
                isinstance(kind, str)
                and isinstance(number, int)
                and isinstance(fields, Mapping)
                and all(isinstance(values, list) for values in fields.values())
            ):
                shown = {str(name): [str(v) for v in values] for name, values in fields.items()}
                return cls(kind, shown, number, data.get("filled") is True)
        raise ParameterError("the request is not understood")

    def word(self, name: str) -> str:
        """Return the value of a field, "" where it is empty or not there."""
        return next(iter(self.fields.get(name, ())), "")

    def value(self, name: str) -> float:
        """Return the finite number in a field; ParameterError when there is none."""
        try:
            number = float(self.word(name))
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ParameterError("the request is not understood")
        return number


Work = Callable[[Session, Question, Telling], Answer]


@dataclass(frozen=True)
class Desk:
    """What a tab consists of.

    Attributes
    ----------
    area : str
        Its area of the text table, which also names it on the page.
    controls : str
        HTML of the form's fields and buttons; ``data-ask`` of a button is the kind it asks.
    parts : tuple of str
        Places for answers, in their order.
    opened : callable
        ``opened(session, question)`` answers at once when the tab is shown with a photo.
    works : mapping of str to callable
        Answers that take longer, by the kind of their question.
    paints : bool
        Whether the works use the mode of the first tab.
    """

    area: str
    controls: str
    parts: tuple[str, ...]
    opened: Callable[[Session, Question], Answer]
    works: Mapping[str, Work]
    paints: bool = False


def mount_desk(frame: Frame, desk: Desk) -> Callable[..., Iterator[str]]:
    """Put a desk on the page and connect it; return what answers its questions."""
    ask = gr.HTML(
        html_template=skeleton(desk, frame.texts),
        js_on_load=module_call(
            "forms.js",
            "mount(element, (question) => trigger('ask', question), () => trigger('leave'))",
        ),
        apply_default_css=False,
        elem_id=f"ld-desk-{desk.area}",
    )
    answer = gr.HTML(
        html_template="<span></span>",
        js_on_load=(
            "watch('value', () => import('/ld/static/bus.js').then(({ emit }) => "
            "props.value && emit('desk', JSON.parse(props.value))));"
        ),
        apply_default_css=False,
        elem_classes="ld-bridge",
    )

    def answered(event: gr.EventData, token: str, request: gr.Request) -> Iterator[str]:
        yield from answers(frame, desk, event._data, token, request)

    ask.ask(
        answered,
        inputs=[frame.token],
        outputs=[answer],
        trigger_mode="multiple",
        show_progress="hidden",
        api_visibility="private",
    )
    ask.leave(
        _to_first_tab,
        outputs=[frame.tabs],
        show_progress="hidden",
        api_visibility="private",
    )
    return answered


def _to_first_tab() -> Any:
    return gr.Tabs(selected="single")


def skeleton(desk: Desk, texts: Texts) -> str:
    """Return the desk's HTML before anything is asked."""
    area = desk.area
    parts = "".join(
        f'<section class="ld-part" data-part="{name}" hidden></section>' for name in desk.parts
    )
    return (
        f'<div class="ld-desk" data-area="{area}" data-state="new">'
        f'<div class="ld-desk-none"><p class="ld-intake-title">{escape(texts("photo.needed"))}</p>'
        '<button type="button" class="ld-button ld-primary" data-leave>'
        f"{escape(texts('photo.choose'))}</button>"
        '<p class="ld-status" role="status" aria-live="polite"></p></div>'
        '<div class="ld-desk-all">'
        f'<form class="ld-panel ld-desk-form" aria-label="{escape(texts(f"{area}.title"))}">'
        f'{desk.controls}<p class="ld-hint" data-note hidden></p>'
        '<div class="ld-desk-line"><progress class="ld-desk-progress" max="1" hidden'
        f' aria-label="{escape(texts("a11y.progress"))}"></progress>'
        '<p class="ld-status" role="status" aria-live="polite"></p>'
        '<button type="button" class="ld-button" data-cancel hidden>'
        f"{escape(texts('common.cancel'))}</button></div></form>"
        f'<div class="ld-desk-parts">{parts}</div></div></div>'
    )


# -- answering -------------------------------------------------------------------------------


def answers(frame: Frame, desk: Desk, data: Any, token: str, request: gr.Request) -> Iterator[str]:
    """Answer a question: one reply, or several while the work for it goes on.

    Whatever goes wrong is a reply too, of the kind ``error``, so that the page never waits for
    one that does not come.
    """
    try:
        question = Question.read(data)
        say = partial(reply, area=desk.area, number=question.number)
        if question.kind != "open":
            yield from _worked(frame, desk, question, token, request)
            return
        session = frame.services.session(token, request)
        session.count_request()
        offered = desk.opened(session, question)
        note = mode_note(planned(session), frame.texts) if desk.paints else ""
        yield say(kind="open", photo=photo_mark(session), note=note, **offered)
    except NoPhotoError:
        yield say(kind="open", photo=None)
    except LandmarkDiffError as error:
        number = data.get("number") if isinstance(data, Mapping) else None
        sentence = frame.sentence(error)
        yield reply(area=desk.area, number=number, kind="error", sentence=sentence)


def _worked(
    frame: Frame, desk: Desk, question: Question, token: str, request: gr.Request
) -> Iterator[str]:
    """Work in a thread of its own, so that what it reports reaches the page meanwhile."""
    if question.kind not in desk.works:
        raise ParameterError("the request is not understood")
    said: SimpleQueue[str | None] = SimpleQueue()
    say = partial(reply, area=desk.area, number=question.number)

    def report(share: float, sentence: str) -> None:
        said.put(say(kind="progress", share=round(share, 3), sentence=sentence))

    def stepped(line: Mapping[str, Any]) -> None:
        report(line["share"], line["text"])

    def work() -> None:
        try:
            with frame.work(token, request, report, paints=desk.paints) as (session, progress):
                telling = Telling.of(frame.texts, progress, stepped)
                found = desk.works[question.kind](session, question, telling)
                said.put(say(kind="done", photo=photo_mark(session), **found))
        except WorkCancelled:
            sentence = frame.texts("progress.cancelled")
            said.put(say(kind="cancelled", sentence=sentence))
        except LandmarkDiffError as error:
            said.put(say(kind="error", sentence=frame.sentence(error)))
        except Exception as error:  # noqa: BLE001  # logged by kind and place, answered
            # Its message may hold the name of a patient's photo.
            place = "".join(traceback.format_tb(error.__traceback__))
            log.error("unexpected %s\n%s", type(error).__name__, place)
            said.put(say(kind="error", sentence=frame.texts("session.unexpected")))
        finally:
            said.put(None)

    Thread(target=work, name=f"{desk.area}-{question.kind}", daemon=True).start()
    while (one := said.get()) is not None:
        yield one


def photo_mark(session: Session) -> str:
    """Return a name for the session's photo that no other photo of it has.

    Raises
    ------
    NoPhotoError
    """
    with session.lock:
        consultation_of(session)
        # The state is cleared with each new photo.
        return str(session.state.setdefault("photo.mark", token_hex(4)))


@contextmanager
def shelf(
    session: Session, consultation: Consultation, key: str
) -> Iterator[Callable[[bytes, str, str], str]]:
    """Replace what a tab keeps on the session's shelf: give ``put(data, media_type, filename)``.

    Parameters
    ----------
    session : Session
    consultation : Consultation
        On which the result was made.
    key : str
        Of ``session.state``; the blobs that it names go first.

    Raises
    ------
    WorkCancelled
        There is another photo by now, and the result is of no use.
    """
    with session.lock:
        if session.consultation is not consultation:
            raise WorkCancelled
        for name in session.state.pop(key, ()):
            session.blobs.drop(name)
        names: list[str] = []
        session.state[key] = names

        def put(data: bytes, media_type: str, filename: str) -> str:
            names.append(session.blobs.put(data, media_type, filename))
            return names[-1]

        yield put
