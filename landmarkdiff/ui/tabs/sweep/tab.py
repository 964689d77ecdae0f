"""Tab 3: one procedure at rising intensities, as a gallery and as an animated loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from landmarkdiff.errors import ParameterError
from landmarkdiff.photo import encode_png
from landmarkdiff.procedures.planning import Setting
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.texts import Texts
from landmarkdiff.ui.page import markup
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.ui.server.steps import Telling
from landmarkdiff.ui.tabs import tiles
from landmarkdiff.ui.tabs.forms import Answer, Desk, Question, mount_desk, shelf
from landmarkdiff.ui.tabs.frame import Frame
from landmarkdiff.ui.tabs.single.studio import consultation_of
from landmarkdiff.workflows.grids import grid_record
from landmarkdiff.workflows.outcome import Outcome
from landmarkdiff.workflows.output.animation import animate
from landmarkdiff.workflows.output.pictures import FRAME_SIZE, Panel, compose
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.sweep import SWEEP_STEPS, sweep_on

__all__ = ["SweepTab", "sweep_tab"]

#: Choice of the whole plan of the first tab, where it holds several procedures.
WHOLE_PLAN = "plan"
DEFAULT_STEPS = 6
#: The way from the first to the last picture takes about so long, whatever their number.
SECONDS_ONE_WAY = 1.5
SECONDS_PER_STEP = (0.15, 0.5)
#: Columns of the grid that can be downloaded.
COLUMNS = 5


def sweep_tab(frame: Frame) -> None:
    """Put the tab's components on the page and connect them."""
    mount_desk(frame, SweepTab(frame.texts).desk)


