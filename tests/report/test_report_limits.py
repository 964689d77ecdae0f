"""Limits in the report: those of the views that it has, in its language."""

from __future__ import annotations

import datetime

import pytest
from pdf_reading import read_pdf
from profile_photos import photo

from landmarkdiff.inference import LandmarkDiffPipeline, Prediction
from landmarkdiff.report import ReportDetails, ReportView, write_report
from landmarkdiff.texts import Texts

HUMP, SWELLING = "A frontal photo hardly shows the dorsal hump", "Swelling (+9.3 degrees"


@pytest.fixture(scope="module")
def profile(report_pipeline: LandmarkDiffPipeline, rhinoplasty: Prediction) -> Prediction:
    """The same plan on a rendered profile."""
    return report_pipeline.generate(photo(), plan=rhinoplasty.plan)


def test_a_profile_is_not_told_what_a_frontal_photo_hides(
    profile: Prediction, rhinoplasty: Prediction
) -> None:
    assert profile.source.pose.view.endswith("_profile")
    hump, swelling = rhinoplasty.limits
    assert hump.startswith(HUMP)
    assert swelling.startswith(SWELLING)
    assert profile.limits == (swelling,)
    assert profile.to_dict()["limits"] == [swelling]
    assert rhinoplasty.to_dict()["limits"] == [hump, swelling]


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_the_report_has_the_limits_of_its_views(
    profile: Prediction, rhinoplasty: Prediction, language: str
) -> None:
    texts = Texts.load(language)
    hump, swelling = (texts.data(limit) for limit in rhinoplasty.limits)
    for shown, told in (([rhinoplasty], True), ([profile], False), ([profile, rhinoplasty], True)):
        details = ReportDetails(datetime.date(2026, 11, 29))
        reading = read_pdf(write_report([ReportView(one) for one in shown], details, texts))
        assert reading.has(texts("report.limits"))
        assert reading.has(swelling)
        assert reading.has(hump) == told
