"""The ruler and the angle on the surface, against the mesh; and payloads that are none."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from live_viewer import box
from loopback import Site
from playwright.sync_api import Page, expect
from small_heads import nose_tip, small_head
from turned_head_page import ask, rest

from landmarkdiff.head.payload import encode_payload

HEAD = small_head()
TRIANGLES = HEAD.surface.topology.triangles
PIN = ".ld-live-ruler-end >> visible=true"
#: A tube of flat walls: laid flat, every way on it is straight.
SIDES, RINGS, RADIUS, LENGTH = 24, 20, 40.0, 100.0


@pytest.fixture
def page(head_page: Page) -> Page:
    return head_page


def at_vertex(vertex: int) -> dict[str, Any]:
    """A vertex as a point in one of its triangles."""
    triangle = int(np.flatnonzero(np.any(vertex == TRIANGLES, axis=1))[0])
    weights = (TRIANGLES[triangle] == vertex).astype(float)
    return {"triangle": triangle, "weights": weights.tolist()}


def measure(page: Page, kind: str, vertices: list[int]) -> dict[str, float]:
    points = [at_vertex(vertex) for vertex in vertices]
    given = [kind, points]
    found: dict[str, float] = page.evaluate(
        "([kind, points]) => { viewer.measures.setPoints(kind, points);"
        " return viewer.measures.reading(); }",
        given,
    )
    return found


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_ruler_reads_the_surface_that_is_shown(page: Page, share: float) -> None:
    page.evaluate("share => viewer.setShare(share)", share)
    vertices = HEAD.surface.vertices + share * HEAD.displacement()
    tip, chin = nose_tip(HEAD.surface), int(HEAD.displacement()[:, 2].argmin())
    read = measure(page, "ruler", [tip, chin])
    straight = np.linalg.norm(vertices[tip] - vertices[chin])
    assert read["straight"] == pytest.approx(straight, abs=0.01)
    assert read["along"] > straight


def test_along_the_forehead_the_way_is_the_midline(page: Page) -> None:
    page.evaluate("viewer.setShare(0)")
    # Above the nose the head is round, and mirrored about its midline.
    midline = HEAD.surface.topology.midline[:10]
    places = HEAD.surface.vertices[midline]
    length = np.linalg.norm(np.diff(places, axis=0), axis=1).sum()
    read = measure(page, "ruler", [int(midline[0]), int(midline[-1])])
    assert read["along"] == pytest.approx(length, abs=0.02)


def test_the_way_crosses_the_seam(page: Page) -> None:
    page.evaluate("viewer.setShare(0)")
    tip = nose_tip(HEAD.surface)
    back = tip - 24  # on the seam, a vertex that is there twice
    left, right = back + 3, back + 48 - 3
    straight = np.linalg.norm(HEAD.surface.vertices[left] - HEAD.surface.vertices[right])
    read = measure(page, "ruler", [left, right])
    assert straight < read["along"] < 1.1 * straight


WALK = """async ([positions, triangles, pairs]) => {
  const { MeshGraph } = await import("/static/head/mesh_graph.js");
  const { surfacePath } = await import("/static/head/surface_path.js");
  const places = Float32Array.from(positions);
  const twin = Uint32Array.from({ length: positions.length / 3 }, (_, i) => i);
  const graph = new MeshGraph({ triangles: Uint32Array.from(triangles), twin });
  return pairs.map(([from, to]) => surfacePath(graph, places, from, to)?.length ?? null);
}"""


def tube() -> tuple[np.ndarray, np.ndarray]:
    angle = 2.0 * np.pi * np.arange(SIDES) / SIDES
    ring = np.stack([RADIUS * np.cos(angle), np.zeros(SIDES), RADIUS * np.sin(angle)], axis=1)
    rows = [ring + np.array([0.0, LENGTH * row / RINGS, 0.0]) for row in range(RINGS + 1)]
    column = np.arange(SIDES)
    beside = (column + 1) % SIDES
    faces = []
    for row in range(RINGS):
        a, b = row * SIDES + column, row * SIDES + beside
        faces += [np.stack([a, b, a + SIDES], axis=1), np.stack([b, b + SIDES, a + SIDES], axis=1)]
    return np.concatenate(rows), np.concatenate(faces)


def test_a_way_around_a_tube_is_straight_when_it_is_laid_flat(page: Page) -> None:
    positions, triangles = tube()
    wall = 2.0 * RADIUS * np.sin(np.pi / SIDES)
    generator = np.random.default_rng(8)
    pairs, wanted = [], []
    for _ in range(24):
        ends, flat = [], []
        for _ in range(2):
            row, column = int(generator.integers(RINGS)), int(generator.integers(SIDES // 2))
            weights = generator.dirichlet([1.0, 1.0, 1.0])
            triangle = 2 * row * SIDES + column  # the first kind of the row
            place = weights @ positions[triangles[triangle]]
            ends.append({"triangle": triangle, "place": place.tolist()})
            flat.append([(column + weights[1]) * wall, (row + weights[2]) * LENGTH / RINGS])
        pairs.append(ends)
        wanted.append(np.linalg.norm(np.subtract(*flat)))
    given = [positions.ravel().tolist(), triangles.ravel().tolist(), pairs]
    found = page.evaluate(WALK, given)
    np.testing.assert_allclose(found, wanted, atol=0.01)


def test_where_no_surface_leads_there_is_no_way(page: Page) -> None:
    tongue = int(HEAD.surface.topology.parts["tongue"][3])
    read = measure(page, "ruler", [nose_tip(HEAD.surface), tongue])
    assert read["along"] is None
    ask(page, "viewer.frames.request()")
    expect(page.locator("output")).to_have_text(f"{read['straight']:.1f} mm straight")


def test_the_angle_is_that_of_the_three_places(page: Page) -> None:
    page.evaluate("viewer.setShare(1)")
    midline = HEAD.surface.topology.midline
    chosen = [int(midline[3]), nose_tip(HEAD.surface), int(midline[-6])]
    first, corner, last = HEAD.simulated().vertices[chosen]
    one, other = first - corner, last - corner
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    read = measure(page, "angle", chosen)
    assert read["degrees"] == pytest.approx(np.degrees(np.arccos(cosine)), abs=0.01)
    ask(page, "viewer.frames.request()")
    expect(page.locator("output")).to_have_text(f"{read['degrees']:.1f}°")


def place_of(page: Page, pin: int) -> list[float]:
    found: list[float] = page.evaluate("pin => viewer.measures.places[pin]", pin)
    return found


def test_points_are_dragged_along_the_surface(page: Page) -> None:
    ask(page, "viewer.camera.take({ yaw: 0, pitch: 0, zoom: 1, x: 0, y: 0 })")
    ask(page, "viewer.setShare(0); viewer.setMeasure(null); viewer.setMeasure('ruler')")
    pins = page.locator(PIN)
    expect(pins).to_have_count(2)
    stage = box(page)
    tip = [float(each) for each in HEAD.surface.vertices[nose_tip(HEAD.surface)]]
    target = page.evaluate("place => viewer.camera.project(place)", tip)
    pins.first.hover()
    page.mouse.down()
    page.mouse.move(stage["x"] + target["x"], stage["y"] + target["y"], steps=5)
    page.mouse.up()
    rest(page)
    assert np.linalg.norm(np.subtract(place_of(page, 0), tip)) < 1.0
    yaw = page.evaluate("viewer.camera.yaw")
    assert yaw == 0  # the head stays where it is
    before = place_of(page, 1)
    pins.nth(1).focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    rest(page)
    scale = page.evaluate("viewer.camera.scale")
    moved = np.subtract(place_of(page, 1), before)
    assert moved[:2] * scale == pytest.approx([-1, 10], abs=0.02)
    # Beside the head there is no surface: the point stays.
    pins.first.hover()
    page.mouse.down()
    page.mouse.move(stage["x"] + 5, stage["y"] + 5, steps=3)
    page.mouse.up()
    assert page.evaluate("viewer.measures.pick.at({ x: 5, y: 5 }, viewer.camera)") is None
    ask(page, "viewer.setMeasure(null)")
    expect(pins).to_have_count(0)


def test_a_key_begins_and_ends_to_measure(page: Page) -> None:
    page.locator(".ld-live-stage").focus()
    page.keyboard.press("a")
    rest(page)
    expect(page.locator(PIN)).to_have_count(3)
    page.keyboard.press("r")
    rest(page)
    expect(page.locator(PIN)).to_have_count(2)
    expect(page.locator("output")).to_contain_text("mm along the surface")
    page.keyboard.press("Escape")
    rest(page)
    expect(page.locator(PIN)).to_have_count(0)


def refusal(page: Page, site: Site, data: bytes) -> tuple[str, str]:
    path = site.put("broken-head.bin", data)
    name, message = page.evaluate(
        """async (path) => {
          const { readHead } = await import("/static/head/payload.js");
          const buffer = await (await fetch(path)).arrayBuffer();
          try { readHead(buffer); return ["", "it was taken"]; }
          catch (error) { return [error.name, error.message]; }
        }""",
        path,
    )
    return name, message


def changed(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    (length,) = struct.unpack("<I", data[8:12])
    header = json.loads(data[12 : 12 + length])
    change(header)
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 12) % 8)
    return data[:8] + struct.pack("<I", len(text)) + text + data[12 + length :]


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no arrays": (lambda h: h.pop("arrays"), "no arrays"),
    "no effects": (lambda h: h.pop("effects"), "no effects"),
    "no twins": (lambda h: h["arrays"].pop("twin"), "no array twin"),
    "another shape": (lambda h: h["arrays"]["uv"].update(shape=[7, 2]), "has the shape"),
    "triangles from elsewhere": (
        lambda h: h["arrays"]["triangles"].update(offset=h["arrays"]["vertices"]["offset"]),
        "triangles names a vertex that is not there",
    ),
    "knots out of order": (lambda h: h["effects"][0]["knots"].reverse(), "knots of"),
    "no value": (lambda h: h["effects"][0].update(value=None), "effect"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_payload_that_is_none_is_refused(page: Page, site: Site, what: str) -> None:
    data = encode_payload(HEAD)
    change, reason = CHANGES[what]
    assert refusal(page, site, changed(data, lambda _: None)) == ("", "it was taken")
    name, message = refusal(page, site, changed(data, change))
    assert name == "ModelError"
    assert reason in message
    assert "not a head" in refusal(page, site, b"LDLM" + data[4:])[1]
