"""A later photo beside its plan: laid over the first, and read effect by effect."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from later_photos import SCALE, TURN, taken_later
from numpy.typing import NDArray

from landmarkdiff.cli import main
from landmarkdiff.errors import ParameterError
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace
from landmarkdiff.photo import Photo, read_manifest, read_photo, write_png
from landmarkdiff.procedures import procedure
from landmarkdiff.texts import Texts
from landmarkdiff.verification import register
from landmarkdiff.workflows import read_outcome
from landmarkdiff.workflows.outcome_handout import OutcomeHandout
from landmarkdiff.workflows.photo_alignment import detail_alike, turned_picture
from landmarkdiff.workflows.postoperative import (
    OUTCOME_FILES,
    OutcomeFiles,
    OutcomeReading,
    align,
    doubts,
)
from landmarkdiff.workflows.request import SimulationRequest

NAMES = ("tip_rotation", "alar_base_width")


@pytest.fixture(scope="module")
def before(prepared_portraits: dict[str, PreparedFace]) -> PreparedFace:
    return prepared_portraits["grace_hopper"]


@pytest.fixture(scope="module")
def real(pipeline: LandmarkDiffPipeline, before: PreparedFace) -> Prediction:
    """What the surgeon achieved: less than was planned."""
    return pipeline.generate(before, "rhinoplasty", 45, verify=True, light=False)


@pytest.fixture(scope="module")
def files(
    pipeline: LandmarkDiffPipeline,
    portrait_files: Path,
    real: Prediction,
    tmp_path_factory: pytest.TempPathFactory,
) -> OutcomeFiles:
    folder = tmp_path_factory.mktemp("outcome")
    write_png(folder / "later.png", taken_later(real.image))
    request = SimulationRequest(procedures=(procedure("rhinoplasty"),), intensity=60.0)
    first = portrait_files / "grace_hopper.png"
    return read_outcome(first, folder / "later.png", request, folder / "out", pipeline=pipeline)


def test_the_later_photo_lies_over_the_first(files: OutcomeFiles, before: PreparedFace) -> None:
    linear = files.alignment.matrix[:, :2]
    assert np.sqrt(np.linalg.det(linear)) == pytest.approx(1 / SCALE, rel=0.005)
    turned = np.degrees(np.arctan2(linear[1, 0], linear[0, 0]))
    assert turned == pytest.approx(TURN, abs=0.3)
    assert files.alignment.residual_mm < 0.25
    # The eyes, which no nose moves, are where they were.
    x, y = before.landmarks.points[468, :2].round().astype(int)
    part = np.s_[y - 12 : y + 12, x - 12 : x + 12]
    first, later = (
        cv2.cvtColor(one[part], cv2.COLOR_RGB2GRAY).ravel().astype(float)
        for one in (before.image, files.alignment.pixels)
    )
    assert np.corrcoef(first, later)[0, 1] > 0.95


def test_every_effect_is_read_with_its_uncertainty(files: OutcomeFiles, real: Prediction) -> None:
    achieved = {check.name: check.achieved for check in real.effects}
    read = {effect.name: effect for effect in files.effects}
    for name in NAMES:
        effect = read[name]
        assert effect.real is not None and effect.real_uncertainty is not None
        assert effect.simulated is not None
        assert effect.real == pytest.approx(achieved[name], abs=2 * effect.real_uncertainty)
        # It tells what came out from what was planned.
        assert abs(effect.real) < abs(effect.simulated)
        assert 0.0 < effect.real_uncertainty < abs(effect.planned)
        assert effect.seen == pytest.approx(effect.planned, rel=0.5)


def test_the_folder_says_it_all(files: OutcomeFiles) -> None:
    assert sorted(path.name for path in files.folder.iterdir()) == sorted(OUTCOME_FILES)
    assert files.folder.name == "grace_hopper-outcome"
    assert [one["verdict"] for one in files.record["effects"]] == [
        effect.verdict for effect in files.effects
    ]
    assert files.record["photo"]["sha256"] != files.record["later_photo"]["sha256"]
    manifest = read_manifest(files.folder / "compare.png")
    assert manifest is not None
    assert manifest["simulation"] is True


def test_what_cannot_be_laid_over_the_first_is_refused(
    real: Prediction, before: PreparedFace, prepared_portraits: dict[str, PreparedFace]
) -> None:
    # Another person's head, which is turned otherwise.
    with pytest.raises(ParameterError) as raised:
        align(real, prepared_portraits["astronaut"])
    assert raised.value.code == "outcome_expressions_differ"  # one of them smiles
    same = align(real, before)
    assert same.turned == 0.0
    assert same.residual_mm < 0.05
    assert same.matrix == pytest.approx(np.eye(2, 3), abs=1e-3)


def test_the_command_reads_the_plan_of_a_file(
    files: OutcomeFiles, portrait_files: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    photos = [str(portrait_files / "grace_hopper.png"), str(files.folder / "real.png")]
    assert main(["outcome", *photos, "--out", str(tmp_path)]) == 2
    assert "no procedure is named" in capsys.readouterr().err
    plan = ["--plan", str(files.folder / "plan.json"), "--out", str(tmp_path)]
    assert main(["outcome", *photos, *plan]) == 0
    said = capsys.readouterr().out
    assert re.search(r"tip_rotation .* \+\d\.\d\d \+- \d\.\d\d", said)
    assert "grace_hopper-outcome" in said


@pytest.fixture(scope="module")
def reading(real: Prediction, files: OutcomeFiles) -> OutcomeReading:
    """What was read in the later photo, beside the simulation that it shows."""
    return OutcomeReading(real, files.alignment, files.effects, ())


@pytest.fixture
def photo(portrait_files: Path) -> Photo:
    return read_photo(portrait_files / "grace_hopper.png")


def test_what_was_achieved_in_part_is_less_than_planned(files: OutcomeFiles) -> None:
    verdicts = {effect.name: effect.verdict for effect in files.effects}
    assert verdicts[NAMES[1]] == "less"
    (effect,) = (effect for effect in files.effects if effect.name == NAMES[1])
    assert replace(effect, real=effect.seen).verdict == "as_planned"
    assert replace(effect, real=2 * effect.seen).verdict == "more"
    assert replace(effect, real_uncertainty=abs(effect.seen)).verdict == "unsure"
    # The other way is more than less: but only where it is told from no change.
    away = replace(effect, real=-effect.seen)
    assert away.verdict == "opposite"
    assert replace(away, real_uncertainty=0.6 * abs(effect.seen)).verdict == "less"
    assert replace(away, seen=0.0).verdict != "opposite"
    assert replace(effect, real=None).verdict == "not_read"
    # The sign of what was planned is no matter.
    turned = replace(effect, seen=-effect.seen, real=-(effect.real or 0.0))
    assert turned.verdict == effect.verdict


def test_a_turned_head_is_no_operation(reading: OutcomeReading, before: PreparedFace) -> None:
    """What the turn alone looks like is part of the uncertainty."""
    rotation = before.landmarks.pose.rotation
    same = turned_picture(reading.simulated, replace(reading.alignment, rotation=rotation))
    x, y, width, height = (round(value) for value in before.landmarks.box)
    face = np.s_[y : y + height, x : x + width]
    assert np.abs(same[face].astype(int) - before.image[face]).max() <= 1
    nod = np.radians(6.0)
    down = [[1, 0, 0], [0, np.cos(nod), -np.sin(nod)], [0, np.sin(nod), np.cos(nod)]]
    turned = replace(reading.alignment, rotation=np.array(down) @ rotation)
    picture = turned_picture(reading.simulated, turned)
    # The tip of the nose moves by some millimetres, the corners of the eyes do not.
    box = (x, y, width, height)
    flow = register(before.image, picture, box).at(before.landmarks.points[[4, 133, 362], :2])
    tip, *eyes = np.linalg.norm(flow, axis=1) * before.landmarks.scale.mm_per_px
    assert 1.5 < tip < 6.0
    assert max(eyes) < 0.6


def test_what_makes_the_numbers_unsure_is_said(
    pipeline: LandmarkDiffPipeline,
    reading: OutcomeReading,
    before: PreparedFace,
    photo: Photo,
    prepared_portraits: dict[str, PreparedFace],
) -> None:
    # Skin of another day: its detail is elsewhere by a millimetre or two.
    pixels = astray(before.image, 1.5 / before.landmarks.scale.mm_per_px)

    def codes(later: PreparedFace, lenses: tuple[float, float], **laid: float) -> set[str]:
        alignment = replace(reading.alignment, **{"pixels": pixels, **laid})
        photos = tuple(replace(photo, focal_length_35mm=each) for each in lenses)
        made = doubts(pipeline, reading.simulated, later, alignment, (photos[0], photos[1]))
        return {notice.code for notice in made}

    assert codes(before, (85.0, 90.0), turned=1.0) == set()
    assert codes(before, (85.0, 26.0), turned=5.0, residual_mm=1.2) == {
        "outcome_heads_turned",
        "outcome_photos_apart",
        "outcome_lenses_differ",
    }
    # The other portrait is another woman, and smiles.
    assert codes(prepared_portraits["astronaut"], (85.0, 85.0), turned=1.0) == {
        "outcome_person_doubtful",
        "outcome_expression_changed",
    }


def astray(pixels: NDArray[np.uint8], far: float) -> NDArray[np.uint8]:
    """A picture whose parts are moved by a smooth field, so many pixels root mean square."""
    height, width = pixels.shape[:2]
    coarse = np.random.default_rng(5).normal(0.0, 1.0, (height // 12, width // 12, 2))
    field = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    field *= far / np.sqrt((field**2).sum(axis=2).mean())
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    moved = cv2.remap(pixels, x + field[..., 0], y + field[..., 1], cv2.INTER_CUBIC)
    return np.asarray(moved, np.uint8)


def test_a_copy_of_the_first_photo_is_said_to_be_one(
    pipeline: LandmarkDiffPipeline, reading: OutcomeReading, before: PreparedFace
) -> None:
    def alike(pixels: NDArray[np.uint8]) -> float:
        return detail_alike(reading.simulated, replace(reading.alignment, pixels=pixels))

    _, saved = cv2.imencode(".jpg", before.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 40])
    again = cv2.imdecode(saved, cv2.IMREAD_COLOR)[..., ::-1]
    copies = [before.image, np.ascontiguousarray(again), reading.simulated.image]
    assert min(alike(copy) for copy in copies) > 0.96
    # Reframed, dimmed and with other grain it is the same photo still.
    assert alike(reading.alignment.pixels) > 0.95
    assert alike(astray(before.image, 1.5 / before.landmarks.scale.mm_per_px)) < 0.9
    made = doubts(pipeline, reading.simulated, before, reading.alignment)
    assert [notice.code for notice in made] == ["outcome_same_photo"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_result_is_handed_out_beside_its_plan(
    reading: OutcomeReading, photo: Photo, language: str
) -> None:
    texts = Texts.load(language)
    handout = OutcomeHandout(reading, photo, texts)
    shown = handout.pictures(labelled=False)
    assert shown.before.shape == shown.simulated.shape == shown.result.shape
    # The word is on the simulation alone.
    labelled = handout.pictures()
    assert np.array_equal(labelled.result, shown.result)
    assert np.array_equal(labelled.before, shown.before)
    assert not np.array_equal(labelled.simulated, shown.simulated)
    rows = {row.verdict for row in handout.rows}
    assert "less" in rows
    assert len(handout.rows) == sum(effect.planned != 0 for effect in reading.effects)
    row = next(row for row in handout.rows if row.verdict == "less")
    line = row.line(texts)
    assert row.result in line
    assert texts("outcome.less") in line
    sheet = cv2.imdecode(np.frombuffer(handout.encode("png"), np.uint8), cv2.IMREAD_COLOR)
    assert sheet is not None
    assert sheet.shape[1] > 3 * shown.before.shape[1]
    pages = [handout.encode("pdf", paper=paper) for paper in ("a4", "letter")]
    assert all(page.startswith(b"%PDF") for page in pages)
    assert pages[0] != pages[1]
    with pytest.raises(ParameterError):
        handout.encode("gif")  # type: ignore[arg-type]
    with pytest.raises(ParameterError):
        handout.encode("pdf", paper="a3")  # type: ignore[arg-type]


def test_a_page_without_numbers_says_that_nothing_was_planned(
    reading: OutcomeReading, photo: Photo
) -> None:
    texts = Texts.load("en")
    empty = OutcomeHandout(replace(reading, effects=()), photo, texts, "face")
    assert empty.rows == ()
    assert texts("outcome.nothing_planned") in empty.remarks
    assert empty.encode("pdf").startswith(b"%PDF")