class SweepTab:
    """The tab in one language.

    Attributes
    ----------
    desk : Desk
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self.desk = Desk(
            area="sweep",
            controls=self._controls(),
            parts=("gallery",),
            opened=self.opened,
            works={"sweep": self.sweep},
            paints=True,
        )

    def opened(self, session: Session, _question: Question) -> Answer:
        """Offer what the first tab plans."""
        settings = consultation_of(session).settings
        several = len(settings.procedures) > 1
        return {"offer": {"procedure": WHOLE_PLAN if several else settings.procedures[0]}}

    def sweep(self, session: Session, question: Question, telling: Telling) -> Answer:
        """Simulate the chosen procedure from intensity 0 to 100."""
        consultation = consultation_of(session)
        wanted = _chosen(question, consultation.settings)
        steps = round(question.value("steps"))
        request = wanted.request(consultation.pipeline.configuration)
        prepared = consultation.prepared(wanted)
        swept = sweep_on(
            consultation.pipeline,
            prepared,
            request,
            steps,
            progress=telling.progress,
            size=FRAME_SIZE,
            on_step=telling.on_step,
        )
        telling.progress(steps, steps, "progress.animation")
        frames = [step.after for step in swept]
        low, high = SECONDS_PER_STEP
        seconds = min(max(SECONDS_ONE_WAY / (steps - 1), low), high)
        facts = {
            "kind": "sweep",
            **grid_record(consultation.photo, prepared, request),
            "panels": [{"intensity": step.intensity, **step.to_dict()} for step in swept],
        }
        name = "+".join(wanted.procedures)
        stem = f"{consultation.photo.stem}-sweep-{name}"
        loops = [
            (animate(frames, format=kind, seconds_per_frame=seconds, manifest=facts), kind)
            for kind in ("gif", "webp")
        ]
        before = swept[0].before
        sheet = encode_png(_sheet(swept, wanted), manifest={"product": "landmarkdiff", **facts})
        with shelf(session, consultation, "sweep.blobs") as put:
            photo = tiles.keep(put, before, "photo.jpg")
            shown = [
                tiles.keep_layers(
                    put, step.after, step.warp, step.raw, f"{name}-{step.intensity:.0f}"
                )
                for step in swept
            ]
            links = [
                tiles.download_link(
                    session.token,
                    put(data, f"image/{kind}", f"{stem}.{kind}"),
                    self._texts(f"sweep.{kind}"),
                )
                for data, kind in loops
            ]
            grid = put(sheet, "image/png", f"{stem}.png")
        links.append(tiles.download_link(session.token, grid, self._texts("download.gallery")))
        addresses = [tiles.layers_of(blobs, session.token) for blobs in shown]
        before_address = markup.blob_address(session.token, photo)
        html = self._gallery(wanted, swept, addresses, before_address, links, seconds)
        return {"parts": {"gallery": html}}

    # -- what is shown -----------------------------------------------------------------------

    def _controls(self) -> str:
        texts, known = self._texts, procedures()
        low, high = SWEEP_STEPS
        options = "".join(
            f'<option value="{name}">{escape(texts.procedure(name, preset.title))}</option>'
            for name, preset in known.items()
        )
        return (
            f'<p class="ld-hint">{escape(texts("sweep.hint"))}</p><div class="ld-field-row">'
            f"<label>{escape(texts('single.procedure'))}"
            f'<select class="ld-select" name="procedure">{options}'
            f'<option value="{WHOLE_PLAN}">{escape(texts("sweep.whole_plan"))}</option>'
            "</select></label>"
            f'<label for="ld-sweep-steps">{escape(texts("sweep.steps"))}'
            '<span class="ld-row"><input type="range" class="ld-slider" id="ld-sweep-steps"'
            f' name="steps" min="{low}" max="{high}" step="1" value="{DEFAULT_STEPS}">'
            f'<output for="ld-sweep-steps">{DEFAULT_STEPS}</output></span></label>'
            '<button type="button" class="ld-button ld-primary" data-ask="sweep">'
            f"{escape(texts('sweep.run'))}</button></div>"
        )

    def _gallery(
        self,
        settings: ConsultationSettings,
        swept: Sequence[Outcome],
        addresses: Sequence[Mapping[str, str]],
        before: str,
        links: Sequence[str],
        seconds: float,
    ) -> str:
        texts = self._texts
        titles = " + ".join(texts.procedure(name) for name in settings.procedures)
        labels = [texts("sweep.step_label", intensity=f"{step.intensity:.0f}") for step in swept]
        figures = "".join(
            tiles.tile(pictures, before, label, "", step.summary, texts)
            for pictures, label, step in zip(addresses, labels, swept, strict=True)
            if step.summary is not None
        )
        count = texts("sweep.gallery_alt", count=len(swept), procedure=titles)
        return (
            tiles.part_head(
                titles, tiles.layer_buttons(addresses, texts), tiles.hold_button(texts), *links
            )
            + '<div class="ld-sweep">'
            + self._player(swept, [one["final"] for one in addresses], labels, seconds)
            + f'<div class="ld-gallery ld-tiles" role="group" aria-label="{escape(count)}">'
            + f"{figures}</div></div>"
        )

    def _player(
        self,
        swept: Sequence[Outcome],
        addresses: Sequence[str],
        labels: Sequence[str],
        seconds: float,
    ) -> str:
        texts = self._texts
        said = [
            f"{label}, {tiles.largest_movement(step.largest_displacement_mm, texts)}"
            for label, step in zip(labels, swept, strict=True)
        ]
        frames = "".join(
            f'<img src="{escape(address)}" alt="{escape(label)}" data-label="{escape(label)}">'
            for address, label in zip(addresses, said, strict=True)
        )
        play, pause = escape(texts("sweep.animate")), escape(texts("sweep.pause"))
        intensity = escape(texts("single.intensity"))
        return (
            f'<div class="ld-player" data-player="{seconds:.3f}" role="group"'
            f' aria-label="{escape(texts("sweep.loop_alt"))}">'
            f'<div class="ld-player-stage">{frames}</div><div class="ld-player-line">'
            f'<button type="button" class="ld-button ld-icon-text" data-play="{play}"'
            f' data-pause="{pause}">{play}</button>'
            f'<input type="range" class="ld-slider" min="0" max="{len(said) - 1}" step="1"'
            f' value="0" aria-label="{intensity}"><output aria-live="off"></output></div></div>'
        )


def _chosen(question: Question, settings: ConsultationSettings) -> ConsultationSettings:
    """The first tab's settings with the chosen procedure.

    Effects stay switched on or off as they are there; values that were set by hand do not, or
    the sweep would not begin at nothing.
    """
    chosen = question.word("procedure")
    if chosen not in (WHOLE_PLAN, *procedures()):
        raise ParameterError("the request is not understood")
    names = settings.procedures if chosen == WHOLE_PLAN else (chosen,)
    switches: dict[str, Setting] = {
        key: value
        for key, value in settings.effects.items()
        if isinstance(value, str) and key.partition(".")[0] in names
    }
    return settings.model_copy(update={"procedures": names, "intensity": {}, "effects": switches})


def _sheet(swept: Sequence[Outcome], settings: ConsultationSettings) -> tiles.ImageArray:
    """The grid for download; in English, whose letters the pictures' typeface has."""
    panels = [
        Panel(
            step.after,
            f"Simulation, intensity {step.intensity:.0f}",
            "; ".join(filter(None, (_moved(step), step.painting_note))),
        )
        for step in swept
    ]
    titles = ", ".join(procedures()[name].title for name in settings.procedures)
    title = f"Simulation of {titles}, intensity 0 to 100"
    return compose(panels, min(COLUMNS, len(panels)), title)


def _moved(step: Outcome) -> str:
    return f"largest movement {step.largest_displacement_mm:.1f} mm"
