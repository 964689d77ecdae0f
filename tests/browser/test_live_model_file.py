"""A model that is not one is refused with its reason, and the last good one stays."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from live_faces import LiveFace, values
from playwright.sync_api import Page


@pytest.fixture
def face(faces: dict[str, LiveFace]) -> LiveFace:
    return faces["astronaut"]


@pytest.fixture(scope="module")
def encoded(faces: dict[str, LiveFace]) -> bytes:
    face = faces["astronaut"]
    return face.model(face.plan("blepharoplasty")).encode(plan="a test")


def refusal(page: Page, data: bytes) -> tuple[str, str]:
    """Name and message of what ``decode`` throws."""
    name, message = page.evaluate(
        """async (text) => {
          const { readModel } = await import("/static/live/model_file.js");
          const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
          try { readModel(bytes.buffer); return ["", "it was taken"]; }
          catch (error) { return [error.name, error.message]; }
        }""",
        base64.b64encode(data).decode(),
    )
    return name, message


def header_of(data: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<I", data[8:12])
    return json.loads(data[12 : 12 + length]), data[12 + length :]


def rebuilt(header: dict[str, Any], body: bytes) -> bytes:
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 12) % 8)
    return b"LDLM" + struct.pack("<II", 3, len(text)) + text + body


def changed(data: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    header, body = header_of(data)
    change(header)
    return rebuilt(header, body)


def test_the_header_is_given_back(live_page: Page, face: LiveFace, encoded: bytes) -> None:
    face.show(live_page, face.plan("blepharoplasty"))
    path = face.site.put("again.bin", encoded)
    header = live_page.evaluate(
        "async path => preview.setModel(await (await fetch(path)).arrayBuffer())", path
    )
    assert header == header_of(encoded)[0]
    assert header["plan"] == "a test"
    assert live_page.evaluate("preview.model.effects.map(({key}) => key)") == [
        "blepharoplasty.mrd1",
        "blepharoplasty.lateral_hood",
    ]


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "no grid": (lambda h: h.pop("grid"), "no grid or arrays"),
    "no arrays": (lambda h: h.pop("arrays"), "no grid or arrays"),
    "a grid of nothing": (lambda h: h["grid"].update(rows=0), "grid size"),
    "a step of half a pixel": (lambda h: h["grid"].update(step=0.5), "grid size"),
    "a grid without bounds": (lambda h: h["grid"].update(rows=10**9), "nodes"),
    "another grid": (lambda h: h["grid"].update(rows=h["grid"]["rows"] + 1), "has the shape"),
    "no scale": (lambda h: h.update(mm_per_px=0), "no scale"),
    "no fold bound": (lambda h: h["folds"].update(least=0), "bound for folds"),
    "no attempts": (lambda h: h["folds"].update(attempts=0), "fold attempts"),
    "no rule for folds": (lambda h: h.pop("folds"), "bound for folds"),
    "blame the wrong way round": (lambda h: h["folds"]["blame"].reverse(), "blame for folds"),
    "a step of all": (lambda h: h["folds"].update(largest_step=1), "step for folds"),
    "a piece too many": (lambda h: h.update(piece_count=2), "no array piece_coverage0"),
    "no pieces": (lambda h: h.pop("piece_count"), "no pieces"),
    "nothing beyond": (lambda h: h.pop("pieces_beyond_face"), "no pieces beyond the face"),
    "a missing array": (lambda h: h["arrays"].pop("controls"), "no array controls"),
    "another type": (lambda h: h["arrays"]["coverage"].update(dtype="int16"), "no array coverage"),
    "an array before the file": (
        lambda h: h["arrays"]["anchors0"].update(offset=-8),
        "anchors0 has no place",
    ),
    "an array beyond the file": (
        lambda h: h["arrays"]["anchors0"].update(offset=10**7),
        "anchors0 is cut off",
    ),
    "an array of negative size": (
        lambda h: h["arrays"]["anchors0"].update(shape=[-8, 2]),
        "has the shape",
    ),
    "one knot": (lambda h: h["effects"][0].update(knots=[0.0]), "effect"),
    "knots out of order": (lambda h: h["effects"][0]["knots"].reverse(), "knots of"),
    "too few regions": (lambda h: h.update(region_count=1), "unknown region"),
    "no eyes": (lambda h: h.pop("eyes"), "no list of eyes"),
    "an outline without an end": (lambda h: h.pop("outline_reach"), "no end of the outline"),
    "an outline of two corners": (
        lambda h: h["arrays"]["outline"].update(shape=[2, 2]),
        "no outline",
    ),
    "an eye of nothing": (lambda h: h["eyes"][0].update(rows=0), "size of an eye"),
    "an eye without a place": (lambda h: h["eyes"][0].update(step=0), "place of an eye"),
    "another eye": (lambda h: h["eyes"][1].update(columns=7), "eye1 has the shape"),
    "one effect too many": (
        lambda h: h["effects"].append({"key": "a.b", "knots": [0, 1]}),
        "no array vectors2",
    ),
}


def test_every_change_of_the_header_is_refused(live_page: Page, encoded: bytes) -> None:
    assert refusal(live_page, rebuilt(*header_of(encoded))) == ("", "it was taken")
    for what, (change, reason) in CHANGES.items():
        name, message = refusal(live_page, changed(encoded, change))
        assert name == "ModelError", what
        assert reason in message, what


def test_broken_bytes_are_refused(live_page: Page, encoded: bytes) -> None:
    (length,) = struct.unpack("<I", encoded[8:12])
    cases = {
        b"": "cut off",
        b"LDLM": "cut off",
        b"\x89PNG\r\n\x1a\n" + bytes(40): "not a live model",
        b"<!doctype html><title>Sign in</title>": "not a live model",
        encoded[:4] + struct.pack("<I", 4) + encoded[8:]: "version 4",
        encoded[:8] + struct.pack("<I", 2**31) + encoded[12:]: "header of the model is cut off",
        encoded[:12] + b"\xff" + encoded[13:]: "not JSON",
        encoded[:12] + b"null".ljust(length) + encoded[12 + length :]: "no grid",
        encoded[: 12 + length]: "cut off",
        encoded[:-400]: "cut off",
    }
    for data, reason in cases.items():
        name, message = refusal(live_page, data)
        assert (name, reason in message) == ("ModelError", True), message
    generator = np.random.default_rng(3)
    for size in (12, 100, 5000):
        assert refusal(live_page, generator.bytes(size))[0] == "ModelError"


def test_numbers_that_are_none_are_refused(live_page: Page, encoded: bytes) -> None:
    header, body = header_of(encoded)
    for name in ("controls", "anchors0", "vectors0", "teeth1"):
        broken = bytearray(body)
        place = header["arrays"][name]["offset"]
        broken[place : place + 4] = struct.pack("<f", float("nan"))
        kind, message = refusal(live_page, rebuilt(header, bytes(broken)))
        assert (kind, "not a number" in message) == ("ModelError", True), name


def test_the_last_good_model_stays(live_page: Page, face: LiveFace) -> None:
    plan = face.plan("blepharoplasty", 80)
    face.show(live_page, plan)
    face.set_values(live_page, plan)
    live_page.evaluate("preview.flush()")
    before = live_page.evaluate("[...preview.model.displacement]")
    message = live_page.evaluate(
        "(() => { try { preview.setModel(new ArrayBuffer(64)); } catch (error)"
        " { return error.message; } })()"
    )
    assert "not a live model" in message
    live_page.evaluate("preview.setValues({})")
    live_page.evaluate("given => preview.setValues(given)", values(plan))
    live_page.evaluate("preview.flush()")
    assert live_page.evaluate("[...preview.model.displacement]") == before
