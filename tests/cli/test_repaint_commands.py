"""The repainting modes by their commands, with tiny complete models on real portraits."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

import landmarkdiff
from landmarkdiff import weights, workflows
from landmarkdiff.arrays import ImageArray
from landmarkdiff.cli import main
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError, WorkCancelled
from landmarkdiff.generators import MODES, StepProgress
from landmarkdiff.inference import LandmarkDiffPipeline, PaintSettings
from landmarkdiff.photo import Photo, read_manifest, write_png
from landmarkdiff.workflows import read_request
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.painting import batch_size
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.single import PREVIEW_FILES, REPAINTED_FILES

# diffusers' DPM-Solver hands a tensor to NumPy 2, which tells it so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning:diffusers.*"
)

REPAINTING = MODES[1:]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Configurations of networks that return their start, move it by much, and paint noise."""
    for package in ("torch", "diffusers", "transformers", "peft"):
        pytest.importorskip(package)
    import tiny_models

    weights.obtain("sface")  # fetches it, where a simulation itself would go without
    # Few of the 10 steps are run: one, or so many that a third attempt has one left.
    networks = {
        "identity": ("identity", 0.1),
        "moving": ("shift=4", 0.3),
        "noise": ("random", 0.75),
    }
    return {
        name: changed(
            tiny_models.build(tmp_path_factory.mktemp(name), network),
            diffusion={"strength": strength},
        )
        for name, (network, strength) in networks.items()
    }


def changed(config: Path, **parts: Any) -> Path:
    """A copy of a configuration, beside it, with other parts."""
    data = yaml.safe_load(config.read_text("utf-8"))
    for name, part in parts.items():
        data[name] = {**data.get(name, {}), **part}
    path = config.with_name(f"{config.stem}-changed.yaml")
    path.write_text(yaml.safe_dump(data), "utf-8")
    return path


