"""A result beside its plan, to be looked at and handed out: three pictures and what was read."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.notices import Reason
from landmarkdiff.photo import Photo, draw_label, encode_png
from landmarkdiff.texts import Texts
from landmarkdiff.workflows.output.close_up import pair_size
from landmarkdiff.workflows.output.handout import HandoutCrop, Paper, captioned, handout_region
from landmarkdiff.workflows.output.records import manifest
from landmarkdiff.workflows.postoperative import OutcomeReading, OutcomeVerdict, RealEffect

__all__ = ["OUTCOME_FORMATS", "OutcomeFormat", "OutcomeHandout", "OutcomePictures", "OutcomeRow"]

OutcomeFormat = Literal["png", "pdf"]
OUTCOME_FORMATS: tuple[OutcomeFormat, ...] = get_args(OutcomeFormat)

#: Longest side of each of the three pictures, pixels.
_SIDE = 1000
#: A view shows less than this share of a plan: then it is said how much.
_NEARLY_ALL = 0.95
#: What is smaller is not planned, mm and degrees.
_NOTHING = 0.005
_SEEN = 8


@dataclass(frozen=True)
class OutcomeRow:
    """One effect in words.

    Attributes
    ----------
    name, planned, simulated, result : str
        ``result`` says why where nothing was read.
    in_view : str
        How much of the plan this view shows; empty where that is nearly all.
    verdict : {"as_planned", "less", "more", "opposite", "unsure", "not_read"}
    words : str
        The verdict.
    """

    name: str
    planned: str
    in_view: str
    simulated: str
    result: str
    verdict: OutcomeVerdict
    words: str

    @classmethod
    def of(cls, effect: RealEffect, texts: Texts) -> OutcomeRow:
        """Return the row of an effect."""

        def read(value: float | None, error: float | None) -> str:
            if value is None:
                return "–"
            words = texts.quantity(value, effect.unit, 2, signed=True)
            return words if error is None else f"{words} ± {texts.number(error, 2)}"

        seen = texts.quantity(effect.seen, effect.unit, 2, signed=True)
        all_seen = abs(effect.seen) >= _NEARLY_ALL * abs(effect.planned)
        unread = texts("outcome.not_read")
        if effect.reason is not None:
            unread = texts.reason(Reason(effect.reason))
        return cls(
            name=texts.effect(effect.procedure, effect.name.rpartition(".")[2]),
            planned=texts.quantity(effect.planned, effect.unit, 2, signed=True),
            in_view="" if all_seen else texts("outcome.in_view", value=seen),
            simulated=read(effect.simulated, effect.simulated_noise),
            result=read(effect.real, effect.real_uncertainty),
            verdict=effect.verdict,
            words=unread if effect.verdict == "not_read" else texts(f"outcome.{effect.verdict}"),
        )

    def line(self, texts: Texts) -> str:
        """Return the row as one sentence."""
        planned = f"{self.planned} ({self.in_view})" if self.in_view else self.planned
        return texts(
            "outcome.line",
            effect=self.name,
            planned=planned,
            simulated=self.simulated,
            result=self.result,
            verdict=self.words,
        )


@dataclass(frozen=True, eq=False)
class OutcomePictures:
    """Three pictures in one framing.

    Attributes
    ----------
    before, simulated, result : (H, W, 3) uint8 arrays
        RGB, of one size.
    """

    before: ImageArray
    simulated: ImageArray
    result: ImageArray


@dataclass(frozen=True, eq=False)
class OutcomeHandout:
    """A result beside its plan.

    Attributes
    ----------
    reading : OutcomeReading
    photo : Photo
        The earlier one.
    texts : Texts
    crop : {"region", "face"}
        What the plan changes, or the face.
    """

    reading: OutcomeReading
    photo: Photo
    texts: Texts
    crop: HandoutCrop = "region"

    @property
    def rows(self) -> tuple[OutcomeRow, ...]:
        """Every effect that is planned."""
        effects = self.reading.effects
        planned = [effect for effect in effects if abs(effect.planned) > _NOTHING]
        return tuple(OutcomeRow.of(effect, self.texts) for effect in planned)

    @property
    def remarks(self) -> tuple[str, ...]:
        """How the photos lie, what the numbers are, and what there is to mind."""
        texts, alignment = self.texts, self.reading.alignment
        distance = texts.quantity(alignment.residual_mm, "mm", 2)
        rows = bool(self.rows)
        return (
            *(texts.notice(notice) for notice in self.reading.notices),
            texts("outcome.laid", count=len(alignment.landmarks), distance=distance),
            texts("outcome.explanation") if rows else texts("outcome.nothing_planned"),
            texts("outcome.causes"),
        )

    def pictures(self, *, labelled: bool = True) -> OutcomePictures:
        """Return the three pictures; without a label where the page draws one over them."""
        simulated = self.reading.simulated
        region = handout_region(simulated, self.crop)
        size = pair_size(region, _SIDE)
        before, image, result = (
            region.tile(pixels, size)
            for pixels in (simulated.before, simulated.image, self.reading.alignment.pixels)
        )
        if labelled:
            seen = (region.tile(simulated.changeable, size, 0) > _SEEN).astype(np.uint8)
            image, _ = draw_label(image, mask=seen, text=simulated.label)
        return OutcomePictures(before, image, result)

    def encode(
        self, format: OutcomeFormat, *, paper: Paper = "a4", date: datetime.date | None = None
    ) -> bytes:
        """Return the file: the pictures with the words below, or a page of them with a table.

        Parameters
        ----------
        format : {"png", "pdf"}
        paper : {"a4", "letter"}
            Of the PDF.
        date : datetime.date, optional
            That stands on the PDF; by default today's.

        Raises
        ------
        ParameterError
            There is no such format or paper.
        """
        texts, shown = self.texts, self.pictures()
        pictures = (
            (texts("common.before"), shown.before),
            (texts("handout.after"), shown.simulated),
            (texts("outcome.result"), shown.result),
        )
        if format == "png":
            lines = [row.line(texts) for row in self.rows]
            sheet = captioned(pictures, [*lines, *self.remarks, *texts.statements])
            record = manifest(self.reading.simulated, self.photo)
            return encode_png(sheet, manifest={**record, "picture": f"outcome-{self.crop}"})
        if format != "pdf":
            raise ParameterError("unknown_handout_choice", name=format, names=OUTCOME_FORMATS)
        from landmarkdiff.report.outcome_page import OutcomePage, write_outcome_page

        plan = self.reading.simulated.plan
        page = OutcomePage(
            paper=paper,
            pictures=pictures,
            title=" + ".join(texts.procedure(one.name, one.title) for one in plan.procedures),
            rows=tuple(
                (f"{row.name}\n{row.words}", row.planned, row.simulated, row.result)
                for row in self.rows
            ),
            remarks=self.remarks,
            date=date or datetime.date.today(),  # the clinic's own calendar day
        )
        return write_outcome_page(page, texts)
