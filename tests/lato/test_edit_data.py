"""Pairs of photos with the words between them: what is said, what is read, what makes a pair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from landmarkdiff.landmarks.face import FaceLandmarks, Pose
from landmarkdiff.lato.data import (
    EditExample,
    FaceState,
    PairRules,
    change_between,
    instruction_words,
    pose_error,
    read_expression,
)
from landmarkdiff.lato.data.face_state import rest_of
from landmarkdiff.lato.data.instructions import LANGUAGES
from landmarkdiff.lato.data.selection import PairPhoto
from landmarkdiff.lato.language import Expression, HeadTurn, understand
from landmarkdiff.lato.language.concepts import concepts

NAMES = ("happy", "sad", "angry", "surprised", "fearful", "disgusted")
TURNS = (
    HeadTurn(yaw=12.0),
    HeadTurn(yaw=-7.0),
    HeadTurn(pitch=9.0),
    HeadTurn(pitch=-4.0),
    HeadTurn(roll=5.0),
    HeadTurn(roll=-6.0),
    HeadTurn(12.0, -4.0, 6.0),
)


class Way:
    """Chooses always the same way of saying it."""

    def __init__(self, number: int) -> None:
        self.number = number

    def integers(self, count: int) -> int:
        return self.number % count


def test_an_example_has_two_pictures_of_one_size_and_68_points() -> None:
    picture, points, seen = np.zeros((8, 6, 3), np.uint8), np.zeros((68, 2)), np.ones(68, bool)
    words = {"instruction": "look happy", "language": "en", "person": "anna"}
    assert EditExample(picture, picture, points, points, seen, seen, **words).person == "anna"
    with pytest.raises(ValueError, match="one size"):
        EditExample(picture, picture[:4], points, points, seen, seen, **words)
    with pytest.raises(ValueError, match="68 points"):
        EditExample(picture, picture, points, points[:67], seen, seen, **words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_instruction_reads_back_as_it_is_meant(language: str, face: FaceLandmarks) -> None:
    grades = list(concepts().expression.values())
    normal = concepts().expression["normal"]
    asked = [(Expression(name, grade), HeadTurn()) for name in NAMES for grade in grades]
    asked += [(None, turn) for turn in TURNS]
    asked += [(Expression(name, grades[0]), TURNS[-1]) for name in NAMES]
    asked += [(Expression("neutral", normal), TURNS[0])]
    for expression, turn in asked:
        for way in range(3):
            words = instruction_words(expression, turn, language, Way(way))  # type: ignore[arg-type]
            heard = understand(words, face, language=language)
            assert (heard.expression, heard.pose or HeadTurn()) == (expression, turn), words
            assert heard.plan is None, words
            assert not heard.not_understood, words


def test_small_turns_and_what_stays_are_not_said() -> None:
    assert instruction_words(None, HeadTurn(2.9, -2.9, 1.0), "en") == ""
    assert instruction_words(None, HeadTurn(yaw=3.4), "de") == "Den Kopf 3 Grad nach links drehen"


def test_the_pose_filter_is_the_distance_over_pitch_and_yaw() -> None:
    assert pose_error(HeadTurn(13.0, 4.0, 90.0), HeadTurn(10.0, 0.0, 0.0)) == 5.0


def test_a_face_is_read_against_itself_at_rest() -> None:
    pout = {"mouthPucker": 0.9, "browInnerUp": 0.3}  # what a full lip looks like
    smile = {**pout, "mouthSmileLeft": 0.4, "mouthSmileRight": 0.4, "eyeSquintLeft": 0.1}
    rest = rest_of([pout, pout, smile, pout])
    assert rest is not None
    assert read_expression(pout, rest) == Expression("neutral", 1.0)
    seen = read_expression(smile, rest)
    assert seen is not None
    assert seen.name == "happy"
    assert seen.strength > 0.6
    assert read_expression({**pout, "mouthShrugUpper": 0.9, "jawOpen": -0.9}, rest) is None
    assert rest_of([pout, pout, pout]) is None
    assert read_expression(smile, None) is None
    assert np.array_equal(rest_of([smile], at_rest=[pout]), rest)


def photo(yaw: float = 0.0, name: str | None = "neutral", *, person: int = 0) -> PairPhoto:
    points = np.random.default_rng(0).normal(size=(68, 2)) + np.linspace(0, yaw / 40.0, 68)[:, None]
    embedding = np.eye(4)[person] + 1e-2 * np.eye(4)[3] * yaw / 10.0
    shown = None if name is None else Expression(name, 0.7)  # type: ignore[arg-type]
    pose = Pose(np.eye(3), yaw, 0.0, 0.0, 0.0, 1.0)
    return PairPhoto(points, pose, shown, embedding / np.linalg.norm(embedding))


def test_two_photos_make_a_pair_when_words_can_say_what_changes() -> None:
    rules = PairRules(most_similarity=2.0)
    change = change_between(photo(), photo(12.4, "happy"), rules)
    assert not isinstance(change, str)
    assert change.turn == HeadTurn(yaw=12.0)
    assert change.expression == Expression("happy", 0.7)
    assert change.pose_error_deg == pytest.approx(0.4)
    turned = change_between(photo(), photo(-12.4), rules)
    assert not isinstance(turned, str)
    assert turned.expression is None
    unread = change_between(photo(0.0, None), photo(12.4, None), rules)
    assert not isinstance(unread, str)  # whichever it is, it stays
    assert (unread.expression, unread.turn) == (None, HeadTurn(yaw=12.0))


@pytest.mark.parametrize(
    ("second", "fault"),
    [
        (photo(12.0, person=1), "other_person"),
        (photo(0.0, "happy"), "copied"),
        (replace(photo(12.0, None), blendshapes={"mouthSmileLeft": 0.4}), "expression_unclear"),
        (photo(2.0), "nothing_to_say"),
        (photo(70.0), "too_far"),
        (replace(photo(12.0), embedding=None), "not_compared"),
    ],
)
def test_what_teaches_nothing_is_left_out(second: PairPhoto, fault: str) -> None:
    assert change_between(photo(), second, PairRules()) == fault


def test_what_is_stated_is_checked_by_what_is_measured() -> None:
    still = replace(photo(), stated=FaceState(Expression("neutral", 1.0), HeadTurn()))
    turned = FaceState(Expression("happy", 1.0), HeadTurn(yaw=12.0))
    rules = PairRules(most_similarity=2.0)
    right = change_between(still, replace(photo(14.0, "happy"), stated=turned), rules)
    assert not isinstance(right, str)
    assert right.turn == HeadTurn(yaw=12.0)
    unread = change_between(still, replace(photo(14.0, None), stated=turned), rules)
    assert not isinstance(unread, str)
    for seen, fault in (
        (photo(18.0, "happy"), "pose_disagrees"),
        (photo(14.0, "sad"), "expression_disagrees"),
        (photo(14.0, "neutral"), "expression_disagrees"),
    ):
        assert change_between(still, replace(seen, stated=turned), rules) == fault
