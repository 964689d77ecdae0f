"""``landmarkdiff head``: what it writes, prints and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from head_portraits import SKINS, Look, portrait
from PIL import Image

from landmarkdiff.arrays import ImageArray
from landmarkdiff.cli import main
from landmarkdiff.head import HeadCamera, head_model
from landmarkdiff.photo import write_png

SIZE, PX = (640, 560), 2.4
VIEWS = (
    *("left_profile", "left_three_quarter", "frontal", "right_three_quarter", "right_profile"),
)


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a frontal photo, an oblique one and a profile of one drawn head."""
    model, folder = head_model(), tmp_path_factory.mktemp("patient")
    for name, yaw, where in (("a", 0.0, 0.5), ("b", 36.0, 0.62), ("c", -90.0, 0.4)):
        camera = HeadCamera.turned(yaw, px_per_mm=PX, shift=(SIZE[1] * where, SIZE[0] * 0.42))
        picture = portrait(model, model.surface(), camera, Look(skin=SKINS[2]), SIZE)
        write_png(folder / f"{name}.png", picture)
    return folder


def test_three_views_and_a_plan_become_a_head_with_its_files(
    patient: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hump = ["-p", "rhinoplasty", "-i", "0", "-e", "dorsal_hump=-3"]
    out = ["--out", str(tmp_path / "o"), "--passes", "2"]
    assert main(["head", str(patient), *hump, "--glb", "--stl", "--obj", *out]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "Simulation of rhinoplasty" in printed.out and "pronasale" in printed.out
    (folder,) = (tmp_path / "o").iterdir()
    record = json.loads((folder / "head.json").read_text())
    assert sorted(path.name for path in folder.iterdir()) == record["files"]
    exports = {"head.glb", "head.stl", "head.obj", "head.mtl", "head.jpg"}
    pictures = {f"{kind}-{view}.png" for kind in ("before", "after") for view in VIEWS}
    assert set(record["files"]) == exports | pictures | {"head.json", "head.png", "plan.json"}
    views = [view["view"] for view in record["views"]]
    assert views == ["frontal", "right_three_quarter", "left_profile"]
    assert all(view["fit_residual_mm"] < 2 and view["photo"]["sha256"] for view in record["views"])
    assert record["views"][1]["similarity"] > 0.363 and record["views"][2]["similarity"] is None
    assert record["points"]["pronasale"]["uncertainty_mm"] < 2
    (effect,) = (item for item in record["effects"] if item["effect"] == "rhinoplasty.dorsal_hump")
    assert effect["value"] == -3 and effect["points_mm"]["rhinion"][2] == pytest.approx(-3, abs=0.1)
    before, after = (
        np.asarray(Image.open(folder / f"{kind}-left_profile.png")).astype(int)
        for kind in ("before", "after")
    )
    changed = np.abs(before - after).max(axis=2) > 20
    assert 0.001 < changed[:400].mean() < 0.02  # the bridge; the label is farther down


def test_one_photo_without_a_plan_is_a_head_without_a_simulation(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["head", "photo.png", "--passes", "1", "--out", "o", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["simulation"] is False and record["plan"] is None and record["effects"] == []
    assert "pronasale" in record["of_the_average"]
    (folder,) = Path("o").iterdir()
    assert not list(folder.glob("after-*")) and not (folder / "plan.json").exists()


def test_what_there_is_to_mind_of_each_photo_is_said_with_its_name(
    photo: Path, astronaut: ImageArray, capsys: pytest.CaptureFixture[str]
) -> None:
    two = np.full((512, 1024, 3), 128, np.uint8)
    two[:, :512] = astronaut
    two[:, 512:] = astronaut[:, ::-1]
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 26  # the 35 mm equivalent of a telephone's camera
    Image.fromarray(two).save("two.jpg", quality=95, exif=exif)
    assert main(["head", "photo.png", "two.jpg", "--passes", "1", "--out", "o"]) == 0
    printed = capsys.readouterr().out
    assert "two.jpg: 2 faces were found; number 1 by size" in printed
    assert "photo.png:" not in printed
    (folder,) = Path("o").iterdir()
    alone, among = json.loads((folder / "head.json").read_text())["views"]
    assert alone["warnings"] == [] and alone["camera_distance_mm"] is None
    assert [notice["code"] for notice in among["warnings"]] == ["several_faces"]
    focal_px = 26 / 43.27 * np.hypot(1024, 512)
    assert among["camera_distance_mm"] == pytest.approx(focal_px / among["px_per_mm"], rel=0.1)


def test_two_people_and_what_is_no_head_are_refused_and_nothing_is_written(
    photo: Path, grace_hopper: ImageArray, capsys: pytest.CaptureFixture[str]
) -> None:
    write_png(photo.parent / "other.png", grace_hopper)
    write_png(photo.parent / "gray.png", np.full((400, 400, 3), 128, np.uint8))
    for given, said in (
        (["photo.png", "other.png"], "two people"),
        (["photo.png", "gray.png"], "photo 2 cannot be used"),
        (["photo.png"] * 6, "1 to 5 photos"),
        (["photo.png", "-p", "nosejob"], "rhinoplasty"),
    ):
        assert main(["head", *given, "--passes", "1", "--out", "o"]) == 2
        error = capsys.readouterr().err
        assert said in error and error.count("\n") == 1
    assert not Path("o").exists()
