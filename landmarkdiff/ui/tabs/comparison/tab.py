"""Tab 2: several procedures on one photo, side by side or in one plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from landmarkdiff.errors import ParameterError
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import encode_png
from landmarkdiff.procedures.planning import DEFAULT_INTENSITY, MAX_UNLOCKED_INTENSITY
from landmarkdiff.procedures.procedure import FULL_INTENSITY, procedures
from landmarkdiff.texts import Texts
from landmarkdiff.ui.page import markup
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.ui.server.steps import Telling
from landmarkdiff.ui.tabs import tiles
from landmarkdiff.ui.tabs.forms import Answer, Desk, Question, mount_desk, shelf
from landmarkdiff.ui.tabs.frame import Frame
from landmarkdiff.ui.tabs.single.studio import consultation_of
from landmarkdiff.workflows.comparison import compare_on
from landmarkdiff.workflows.grids import grid_record
from landmarkdiff.workflows.outcome import Outcome
from landmarkdiff.workflows.output.pictures import FRAME_SIZE, Panel, compose
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["ComparisonTab", "comparison_tab"]

#: Fewer make neither a comparison nor a combination.
LEAST = 2
#: Columns of the grid that can be downloaded.
COLUMNS = 3


def comparison_tab(frame: Frame) -> None:
    """Put the tab's components on the page and connect them."""
    mount_desk(frame, ComparisonTab(frame.texts).desk)


