from __future__ import annotations

import io
import json
from collections.abc import Sequence
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import OutputError, ParameterError
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.workflows import animate, read_request, sweep_on
from landmarkdiff.workflows.output.animation import ANIMATION_STATEMENT, MAX_SIDE

FORMATS = ("webp", "gif")


@pytest.fixture(scope="module")
def frames(astronaut: ImageArray) -> list[ImageArray]:
    pipeline = LandmarkDiffPipeline()
    prepared = pipeline.prepare(astronaut, passes=2)
    request = read_request(procedures=["rhinoplasty"])
    return [step.after for step in sweep_on(pipeline, prepared, request, 4)]


def decoded(file: bytes) -> tuple[list[ImageArray], list[int], Image.Image]:
    image = Image.open(io.BytesIO(file))
    pictures, durations = [], []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        image.load()
        pictures.append(np.asarray(image.convert("RGB")))
        durations.append(int(image.info["duration"]))
    return pictures, durations, image


def blurred(picture: ImageArray) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 2.0), np.float32)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_loop_goes_there_and_back_and_rests_at_the_ends(
    frames: Sequence[ImageArray], kind: str
) -> None:
    file = animate(frames, format=kind, seconds_per_frame=0.2)  # type: ignore[arg-type]
    pictures, durations, image = decoded(file)
    assert image.format == kind.upper()
    assert image.info["loop"] == 0
    assert durations == [400, 200, 200, 400, 200, 200]
    for picture, index in zip(pictures, (0, 1, 2, 3, 2, 1), strict=True):
        errors = [float(np.abs(blurred(picture) - blurred(frame)).mean()) for frame in frames]
        assert int(np.argmin(errors)) == index
        assert errors[index] < 1.5


def test_a_loop_that_jumps_back(frames: Sequence[ImageArray]) -> None:
    _, durations, _ = decoded(animate(frames, there_and_back=False))
    assert durations == [500, 250, 250, 500]


def test_what_does_not_move_does_not_flicker(frames: Sequence[ImageArray]) -> None:
    still = (np.stack(frames) == frames[0]).all(axis=(0, 3))
    assert 0.5 < still.mean() < 1.0
    # A WebP codes blocks of 16 pixels; those at the border of what moves are coded anew.
    moving = cv2.dilate((~still).astype(np.uint8), np.ones((33, 33), np.uint8)) > 0
    assert (~moving).mean() > 0.5
    for kind, quiet in (("gif", still), ("webp", ~moving)):
        pictures, _, _ = decoded(animate(frames, format=kind))  # type: ignore[arg-type]
        worst = np.max([np.abs(p.astype(int) - pictures[0]).max(axis=2) for p in pictures], axis=0)
        assert not worst[quiet].any(), kind


def test_a_gif_has_one_table_of_colours(frames: Sequence[ImageArray]) -> None:
    file = animate(frames, format="gif")
    assert file[:6] == b"GIF89a"
    assert file[10] & 0x80, "a global table"
    place, tables = 13 + 3 * 2 ** ((file[10] & 7) + 1), []
    while file[place] != 0x3B:
        if file[place] == 0x21:
            place += 2
        else:
            assert file[place] == 0x2C
            tables.append(file[place + 9] >> 7)
            place += 11
        while file[place]:
            place += file[place] + 1
        place += 1
    assert tables == [0] * 6


def test_the_file_says_that_it_is_a_simulation(frames: Sequence[ImageArray]) -> None:
    manifest = {"procedure": "rhinoplasty <&>", "plan_hash": "f" * 64}
    _, _, image = decoded(animate(frames, format="gif", manifest=manifest))
    statement, facts = image.info["comment"].decode("utf-8").split("\n")
    _, _, webp = decoded(animate(frames, manifest=manifest))
    packet = webp.info["xmp"].decode("utf-8-sig")
    description = ElementTree.fromstring(packet[packet.index("<x:") : packet.rindex("<?")])  # noqa: S314
    text = "".join(description.itertext())
    assert text == f"{statement}\n{facts}"
    assert statement == ANIMATION_STATEMENT
    told = json.loads(facts)
    assert told["simulation"] is True
    assert told["procedure"] == "rhinoplasty <&>"


@pytest.mark.parametrize("kind", FORMATS)
def test_large_frames_are_shrunk(frames: Sequence[ImageArray], kind: str) -> None:
    large = [np.asarray(cv2.resize(frame, (1100, 1375))) for frame in frames[:2]]
    _, _, image = decoded(animate(large, format=kind))  # type: ignore[arg-type]
    assert image.size == (768, MAX_SIDE)


def test_rare_colours_are_kept() -> None:
    rng = np.random.default_rng(3)
    gray = rng.integers(90, 110, (200, 200, 1), np.uint8).repeat(3, axis=2)
    other = gray.copy()
    other[90:100, 90:110] = (200, 60, 80)
    pictures, _, _ = decoded(animate([gray, other], format="gif"))
    assert np.abs(pictures[1][92:98, 92:108].astype(int) - (200, 60, 80)).max() <= 6


@pytest.mark.parametrize("kind", FORMATS)
def test_equal_frames_are_no_error(frames: Sequence[ImageArray], kind: str) -> None:
    pictures, _, _ = decoded(animate([frames[0]] * 3, format=kind))  # type: ignore[arg-type]
    assert np.abs(blurred(pictures[0]) - blurred(frames[0])).mean() < 1.5


def test_what_is_no_animation_is_refused(frames: Sequence[ImageArray]) -> None:
    with pytest.raises(ParameterError, match="number of frames"):
        animate(frames[:1])
    with pytest.raises(ParameterError, match="number of frames"):
        animate([frames[0]] * 61)
    with pytest.raises(ParameterError, match="not pictures of one size"):
        animate([frames[0], frames[1][:-1]])
    with pytest.raises(ParameterError, match="not pictures of one size"):
        animate([frames[0], frames[1].astype(np.float32)])  # type: ignore[list-item]
    with pytest.raises(ParameterError, match="no such format"):
        animate(frames, format="mp4")  # type: ignore[arg-type]
    for seconds in (0.0, 6.0, float("nan"), True):
        with pytest.raises(ParameterError, match="seconds per frame"):
            animate(frames, seconds_per_frame=seconds)
    with pytest.raises(OutputError):
        animate(frames, manifest={"value": float("nan")})
