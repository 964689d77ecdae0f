"""What pictures of a procedure cannot show, and in which views."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from landmarkdiff.landmarks.face import ViewClass
from landmarkdiff.procedures.limit import Limit, limits_in
from landmarkdiff.procedures.procedure import procedures

HUMP = Limit(text="A frontal photo hardly shows the hump.", views=("frontal",))
SWELLING = Limit(text="Swelling is not simulated.")
SIDES: tuple[ViewClass, ...] = (
    "left_three_quarter",
    "right_three_quarter",
    "left_profile",
    "right_profile",
)


def test_a_limit_holds_in_its_views_only() -> None:
    both = (HUMP, SWELLING)
    assert limits_in(both, ["frontal"]) == (HUMP.text, SWELLING.text)
    for view in SIDES:
        assert limits_in(both, [view]) == (SWELLING.text,)
    assert limits_in(both, ["left_profile", "frontal"]) == (HUMP.text, SWELLING.text)
    assert limits_in((*both, SWELLING), ["left_profile"]) == (SWELLING.text,)
    assert limits_in(both, []) == ()


def test_both_sides_of_a_view_are_one() -> None:
    oblique = Limit(text="x", views=("three_quarter",))
    assert [view for view in ("frontal", *SIDES) if oblique.holds_in(view)] == list(SIDES[:2])


def test_a_text_alone_stays_a_text_in_files() -> None:
    assert Limit.model_validate("Swelling is not simulated.") == SWELLING
    assert SWELLING.model_dump(mode="json") == SWELLING.text
    assert HUMP.model_dump(mode="json") == {"text": HUMP.text, "views": ["frontal"]}
    assert Limit.model_validate(HUMP.model_dump(mode="json")) == HUMP


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"text": "x", "views": ["basal"]}, "'frontal', 'three_quarter' or 'profile'"),
        ({"text": "x", "views": ["frontal", "frontal"]}, "listed twice"),
        ({"text": "x", "views": []}, "at least 1 item"),
        ({"text": "x", "view": ["frontal"]}, "Extra inputs"),
        ({"views": ["frontal"]}, "required"),
        ("", "at least 1 character"),
        (3, "valid dictionary"),
    ],
)
def test_a_wrong_limit_is_refused(data: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Limit.model_validate(data)


def test_what_only_a_frontal_photo_hides_says_so() -> None:
    """A sentence on frontal photos in a built-in preset is not said of profiles."""
    sentences = [limit for preset in procedures().values() for limit in preset.limits]
    of_frontal = [limit for limit in sentences if limit.text.startswith("A frontal photo")]
    assert len(of_frontal) == 4
    assert all(limit.views == ("frontal",) for limit in of_frontal)