class ComparisonTab:
    """The tab in one language.

    Attributes
    ----------
    desk : Desk
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self.desk = Desk(
            area="compare",
            controls=self._controls(),
            parts=("gallery", "combined"),
            opened=self.opened,
            works={"compare": self.compare, "combine": self.combine},
            paints=True,
        )

    def opened(self, session: Session, _question: Question) -> Answer:
        """Offer the procedures of the first tab."""
        settings = consultation_of(session).settings
        levels = {
            f"intensity.{name}": settings.intensity.get(name, DEFAULT_INTENSITY)
            for name in settings.procedures
        }
        return {
            "offer": {"procedures": list(settings.procedures), **levels},
            "limits": {"intensity": MAX_UNLOCKED_INTENSITY if settings.unlock else FULL_INTENSITY},
        }

    def compare(self, session: Session, question: Question, telling: Telling) -> Answer:
        """Simulate each chosen procedure by itself and show them beside the photo."""
        consultation = consultation_of(session)
        wanted = _chosen(question, consultation.settings)
        prepared = consultation.prepared(wanted)
        configuration = consultation.pipeline.configuration
        singles = [
            wanted.model_copy(
                update={"procedures": (name,), "intensity": {name: wanted.intensity[name]}}
            ).request(configuration)
            for name in wanted.procedures
        ]
        compared = compare_on(
            consultation.pipeline,
            prepared,
            singles,
            progress=telling.progress,
            size=FRAME_SIZE,
            on_step=telling.on_step,
        )
        telling.progress(1, 1, "progress.drawing")
        before = compared[0].before
        panels = [{"procedure": item.procedures[0], **item.to_dict()} for item in compared]
        sheet = encode_png(
            self._sheet(before, compared),
            manifest={
                "product": "landmarkdiff",
                "kind": "compare",
                **grid_record(consultation.photo, prepared, wanted.request(configuration)),
                "panels": panels,
            },
        )
        stem = consultation.photo.stem
        with shelf(session, consultation, "compare.blobs") as put:
            photo = tiles.keep(put, before, "photo.jpg")
            shown = [
                {}
                if item.refusal is not None
                else tiles.keep_layers(put, item.after, item.warp, item.raw, item.procedures[0])
                for item in compared
            ]
            grid = put(sheet, "image/png", f"{stem}-compare.png")
        return {"parts": {"gallery": self._gallery(session.token, photo, compared, shown, grid)}}

    def combine(self, session: Session, question: Question, telling: Telling) -> Answer:
        """Simulate the chosen procedures in one plan and show it beside the photo."""
        consultation = consultation_of(session)
        wanted = _chosen(question, consultation.settings)
        prepared = consultation.prepared(wanted)
        telling.progress(0, 1, "progress.simulate")
        (combined,) = compare_on(
            consultation.pipeline,
            prepared,
            [wanted.request(consultation.pipeline.configuration)],
            progress=lambda done, total, _: telling.progress(done, total, "progress.simulate"),
            size=FRAME_SIZE,
            keep=True,
            on_step=telling.on_step,
        )
        if combined.refusal is not None or combined.prediction is None:
            raise combined.refusal or ParameterError("there is nothing to compare")
        telling.progress(1, 1, "progress.drawing")
        before = combined.before
        drawn = (combined.after, combined.warp, combined.raw)
        with shelf(session, consultation, "compare.combined") as put:
            photo = tiles.keep(put, before, "photo.jpg")
            pictures = {"before": photo, **tiles.keep_layers(put, *drawn, "combined")}
        shown = self._combined(session.token, pictures, combined.prediction, wanted)
        return {"parts": {"combined": shown}}

    # -- what is shown -----------------------------------------------------------------------

    def _controls(self) -> str:
        texts = self._texts
        rows = "".join(self._row(name) for name in procedures())
        ticks = "".join(
            f'<button type="button" class="ld-button ld-small" data-tick="{which}">'
            f"{escape(texts(f'common.{which}'))}</button>"
            for which in ("all", "none")
        )
        return (
            f'<div class="ld-line"><p class="ld-hint">{escape(texts("compare.hint"))}</p>'
            f'<span class="ld-ticks">{ticks}</span></div>'
            '<fieldset class="ld-choices"><legend class="ld-visually-hidden">'
            f"{escape(texts('compare.choose'))}</legend>{rows}</fieldset>"
            '<div class="ld-row">'
            f'<button type="button" class="ld-button ld-primary" data-ask="compare"'
            f' data-least="{LEAST}">{escape(texts("compare.run"))}</button>'
            f'<button type="button" class="ld-button" data-ask="combine" data-least="{LEAST}"'
            f' title="{escape(texts("compare.combine_hint"))}">'
            f"{escape(texts('compare.combine'))}</button>"
            f'<span class="ld-hint" data-too-few="{LEAST}">{escape(texts("compare.too_few"))}'
            "</span></div>"
        )

    def _row(self, name: str) -> str:
        texts, preset = self._texts, procedures()[name]
        title = escape(texts.procedure(name, preset.title))
        label = escape(f"{texts.procedure(name, preset.title)}: {texts('single.intensity')}")
        box, range_ = f"ld-compare-{name}", f"intensity.{name}"
        level = f'min="0" max="{FULL_INTENSITY:g}" step="1" value="{DEFAULT_INTENSITY:g}"'
        common = f'data-limit="intensity" data-brings="#{box}" aria-label="{label}"'
        return (
            '<div class="ld-choice" data-row>'
            f'<label for="{box}" title="{escape(texts.summary(name, preset.summary))}">'
            f'<input type="checkbox" id="{box}" name="procedures" value="{name}">'
            f"<span>{title}</span></label>"
            f'<input type="range" class="ld-slider ld-intensity" name="{range_}" {level} {common}>'
            f'<input type="number" class="ld-number" data-twin="{range_}" {level} {common}>'
            "</div>"
        )

    def _gallery(
        self,
        token: str,
        photo: str,
        compared: tuple[Outcome, ...],
        shown: list[dict[str, str]],
        grid: str,
    ) -> str:
        texts = self._texts
        before = markup.blob_address(token, photo)
        figures = [markup.figure(before, texts("common.before"), texts("single.before_alt"))]
        for item, blobs in zip(compared, shown, strict=True):
            title = texts.procedure(item.procedures[0], item.title)
            if item.refusal is not None or item.summary is None:
                reason = "" if item.refusal is None else texts.error(item.refusal)
                figures.append(tiles.refused(title, reason, texts))
                continue
            detail = texts("sweep.step_label", intensity=f"{item.intensity:g}")
            pictures = tiles.layers_of(blobs, token)
            figures.append(tiles.tile(pictures, before, title, detail, item.summary, texts))
        download = tiles.download_link(token, grid, texts("download.gallery"))
        label = texts("compare.gallery_alt", count=len(compared))
        return (
            tiles.part_head(
                texts("compare.title"),
                tiles.layer_buttons(shown, texts),
                tiles.hold_button(texts),
                download,
            )
            + f'<div class="ld-gallery ld-tiles" role="group" aria-label="{escape(label)}">'
            + "".join(figures)
            + "</div>"
        )

    def _combined(
        self,
        token: str,
        pictures: dict[str, str],
        prediction: Prediction,
        settings: ConsultationSettings,
    ) -> str:
        texts = self._texts
        addresses = tiles.layers_of(pictures, token)
        titles = " + ".join(texts.procedure(name) for name in settings.procedures)
        levels = ", ".join(
            f"{texts.procedure(name)} {level:g}" for name, level in settings.intensity.items()
        )
        figures = markup.figure(
            addresses["before"], texts("common.before"), texts("single.before_alt")
        )
        for name, (caption, said) in self._shown_as(addresses, titles).items():
            detail = levels if name == "final" else ""
            figures += markup.figure(addresses[name], caption, said, detail=detail)
        adopted = json.dumps(
            {
                "procedures": list(settings.procedures),
                "intensity": settings.intensity,
                "effects": {},
            }
        )
        edit = (
            '<button type="button" class="ld-button ld-primary"'
            f' data-adopt="{escape(adopted)}">{escape(texts("compare.use_plan"))}</button>'
        )
        return (
            tiles.part_head(texts("compare.combined"), edit)
            + tiles.marks((notice.code for notice in prediction.notices), texts)
            + f'<div class="ld-gallery ld-pair">{figures}</div>'
            + markup.warning_list(prediction.notices, texts)
            + markup.painting_list(prediction, texts)
            + markup.effects_table(prediction, texts)
        )

    def _shown_as(self, addresses: Mapping[str, str], titles: str) -> dict[str, tuple[str, str]]:
        """Caption and alternative text of each picture of a combined plan."""
        texts = self._texts
        found = {
            name: (
                texts(f"paint.{name}"),
                texts("paint.layer_alt", picture=texts(f"paint.{name}"), title=titles),
            )
            for name in ("warp", "raw")
            if name in addresses
        }
        return {
            **found,
            "final": (texts("compare.combined"), f"{texts('app.simulation')}: {titles}"),
        }

    def _sheet(self, before: tiles.ImageArray, compared: tuple[Outcome, ...]) -> tiles.ImageArray:
        """The grid for download; in English, whose letters the pictures' typeface has."""
        panels = [Panel(before, "Photo", "before")]
        for item in compared:
            if item.refusal is not None:
                panels.append(Panel(item.after, f"{item.title}: no simulation", str(item.refusal)))
            else:
                words = [f"simulation, intensity {item.intensity:g}", item.painting_note]
                panels.append(Panel(item.after, item.title, "; ".join(filter(None, words))))
        return compose(panels, COLUMNS, "Simulations of discussed goals")


def _chosen(question: Question, settings: ConsultationSettings) -> ConsultationSettings:
    """The first tab's settings with the procedures and intensities of this one."""
    names = question.fields.get("procedures", ())
    chosen = tuple(name for name in procedures() if name in names)
    if len(chosen) < LEAST:
        raise ParameterError("there is nothing to compare", fix="choose at least two procedures")
    intensity: Mapping[str, float] = {name: question.value(f"intensity.{name}") for name in chosen}
    changes: dict[str, Any] = {"procedures": chosen, "intensity": intensity, "effects": {}}
    return settings.model_copy(update=changes)
