"""What the sweep asks and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.photo import encode_png
from landmarkdiff.procedures.planning import Setting
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Job, Kind, always, mode_of_plan
from landmarkdiff.ui.server.responses import MalformedRequestError
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs import tiles
from landmarkdiff.ui.tabs.forms import FormQuestion, FormState, Parts, form_state, parts
from landmarkdiff.ui.tabs.tab import Tab
from landmarkdiff.ui.templates import Templates
from landmarkdiff.workflows.grids import grid_record
from landmarkdiff.workflows.outcome import Outcome
from landmarkdiff.workflows.output.animation import AnimationFormat, animate
from landmarkdiff.workflows.output.pictures import FRAME_SIZE
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.sweep import SWEEP_STEPS, sweep_on, sweep_sheet

__all__ = ["TAB", "SweepQuestion", "opened", "sweep"]

#: Choice of the whole plan of the first tab, where it holds several procedures.
WHOLE_PLAN = "plan"
DEFAULT_STEPS = 6
#: The way from the first to the last picture takes about so long, whatever their number.
SECONDS_ONE_WAY = 1.5
SECONDS_PER_STEP = (0.15, 0.5)
LOOPS: tuple[AnimationFormat, ...] = ("gif", "webp")


class SweepQuestion(FormQuestion):
    """The form.

    Attributes
    ----------
    procedure : str
        The name of one, or ``plan``.
    steps : float
        Number of pictures.
    """

    procedure: str = ""
    steps: float = DEFAULT_STEPS

    def settings(self, plan: ConsultationSettings) -> ConsultationSettings:
        """Return the first tab's settings with the chosen procedure.

        Effects stay switched on or off as they are there; values that were set by hand do not,
        or the sweep would not begin at nothing.

        Raises
        ------
        MalformedRequestError
            There is no such procedure.
        """
        if self.procedure not in (WHOLE_PLAN, *procedures()):
            raise MalformedRequestError
        names = plan.procedures if self.procedure == WHOLE_PLAN else (self.procedure,)
        switches: dict[str, Setting] = {
            key: value
            for key, value in plan.effects.items()
            if value in ("on", "off") and key.partition(".")[0] in names
        }
        return plan.model_copy(update={"procedures": names, "intensity": {}, "effects": switches})


def opened(job: Job, _question: SweepQuestion) -> FormState:
    """Offer what the first tab plans."""
    settings = job.case.settings
    if settings is None:
        return FormState(None)
    several = len(settings.procedures) > 1
    return form_state(job, offer={"procedure": WHOLE_PLAN if several else settings.procedures[0]})


def sweep(job: Job, question: SweepQuestion) -> Parts:
    """Simulate the chosen procedure from intensity 0 to 100."""
    consultation = job.consultation
    settings, steps = question.settings(consultation.settings), round(question.steps)
    request = settings.request(job.services.configuration)
    prepared = consultation.prepared(settings, job.pause)
    outcomes = sweep_on(
        consultation.pipeline,
        prepared,
        request,
        steps,
        progress=job.progress,
        size=FRAME_SIZE,
        on_step=job.on_step,
    )
    job.progress(steps, steps, "progress.animation")
    return parts(job, gallery=_gallery(job, settings, request, prepared, outcomes))


def _gallery(
    job: Job,
    settings: ConsultationSettings,
    request: SimulationRequest,
    prepared: PreparedFace,
    outcomes: Sequence[Outcome],
) -> str:
    """Return the steps as tiles, as a loop and as files."""
    consultation, texts = job.consultation, job.texts
    low, high = SECONDS_PER_STEP
    seconds = min(max(SECONDS_ONE_WAY / (len(outcomes) - 1), low), high)
    record = {
        "kind": "sweep",
        **grid_record(consultation.photo, prepared, request),
        "panels": [{"intensity": one.intensity, **one.to_dict()} for one in outcomes],
    }
    frames = [
        one.close.pictures(outline=request.outline)[-1] for one in outcomes if one.close is not None
    ]
    loops = [
        animate(frames, format=kind, seconds_per_frame=seconds, manifest=record) for kind in LOOPS
    ]
    sheet = sweep_sheet(outcomes, request)
    grid = encode_png(sheet, manifest={"product": "landmarkdiff", **record})
    name = "+".join(settings.procedures)
    stem = f"{consultation.photo.stem}-sweep-{name}"
    with job.files("sweep.gallery") as put:
        photo = put(tiles.encode_tile(outcomes[0].before), "image/jpeg", "photo.jpg")
        stored = [tiles.store(put, one, f"{name}-{one.intensity:.0f}") for one in outcomes]
        files = [
            (put(data, f"image/{kind}", f"{stem}.{kind}"), texts(f"sweep.{kind}"))
            for data, kind in zip(loops, LOOPS, strict=True)
        ]
        files.append((put(grid, "image/png", f"{stem}.png"), texts("download.gallery")))
    return TEMPLATES.render(
        "gallery.html",
        texts,
        blobs=job.blobs,
        title=" + ".join(texts.procedure(name) for name in settings.procedures),
        photo=photo,
        steps=_steps(outcomes, stored, texts),
        layers=tiles.layers_of(stored),
        files=files,
        seconds=seconds,
    )


@dataclass(frozen=True)
class _Step:
    """A step as a tile, and as a frame of the loop."""

    tile: tiles.Tile
    frame: str
    label: str


def _steps(
    outcomes: Sequence[Outcome], stored: Sequence[Mapping[str, str]], texts: Texts
) -> list[_Step]:
    steps = []
    for one, pictures in zip(outcomes, stored, strict=True):
        title = texts("sweep.step_label", intensity=f"{one.intensity:.0f}")
        moved = tiles.largest_movement(one.largest_displacement_mm, texts)
        tile = tiles.Tile.of(one, pictures, title, "", texts)
        steps.append(_Step(tile, pictures["final"], f"{title}, {moved}"))
    return steps


def _form(texts: Texts, _services: AppServices) -> Mapping[str, Any]:
    return {
        "parts": ("gallery",),
        "procedures": {
            name: texts.procedure(name, preset.title) for name, preset in procedures().items()
        },
        "whole_plan": WHOLE_PLAN,
        "range": SWEEP_STEPS,
        "steps": DEFAULT_STEPS,
    }


TEMPLATES = Templates(Path(__file__).parent)
TAB = Tab(
    TEMPLATES,
    place=3,
    area="sweep",
    kinds=(
        Kind("open", SweepQuestion, opened, gated=False),
        Kind("sweep", SweepQuestion, sweep, mode=mode_of_plan, edits=always),
    ),
    values=_form,
    for_editors=True,
)
