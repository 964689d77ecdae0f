"""The browser's thin-plate spline equals the server's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from live_faces import handed
from playwright.sync_api import Page

from landmarkdiff.arrays import FloatArray
from landmarkdiff.manipulation.spline import ThinPlateSpline

FIT = """async ([points, values, places]) => {
  const { ThinPlateSpline } = await import("/static/live/spline.js");
  const count = points.length;
  const spline = new ThinPlateSpline(count + 5); // more room than is needed
  spline.place(points.flat(), count);
  spline.solve(values.flat());
  const [xs, ys] = [0, 1].map((axis) => places.map((place) => place[axis]));
  const moved = new Float32Array(2 * places.length);
  spline.at(xs, ys, places.length, moved);
  const basis = new Float32Array(places.length * (count + 3));
  spline.basis(xs, ys, places.length, basis);
  await handOver(moved, basis);
  return spline.spacing;
}"""


def fit(page: Page, points: FloatArray, values: FloatArray, places: FloatArray) -> dict[str, Any]:
    spacing = page.evaluate(FIT, [points.tolist(), values.tolist(), places.tolist()])
    moved, basis = np.split(np.frombuffer(handed(page), "<f4"), [2 * len(places)])
    rows = len(places), -1
    return {"spacing": spacing, "moved": moved.reshape(rows), "basis": basis.reshape(rows)}


@pytest.mark.parametrize("count", [3, 4, 60, 150])
def test_it_is_the_servers(count: int, live_page: Page) -> None:
    generator = np.random.default_rng(count)
    points = generator.uniform(40, 700, (count, 2))
    values = 6 * np.sin(points / 150)
    places = generator.uniform(0, 800, (300, 2))
    found = fit(live_page, points, values, places)
    reference = ThinPlateSpline(points)
    assert found["spacing"] == pytest.approx(reference.spacing)
    np.testing.assert_allclose(found["basis"], reference.basis(places), rtol=1e-4, atol=1e-4)
    # To the rounding of the server's sums, which are float32.
    np.testing.assert_allclose(found["moved"], reference(places, values), atol=2e-3)


def test_it_goes_through_its_points(live_page: Page) -> None:
    generator = np.random.default_rng(1)
    points = generator.uniform(0, 400, (90, 2))
    values = 5 * np.sin(points / 90)
    found = fit(live_page, points, values, points)
    np.testing.assert_allclose(found["moved"], values, atol=1e-4)


def test_an_affine_map_is_kept(live_page: Page) -> None:
    generator = np.random.default_rng(2)
    points, places = generator.uniform(0, 400, (2, 20, 2))
    turn = np.array([[0.01, -0.02], [0.03, 0.005]])
    found = fit(live_page, points, points @ turn + (3, -1), places)
    np.testing.assert_allclose(found["moved"], places @ turn + (3, -1), atol=1e-4)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([[0, 0], [9, 0]], "control points coincide or are too few"),
        ([[0, 0], [9, 0], [9, 0], [0, 9]], "control points coincide or are too few"),
        ([[0, 0], [3, 3], [6, 6], [9, 9]], "control points lie on one line"),
    ],
)
def test_points_without_a_spline_are_refused(
    points: list[list[float]], message: str, live_page: Page
) -> None:
    refused = live_page.evaluate(
        """async (points) => {
          const { ThinPlateSpline } = await import("/static/live/spline.js");
          try { new ThinPlateSpline(points.length).place(points.flat(), points.length); }
          catch (error) { return [error.name, error.message]; }
        }""",
        points,
    )
    assert refused == ["FitError", message]


def test_the_quick_logarithm_is_exact_enough(live_page: Page) -> None:
    """What the spline multiplies its weights by, against r² log r² in float64."""
    squares = np.concatenate([[0.0], np.geomspace(1e-12, 8.0, 3000)])
    places = np.stack([np.sqrt(squares), np.zeros_like(squares)], axis=1)
    # Two points span the unit of length; the basis of the first is r² log r² itself.
    points = np.array([[0.0, 0.0], [2.0, 0.0], [1.0, 1.0]])
    found = fit(live_page, points, np.zeros((3, 2)), places)["basis"][:, 0]
    square = np.where(squares > 0, squares, 1.0)
    np.testing.assert_allclose(found, square * np.log(square), atol=2e-6)
