"""The report read back: what stands in it, where, and what the file tells about itself."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pdf_reading import Reading, read_pdf, squeezed

from landmarkdiff.errors import ParameterError
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction
from landmarkdiff.inference.merged_notices import merged_notices
from landmarkdiff.lato.language import plan_words
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.notices import Notice
from landmarkdiff.procedures import procedure_names
from landmarkdiff.procedures.manual import Push
from landmarkdiff.report import ReportDetails, ReportView, write_report
from landmarkdiff.report.measured import measured_pairs
from landmarkdiff.report.page import BOTTOM, HEIGHT
from landmarkdiff.report.styles import CONTENT, MARGIN
from landmarkdiff.texts import Texts, languages
from landmarkdiff.version import __version__

DAY = datetime.date(2026, 11, 21)
A4_POINTS = (595.28, 841.89)
ENGLISH = Texts.load("en")
STATEMENT = ENGLISH.simulation_statement


def report(
    predictions: Prediction | Sequence[Prediction], language: str = "en", **typed: Any
) -> bytes:
    shown = [predictions] if isinstance(predictions, Prediction) else predictions
    details = ReportDetails(DAY, **typed)
    return write_report([ReportView(item) for item in shown], details, Texts.load(language))


@pytest.fixture(scope="module")
def plain(rhinoplasty: Prediction) -> Reading:
    return read_pdf(report(rhinoplasty))


@pytest.fixture(scope="module")
def lifted(flagged: Prediction) -> Reading:
    return read_pdf(report(flagged, patient="Łucja Müller-Peña 王小明", clinician="Dr. Núñez"))


def test_two_pages_of_a4_with_the_statement_on_each(plain: Reading) -> None:
    assert len(plain.pages) == 2
    for number, (page, size) in enumerate(zip(plain.pages, plain.sizes, strict=True), start=1):
        assert size == pytest.approx(A4_POINTS, abs=0.1)
        assert STATEMENT in page
        assert f"Page {number} of 2" in page
        assert f"LandmarkDiff {__version__}" in page
        assert DAY.isoformat() in page


def test_each_effect_has_its_numbers_and_its_source(
    plain: Reading, rhinoplasty: Prediction
) -> None:
    for planned, check in zip(rhinoplasty.plan.effects, rhinoplasty.effects, strict=True):
        unit = {"deg": "°", "mm": "mm"}[check.unit]
        line = f"{planned.effect.title} {planned.effect.sign} "
        line += f"{check.planned:+.1f}{unit} {check.applied:+.1f}{unit}"
        if check.achieved is not None:
            line += f" {check.achieved:+.1f}{unit} ±"
        assert plain.has(line, page=1)
        band = planned.effect.band
        assert plain.has(f"{band.low:.1f} … {band.high:.1f}{unit}", page=1)
        source = planned.effect.evidence.source
        assert plain.has(source[1:])
    assert plain.has("not visible in this view", page=0)
    assert rhinoplasty.effect("dorsal_hump").achieved is None
    assert "out of band" not in plain.text.lower()


def test_limits_scale_hash_and_models(plain: Reading, rhinoplasty: Prediction) -> None:
    for limit in rhinoplasty.plan.procedures[0].limits:
        assert plain.has(limit.text)
    scale = rhinoplasty.source.scale
    assert plain.has(f"{scale.mm_per_px:.3f} mm per pixel")
    assert plain.has(f"± {100 * scale.relative_uncertainty:.1f} % (iris)")
    assert plain.has(rhinoplasty.plan.hash)
    assert plain.has(rhinoplasty.weights["face_landmarker"])
    assert plain.has("Pixels changed outside the mask: 0")
    assert plain.has("Clinical flags none")


def test_the_patient_signs_one_page_without_what_is_for_the_file(
    plain: Reading, rhinoplasty: Prediction, turned: list[Prediction]
) -> None:
    several = read_pdf(report(turned))
    for reading, shown in ((plain, rhinoplasty), (several, turned[0])):
        for words in ("Signatures", "We looked at this simulation together", STATEMENT):
            assert reading.has(words, page=0)
        for page in range(1, len(reading.pages)):
            assert not reading.has("Signatures", page)
        for planned in shown.plan.effects:
            unit = {"deg": "°", "mm": "mm"}[planned.effect.unit]
            said = f"{planned.effect.title} {planned.effect.sign} {planned.value:+.1f}{unit}"
            assert reading.has(said, page=0)
        # Sums of the plan and of models, measurements, bands and sources are on the later pages.
        for words in (shown.plan.hash[:16], "unchanged", "Measurements", "Sources and notes"):
            assert not reading.has(words, page=0)
        assert reading.has(shown.plan.hash[:16], page=1)
    assert plain.has(rhinoplasty.limits[0], page=0)


def test_measurements_before_and_planned(plain: Reading, rhinoplasty: Prediction) -> None:
    pairs = {pair.name: pair for pair in measured_pairs([rhinoplasty])}
    alar = pairs["alar_width"]
    before, after = alar.before[0], alar.after[0]
    assert alar.changed
    change = f"{alar.changes[0]:+.1f}"
    assert plain.has(
        f"Alar width (al-al) {before.value:.1f} mm ± {before.uncertainty:.1f} "
        f"{after.value:.1f} mm {change} mm"
    )
    assert plain.has("African 32.1–44.9; Asian 33.2–39.6")
    assert plain.has("PMC9029890 (pooled)")
    assert plain.has("Ranges describe populations. They are not a goal.")


def test_warnings_stand_in_plain_words(flagged: Prediction, lifted: Reading) -> None:
    assert flagged.notices
    for notice in merged_notices(flagged.notices):
        assert lifted.has(ENGLISH.notice(notice))


def test_flags_are_told_with_side_and_region(lifted: Reading) -> None:
    for words in ("Vitiligo", "Bell's palsy, patient's left", "Keloid-prone skin: Jawline"):
        assert lifted.has(words)
    assert lifted.has("Ehlers-Danlos")


def test_names_stand_on_the_page_and_nowhere_else(flagged: Prediction, lifted: Reading) -> None:
    data = report(flagged, patient="Zacharias Quillfeather", clinician="Dr. Marmaduke")
    named = read_pdf(data)
    assert named.has("Patient: Zacharias Quillfeather", page=0)
    assert named.has("Surgeon: Dr. Marmaduke", page=0)
    assert set(named.metadata) == {"Title", "Producer", "CreationDate", "ModDate"}
    assert not any("Quill" in value for value in named.metadata.values())
    # Page streams are compressed: whatever is legible in the file itself is not a page.
    for stray in (b"Quill", b"Marma", b"<x:xmpmeta", b"/Author", b"/Metadata"):
        assert stray not in data
    assert lifted.has("Patient: Łucja Müller-Peña 王小明", page=0)


def test_without_names_none_is_asked_for(plain: Reading) -> None:
    assert "Patient:" not in plain.text
    assert "Surgeon:" not in plain.text
    assert plain.metadata["Title"] == "Simulation report"
    assert plain.metadata["CreationDate"].startswith("D:20261121")


def test_out_of_band_is_marked_in_words(unlocked: Prediction) -> None:
    reading = read_pdf(report(unlocked))
    assert reading.pages[0].count("OUT OF BAND") == 2
    assert reading.has("+14.0° OUT OF BAND", page=0)
    assert reading.has("−5.5 mm OUT OF BAND", page=0)
    assert reading.has(ENGLISH("report.out_of_band_note"), page=0)
    assert reading.has("Switched off: Tip width")
    assert reading.has("the plan was unlocked")


def test_two_procedures_and_one_side(combined: Prediction) -> None:
    reading = read_pdf(report(combined))
    assert len(reading.pages) == 2
    assert reading.has("Rhinoplasty · Intensity 60 % + Mentoplasty (chin) · Intensity 80 %")
    assert reading.has("patient's left side only")
    for item in combined.plan.procedures:
        for limit in item.limits:
            assert reading.has(limit.text)


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_several_views_on_three_pages(turned: list[Prediction], count: int) -> None:
    shown = turned[:count]
    data = report(shown)
    reading = read_pdf(data)
    assert len(data) < 1_500_000
    assert len(reading.pages) <= 3
    assert len(reading.pictures) == 3 * count
    for prediction in shown:
        assert reading.has(ENGLISH.view(prediction.source.pose.view), page=0)
        assert reading.has(f"yaw {round(prediction.source.pose.yaw):d}")
    # The hump is hidden from the front and measured from the side.
    assert shown[0].effect("dorsal_hump").achieved is None
    seen = shown[1].effect("dorsal_hump").achieved
    assert seen is not None
    assert reading.has(f"{seen:+.1f} mm ±")
    assert reading.has("In brackets: the part of the effect")
    assert reading.has("Signatures")


def test_titles_and_further_notices_of_views(turned: list[Prediction]) -> None:
    notice = Notice.of("photo_transparent")
    views = [
        ReportView(turned[0], "Baseline", (notice,)),
        ReportView(turned[1], "Turned head"),
    ]
    reading = read_pdf(write_report(views, ReportDetails(DAY), ENGLISH))
    assert reading.has(f"Baseline: {notice.text}")
    assert reading.has("Turned head: yaw")


@pytest.mark.parametrize("language", languages())
def test_every_language(flagged: Prediction, language: str) -> None:
    texts = Texts.load(language)
    data = report(flagged, language, patient="Łucja 王小明")
    reading = read_pdf(data)
    assert len(reading.pages) in (2, 3)
    assert len(data) < 1_500_000
    for page in range(len(reading.pages)):
        for statement in (texts.simulation_statement, STATEMENT):
            assert reading.has(statement, page)
    assert texts.facts.reviewed or reading.has(texts("app.unreviewed"), 0)
    assert reading.has(plan_words(flagged.plan, language, digits=1))
    for planned, check in zip(flagged.plan.effects, flagged.effects, strict=True):
        title = texts.effect("rhytidectomy", planned.name)
        sign = texts.sign("rhytidectomy", planned.name)
        value = texts.quantity(check.planned, "mm", signed=True)
        assert reading.has(f"{title} {sign} {value}", 0)
    for limit in texts.limits("rhytidectomy"):
        assert reading.has(limit)
    for key in ("title", "plan", "limits", "measurements", "sources", "signatures", "band_key"):
        assert reading.has(texts(f"report.{key}"))
    assert reading.has("Łucja 王小明")
    assert reading.metadata["Title"] == texts("report.document_title")
    assert_inside_margins(reading)


def assert_inside_margins(reading: Reading) -> None:
    for boxes in reading.boxes:
        assert min(box[0] for box in boxes) > MARGIN - 1.5
        assert max(box[2] for box in boxes) < MARGIN + CONTENT + 1.5
        assert min(box[1] for box in boxes) > 14.0
        assert max(box[3] for box in boxes) < BOTTOM + HEIGHT + 1.0
        # Between the text and the foot is the line.
        assert not any(BOTTOM - 12.0 < box[1] < BOTTOM - 2.0 for box in boxes)


def test_nothing_leaves_the_margins(
    rhinoplasty: Prediction, unlocked: Prediction, combined: Prediction, turned: list[Prediction]
) -> None:
    for shown in ([rhinoplasty], [unlocked], [combined], turned):
        for language in ("en", "de"):
            assert_inside_margins(read_pdf(report(shown, language)))


def test_long_typed_texts_are_wrapped(rhinoplasty: Prediction) -> None:
    note = "Donaudampfschifffahrt" * 20 + "\n" + "word " * 30
    reading = read_pdf(report(rhinoplasty, patient="W" * 80, clinician="m " * 40, note=note))
    assert len(reading.pages) == 2
    assert reading.has("W" * 80)
    assert reading.has(note)
    assert_inside_margins(reading)


def test_pictures_are_sharp_and_not_blank(
    plain: Reading, rhinoplasty: Prediction, flagged: Prediction
) -> None:
    before, after, movement = plain.pictures
    assert before.shape == after.shape == (630, 504, 3)
    assert movement.shape == (423, 339, 3)
    for picture in plain.pictures:
        assert picture.std() > 20
    assert len(report(flagged)) < 400_000


def test_the_same_input_gives_the_same_file(rhinoplasty: Prediction) -> None:
    first = report(rhinoplasty)
    assert report(rhinoplasty) == first
    other = write_report(
        [ReportView(rhinoplasty)], ReportDetails(datetime.date(2025, 1, 2)), ENGLISH
    )
    assert read_pdf(other).text.replace("2025-01-02", DAY.isoformat()) == read_pdf(first).text
    assert b"D:20250102" in other


def test_reports_made_at_once_do_not_mix(rhinoplasty: Prediction, flagged: Prediction) -> None:
    jobs = [(item, code) for item in (rhinoplasty, flagged) for code in ("en", "zh")] * 2
    alone = {(id(item), code): report(item, code) for item, code in jobs[:4]}
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda job: report(*job), jobs))
    for (item, code), data in zip(jobs, made, strict=True):
        assert data == alone[id(item), code]


def test_what_was_pushed_by_hand_is_signed_too(
    report_pipeline: LandmarkDiffPipeline, smiling: PreparedFace, rhinoplasty: Prediction
) -> None:
    push = Push(start=(30.0, -40.0, 20.0), vector=(0.0, 3.0, 0.0), radius=12.0)
    pushed = report_pipeline.generate(smiling, plan=rhinoplasty.plan.with_manual([push]))
    reading = read_pdf(report(pushed))
    assert reading.has(ENGLISH("table.by_hand"), page=0)
    assert reading.has("Signatures", page=0)
    assert reading.text.count(ENGLISH("table.by_hand_note")[:30]) == 1


def test_a_plan_that_moves_nothing(
    report_pipeline: LandmarkDiffPipeline, smiling: PreparedFace
) -> None:
    still = report_pipeline.generate(smiling, "rhinoplasty", 0, verify=False)
    reading = read_pdf(report(still))
    assert reading.has("nothing moves", page=0)
    assert reading.has("The picture was not checked.")
    assert reading.has("negative refines the tip 0.0 mm 0.0 mm not measured")


def test_a_plan_of_everything_is_not_cut_short(
    report_pipeline: LandmarkDiffPipeline, smiling: PreparedFace
) -> None:
    prediction = report_pipeline.generate(smiling, list(procedure_names()), 60)
    reading = read_pdf(report(prediction))
    text = squeezed(reading.text)
    for planned in prediction.plan.effects:
        assert squeezed(planned.effect.title) in text
    for item in prediction.plan.procedures:
        shown = [each for each in item.limits if each.views is None or "frontal" in each.views]
        assert all(squeezed(limit.text) in text for limit in shown)
    assert_inside_margins(reading)


@pytest.mark.parametrize("views", [0, 6])
def test_a_report_has_one_to_five_views(rhinoplasty: Prediction, views: int) -> None:
    with pytest.raises(ParameterError, match=r"no view or too many.*1 to 5"):
        report([rhinoplasty] * views)


def test_views_of_different_plans_are_refused(
    rhinoplasty: Prediction, unlocked: Prediction
) -> None:
    with pytest.raises(ParameterError, match="different plans"):
        report([rhinoplasty, unlocked])
