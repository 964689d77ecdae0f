"""What a report says of a picture that a network painted, and of one that was refused."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from painting_records import network_record
from pdf_reading import Reading, read_pdf

from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import GuardSettings, IdentitySettings
from landmarkdiff.generators.base import ModelRecord
from landmarkdiff.identity import IdentityCheck
from landmarkdiff.inference import Prediction
from landmarkdiff.inference.prediction import PaintedPicture, PaintingRecord
from landmarkdiff.notices import Notice, Reason
from landmarkdiff.postprocess import StepReport
from landmarkdiff.report import ReportDetails, ReportView, write_report
from landmarkdiff.texts import Texts
from landmarkdiff.verification import GuardAttempt, GuardReading, GuardRecord
from landmarkdiff.verification.geometry_record import Refusal

GENERATOR = network_record(
    models=(
        ModelRecord("base", "stable_diffusion_15", {}),
        ModelRecord("controlnet", "controlnet_depth", {}),
    )
)


def painted(
    prediction: Prediction,
    refusal: Refusal | None = None,
    *,
    image: ImageArray | None = None,
    **changes: Any,
) -> Prediction:
    """A prediction with the records of a painting."""
    reading = GuardReading(0.2, 0.05, 0.5, "kept" if refusal is None else "moved")
    record = PaintingRecord(
        GENERATOR,
        (
            *(
                StepReport(name, False, None, (Reason("switched_off"),))
                for name in ("restore", "background", "colour", "sharpen")
            ),
            StepReport("blend", True),
        ),
        IdentityCheck("sface", 0.363, 0.363, "passed", None, 0.9, 0.95),
        GuardRecord.of(reading, (GuardAttempt(0.75, reading, 0.9, refusal),), GuardSettings()),
    )
    picture = prediction.image if image is None else image
    painting = PaintedPicture(picture, np.minimum(prediction.warped, 200), record)
    return replace(prediction, painting=painting, **changes)


def read(predictions: Sequence[Prediction], language: str = "en") -> Reading:
    details = ReportDetails(datetime.date(2026, 11, 22))
    return read_pdf(
        write_report([ReportView(one) for one in predictions], details, Texts.load(language))
    )


def test_a_painting_and_how_it_was_judged(rhinoplasty: Prediction) -> None:
    final = np.clip(rhinoplasty.warped.astype(int) + 40, 0, 255).astype(np.uint8)
    plain = read([rhinoplasty])
    shown = read([painted(rhinoplasty, image=final)])
    assert shown.has("Mode Guided by the wireframe")
    assert shown.has("Painted with 30 steps, guidance 7.5, strength 0.75; CPU, fp32")
    assert shown.has("accepted; deviation from the plan 0.20 mm of at most 0.50 mm; attempts: 1")
    assert shown.has("kept; similarity: final picture 0.950, raw painting 0.900")
    assert shown.has("Face restoration, Background, Skin tone, Sharpening: left out, switched off")
    assert shown.has("Base model: stable_diffusion_15; ControlNet: controlnet_depth")
    assert "refused" not in shown.text
    # The picture on paper is the finished one.
    before, after = (reading.pictures[1].astype(int) for reading in (plain, shown))
    assert 20 < (after - before).mean() < 42


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_a_refusal_is_said(rhinoplasty: Prediction, language: str) -> None:
    texts = Texts.load(language)
    notice = Notice.of("painting_refused", attempts=3, reason=Reason("refused_moved"))
    notices = (*rhinoplasty.notices, notice)
    shown = read([painted(rhinoplasty, "moved", notices=notices)], language)
    assert shown.has(texts("paint.refused"))
    assert shown.has(texts("paint.guard_refused", reason=texts.reason(Reason("refused_moved"))))
    assert shown.has(texts.notice(notice))


def test_of_several_views_it_is_said_in_which(turned: list[Prediction]) -> None:
    views = [painted(turned[0]), painted(turned[1], "moved")]
    shown = read(views)
    names = [Texts.load("en").view(view.source.pose.view) for view in views]
    assert shown.has(f"{names[1]}: The painting was refused; the warp is shown.")
    assert shown.has(f"{names[0]}: accepted")
    assert shown.has(f"{names[1]}: refused: it left the plan")


def test_a_warp_says_only_whether_it_is_like_its_own_photo(rhinoplasty: Prediction) -> None:
    shown = read([rhinoplasty])
    assert shown.has("Mode Fast preview (warp)")
    assert shown.has("Likeness to the photo kept") or shown.has(
        "Likeness to the photo not compared: "
    )
    assert "Painted with" not in shown.text
    unseen = IdentityCheck.not_run(Reason("switched_off"), IdentitySettings())
    record = replace(rhinoplasty.painting.record, identity=unseen)
    painting = replace(rhinoplasty.painting, record=record)
    assert read([replace(rhinoplasty, painting=painting)]).has(
        "Likeness to the photo not compared: switched off"
    )
