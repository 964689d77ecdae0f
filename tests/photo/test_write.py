"""Written files: exact pixels, the manifest, nothing private, and whole or not at all."""

from __future__ import annotations

import io
import json
import os
import stat
import struct
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_samples import DISPLAY_P3, encoded, exif_block, noise, rgb_profile, smooth
from PIL import Image

from landmarkdiff.errors import OutputError, ParameterError, PhotoError
from landmarkdiff.photo import (
    PngWriter,
    read_manifest,
    read_photo,
    write_jpeg,
    write_json,
    write_png,
)
from landmarkdiff.photo.manifest import jpeg_comments, json_text, png_text_chunk

MANIFEST = {"plan": {"alar_base": -1.5}, "seed": 7, "warnings": [], "note": "Ä 肖 \u2028"}


def _png_chunks(content: bytes) -> list[bytes]:
    kinds, position = [], 8
    while position < len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        kinds.append(kind)
        position += length + 12
    return kinds


@pytest.mark.parametrize("pixels", [noise(33, 47), noise(33, 47)[..., 0].copy(), noise(1, 1)])
def test_png_is_lossless(tmp_path, pixels):
    path = tmp_path / "a.png"
    write_png(path, pixels)
    np.testing.assert_array_equal(np.asarray(Image.open(path)), pixels)


def test_a_view_is_written_as_it_looks(tmp_path):
    flipped = noise()[:, ::-1]
    write_png(tmp_path / "a.png", flipped)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), flipped)


def test_jpeg_is_close_and_has_full_colour_resolution(tmp_path):
    path = tmp_path / "a.jpg"
    write_jpeg(path, smooth())
    picture = Image.open(path)
    assert np.abs(np.asarray(picture).astype(int) - smooth()).max() <= 5
    assert [component[1:3] for component in picture.layer] == [(1, 1)] * 3


@pytest.mark.parametrize(("write", "name"), [(write_png, "a.png"), (write_jpeg, "a.jpg")])
def test_the_manifest_survives(tmp_path, write, name):
    path = tmp_path / name
    write(path, noise(), manifest=MANIFEST)
    assert read_manifest(path) == MANIFEST
    assert list(read_manifest(path)) == list(MANIFEST)
    Image.open(path).load()
    write(path, noise())
    assert read_manifest(path) is None


def test_other_readers_find_the_manifest_in_a_png(tmp_path):
    write_png(tmp_path / "a.png", noise(), manifest=MANIFEST)
    assert json.loads(Image.open(tmp_path / "a.png").text["landmarkdiff"]) == MANIFEST


@pytest.mark.parametrize(("write", "name"), [(write_png, "a.png"), (write_jpeg, "a.jpg")])
def test_a_long_manifest_survives(tmp_path, write, name):
    values = np.random.default_rng(0).integers(0, 1 << 40, 40_000).tolist()
    write(tmp_path / name, noise(), manifest={"values": values})
    assert read_manifest(tmp_path / name) == {"values": values}
    Image.open(tmp_path / name).load()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(st.characters(codec="utf-8")), JSON, max_size=5))
def test_any_json_survives(tmp_path_factory, manifest):
    folder = tmp_path_factory.mktemp("manifest")
    for write, name in ((write_png, "a.png"), (write_jpeg, "a.jpg")):
        write(folder / name, noise(16, 16), manifest=manifest)
        assert read_manifest(folder / name) == manifest


def test_a_damaged_manifest_is_named(tmp_path):
    path = tmp_path / "a.png"
    write_png(path, noise(), manifest=MANIFEST)
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(PhotoError, match="manifest in the picture is damaged"):
        read_manifest(path)


def test_files_without_a_manifest(tmp_path):
    (tmp_path / "a.gif").write_bytes(encoded(noise(), "GIF"))
    assert read_manifest(tmp_path / "a.gif") is None
    with pytest.raises(PhotoError, match="does not exist"):
        read_manifest(tmp_path / "none.png")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_nothing_private_reaches_an_output(tmp_path, kind):
    extra = {"JPEG": {"comment": b"SecretComment"}}.get(kind, {})
    source = encoded(
        smooth(), kind, exif=exif_block(1, 50), icc_profile=rgb_profile(DISPLAY_P3), **extra
    )
    assert b"SecretMaker" in source
    photo = read_photo(source)
    write_png(tmp_path / "a.png", photo.pixels, manifest={"seed": 1})
    write_jpeg(tmp_path / "a.jpg", photo.pixels, manifest={"seed": 1})
    png, jpeg = (tmp_path / "a.png").read_bytes(), (tmp_path / "a.jpg").read_bytes()
    assert set(_png_chunks(png)) == {b"IHDR", b"iTXt", b"IDAT", b"IEND"}
    for content in (png, jpeg):
        for word in (b"Secret", b"S\0e\0c\0r", b"Exif", b"ICC_PROFILE", b"http", b"Test"):
            assert word not in content
        written = Image.open(io.BytesIO(content))
        assert dict(written.getexif()) == {}
        assert not {"exif", "icc_profile", "xmp", "photoshop"} & set(written.info)


