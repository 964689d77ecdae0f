"""The browser's grid, mask and search for folds equal the server's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page

from landmarkdiff.arrays import FloatArray
from landmarkdiff.manipulation.field import DisplacementField, MaskRegions
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


def test_determinants_are_the_servers(coverage: NDArray[np.uint8], live_page: Page) -> None:
    share = coverage.astype(np.float32) / np.float32(255.0)
    regions = MaskRegions(GRID, share, POINTS)
    generator = np.random.default_rng(8)
    displacement = (generator.normal(0, 2, (7, 9, 2)) * share[..., None]).astype(np.float32)
    least = live_page.evaluate(
        """async ([facts, d, labels, count]) => {
          const { leastDeterminants } = await import("/static/live/folds.js");
          const least = new Float64Array(count);
          leastDeterminants(Float32Array.from(d), facts, Uint16Array.from(labels), least);
          return [...least.subarray(1)];
        }""",
        [FACTS, displacement.ravel().tolist(), regions.labels.ravel().tolist(), regions.count],
    )
    reference = regions.least(DisplacementField(GRID, displacement).jacobians)
    # Region 0 is the outside: whether it has cells of its own is nobody's question.
    np.testing.assert_allclose(least, reference[1:], rtol=1e-4)


SEARCH = """async ([slopes, coupling, attempts, quick]) => {
  const folds = await import("/static/live/folds.js");
  const bound = 0.1, count = slopes.length;
  let fits = 0;
  const attempt = (factors, least) => {
    fits++;
    const most = Math.max(...factors);
    for (let k = 0; k < count; k++) least[k] = 1 - slopes[k] * factors[k] - coupling * most;
  };
  try {
    const trial = quick ? folds.firstTrial(count)
      : folds.searchFactors(attempt, { count, bound, attempts });
    if (quick) folds.followFactors(attempt, trial, bound);
    return { factors: [...trial.factors], least: [...trial.least], fits };
  } catch (error) {
    return { error: `${error.name}: ${error.message}` };
  }
}"""


def searched(
    page: Page,
    slopes: list[float],
    coupling: float = 0.0,
    *,
    attempts: int = 20,
    quick: bool = False,
) -> dict[str, Any]:
    """Factors for regions whose determinants fall by ``slopes`` as their factors grow."""
    found: dict[str, Any] = page.evaluate(SEARCH, [slopes, coupling, attempts, quick])
    return found


def test_each_region_gets_the_largest_factor_that_does_not_fold(live_page: Page) -> None:
    slopes: FloatArray = np.array([0.5, 1.2, 3.0])
    found = searched(live_page, slopes.tolist())
    factors, largest = np.array(found["factors"]), np.minimum(0.9 / slopes, 1.0)
    assert (factors <= largest + 1e-12).all()
    assert (factors > largest - 0.02).all()
    assert min(found["least"]) >= 0.1
    assert factors[0] == 1.0
    # Regions that make each other fold settle as well.
    coupled = searched(live_page, slopes.tolist(), coupling=0.3)
    assert min(coupled["least"]) >= 0.1
    # Without a fold, one fit is enough.
    assert searched(live_page, [0.2, 0.8])["fits"] == 1


def test_without_a_factor_in_so_many_attempts_there_is_no_fit(live_page: Page) -> None:
    found = searched(live_page, [3.0], attempts=3)
    message = "FitError: the plan folds the picture even when it is made very small"
    assert found["error"] == message


def test_a_drag_takes_few_fits(live_page: Page) -> None:
    found = searched(live_page, [0.5, 1.2, 3.0], quick=True)
    assert found["fits"] <= 3
    assert min(found["least"]) >= 0.1
    np.testing.assert_allclose(found["factors"], [1.0, 0.88 / 1.2, 0.88 / 3.0])
