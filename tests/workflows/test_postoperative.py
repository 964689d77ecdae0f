"""A later photo beside its plan: laid over the first, and read effect by effect."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from landmarkdiff.cli import main
from landmarkdiff.errors import ParameterError
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace
from landmarkdiff.photo import read_manifest, write_png
from landmarkdiff.procedures import procedure
from landmarkdiff.workflows import read_outcome
from landmarkdiff.workflows.postoperative import OUTCOME_FILES, OutcomeFiles, align
from landmarkdiff.workflows.request import SimulationRequest

#: Degrees, share, pixels: how the camera stood otherwise on the second day.
TURN, SCALE, SHIFT = 4.0, 1.15, (24.0, -17.0)
NAMES = ("tip_rotation", "alar_base_width")


def taken_later(pixels: NDArray[np.uint8], *, dimmer: bool = True) -> NDArray[np.uint8]:
    """The same head in another framing, light and grain."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), TURN, SCALE)
    matrix[:, 2] += SHIFT
    seen = cv2.warpAffine(
        pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    ).astype(np.float64)
    if dimmer:
        seen = 0.86 * seen + (10.0, 3.0, -4.0)
        seen += np.random.default_rng(3).normal(0.0, 2.0, seen.shape)
    return np.clip(np.rint(seen), 0, 255).astype(np.uint8)


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
    assert len(files.record["effects"]) == len(files.effects)
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
