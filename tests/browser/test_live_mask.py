"""The browser's grid, mask and search for folds equal the server's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page

from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.field_fit import MaskRegions
from landmarkdiff.manipulation.folds import (
    BLAME,
    FOLD_AIM,
    LARGEST_STEP,
    MIN_JACOBIAN,
    cell_nodes,
    give_way,
)
from landmarkdiff.manipulation.grid import RegionGrid

GRID = RegionGrid(-6, 20, 45, 35, 5)
FACTS = {"x": -6, "y": 20, "step": 5, "rows": 7, "columns": 9}
POINTS = np.random.default_rng(5).uniform((-20, 10), (60, 70), (200, 2))

MASK = """async ([facts, coverage, controls, added, places]) => {
  const [{ Grid }, { Mask }] = await Promise.all(
    ["grid", "mask"].map((name) => import(`/static/live/${name}.js`)),
  );
  const grid = new Grid(facts);
  const none = { count: 1, labels: new Uint16Array(grid.nodeCount), controls: new Uint16Array(0) };
  const mask = new Mask(grid, Uint8Array.from(coverage), none, Float64Array.from(controls.flat()));
  const { generation } = mask;
  mask.cover([{ coverage: Int16Array.from(added), after: 1, share: 0.25 }]);
  return {
    share: [...mask.share],
    active: [...mask.active.subarray(0, mask.activeCount)],
    labels: [...mask.regions.labels],
    controls: [...mask.regions.controls],
    count: mask.regions.count,
    shares: places.map(([x, y]) => mask.shareAt(x, y)),
    newer: mask.generation - generation,
  };
}"""


def covered(page: Page, coverage: NDArray[np.uint8], added: NDArray[np.int16]) -> dict[str, Any]:
    """What a mask makes of an effect that adds a quarter of ``added``."""
    both = np.stack([np.zeros_like(added), added])
    given = [coverage.ravel().tolist(), POINTS.tolist(), both.ravel().tolist(), POINTS.tolist()]
    found: dict[str, Any] = page.evaluate(MASK, [FACTS, *given])
    return found


@pytest.fixture
def coverage() -> NDArray[np.uint8]:
    """Two regions, which a bridge may join."""
    cover = np.zeros((7, 9), np.uint8)
    cover[1:4, 1:4] = [[90, 255, 90], [255, 255, 255], [30, 255, 60]]
    cover[3:6, 6:8] = 200
    return cover


def test_a_mask_is_the_servers(coverage: NDArray[np.uint8], live_page: Page) -> None:
    added = np.zeros((7, 9), np.int16)
    added[2, 4:7] = 402  # a quarter of it is 100.5: half goes to even
    added[1, 1] = -360
    added[0, 8] = 3000
    found = covered(live_page, coverage, added)
    levels = np.clip(np.round(coverage + 0.25 * added), 0, 255)
    assert levels[2, 4] == 100
    share = levels.astype(np.float32) / np.float32(255.0)
    assert np.array_equal(np.array(found["share"], np.float32).reshape(7, 9), share)
    assert found["active"] == np.flatnonzero(levels).tolist()
    np.testing.assert_allclose(found["shares"], GRID.sample(share, POINTS), atol=1e-6)
    assert found["newer"] == 1
    regions = MaskRegions(GRID, share, POINTS)
    assert found["count"] == regions.count == 3
    assert np.array_equal(found["labels"], regions.labels.ravel())
    # OpenCV's distances are nearly Euclidean: a point as far from two regions may go either way.
    assert np.mean(found["controls"] == regions.of_landmarks) > 0.95


def test_regions_that_stay_apart_are_kept(coverage: NDArray[np.uint8], live_page: Page) -> None:
    found = covered(live_page, coverage, np.where(coverage > 0, 8, 0).astype(np.int16))
    assert found["newer"] == 0
    assert found["count"] == 1  # as they were given
    assert found["labels"] == [0] * 63


def test_pressed_cells_are_the_servers(coverage: NDArray[np.uint8], live_page: Page) -> None:
    share = coverage.astype(np.float32) / np.float32(255.0)
    generator = np.random.default_rng(8)
    displacement = (generator.normal(0, 2, (7, 9, 2)) * share[..., None]).astype(np.float32)
    jacobians = DisplacementField(GRID, displacement).jacobians
    bound = float(np.median(jacobians[jacobians < 0.99]))
    least, cells = live_page.evaluate(
        """async ([facts, d, bound]) => {
          const { pressedCells } = await import("/static/live/folds.js");
          const cells = [];
          return [pressedCells(Float32Array.from(d), facts, bound, cells), cells];
        }""",
        [FACTS, displacement.ravel().tolist(), bound - 1e-4],
    )
    assert least == pytest.approx(float(jacobians.min()), rel=1e-4)
    pressed = np.flatnonzero(jacobians.ravel() < bound - 1e-4)
    assert len(pressed) > 5
    assert cells == cell_nodes(pressed, 9)[:, 0].tolist()


RULE = {
    "least": MIN_JACOBIAN,
    "aim": FOLD_AIM,
    "blame": list(BLAME),
    "largest_step": LARGEST_STEP,
    "attempts": 20,
}


def test_effects_give_way_as_on_the_server(live_page: Page) -> None:
    generator = np.random.default_rng(3)
    slopes = generator.normal(0, 0.5, (300, 4, 2, 2))
    found = live_page.evaluate(
        """async ([all, rule]) => {
          const { giveWay } = await import("/static/live/folds.js");
          return all.map((slopes) => {
            const amounts = new Float64Array(4);
            giveWay(Float64Array.from(slopes), rule, amounts);
            return [...amounts];
          });
        }""",
        [slopes.reshape(300, 16).tolist(), RULE],
    )
    expected = give_way(slopes)
    assert 50 < np.count_nonzero(expected.any(axis=1)) < 250
    assert np.count_nonzero(expected.max(axis=1) == LARGEST_STEP) > 0
    np.testing.assert_allclose(found, expected, atol=1e-9)


SEARCH = """async ([slopes, rule, exact]) => {
  const { Smaller, fitWithoutFolds } = await import("/static/live/folds.js");
  const [effects, regions] = [slopes.length, slopes[0].length];
  const smaller = new Smaller(effects, regions, rule);
  const now = (r) => slopes.map((own, e) => own[r] * smaller.factors[e * regions + r]);
  const least = (r) => 1 - now(r).reduce((sum, each) => sum + each, 0);
  let fits = 0;
  const work = {
    fit: () => fits++,
    // Cells of one column: the r-th has its top left node at r, in its own region.
    cells: (bound) => [...Array(regions).keys()].filter((r) => least(r) < bound),
    press: (cells) => {
      const moved = new Float64Array(cells.length * 8 * effects);
      cells.forEach((r, k) => now(r).forEach((slope, e) => {
        for (const node of [2, 3]) moved[2 * (effects * (4 * k + node) + e) + 1] = -slope;
      }));
      const labels = Uint16Array.from({ length: 3 * regions }, (_, i) => Math.floor(i / 3));
      smaller.press(cells.map((r) => 3 * r), moved, { columns: 1, step: 1 }, labels);
    },
  };
  try {
    fitWithoutFolds(smaller, work, exact);
    return { factors: [...smaller.factors], least: [...Array(regions).keys()].map(least), fits };
  } catch (error) {
    return { error: `${error.name}: ${error.message}` };
  }
}"""


def searched(
    page: Page, slopes: list[list[float]], *, exact: bool = True, **rule: int
) -> dict[str, Any]:
    """Factors of effects (rows) that press regions (columns) by these slopes."""
    found: dict[str, Any] = page.evaluate(SEARCH, [slopes, {**RULE, **rule}, exact])
    return found


def test_only_what_presses_gives_way_and_only_where_it_does(live_page: Page) -> None:
    found = searched(live_page, [[0.5, 3.0], [0.2, 0.0]])
    factors = np.array(found["factors"]).reshape(2, 2)
    room = 1.0 - FOLD_AIM
    assert factors == pytest.approx(np.array([[1.0, room / 3.0], [1.0, 1.0]]))
    assert min(found["least"]) >= MIN_JACOBIAN
    # Of two effects the one that presses more gives way more, and a weak one not at all.
    shared = np.array(searched(live_page, [[0.9], [0.3], [0.05]])["factors"])
    assert shared[0] < shared[1] < shared[2] == 1.0
    assert 1.0 - shared @ [0.9, 0.3, 0.05] >= MIN_JACOBIAN
    # Without a fold, one fit is enough; with one that is worked out ahead, two are.
    assert searched(live_page, [[0.2, 0.7]])["fits"] == 1
    assert found["fits"] == 2


def test_without_room_in_so_many_attempts_there_is_no_fit(live_page: Page) -> None:
    found = searched(live_page, [[3.0]], attempts=1)
    message = "FitError: the plan folds the picture even when it is made very small"
    assert found["error"] == message


def test_a_drag_takes_few_fits(live_page: Page) -> None:
    found = searched(live_page, [[40.0, 1.2], [25.0, 3.0]], exact=False)
    assert found["fits"] <= 3
    assert np.array(found["factors"]).min() < 0.1