@pytest.fixture
def photo(astronaut: ImageArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A portrait in the working directory."""
    monkeypatch.chdir(tmp_path)
    write_png(tmp_path / "photo.png", astronaut)
    return tmp_path / "photo.png"


def pixels_of(path: Path) -> ImageArray:
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert image is not None, path
    return np.asarray(image[..., ::-1] if image.ndim == 3 else image, np.uint8)


def record_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "result.json").read_text("utf-8"))
    return found


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def outside_is_untouched(folder: Path) -> bool:
    """Whether photo and result differ in nothing but the mask and the label."""
    before, after, mask = (pixels_of(folder / f"{n}.png") for n in ("before", "after", "mask"))
    allowed = mask > 0
    x, y, width, height = record_of(folder)["label_box"]
    allowed[y : y + height, x : x + width] = True
    return not (before != after).any(axis=2)[~allowed].any()


# --- preview


@pytest.mark.parametrize("mode", REPAINTING)
def test_a_faithful_painting_is_kept_and_told(
    mode: str,
    photo: Path,
    models: Mapping[str, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    wanted = ["preview", "photo.png", "-p", "rhinoplasty", "--mode", mode, "--out", "o"]
    assert run(*wanted, "--config", models["identity"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert f"Painted with {mode}: passed on attempt 1, within 0." in printed.out
    assert "Identity: the same person, similarity 0.9" in printed.out
    assert "Finishing: " in printed.out
    folder = photo.parent / "o" / "photo"
    assert {path.name for path in folder.iterdir()} == set(REPAINTED_FILES)
    record = record_of(folder)
    assert sorted(record["files"]) == sorted(REPAINTED_FILES)
    assert record["mode"] == record["generator"]["mode"] == mode
    assert record["guard"]["verdict"] == "passed"
    assert record["guard"]["attempts"] == 1
    assert record["guard"]["deviation_mm"] <= record["guard"]["limit_mm"]
    assert record["identity"]["verdict"] == "passed"
    assert [step["name"] for step in record["postprocess"]][:5] == [
        "restore",
        "background",
        "colour",
        "sharpen",
        "blend",
    ]
    assert record["outside_mask_changed_pixels"] == 0
    assert len(record["weights"]) > 3
    assert outside_is_untouched(folder)
    sheet, panel = pixels_of(folder / "compare.png"), pixels_of(folder / "before.png")
    assert sheet.shape[1] > 4 * panel.shape[1]


def test_what_a_file_says_names_no_place_on_this_machine(
    photo: Path, models: Mapping[str, Path]
) -> None:
    wanted = ["preview", "photo.png", "-p", "lip_lift", "--mode", "controlnet_ip", "--out", "o"]
    assert run(*wanted, "--config", models["identity"]) == 0
    folder = photo.parent / "o" / "photo"
    place = str(models["identity"].parent)
    assert place not in (folder / "result.json").read_text("utf-8")
    for name, picture in (("after", None), ("raw", "raw"), ("warp", "warp"), ("compare", None)):
        manifest = read_manifest(folder / f"{name}.png")
        assert manifest is not None
        assert manifest["simulation"] is True
        assert manifest.get("picture") == picture
        assert manifest["guard"]["verdict"] == "passed"
        assert manifest["generator"]["models"][0]["name"] == "base"
        assert "torch" in manifest["versions"]
        assert place not in json.dumps(manifest)


def test_a_photo_of_another_shape_stays_itself_outside_the_mask(
    grace_hopper: ImageArray, models: Mapping[str, Path], tmp_path: Path
) -> None:
    cut = grace_hopper[:, 31:481]
    write_png(tmp_path / "p.png", cv2.resize(cut, (1000, 1333), interpolation=cv2.INTER_CUBIC))
    wanted = ["preview", tmp_path / "p.png", "-p", "mentoplasty", "--mode", "controlnet"]
    assert run(*wanted, "--config", models["identity"], "--out", tmp_path / "o") == 0
    folder = tmp_path / "o" / "p"
    assert pixels_of(folder / "after.png").shape == (1333, 1000, 3)
    assert record_of(folder)["guard"]["verdict"] == "passed"
    assert outside_is_untouched(folder)


@pytest.mark.parametrize(("network", "first"), [("moving", 0.3), ("noise", 0.75)])
def test_a_painting_that_leaves_the_plan_is_refused_and_the_warp_returned(
    network: str,
    first: float,
    photo: Path,
    models: Mapping[str, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    wanted = ["preview", "photo.png", "-p", "rhinoplasty", "--mode", "img2img", "--out", "o"]
    assert run(*wanted, "--config", models[network]) == 0
    printed = capsys.readouterr().out
    assert "Painted with img2img: refused on attempt 3, because it " in printed
    assert "; the warp is the result." in printed
    assert "restore, background, colour, sharpen, blend (warp returned)" in printed
    assert "The repainted picture was refused after 3 attempts" in printed
    folder = photo.parent / "o" / "photo"
    guard = record_of(folder)["guard"]
    assert (guard["verdict"], guard["attempts"], len(guard["history"])) == ("refused", 3, 3)
    strengths = [attempt["strength"] for attempt in guard["history"]]
    assert strengths == pytest.approx([first, 0.7 * first, 0.49 * first], abs=1e-3)
    after, warp, raw = (pixels_of(folder / f"{name}.png") for name in ("after", "warp", "raw"))
    assert np.array_equal(after, warp)
    assert not np.array_equal(raw, warp)
    assert outside_is_untouched(folder)


def test_a_strength_that_leaves_no_step_is_told(
    photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["-p", "lip_lift", "--mode", "img2img", "--strength", "0.05", "--out", "o"]
    config = ["--config", models["noise"]]
    assert run("preview", "photo.png", *wanted, *config) == 0
    printed = capsys.readouterr().out
    assert "Painted with img2img: nothing, the warp is the result (too weak)." in printed
    assert "At this strength nothing is repainted; the warped photo is shown." in printed
    folder = photo.parent / "o" / "photo"
    after, warp, raw = (pixels_of(folder / f"{name}.png") for name in ("after", "warp", "raw"))
    assert np.array_equal(after, warp)
    assert np.array_equal(raw, warp)
    assert run("sweep", "photo.png", "--steps", "3", "--passes", "1", *wanted, *config) == 0
    assert capsys.readouterr().out.count("the warp (too weak)") == 3


def test_the_same_call_gives_the_same_bytes(photo: Path, models: Mapping[str, Path]) -> None:
    once = changed(models["noise"], guard={"retries": 0}, diffusion={"strength": 0.3})
    wanted = ["preview", "photo.png", "-p", "brow_lift", "--mode", "controlnet", "--config", once]
    for out in ("one", "two"):
        assert run(*wanted, "--seed", "5", "--out", out) == 0
    assert run(*wanted, "--seed", "6", "--out", "three") == 0
    raws = [photo.parent / out / "photo" / "raw.png" for out in ("one", "two", "three")]
    assert raws[0].read_bytes() == raws[1].read_bytes() != raws[2].read_bytes()


def test_options_reach_the_network(photo: Path, models: Mapping[str, Path]) -> None:
    options = "--steps 12 --guidance 3 --conditioning-scale 0.6 --strength 0.25 --no-postprocess"
    options += " --mode controlnet --device cpu --policy research --json --out o --seed 3"
    wanted = ["preview", "photo.png", "-p", "lip_lift", *options.split()]
    assert run(*wanted, "--config", models["identity"]) == 0
    record = record_of(photo.parent / "o" / "photo")
    generator = record["generator"]
    assert (generator["steps"], generator["steps_run"], generator["strength"]) == (12, 3, 0.25)
    assert (generator["guidance_scale"], generator["seed"]) == (3.0, 3)
    assert [item["scale"] for item in generator["conditioning"]] == pytest.approx([0.3, 0.3])
    assert generator["licence_policy"] == "research"
    applied = {step["name"] for step in record["postprocess"] if step["applied"]}
    assert applied <= {"blend", "identity"}


def test_a_warp_over_a_painting_leaves_no_stray_pictures(
    photo: Path, models: Mapping[str, Path]
) -> None:
    wanted = ["preview", "photo.png", "-p", "lip_lift", "--out", "o"]
    assert run(*wanted, "--mode", "img2img", "--config", models["identity"]) == 0
    assert run(*wanted) == 0
    folder = photo.parent / "o" / "photo"
    assert {path.name for path in folder.iterdir()} == set(PREVIEW_FILES)


# --- the other commands


@pytest.mark.parametrize("mode", REPAINTING)
def test_procedures_are_compared_in_one_batch(
    mode: str, photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["compare", "photo.png", "-p", "lip_lift", "-p", "brow_lift", "--mode", mode]
    assert run(*wanted, "--config", models["identity"], "--out", "o") == 0
    assert capsys.readouterr().out.count("painted, within 0.") == 2
    folder = photo.parent / "o" / "photo-compare"
    record = record_of(folder)
    assert [panel["guard"]["verdict"] for panel in record["panels"]] == ["passed"] * 2
    assert [panel["generator"]["batch"] for panel in record["panels"]] == [2, 2]
    assert pixels_of(folder / "compare.png").shape[1] == 3 * (384 + 12) + 12
    assert str(models["identity"].parent) not in json.dumps(record)


@pytest.mark.parametrize("mode", REPAINTING)
def test_intensities_are_swept_in_one_batch(
    mode: str, photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["sweep", "photo.png", "-p", "lip_lift", "--steps", "3", "--mode", mode]
    options = ["--inference-steps", "11", "--config", models["identity"], "--out", "o", "--json"]
    assert run(*wanted, *options) == 0
    record = json.loads(capsys.readouterr().out)
    panels = record["panels"]
    assert [panel["intensity"] for panel in panels] == [0.0, 50.0, 100.0]
    assert [panel["generator"]["batch"] for panel in panels] == [3, 3, 3]
    assert [panel["generator"]["steps"] for panel in panels] == [11, 11, 11]
    assert all(panel["outside_mask_changed_pixels"] == 0 for panel in panels)
    # Warps above, simulations below.
    sheet = pixels_of(photo.parent / "o" / "photo-sweep-lip_lift" / "sweep.png")
    assert sheet.shape[0] > 2 * 480


@pytest.mark.parametrize("mode", REPAINTING)
def test_one_plan_is_painted_in_several_views(
    mode: str,
    photo: Path,
    grace_hopper: ImageArray,
    models: Mapping[str, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_png(photo.parent / "other.png", grace_hopper)
    wanted = ["multiview", "photo.png", "other.png", "-p", "lip_lift", "--mode", mode]
    assert run(*wanted, "--config", models["identity"], "--out", "o") == 0
    assert capsys.readouterr().out.count("painted, within") == 2
    (folder,) = (photo.parent / "o").iterdir()
    views = record_of(folder)["views"]
    assert [view["guard"]["verdict"] for view in views] == ["passed"] * 2
    for view in views:
        manifest = read_manifest(folder / view["file"])
        assert manifest is not None
        assert manifest["generator"]["mode"] == mode
    # Photos, warps, simulations.
    assert pixels_of(folder / "multiview.png").shape[0] > 3 * 480


@pytest.mark.parametrize("mode", REPAINTING[1:])
def test_a_batch_paints(
    mode: str, photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["batch", ".", "-p", "lip_lift", "--mode", mode, "--passes", "1", "--out", "o"]
    assert run(*wanted, "--config", models["identity"]) == 0
    assert "1 photos, 0 failed. Results: o" in capsys.readouterr().out
    folder = photo.parent / "o" / "photo"
    assert record_of(folder)["guard"]["verdict"] == "passed"
    assert outside_is_untouched(folder)


def test_a_batch_resumes_and_starts_again_when_something_changed(
    photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    patients = photo.parent / "patients"
    patients.mkdir()
    shutil.move(photo, patients / "a.png")
    wanted = ["batch", "patients", "-p", "lip_lift", "--mode", "img2img", "--out", "o", "--json"]

    def status(config: Path, *more: str) -> tuple[str, str]:
        assert run(*wanted, "--config", config, *more) == 0
        (item,) = json.loads(capsys.readouterr().out)["items"]
        return item["status"], item["guard"]

    assert status(models["identity"]) == ("done", "passed")
    assert outside_is_untouched(photo.parent / "o" / "a")
    assert status(models["identity"]) == ("unchanged", "passed")
    assert status(models["identity"], "--no-postprocess") == ("done", "passed")
    once = changed(models["moving"], guard={"retries": 0})
    assert status(once) == ("done", "refused")
    assert status(once) == ("unchanged", "refused")
    assert run(*wanted[:-1], "--config", once) == 0
    printed = capsys.readouterr().out
    assert "warp: painting refused" in printed
    assert "1 photos, 0 failed, 1 paintings refused" in printed


# --- bad input


WRONG: Mapping[str, tuple[list[str], str]] = {
    "9 steps": (["--steps", "9"], "10 to 100"),
    "101 steps": (["--steps", "101"], "100"),
    "steps in words": (["--steps", "ten"], "--steps"),
    "guidance 0.9": (["--guidance", "0.9"], "1 to 20"),
    "guidance nan": (["--guidance", "nan"], "1 to 20"),
    "conditioning 1.3": (["--conditioning-scale", "1.3"], "0 to 1.2"),
    "strength 1.1": (["--strength", "1.1"], "0 to 1"),
    "strength -1": (["--strength", "-1"], "0 to 1"),
    "device": (["--device", "tpu"], "cuda:N"),
    "policy": (["--policy", "private"], "commercial, research"),
    "no configuration": (["--config", "absent.yaml"], "absent.yaml"),
    "configuration of another kind": (["--config", "wrong.yaml"], "diffusion.speed"),
    "configuration not YAML": (["--config", "photo.png"], "not YAML"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_one_sentence_before_any_photo_is_read(
    name: str, models: Mapping[str, Path], photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, hint = WRONG[name]
    (photo.parent / "wrong.yaml").write_text("diffusion: {speed: 9}")
    config = [] if "--config" in arguments else ["--config", str(models["identity"])]
    wanted = ["preview", "absent.png", "-p", "lip_lift", "--mode", "controlnet"]
    assert run(*wanted, *config, *arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("landmarkdiff: error: ")
    assert printed.err.count("\n") == 1
    assert hint in printed.err
    assert "absent.png" not in printed.err
    assert sorted(path.name for path in photo.parent.iterdir()) == ["photo.png", "wrong.yaml"]


@pytest.mark.parametrize("command", ["preview", "compare", "sweep"])
@pytest.mark.parametrize("mode", REPAINTING)
def test_missing_models_are_named_at_once(
    command: str,
    mode: str,
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(photo.parent / "none"))
    assert run(command, "absent.png", "-p", "lip_lift", "--mode", mode) == 2
    printed = capsys.readouterr()
    assert "stable_diffusion_15" in printed.err
    assert "weights pull" in printed.err
    assert printed.err.count("\n") == 1


def test_weights_that_the_policy_forbids_are_refused_before_any_photo_is_read(
    photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    own = {"path": "base", "commercial_use": False}
    config = changed(models["identity"], diffusion={"base": own})
    wanted = ["preview", "absent.png", "-p", "lip_lift", "--mode", "img2img", "--config", config]
    assert run(*wanted) == 2
    assert "not for commercial use" in capsys.readouterr().err
    wanted[1] = "photo.png"
    assert run(*wanted, "--policy", "research", "--out", "o") == 0


def test_a_damaged_model_ends_a_batch_before_its_first_photo(
    photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    shutil.copytree(models["identity"].parent, folder)
    broken = next((folder / "base" / "unet").glob("*.safetensors"))
    broken.write_bytes(broken.read_bytes()[:100])
    wanted = ["batch", ".", "-p", "lip_lift", "--mode", "img2img", "--out", "o"]
    assert run(*wanted, "--config", folder / "models.yaml") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (photo.parent / "o").exists()


# --- requests, progress, cancelling


def test_requests_carry_what_decides_a_painting(models: Mapping[str, Path]) -> None:
    configuration = Configuration.load(models["identity"])
    first = read_request(procedures=["lip_lift"], mode="img2img", configuration=configuration)
    names = set(first.weights())
    assert "face_landmarker" in names
    assert any("unet" in name for name in names)
    others = [
        first,
        replace(first, mode="controlnet"),
        replace(first, paint=PaintSettings(strength=0.5)),
        replace(first, paint=PaintSettings(postprocess=False)),
        replace(first, configuration=Configuration.load(models["noise"])),
        read_request(procedures=["lip_lift"], configuration=configuration),
    ]
    assert len({request.fingerprint() for request in others}) == len(others)
    warp = read_request(procedures=["lip_lift"])
    assert warp.fingerprint() == others[-1].fingerprint(), "a warp does not depend on it"
    with pytest.raises(ParameterError, match="10 to 100"):
        replace(first, paint=PaintSettings(num_inference_steps=6))


@pytest.fixture(scope="module")
def pipeline(models: Mapping[str, Path]) -> LandmarkDiffPipeline:
    configuration = Configuration.load(models["identity"])
    return LandmarkDiffPipeline("img2img", configuration=configuration).load()


def test_plans_go_through_the_network_in_batches_of_at_most_max_batch(
    astronaut: ImageArray, models: Mapping[str, Path]
) -> None:
    config = changed(models["identity"], diffusion={"max_batch": 2})
    configuration = Configuration.load(config)
    request = read_request(
        procedures=["lip_lift"], mode="img2img", configuration=configuration, passes=1
    )
    pipeline = request.pipeline()
    prepared = request.prepare(pipeline, astronaut)
    told: list[tuple[int, int, str]] = []
    swept = workflows.sweep_on(
        pipeline,
        prepared,
        request,
        3,
        progress=lambda done, total, what: told.append((done, total, what)),
    )
    assert [step.summary.painting.generator.network.batch for step in swept] == [2, 2, 1]
    assert set(told) == {(0, 3, "progress.painting"), (2, 3, "progress.simulate")}
    for step in swept:
        assert step.warp is not None
        assert step.warp.shape == step.after.shape


def test_a_plan_that_the_photo_cannot_carry_does_not_spoil_its_batch(
    astronaut: ImageArray, pipeline: LandmarkDiffPipeline
) -> None:
    # The chin lies below the border of this cut.
    request = read_request(
        procedures=["lip_lift"], mode="img2img", configuration=pipeline.configuration
    )
    face = request.prepare(pipeline, astronaut).landmarks
    cut = np.ascontiguousarray(astronaut[: int(face.points[152, 1]) - 6])
    prepared = request.prepare(pipeline, cut)
    chosen = [
        read_request(procedures=[name], mode="img2img", configuration=pipeline.configuration)
        for name in ("lip_lift", "mentoplasty", "brow_lift")
    ]
    compared = workflows.compare_on(pipeline, prepared, chosen)
    assert [item.refusal is None for item in compared] == [True, False, True]
    batches = [item.summary and item.summary.painting.generator.network.batch for item in compared]
    assert batches == [2, None, 2]
    assert compared[1].warp is None


def test_steps_are_told_and_a_cancel_ends_the_work(
    photo: Path, pipeline: LandmarkDiffPipeline
) -> None:
    request = read_request(
        procedures=["lip_lift"],
        mode="img2img",
        configuration=pipeline.configuration,
        paint=PaintSettings(strength=0.2),
    )
    seen: list[StepProgress] = []
    workflows.preview(photo, request, "o", pipeline=pipeline, on_step=seen.append)
    painting = [(step.done, step.total) for step in seen if step.stage == "painting"]
    assert painting[:2] == [(1, 2), (2, 2)]
    assert set(painting[2:]) <= {(1, 1)}, "finishing can be ended, too"

    def stop(step: StepProgress) -> None:
        if step.stage == "painting":
            raise WorkCancelled

    before = (photo.parent / "o" / "photo" / "result.json").read_bytes()
    with pytest.raises(WorkCancelled):
        workflows.preview(photo, request, "o", pipeline=pipeline, on_step=stop)
    with pytest.raises(WorkCancelled):
        workflows.batch(photo.parent, request, "b", pipeline=pipeline, on_step=stop)
    assert (photo.parent / "o" / "photo" / "result.json").read_bytes() == before
    assert sorted(path.name for path in photo.parent.iterdir()) == ["o", "photo.png"]


def test_twelve_megapixels_stay_themselves_outside_the_mask(
    grace_hopper: ImageArray, pipeline: LandmarkDiffPipeline
) -> None:
    cut = grace_hopper[:, 31:481]
    large = np.asarray(cv2.resize(cut, (3000, 4000), interpolation=cv2.INTER_CUBIC), np.uint8)
    request = read_request(
        procedures=["rhinoplasty"],
        mode="img2img",
        configuration=pipeline.configuration,
        passes=1,
    )
    found = request.simulate(pipeline, request.prepare(pipeline, large))
    assert found.guard.verdict == "passed"
    assert found.outside_mask_changed_pixels == 0
    differs = (found.image != large).any(axis=2)
    assert differs.any()
    assert not differs[found.surgical_mask.full() == 0].any()
    assert batch_size("img2img", pipeline.configuration, request.prepare(pipeline, large)) == 4


def test_a_consultation_repaints(astronaut: ImageArray, pipeline: LandmarkDiffPipeline) -> None:
    consultation = Consultation(pipeline, Photo(astronaut, "astronaut", "PNG"))
    wanted = ConsultationSettings.from_dict(
        {"procedures": ["lip_lift"], "mode": "img2img", "steps": 12, "strength": 0.1}
    )
    seen: list[StepProgress] = []
    found = consultation.simulate(wanted, on_step=seen.append, verify=False)
    assert (found.generator.numbers.num_inference_steps, found.generator.steps_run) == (12, 1)
    assert found.guard.verdict == "passed"
    assert seen[0].stage == "painting"
    assert not found.verified
    checked = consultation.check()
    assert checked is not None
    assert checked.guard == found.guard
    assert checked.outside_mask_changed_pixels == 0


class Terminal(io.StringIO):
    """An error stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_models_and_steps(
    photo: Path, models: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    wanted = ["preview", "photo.png", "-p", "lip_lift", "--mode", "img2img", "--out", "o"]
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    assert run(*wanted, "--config", models["identity"]) == 0
    assert "checking and finishing" in shown.getvalue()  # how the bar was left
    silent = Terminal()
    monkeypatch.setattr(sys, "stderr", silent)
    assert run(*wanted, "--config", models["identity"], "--json") == 0
    assert silent.getvalue() == ""


def test_ctrl_c_ends_a_painting_within_a_step(photo: Path, models: Mapping[str, Path]) -> None:
    script = (
        "import sys; from landmarkdiff.cli import main; "
        "from landmarkdiff.cli.progress import Bars; told = Bars.on_step; "
        "Bars.on_step = lambda self, step: (print(step.stage, flush=True), told(self, step)); "
        "sys.exit(main(sys.argv[1:]))"
    )
    wanted = ["preview", "photo.png", "-p", "lip_lift", "--mode", "controlnet", "--steps", "100"]
    process = subprocess.Popen(
        [sys.executable, "-c", script, *wanted, "--config", str(models["identity"])],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(landmarkdiff.__file__).parents[1])},
    )
    assert process.stdout is not None
    while process.stdout.readline().strip() != "painting":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    rest, error = process.communicate(timeout=120)
    assert process.returncode == 130
    assert error == "landmarkdiff: interrupted; nothing is left half-written\n"
    assert len(rest.splitlines()) < 20, "of 75 steps"
    assert [path.name for path in photo.parent.iterdir()] == ["photo.png"]
