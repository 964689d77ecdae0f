"""A sixth tab, as somebody would add one: a folder that nothing else names."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Answer, Job, Kind, Question
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs.tab import Tab
from landmarkdiff.ui.templates import Templates

TEMPLATES = Templates(Path(__file__).parent)


class Words(Question):
    text: str = ""
    count: float = 0.0


@dataclass(frozen=True)
class Echo(Answer):
    text: str
    html: str


def echo(job: Job, question: Words) -> Echo:
    job.progress(0, 4, "progress.simulate")
    job.progress(3, 4, "")
    html = TEMPLATES.render("echo.html", job.texts, text=question.text)
    return Echo(question.text, html)


def explode(job: Job, question: Words) -> Answer:
    raise KeyError(question.text)


def endless(job: Job, _question: Words) -> Answer:
    """Works until it is stopped."""
    pause = threading.Event()
    while True:
        job.progress(0, 1, "progress.simulate")
        pause.wait(0.01)


def deaf(job: Job, _question: Words) -> Answer:
    """Works on, whatever is wanted."""
    job.progress(0, 1, "progress.simulate")
    threading.Event().wait()
    raise AssertionError("nobody sets it")


def config(texts: Texts, services: AppServices) -> Mapping[str, Any]:
    return {"probe": f"{texts.language} with {services.settings.workers} workers"}


TAB = Tab(
    TEMPLATES,
    place=6,
    area="sweep",
    kinds=(
        Kind("echo", Words, echo),
        Kind("explode", Words, explode),
        Kind("endless", Words, endless),
        Kind("deaf", Words, deaf),
    ),
    script_areas=("guide",),
    config=config,
)
