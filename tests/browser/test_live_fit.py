"""The browser's fit of a plan: equal to its Python reference, and made only when it must be."""

from __future__ import annotations

import numpy as np
import pytest
from live_faces import LiveFace, handed, values
from live_viewer import events, settle, state
from playwright.sync_api import Page

from landmarkdiff.arrays import FloatArray
from landmarkdiff.procedures.plan import SurgicalPlan


def fitted(page: Page, plan: SurgicalPlan, *, exact: bool = True) -> tuple[FloatArray, float]:
    """The solver's own field (rows, columns, 2) and its fold factor."""
    factor = page.evaluate(
        """async ([values, exact]) => {
          const { displacement, foldFactor } = preview.model.fit(values, { exact });
          await handOver(displacement);
          return foldFactor;
        }""",
        [values(plan), exact],
    )
    return np.frombuffer(handed(page), "<f4").astype(np.float64), float(factor)


def test_the_solver_equals_its_python_reference(
    faces: dict[str, LiveFace], live_page: Page
) -> None:
    """To rounding: the same sequence of fits, in float64 here and partly in float32 there."""
    for face in faces.values():
        for procedures in ("rhinoplasty", ("rhytidectomy", "brow_lift"), "blepharoplasty"):
            model = face.model(face.plan(procedures))
            face.show(live_page, face.plan(procedures))
            for intensity in (30, 100):
                plan = face.plan(procedures, intensity)
                reference = model.fit(values(plan))
                field, factor = fitted(live_page, plan)
                away = np.abs(field - reference.field.displacement.ravel().astype(np.float64))
                print(f"{face.name} {procedures} {intensity} %: {away.max():.2e} px")
                assert away.max() < 1e-2
                assert factor == pytest.approx(reference.fold_factor, abs=5e-5)


def test_the_order_of_calls_changes_nothing(faces: dict[str, LiveFace], live_page: Page) -> None:
    face = faces["grace_hopper"]
    name = ("lip_lift", "rhinoplasty")
    far = {"rhinoplasty.tip_rotation": -9.0}
    plans = [
        face.plan(name, 40),
        face.plan(name, 100, effects=far, unlock=True),
        face.plan(name, 0),
        face.plan(name, 80),
    ]
    face.show(live_page, plans[0])
    first = []
    for plan in plans:
        live_page.evaluate("preview.setModel(modelBytes)")
        first.append(fitted(live_page, plan))
    assert min(factor for _, factor in first) < 0.97
    for index in (3, 1, 0, 2, 1, 3, 0):
        fitted(live_page, plans[(index + 1) % 4], exact=False)
        field, factor = fitted(live_page, plans[index])
        assert np.array_equal(field, first[index][0])
        assert factor == first[index][1]


def test_a_drag_stays_near_and_ends_exact(faces: dict[str, LiveFace], live_page: Page) -> None:
    face = faces["grace_hopper"]
    drag = [
        face.plan("lip_lift", 60, effects={"lip_lift.lip_length": -0.25 * k}, unlock=True)
        for k in range(1, 31)
    ]
    face.show(live_page, drag[0])
    bound = live_page.evaluate("header.folds.least")
    fits = []
    for plan in drag:
        _, quick = fitted(live_page, plan, exact=False)
        fits.append(live_page.evaluate("preview.model.fits"))
        assert live_page.evaluate("preview.model.least") > 0.8 * bound
    _, exact = fitted(live_page, drag[-1])
    print(f"fits to a frame {np.mean(fits):.2f}, factor {quick:.3f}, exactly {exact:.3f}")
    assert max(fits) <= 3
    assert quick == pytest.approx(exact, abs=0.05)
    # At rest the viewer goes from the quick factor to the exact one by itself.
    for plan in drag[-8:]:
        face.set_values(live_page, plan)
        live_page.evaluate("frames(2)")
    settle(live_page)
    assert live_page.evaluate("preview.stats().foldFactor") == exact


def test_a_fit_is_made_when_something_has_changed_and_not_before(
    live_page: Page, face: LiveFace
) -> None:
    turned = {"rhinoplasty.tip_rotation": -9.5}
    folded = face.plan(("lip_lift", "rhinoplasty"), 100, effects=turned, unlock=True)
    face.show(live_page, folded)
    face.set_values(live_page, folded)
    settle(live_page)
    assert state(live_page, "stats().foldFactor") < 0.9
    fits = state(live_page, "stats().fits")
    # Neither another picture of the same warp nor the same values need another fit.
    live_page.evaluate("preview.setMode('after'); preview.zoom(2)")
    face.set_values(live_page, folded)
    live_page.evaluate("preview.setValues({ ...preview.values, 'brow_lift.lateral_brow': 0 })")
    settle(live_page)
    assert state(live_page, "stats().fits") == fits
    # A drag fits quickly, and rest fits once more as the server does.
    live_page.evaluate("window.heard = events.length")
    turned = {"rhinoplasty.tip_rotation": -9.0}
    nearly = face.plan(("lip_lift", "rhinoplasty"), 100, effects=turned, unlock=True)
    face.set_values(live_page, nearly)
    live_page.evaluate("frames(1)")
    settle(live_page)
    assert state(live_page, "warp.isStale(true)") is False
    factors = [each["factor"] for each in events(live_page, "fold")]
    assert factors[-1] == state(live_page, "stats().foldFactor")
    assert len(factors) >= 2


def test_values_that_are_not_named_are_nothing(live_page: Page, face: LiveFace) -> None:
    face.show(live_page, face.plan("rhinoplasty", 60))
    field, factor = fitted(live_page, face.plan("rhinoplasty", 0))
    assert not field.any()
    assert factor == 1
    strange = live_page.evaluate(
        """() => {
          const values = { "rhinoplasty.dorsal_hump": NaN, "nothing.of_the_kind": 4 };
          return Math.max(...preview.model.fit(values).displacement.map(Math.abs));
        }"""
    )
    assert strange == 0
