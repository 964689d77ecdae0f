"""What both kinds of picture draw of a scene, pixel by pixel; and where the label lies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from live_faces import handed, png
from loopback import Site
from numpy.typing import NDArray
from playwright.sync_api import Page

from landmarkdiff.arrays import ImageArray

WIDTH, HEIGHT = 240, 140
GROUND = (40, 60, 80)

DRAW = """async ([kind, photo, result, size, scenes, label]) => {
  const modules = ["webgl_picture", "canvas_picture", "scene"];
  const [{ WebglPicture }, { CanvasPicture }, { sizeOf }] = await Promise.all(
    modules.map((name) => import(`/static/live/${name}.js`)),
  );
  const canvas = Object.assign(document.createElement("canvas"), size);
  const picture = kind === "webgl" ? WebglPicture.on(canvas) : new CanvasPicture(canvas);
  const image = await load(photo);
  picture.setLabel(label);
  picture.setField(null, null);
  picture.setPhoto({ image, ...sizeOf(image) });
  if (result) picture.setResult(await load(result));
  const flat = new OffscreenCanvas(size.width, size.height).getContext("2d");
  const shown = scenes.map((scene) => {
    picture.draw(scene);
    flat.drawImage(canvas, 0, 0);
    return flat.getImageData(0, 0, size.width, size.height).data;
  });
  picture.destroy();
  await handOver(...shown);
}"""


def pane(x: int, width: int, start: float | None, offset: float) -> dict[str, Any]:
    """A pane with the photo's left edge at ``offset``."""
    area = {"x": x, "y": 0, "width": width, "height": HEIGHT}
    return {"area": area, "offsetX": offset, "offsetY": 0, "from": start}


def scene(
    *panes: dict[str, Any], line: float | None = None, moving: bool = False
) -> dict[str, Any]:
    background = [value / 255 for value in GROUND]
    shared = {"scale": 1, "background": background, "pixelRatio": 1, "moving": moving}
    return {"panes": panes, "line": line, **shared}


@pytest.fixture(scope="module")
def photo() -> ImageArray:
    """A smooth photo, narrower than the canvas."""
    ys, xs = np.mgrid[:HEIGHT, :200]
    return np.stack([xs, 255 - xs, ys], axis=2).astype(np.uint8)


@pytest.fixture(scope="module")
def places(photo: ImageArray, site: Site) -> tuple[str, str]:
    """Addresses of the photo and of a result that is the photo upside down."""
    return site.put("slope.png", png(photo)), site.put("turned.png", png(photo[::-1]))


def draw(
    page: Page, kind: str, places: tuple[str, str | None], *scenes: dict[str, Any], label: str = "X"
) -> list[ImageArray]:
    """Draw scenes one after the other; (H, W, 3) each."""
    size = {"width": WIDTH, "height": HEIGHT}
    page.evaluate(DRAW, [kind, *places, size, scenes, label])
    shown = np.frombuffer(handed(page), np.uint8).reshape(len(scenes), HEIGHT, WIDTH, 4)
    return list(shown[..., :3])


def near(first: ImageArray, second: NDArray[np.integer[Any]] | ImageArray) -> bool:
    return bool(np.abs(first.astype(int) - second).max(initial=0) <= 1)


@pytest.mark.parametrize("kind", ["webgl", "canvas"])
def test_photo_result_and_ground_lie_where_the_scene_says(
    kind: str, photo: ImageArray, places: tuple[str, str], live_page: Page
) -> None:
    divided = scene(pane(0, WIDTH, 100, 20), line=100)
    before, after = scene(pane(0, WIDTH, None, 20)), scene(pane(0, WIDTH, 0, 20))
    shown = draw(live_page, kind, places, divided, before, after)
    for picture in shown:
        assert near(picture[:, :19], np.array(GROUND))
        assert near(picture[60:, 221:], np.array(GROUND))
    assert near(shown[1][:, 20:220], photo)
    assert near(shown[2][40:, 20:220], photo[::-1][40:])  # above is the label
    left, right = slice(20, 97), slice(104, 220)
    assert near(shown[0][:, left], shown[1][:, left])
    assert near(shown[0][40:, right], shown[2][40:, right])
    assert near(shown[0][:, 99:101], np.full(3, 255))  # the line is white, with dark edges
    assert shown[0][:, 98].max() < 80
    assert shown[0][:, 101].max() < 80


@pytest.mark.parametrize("kind", ["webgl", "canvas"])
def test_two_panes_do_not_reach_into_each_other(
    kind: str, photo: ImageArray, places: tuple[str, str], live_page: Page
) -> None:
    [shown] = draw(live_page, kind, places, scene(pane(0, 119, None, -40), pane(121, 119, 121, 81)))
    assert near(shown[:, :119], photo[:, 40:159])
    assert near(shown[40:, 121:], photo[::-1][40:, 40:159])
    assert near(shown[:, 119:121], np.array(GROUND))


@pytest.mark.parametrize("kind", ["webgl", "canvas"])
def test_without_a_result_the_photo_shows_through(
    kind: str, photo: ImageArray, places: tuple[str, str], live_page: Page
) -> None:
    [shown] = draw(live_page, kind, (places[0], None), scene(pane(0, WIDTH, 0, 20)))
    assert near(shown[40:, 20:220], photo[40:])
    assert not near(shown[:40, 20:220], photo[:40])  # and is called a simulation all the same


@pytest.mark.parametrize("kind", ["webgl", "canvas"])
def test_the_label_lies_upright_or_along_the_edge(
    kind: str, places: tuple[str, str], live_page: Page
) -> None:
    starts = (0, WIDTH - 60, WIDTH - 4)
    plain = scene(pane(0, WIDTH, None, 20))
    scenes = [scene(pane(0, WIDTH, start, 20)) for start in starts]
    given = (places[0], None)
    before, *shown = draw(live_page, kind, given, plain, *scenes, label="SIMULATION")
    found = []
    for picture in shown:
        changed = np.abs(picture.astype(int) - before).max(axis=2) > 8
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        found.append((columns[0], rows[0], columns[-1] - columns[0], rows[-1] - rows[0]))
    (left, top, width, height), aside, edge = found
    assert width > 3 * height
    assert left + width == pytest.approx(WIDTH - 11, abs=1)
    assert top == pytest.approx(10, abs=1)
    # Where it does not fit it is turned, as large as before, and the narrowest pane keeps it.
    assert aside[2:] == pytest.approx((height, width), abs=1)
    assert edge[2:] == pytest.approx((height, width), abs=1)
    assert edge[0] + edge[2] == pytest.approx(WIDTH - 1, abs=1)


def test_a_result_that_is_taken_away_leaves_nothing(
    places: tuple[str, str], live_page: Page
) -> None:
    """WebGL keeps what it drew and draws less again: a scene drawn twice is the same."""
    wide, shifted = scene(pane(0, WIDTH, 0, 20)), scene(pane(0, WIDTH, 120, -30), line=120)
    first, second, again = draw(live_page, "webgl", places, wide, shifted, wide)
    assert np.array_equal(first, again)
    assert not near(first, second)