def test_several_pictures_are_written_with_what_is_known_last(tmp_path, astronaut):
    pixels = astronaut[:80, :90]
    asked = []

    def manifest():
        asked.append(len(list(tmp_path.iterdir())))
        return {"simulation": True}

    with PngWriter(manifest) as writer:
        for number in range(6):
            shown = np.roll(pixels, number, axis=0)
            facts = {"picture": "warp"} if number == 5 else {}
            writer.write(tmp_path / f"{number}.png", shown, carries=number > 1, facts=facts)
    assert asked == [2]  # once, when the two that carry none were written
    for number in range(6):
        write_png(tmp_path / "alone.png", np.roll(pixels, number, axis=0), manifest=None)
        file = tmp_path / f"{number}.png"
        found = cv2.imread(str(file))
        np.testing.assert_array_equal(found, cv2.imread(str(tmp_path / "alone.png")))
        expected = {"simulation": True} if number > 1 else None
        if number == 5:
            expected = {"simulation": True, "picture": "warp"}
        assert read_manifest(file) == expected


def test_nothing_is_written_where_the_drawing_fails(tmp_path, astronaut):
    with pytest.raises(KeyError), PngWriter() as writer:
        writer.write(tmp_path / "a.png", astronaut[:80, :90])
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_a_picture_that_cannot_be_written_is_told(tmp_path, astronaut):
    with pytest.raises(OutputError), PngWriter() as writer:
        writer.write(tmp_path / "missing" / "a.png", astronaut[:80, :90])


def test_json_is_utf8_in_its_own_order_with_a_newline(tmp_path):
    write_json(
        tmp_path / "a.json", {"z": "Ä", "a": [1, np.float64(0.5), np.int64(3), np.arange(2)]}
    )
    text = (tmp_path / "a.json").read_bytes().decode("utf-8")
    assert text.endswith("}\n")
    assert text.index('"z"') < text.index('"a"')
    assert "Ä" in text
    assert json.loads(text) == {"z": "Ä", "a": [1, 0.5, 3, [0, 1]]}


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), np.float32("nan"), {1, 2}, object(), "\ud800"]
)
def test_what_is_not_json_is_refused_and_nothing_written(tmp_path, value):
    for write in (
        lambda: write_json(tmp_path / "a.json", {"x": value}),
        lambda: write_png(tmp_path / "a.png", noise(), manifest={"x": value}),
    ):
        with pytest.raises(OutputError, match="cannot be written as JSON"):
            write()
    assert list(tmp_path.iterdir()) == []


def test_a_circle_is_refused():
    circle: dict[str, object] = {}
    circle["self"] = circle
    with pytest.raises(OutputError):
        json_text(circle)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros(4, np.uint8),
    ],
)
@pytest.mark.parametrize("write", [write_png, write_jpeg])
def test_what_is_no_picture_is_refused(tmp_path, write, pixels):
    with pytest.raises(ParameterError, match="not a picture"):
        write(tmp_path / "a", pixels)


@pytest.mark.parametrize("quality", [0, 101])
def test_jpeg_quality_out_of_range(tmp_path, quality):
    with pytest.raises(ParameterError, match="1 to 100"):
        write_jpeg(tmp_path / "a.jpg", noise(), quality=quality)


def test_writing_replaces_what_was_there(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    write_json(path, {})
    assert path.read_text() == "{}\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


WRITERS = {
    "png": lambda path: write_png(path, noise()),
    "jpg": lambda path: write_jpeg(path, noise()),
    "json": lambda path: write_json(path, {}),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_places_that_cannot_be_written(tmp_path, kind):
    write = WRITERS[kind]
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    for place, match in (
        ("folder", "a folder has its name"),
        ("none/a", "does not exist"),
        ("file/a", "is a file itself"),
        ("x" * 300, "too long|cannot be written"),
        ("a\0b", "cannot be written"),
    ):
        with pytest.raises(OutputError, match=match):
            write(tmp_path / place)
    for nameless in ("", ".", "/"):
        with pytest.raises(OutputError):
            write(nameless)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs file size limits")
def test_a_disk_that_fills_up_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "a.png"
    write_png(target, smooth())
    before = target.read_bytes()
    code = (
        "import resource, signal, sys, numpy as np\n"
        "from landmarkdiff.errors import OutputError\n"
        "from landmarkdiff.photo import write_png\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "picture = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)\n"
        "try:\n"
        "    write_png(sys.argv[1], picture)\n"
        "except OutputError as error:\n"
        "    print(error)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(target)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert run.stdout.startswith("the file is larger than this system allows")
    assert target.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.skipif(os.name == "nt", reason="Windows knows other rights")
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_written_files_are_their_owners_alone(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_json(tmp_path / "a.json", {})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o600


def test_the_manifest_blocks_are_well_formed():
    chunk = png_text_chunk({"a": 1})
    assert struct.unpack(">I", chunk[:4])[0] == len(chunk) - 12
    comment = jpeg_comments({"a": 1})
    assert comment[:2] == b"\xff\xfe"
    assert struct.unpack(">H", comment[2:4])[0] == len(comment) - 2
