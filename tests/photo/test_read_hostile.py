"""Files made to crash, hang or fill the memory: a sentence each, 5 s of a processor, 1 GB."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from coded_samples import dng, png_with, tiff_pages
from photo_samples import dicom, encoded, heic, noise, png16, smooth, tiff_raw
from PIL import Image
from pydicom.uid import JPEGBaseline8Bit, RLELossless

from landmarkdiff.errors import PhotoError, PhotoTooLargeError, UnsupportedPhotoError
from landmarkdiff.photo import PhotoLimits, read_photo

# Reads one file as the command line would and reports what it took.
PROBE = """
import json, resource, sys, time
from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.photo import read_photo
start = time.process_time()
try:
    photo = read_photo(sys.argv[1])
    outcome = "read %d x %d" % photo.pixels.shape[1::-1]
except LandmarkDiffError as error:
    outcome = str(error)
# The high-water mark of this program alone; ru_maxrss counts the parent's size before exec.
try:
    status = open("/proc/self/status").read()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
except OSError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([outcome, time.process_time() - start, peak]))
"""


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, *, extra: bytes = b"", body: bytes = b"") -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    idat = _chunk(b"IDAT", body or zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + header + extra + idat + _chunk(b"IEND", b"")


def _zeros(megabytes: int) -> bytes:
    """Zeros packed by zlib: one packed million, repeated."""
    packer = zlib.compressobj(9)
    packed = packer.compress(b"\0" * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    last, adler = b"\3\0", (megabytes * 1_000_000 % 65521) << 16 | 1
    return packed[:2] + packed[2:] * megabytes + last + struct.pack(">I", adler)


def _progressive_bomb() -> bytes:
    content = encoded(Image.new("L", (6000, 6000)), "JPEG", progressive=True)
    first = content.index(b"\xff\xda")
    scan = content[content.rindex(b"\xff\xda") : -2]
    return content[:first] + content[first:-2] + scan * 2000 + b"\xff\xd9"


def _bmp_runs(side: int) -> bytes:
    body = b"\1\0" * 2_000_000
    head = struct.pack("<2sIHHI", b"BM", 54 + 1024 + len(body), 0, 0, 54 + 1024)
    info = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(body), 0, 0, 256, 256)
    return head + info + bytes(1024) + body


def _patched(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


def _nested_sequences() -> bytes:
    content = dicom(noise(), "RGB")
    opening = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    start = content.index(struct.pack("<HH2s", 0x0008, 0x0016, b"UI"))
    return content[:start] + (opening + item) * 200_000


def _many_elements() -> bytes:
    content = dicom(noise(), "RGB")
    start = content.index(struct.pack("<HH2s", 0x0008, 0x0016, b"UI"))
    return content[:start] + struct.pack("<HH2sH", 0x0009, 0x0001, b"LO", 0) * 4_000_000


def _rle_bomb() -> bytes:
    frame = struct.pack("<16I", 1, 64, *[0] * 14) + b"\xff\0" * 8_000_000
    return dicom(None, "MONOCHROME2", syntax=RLELossless, frames=[frame], shape=(7000, 7000, 1))


def _deflated_bomb() -> bytes:
    content = dicom(noise(), "RGB")
    start = content.index(struct.pack("<HH2s", 0x0008, 0x0016, b"UI"))
    head = _patched(content[:start], b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99\0\0")
    return head + _zeros(1100)[2:-4]


BOMBS = {
    "png-dimensions": lambda: _png(60_000, 60_000),
    "png-profile": lambda: _png(64, 64, extra=_chunk(b"iCCP", b"x\0\0" + _zeros(400))),
    "png-text": lambda: _png(64, 64, extra=_chunk(b"zTXt", b"x\0\0" + _zeros(400))),
    "png-many-texts": lambda: _png(64, 64, extra=_chunk(b"zTXt", b"x\0\0" + _zeros(1)) * 2000),
    "png-empty-chunks": lambda: _png(64, 64, extra=_chunk(b"abCd", b"") * 3_000_000),
    "png-zeros": lambda: _png(7900, 7900, body=_zeros(190)),
    "jpeg-dimensions": lambda: _patched(
        encoded(Image.new("L", (1000, 1001)), "JPEG"), b"\x03\xe9\x03\xe8", b"\xff\xdc\xff\xdc"
    ),
    "jpeg-padding": lambda: b"\xff\xd8" + b"\xff" * 30_000_000,
    "jpeg-scans": _progressive_bomb,
    "gif-dimensions": lambda: b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + b";",
    "bmp-dimensions": lambda: _bmp_runs(60_000)[:2000],
    "bmp-runs": lambda: _bmp_runs(7000),
    "webp-dimensions": lambda: (
        b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0" + b"\xfe\x3f\0" * 2 + bytes(40)
    ),
    "tiff-dimensions": lambda: _patched(
        tiff_raw(noise(1000, 1001)), struct.pack("<I", 1001), struct.pack("<I", 4_000_000)
    ),
    "tiff-strips": lambda: tiff_raw(noise(), extra=[(324, 4, 0x7FFFFFFF, 8)]),
    "tiff-deflate": lambda: encoded(
        Image.new("RGB", (7900, 7900)), "TIFF", compression="tiff_adobe_deflate"
    ),
    "heic-dimensions": lambda: _patched(
        heic(smooth()), struct.pack(">II", 96, 64), struct.pack(">II", 60000, 60000)
    ),
    "avif-dimensions": lambda: _patched(
        encoded(smooth(), "AVIF"), struct.pack(">II", 96, 64), struct.pack(">II", 60000, 60000)
    ),
    "avif-zeros": lambda: encoded(Image.new("RGB", (4600, 4600)), "AVIF", speed=10),
    "png-high-range": lambda: png_with(
        png16(np.tile(noise(50, 50).astype(np.uint16) * 257, (80, 80, 1))),
        (b"cICP", bytes([9, 16, 0, 1])),
    ),
    "raw": lambda: dng(np.tile(noise(50, 50), (80, 100, 1))),
    "raw-size": lambda: _patched(
        dng(noise(64, 64)),
        struct.pack("<HHII", 256, 4, 1, 64),
        struct.pack("<HHII", 256, 4, 1, 60000),
    ),
    "tiff-pages": lambda: tiff_pages(*[{"pixels": noise(16, 16)}] * 3000),
    "dicom-dimensions": lambda: dicom(noise(), "RGB", Rows=65535, Columns=65535),
    "dicom-nested": _nested_sequences,
    "dicom-elements": _many_elements,
    "dicom-deflated": _deflated_bomb,
    "dicom-runs": _rle_bomb,
    "dicom-jpeg-dimensions": lambda: dicom(
        None,
        "MONOCHROME2",
        syntax=JPEGBaseline8Bit,
        frames=[
            _patched(
                encoded(Image.new("L", (1000, 1001)), "JPEG"),
                b"\x03\xe9\x03\xe8",
                b"\xff\xdc\xff\xdc",
            )
        ],
        shape=(64, 64, 1),
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little(name, tmp_path):
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[name]())
    run = subprocess.run(
        [sys.executable, "-c", PROBE, str(path)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    outcome, seconds, peak = json.loads(run.stdout)
    print(f"{name:24s} {seconds:5.2f} s {peak:5.0f} MB  {outcome}")
    assert seconds < 30  # of one processor; a fraction of a second on a machine at rest
    assert peak < 1000
    assert "\n" not in outcome
    if "dimensions" in name:
        assert "too large" in outcome or "damaged" in outcome


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", PhotoError),
        (b"\0", UnsupportedPhotoError),
        (b"\0" * 4096, UnsupportedPhotoError),
        (b"hello", UnsupportedPhotoError),
        (b"BM and then some text that is no picture at all", UnsupportedPhotoError),
        (b"%PDF-1.7\n", UnsupportedPhotoError),
        (b"<?xml version='1.0'?><svg/>", UnsupportedPhotoError),
        (b"\n  <svg xmlns='http://www.w3.org/2000/svg'/>", UnsupportedPhotoError),
        (b"\0\0\1\0\1\0\x10\x10", UnsupportedPhotoError),
        (b"8BPS\0\1", UnsupportedPhotoError),
        (b"II+\0\x08\0\0\0", UnsupportedPhotoError),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", PhotoError),
        (b"II\xbc\x01 JPEG XR".ljust(64, b"\0"), UnsupportedPhotoError),
        (b"\0\0\0\x0cJXL \r\n\x87\n", UnsupportedPhotoError),
        (b"\0\0\0\x0cjP  \r\n\x87\n".ljust(64, b"\0"), PhotoError),
        (b"\x08\0\x16\0UI\x1a\0".ljust(64, b"0"), PhotoError),
        (b"\0\0\0\x1cftypisom\0\0\0\0isomiso2avc1", UnsupportedPhotoError),
        (b"\xff\xd8\xff", PhotoError),
        (b"\x89PNG\r\n\x1a\n", PhotoError),
        (b"GIF89a", PhotoError),
        (b"II*\0", PhotoError),
        (b"MM\0*\xff\xff\xff\xff", PhotoError),
        (b"RIFF\0\0\0\0WEBP", PhotoError),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", PhotoError),
        (b"\0" * 128 + b"DICM", PhotoError),
    ],
)
def test_what_is_no_photo_is_refused_in_one_sentence(content, error):
    with pytest.raises(error) as caught:
        read_photo(content)
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert len(text) < 300


WHOLE = {
    "jpeg": lambda: encoded(smooth(), "JPEG"),
    "png": lambda: encoded(smooth(), "PNG"),
    "webp": lambda: encoded(smooth(), "WEBP"),
    "tiff": lambda: encoded(smooth(), "TIFF", compression="tiff_lzw"),
    "bmp": lambda: encoded(smooth(), "BMP"),
    "gif": lambda: encoded(smooth(), "GIF"),
    "heic": lambda: heic(smooth()),
    "dicom": lambda: dicom(smooth(), "RGB"),
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_file_cut_short_is_refused(kind, share):
    content = WHOLE[kind]()
    with pytest.raises(PhotoError):
        read_photo(content[: int(len(content) * share)])


def test_what_follows_a_jpeg_is_not_counted_as_its_scans():
    # A motion photo carries a film behind the picture, with any bytes in it.
    content = encoded(smooth(2000, 2000), "JPEG", progressive=True)
    assert read_photo(content + b"\xff\xda" * 500).pixels.shape == (2000, 2000, 3)


def test_uncompressed_samples_are_not_counted_as_scans():
    content = tiff_raw(np.tile(np.array([255, 218], np.uint8), (1000, 500)))
    assert read_photo(content).pixels[0, 1, 0] == 218


def test_reading_in_threads_leaves_warnings_and_standard_error_as_they_were(capfd):
    content = encoded(smooth(400, 400), "TIFF", compression="tiff_lzw")
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        shapes = {photo.pixels.shape for photo in pool.map(read_photo, [content] * 40)}
    assert shapes == {(400, 400, 3)}
    assert warnings.filters == before
    os.write(2, b"still there")
    assert capfd.readouterr().err == "still there"


def test_a_folder(tmp_path):
    with pytest.raises(PhotoError, match="folder"):
        read_photo(tmp_path)


def test_a_missing_file(tmp_path):
    with pytest.raises(PhotoError, match="does not exist"):
        read_photo(tmp_path / "none.jpg")


@pytest.mark.parametrize("name", ["a\0b.png", "x" * 5000 + ".png"])
def test_a_name_no_file_can_have(name):
    with pytest.raises(PhotoError):
        read_photo(name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.timeout(20)
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(PhotoError, match="pipe or device"):
        read_photo(tmp_path / "pipe.jpg")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs devices")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device(device):
    with pytest.raises(PhotoError, match="pipe or device"):
        read_photo(device)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs named sockets")
def test_a_socket(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        with pytest.raises(PhotoError, match="socket"):
            read_photo("s")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_to_itself(tmp_path):
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    with pytest.raises(PhotoError, match="leads back to itself"):
        read_photo(tmp_path / "loop.jpg")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user without all rights")
def test_a_file_without_permission(tmp_path):
    path = tmp_path / "locked.png"
    path.write_bytes(encoded(noise(), "PNG"))
    path.chmod(0)
    with pytest.raises(PhotoError, match="may not be read"):
        read_photo(path)


def test_the_file_budget(tmp_path):
    content = encoded(noise(), "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(content)
    limits = PhotoLimits(max_file_bytes=len(content) - 1)
    with path.open("rb") as file:
        for source in (content, path, file):
            with pytest.raises(PhotoTooLargeError, match="file is too large"):
                read_photo(source, limits=limits)
    exact = PhotoLimits(max_file_bytes=len(content))
    assert read_photo(content, limits=exact).pixels.shape == (40, 50, 3)


def test_the_decoded_budget():
    content = encoded(noise(100, 100), "PNG")
    assert read_photo(content, limits=PhotoLimits(max_decoded_bytes=30_000)).pixels.size == 30_000
    with pytest.raises(PhotoTooLargeError, match="100 x 100 px"):
        read_photo(content, limits=PhotoLimits(max_decoded_bytes=29_999))


def test_a_name_with_control_characters_stays_on_one_line():
    import io

    file = io.BytesIO(encoded(noise(), "PNG")[:-40])
    file.name = "a\nb\x1b[2J.png"
    with pytest.raises(PhotoError) as caught:
        read_photo(file)
    assert str(caught.value).isprintable()


def test_damaged_bytes_print_nothing(capfd):
    for content in (
        encoded(smooth(), "TIFF", compression="tiff_lzw"),
        encoded(smooth(), "JPEG"),
        encoded(smooth(), "PNG"),
    ):
        damaged = bytearray(content)
        damaged[len(damaged) // 3 :: 97] = b"\x55" * len(damaged[len(damaged) // 3 :: 97])
        try:
            read_photo(bytes(damaged))
        except PhotoError:
            continue
    assert capfd.readouterr() == ("", "")


def test_pixels_are_ours_to_change():
    photo = read_photo(encoded(noise(), "PNG"))
    photo.pixels[:] = 0
    assert not np.any(photo.pixels)


def test_exif_in_hundreds_of_pieces_is_not_joined():
    plain = encoded(Image.new("RGB", (64, 64)), "JPEG")
    piece = b"\xff\xe1" + struct.pack(">H", 2 + 14) + b"Exif\0\0MM\0*\0\0\0\x08"
    assert read_photo(plain[:2] + piece * 2 + plain[2:]).pixels.shape == (64, 64, 3)
    with pytest.raises(PhotoError, match="too many small pieces"):
        read_photo(plain[:2] + piece * 800 + plain[2:])
