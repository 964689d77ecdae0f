"""What is refused rather than guessed, what is kept, corrected and left out; and no text fails."""

from __future__ import annotations

import random
from importlib import resources

import pytest
from readings import conflicts, planned, reasons

from landmarkdiff.data_files import parse_yaml
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.lato.language import Expression, HeadTurn, understand
from landmarkdiff.lato.language.lexicon import lexicon
from landmarkdiff.lato.language.phrases import Meaning, listed
from landmarkdiff.lato.language.spelling import alternatives, spell, words_of
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.texts import languages

REFUSED = {
    "flurb the tip by 2 degrees": "words_unknown",
    "perhaps narrow the tip": "words_doubtful",
    "lift the viewer's left brow": "words_doubtful",
    "tip rotation - 4 degrees": "words_doubtful",
    "narrow the tip by 2-3 mm": "words_doubtful",
    "narrow the tip by 2 or by 3 mm, 4 mm": "words_alternative",
    "lift the tip 2 mm": "words_of_other_unit",
    "hump 1.5 mm": "words_without_way",
    "move the tip to the left by 2 mm": "words_without_way",
    "make it 2 mm narrower": "words_without_part",
    "make the chin smaller": "words_ambiguous",
    "chin up 5 degrees": "words_ambiguous",
    "lengthen the tip": "words_not_simulated",
    "lift the left tip": "words_without_sides",
    "the tip is narrow": "words_doubtful",  # a finding; it may be wanted
    "a wide tip": "words_doubtful",
    "the tip is 2 mm wide": "words_doubtful",
    "the tip is not too wide": "words_doubtful",
    "a more droopy tip": "words_doubtful",
    "correct the tip wider": "words_doubtful",
    "I hate the tip": "words_doubtful",
    "too much": "words_without_part",
    "make the tip not too wide": "words_doubtful",
    "no hump": "words_absence_open",
    "I don't want a hump": "words_absence_open",
    "shorten the lower lip by 1 mm": "words_not_simulated",
    "reduce the double chin": "words_not_simulated",
    "lower the radix by 1 mm": "words_not_simulated",
    "raise the lid by 1 mm": "words_ambiguous",
    "increase the tooth show to 2 mm": "words_doubtful",
    "lift the left brow to the level of the right one": "words_contradict",
    "reduce the brow lift by 1 mm": "words_relative_open",
    "narrow the tip by one to two mm": "words_doubtful",
    "raise one eyebrow by 2 mm": "words_side_open",
    "narrow and widen the tip": "words_without_part",
    "half of that": "words_without_present",
    "smile by 3 mm": "words_contradict",
    "turn the head 3 mm to the left": "words_turn_in_degrees",
    "turn the head 120 degrees to the left": "words_turn_too_far",
    "rotate the head clockwise by 10 degrees": "words_doubtful",  # in whose eyes?
    "smile more": "words_gesture_relative",
    "turn the head another 20 degrees to the left": "words_gesture_relative",
    "don't smile": "words_negation_open",
    "keep the tip at 4 degrees": "words_negation_open",
    "raise or lower the chin": "words_alternative",
    "the head of the left brow up 2 mm, the face": "words_without_way",
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_is_open_is_refused_with_its_reason(words: str, face: FaceLandmarks) -> None:
    read = understand(words, face)
    if words == "narrow and widen the tip":
        assert conflicts(read) == ["words_set_twice"]
        assert planned(read) == {}
        return
    assert REFUSED[words] in reasons(read)
    assert words.startswith("the head of") or planned(read) == {}


def test_a_word_that_is_not_known_is_named(face: FaceLandmarks) -> None:
    read = understand("flurb the tip by 2 degrees; narrow the chin", face)
    assert planned(read) == {"chin_width": -2.0}
    assert read.to_dict()["not_understood"] == [
        {"words": "flurb the tip by 2 degrees", "reason": "not known: flurb"}
    ]


def test_words_are_repeated_as_they_were_written(face: FaceLandmarks) -> None:
    read = understand("höchstens 2 mm Höcker weg; die Nase hübscher", face, language="de")
    said = [item["reason"] for item in read.to_dict()["not_understood"]]
    assert [reason.rpartition(" ")[2] for reason in said] == ["höchstens", "hübscher"]


def test_a_negation_changes_nothing_of_what_it_names(face: FaceLandmarks) -> None:
    assert planned(understand("don't narrow the tip", face)) == {}
    read = understand("rotate the tip 3 degrees but don't narrow it", face)
    assert planned(read) == {"tip_rotation": 3.0}
    assert "Tip width" in read.echo[-1]
    both = understand("narrow the tip, leave the tip", face)
    assert planned(both) == {}
    assert conflicts(both) == ["words_kept_and_changed"]
    open_ = understand("don't rotate the tip and narrow the bridge", face)
    assert planned(open_) == {}
    assert reasons(open_) == ["words_negation_open"]


def test_beyond_the_band_needs_the_unlock(face: FaceLandmarks) -> None:
    read = understand("rotate the tip 12 degrees", face)
    assert (read.plan, conflicts(read)) == (None, ["words_beyond_band"])
    assert "8.5" in read.to_dict()["conflicts"][0]
    assert planned(understand("rotate the tip 12 degrees", face, unlock=True)) == {
        "tip_rotation": 12.0
    }


def test_corrections_refer_to_the_present_plan(face: FaceLandmarks, present: SurgicalPlan) -> None:
    def after(words: str) -> dict[str, float]:
        return planned(understand(words, face, present=present))

    assert after("half of that") == {"tip_rotation": 2.0, "dorsal_hump": -1.0, "tip_width": -0.5}
    assert after("take 0.5 mm more off the hump")["dorsal_hump"] == -2.5
    assert after("undo the hump") == {"tip_rotation": 4.0, "tip_width": -1.0}
    assert after("undo everything") == {}
    assert after("narrow the chin by 2 mm")["tip_rotation"] == 4.0
    assert after("rotate the tip a little less")["tip_rotation"] == pytest.approx(3.2)
    # More than typical is planned already, so "narrower" is not less of it.
    wide = make_plan("rhinoplasty", face, intensity=0.0, effects={"tip_width": -2.0})
    assert planned(understand("a narrower tip", face, present=wide))["tip_width"] < -2.0


@pytest.mark.parametrize(
    "words",
    ["rotate the tip 4 degrees, undo the tip", "soften the nasolabial fold, undo everything"],
)
def test_what_is_taken_back_in_the_same_words_plans_nothing(
    words: str, face: FaceLandmarks
) -> None:
    read = understand(words, face)
    assert read.plan is None
    assert "no change" in read.to_dict()["echo"][0]
    more = understand(f"{words}, chin forward 3 mm", face)
    assert planned(more) == {"pogonion": 3.0}


def test_what_the_present_plan_is_made_of_is_kept(face: FaceLandmarks) -> None:
    plan = make_plan(["rhinoplasty", "lip_lift"], face, effects={"dorsal_hump": "off"}, side="left")
    read = understand("rotate the tip 3 degrees", face, present=plan)
    assert read.plan is not None
    assert {item.name: item.intensity for item in read.plan.procedures} == {
        "rhinoplasty": 60.0,
        "lip_lift": 60.0,
    }
    before = {item.key: item.value for item in plan.effects}
    assert {item.key: item.value for item in read.plan.effects} == {
        **before,
        "rhinoplasty.tip_rotation": 3.0,
    }
    assert read.plan.side == "left"
    assert read.plan.switched_off == plan.switched_off


def test_what_follows_an_effect_is_said(face: FaceLandmarks) -> None:
    read = understand("shorten the upper lip by 2 mm", face)
    assert read.echo[0].startswith("Length of the upper lip -2.0 mm, typical is -")
    assert any("follows" in sentence for sentence in read.echo)


def test_expression_and_turn(face: FaceLandmarks) -> None:
    read = understand("smile strongly; turn the head 10° to the left and tilt it slightly", face)
    assert read.expression == Expression("happy", 1.0)
    assert read.pose == HeadTurn(yaw=10.0)
    assert reasons(read) == ["words_without_way"]
    assert understand("look happy, look sad", face).expression == Expression("happy", 0.66)
    assert read.plan is None


def test_wrong_arguments_are_refused(face: FaceLandmarks) -> None:
    for words, code in (("  ", "words_missing"), ("x" * 3000, "words_too_long")):
        with pytest.raises(ParameterError) as caught:
            understand(words, face)
        assert caught.value.code == code
    with pytest.raises(ParameterError) as caught:
        understand("tip", face, language="xx")
    assert caught.value.code == "unknown_language"


def test_full_width_letters_and_decimal_commas_are_read() -> None:
    assert [word.text for word in words_of("１,5 mm, -2 º don't")] == [
        "1,5", "mm", ",", "-2", "°", "don", "t"
    ]  # fmt: skip


def test_a_comma_before_a_number_divides(face: FaceLandmarks) -> None:
    assert planned(understand("颧部更饱满，3毫米", face, language="zh")) == {
        "malar_projection": 3.0
    }
    assert planned(understand("narrower chin,2 mm", face)) == {"chin_width": -2.0}
    assert planned(understand("narrow the chin by .5 mm", face)) == {"chin_width": -0.5}


def test_the_rest_is_kept(face: FaceLandmarks) -> None:
    read = understand("narrow the tip by 1 mm, leave everything else", face)
    assert (planned(read), read.not_understood) == ({"tip_width": -1.0}, ())
    assert read.echo[-1] == "everything else is left as it is"


def scrambled(language: str, count: int) -> list[str]:
    """Return texts of words of a language and others, of numbers and of any letters."""
    dice = random.Random(language)  # noqa: S311  # no secret
    own = sorted(_phrases(language))
    odd = [
        "½",
        "1/0",
        "-",
        "--",
        "°",
        "%",
        ",",
        ".",
        "。",
        "mm",
        "1e9",
        "٣",
        "\x00",
        "😀",
        "ﬁ",
        "'",
    ]
    texts = []
    for _ in range(count):
        parts = [
            dice.choice(own) if dice.random() < 0.7 else dice.choice([*odd, f"{dice.random():.3f}"])
            for _ in range(dice.randrange(1, 14))
        ]
        if dice.random() < 0.2:
            parts.append("".join(chr(dice.randrange(1, 0x3000)) for _ in range(6)))
        texts.append(dice.choice(["", " "]).join(parts) or " ")
    return texts


def _phrases(language: str) -> set[str]:
    found: set[str] = set()

    def walk(node: object, so_far: str) -> None:
        for table in (node.whole, node.begun):  # type: ignore[attr-defined]
            for word, after in table.items():
                found.add(f"{so_far} {word}".strip())
                walk(after, f"{so_far} {word}")

    walk(lexicon(language)._root, "")
    return found


def test_a_head_that_nothing_else_is_said_of_is_asked_back(face: FaceLandmarks) -> None:
    read = understand("piel suficiente mirar no", face, language="es")
    assert reasons(read) == ["words_gesture_relative"]


def test_a_head_that_is_turned_too_far_clockwise_is_asked_back(face: FaceLandmarks) -> None:
    read = understand("the head is too clockwise", face)
    assert (read.pose, reasons(read)) == (None, ["words_doubtful"])


@pytest.mark.parametrize("language", languages())
def test_no_text_fails(language: str, face: FaceLandmarks, present: SurgicalPlan) -> None:
    for text in scrambled(language, 60):
        if text.strip():
            read = understand(text, face, language=language, present=present)
            assert read.echo or read.not_understood or read.conflicts, text


@pytest.mark.parametrize("phrase", ["(a|(b|c)) d", "(a|b d", "a (b(c|)|d)"])
def test_groups_of_alternatives_are_flat(phrase):
    with pytest.raises(ValueError, match="within another, or left open"):
        alternatives(phrase)
    assert alternatives("(a|b) c(d|)") == ["a cd", "a c", "b cd", "b c"]


@pytest.mark.parametrize("language", languages())
def test_no_phrase_stands_under_two_meanings(language):
    # The first one listed is read, and the second is dead without anybody noticing.
    file = resources.files("landmarkdiff.lato.language") / "lexicons" / f"{language}.yaml"
    read: dict[tuple[str, ...], tuple[Meaning, ...]] = {}
    twice = {
        phrase: (read[words], meanings)
        for phrase, meanings in listed(parse_yaml(file.read_text(encoding="utf-8")))
        if read.setdefault(words := tuple(spell(phrase)), meanings) != meanings
    }
    assert twice == {}
