"""How codes with parameters become words, in English; other languages: tests/texts."""

from __future__ import annotations

import copy
import string
import subprocess
import sys

import pytest

from landmarkdiff.errors import (
    EffectError,
    FaceIndexError,
    LandmarkDiffError,
    ParameterError,
    PhotoError,
    WeightsError,
    WeightsMissingError,
    WorkCancelled,
)
from landmarkdiff.notices import Notice, Reason
from landmarkdiff.wording import MessageFormatter, Wording, fields_of

FRAME = {
    "sentence": "{what}!",
    "got": "{what} [{value}]",
    "allowed": "only {allowed}",
    "separator": " | ",
    "list_separator": ", ",
    "or_separator": " or ",
}
WORDING = Wording(
    {
        "plain": "plain {value:.1f}",
        "whole": {
            "what": "{quantity} is wrong",
            "got": "{value} {unit}",
            "allowed": "{names}",
            "fix": "look into {folders}",
        },
        "because": {"what": "no: {reasons}"},
        "after": {"what": "no, {cause}"},
    },
    FRAME,
    {"quantity": {"seed": "the seed"}},
    string.Formatter(),
)


def said(code: str, **params: object) -> str:
    return WORDING.sentence(LandmarkDiffError(code, **params))


WHOLE = {"quantity": "seed", "value": 3, "unit": "px", "names": ["a", "b"], "folders": ["x", "y"]}


def test_the_parts_of_an_error_become_a_sentence() -> None:
    assert said("whole", **WHOLE) == "the seed is wrong [3 px] | only a, b | look into x or y!"
    assert WORDING.clause(LandmarkDiffError("whole", **WHOLE)).endswith(" y")
    assert said("plain", value=1.25) == "plain 1.2"  # a notice: no frame, no stop


@pytest.mark.parametrize(
    ("left_out", "sentence"),
    [
        ("value", "the seed is wrong | only a, b | look into x or y!"),
        ("names", "the seed is wrong [3 px] | look into x or y!"),
        ("folders", "the seed is wrong [3 px] | only a, b!"),
    ],
)
def test_a_part_with_a_field_that_is_none_is_left_out(left_out: str, sentence: str) -> None:
    assert said("whole", **{**WHOLE, left_out: None}) == sentence


def test_an_identifier_without_a_word_stands_as_it_is() -> None:
    assert said("whole", **{**WHOLE, "quantity": "strength"}).startswith("strength is wrong")


def test_values_are_short_and_in_one_line() -> None:
    sentence = said("whole", **{**WHOLE, "value": "a\n\tb" + "c" * 200, "quantity": "a\nb"})
    assert "[a??bccc" in sentence
    assert "ccc... px]" in sentence
    assert sentence.startswith("a b is wrong")
    assert len(sentence) < 200
    assert said("whole", **{**WHOLE, "unit": ""}).startswith("the seed is wrong [3] |")


def test_messages_stand_within_messages() -> None:
    first = LandmarkDiffError("whole", **{**WHOLE, "folders": None})
    second = LandmarkDiffError("because", reasons=["this", "that"])
    assert said("because", reasons=[first, second]) == (
        "no: the seed is wrong [3 px] | only a, b | no: this | that!"
    )
    assert said("after", cause=first) == "no, the seed is wrong!"


def test_a_code_or_a_parameter_that_is_missing_is_an_error() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        said("nonsense")
    with pytest.raises(KeyError, match="names"):
        said("whole", **{name: value for name, value in WHOLE.items() if name != "names"})


def test_fields_with_their_formats() -> None:
    assert fields_of("{low:g} to {high:g} {unit}, {{no field}}") == {
        "low": "g",
        "high": "g",
        "unit": "",
    }


def test_english_errors_say_what_value_allowed_and_how_to_mend_it() -> None:
    error = EffectError("effect_given_twice", effect="tip_width")
    assert (error.code, error.params) == ("effect_given_twice", {"effect": "tip_width"})
    assert str(error) == "an effect is given twice (got tip_width); give each effect once."
    assert error.what == "an effect is given twice"
    assert str(PhotoError("photo_empty", name=None)) == "the photo is empty (0 bytes)."
    assert str(WorkCancelled()) == "the work was stopped."
    limits = {"quantity": "seed", "value": -1, "low": 0, "high": 2**63 - 1}
    assert str(ParameterError("out_of_range", **limits)) == (
        "the seed is out of range (got -1); allowed: 0 to 9.22337e+18."
    )
    missing = WeightsMissingError(
        "file_missing", file="a.task", place=Reason.of("copy_in", folders=["/x", "/y"]), pull="a"
    )
    assert str(missing) == (
        "the file a.task is missing; allowed: a copy in /x or /y; "
        "run 'landmarkdiff weights pull a'."
    )
    absent = WeightsError("model_absent", name="a", pull=None)
    reasons = [Reason.of("model_lacks_files", title=Reason("kind_base"), files=["u", "v"]), absent]
    unavailable = LandmarkDiffError("mode_unavailable", mode="tps", reasons=reasons, pull="a b")
    assert str(unavailable) == (
        "the mode tps cannot run here: the base model lacks u, v; the model a is not here; "
        "run 'landmarkdiff weights pull a b'."
    )


def test_errors_are_also_the_builtin_ones() -> None:
    assert issubclass(ParameterError, ValueError)
    assert issubclass(FaceIndexError, IndexError)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy])
def test_an_error_survives_copying(again) -> None:  # type: ignore[no-untyped-def]
    error = again(EffectError("effect_given_twice", effect="tip_width"))
    assert type(error) is EffectError
    assert (error.code, error.params) == ("effect_given_twice", {"effect": "tip_width"})
    assert str(error).startswith("an effect is given twice (got tip_width)")


def test_raising_reads_no_words() -> None:
    code = (
        "import sys, landmarkdiff.errors as e, landmarkdiff.notices as n; "
        "e.PhotoError('photo_empty', name=None); n.Notice.of('face_cut'); "
        "print(bool({'yaml', 'importlib.resources', 'pydantic', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_notice_is_written_with_its_english() -> None:
    notice = Notice.of("effect_limited", effect="tip_width", percent=40, causes=["eyeball", "fold"])
    assert notice.to_dict() == {
        "code": "effect_limited",
        "text": "tip_width is carried out at 40 % because of: eyeball, fold.",
        "effect": "tip_width",
        "percent": 40,
        "causes": "eyeball, fold",
    }
    iris = Notice.of("scale_fallback", reason=Reason.of("iris_small", width=4.25), uncertainty=6.0)
    assert iris.to_dict()["reason"] == "it is only 4.2 px wide"
    assert "(it is only 4.2 px wide)" in iris.text
    kept = Notice.of("plan_conflict", kept="a", dropped="b", landmarks=[64, 294])
    assert kept.to_dict()["landmarks"] == [64, 294]


@pytest.mark.parametrize(
    ("value", "written"), [(-0.0, "0.0"), (-0.04, "0.0"), (0.04, "0.0"), (-0.06, "-0.1")]
)
def test_what_is_rounded_to_zero_has_no_sign(value: float, written: str) -> None:
    formatter = MessageFormatter()
    assert formatter.format("{:.1f}", value) == written
    assert formatter.format("{} {:.1f}", "-0", float("-inf")) == "-0 -inf"
