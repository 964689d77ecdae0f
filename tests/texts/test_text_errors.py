"""Errors and reasons that the app can show are sentences in every language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import landmarkdiff
from landmarkdiff import errors
from landmarkdiff.analysis import analyze
from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.generators import create_generator
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks import FaceLandmarks, extract_landmarks
from landmarkdiff.measurements import measure, measure_all
from landmarkdiff.photo import PhotoLimits, read_photo
from landmarkdiff.procedures import SurgicalPlan, procedure
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.texts import Texts, languages
from landmarkdiff.texts.clauses import ClauseTable
from landmarkdiff.texts.tables import read_table

PACKAGE = Path(landmarkdiff.__file__).parent
TRANSLATED = [code for code in languages() if code != "en"]

#: Rooms whose errors never reach the page: the command line, files and folders, drawing code.
NOT_IN_THE_APP = (
    "cli/",
    "texts/",
    "conditioning/",
    "configuration.py",
    "landmarks/draw.py",
    "photo/label.py",
    "photo/write.py",
    "workflows/batch_state.py",
    "workflows/batches.py",
    "workflows/output/folder.py",
    "workflows/request_parser.py",
    "weights/catalogue.py",
    "weights/fetch.py",
    "weights/hub.py",
    "ui/run.py",
    "ui/server/auth.py",
    "ui/server/login.py",
    "ui/server/network.py",
    "ui/server/passwords.py",
    "ui/server/run_folder.py",
    "ui/server/settings.py",
    "ui/server/window.py",
)
#: Clauses of other rooms that only a path, a preset file or a programming error can cause.
NOT_SHOWN = frozenset(
    {
        "the pictures to be compared are not those of the mask",
        "the photo does not exist",
        "the photo may not be read by this user",
        "{}, not a photo file",
        "this is not a file name",
        "this is not a source of a photo",
        "a path, bytes or an open binary file",
        "the open file gives text",
        "a file opened in binary mode",
        "{} is not a budget",
        "1 byte or more",
        "the manifest is too large for a JPEG",
        "the data cannot be written as JSON",
        "{} must hold keys and values",
        "{} is too large for a preset file",
        "the preset file cannot be read",
        "{} is not valid YAML",
        "an effect is written NAME=VALUE",
        "for example tip_rotation=3.5",
        "the photo is not the one of these landmarks",
        "height x width x 3 of type uint8",
        "Bell's palsy is given for both sides",
        "name one side of the patient",
        "vitiligo, bells-palsy=left|right, keloid=REGION[,REGION], ehlers-danlos",
        "the clinical flag {} takes no value",
        "there is no such corner for the label",
        "below {}",
        "set {} to a folder that can be written",
        "the folder for {} cannot be made ({})",
        # What takes the place of {} is part of the clause: both are translated.
        "num_inference_steps is out of range{}",
        "tps",
        "{} x {}",
        "uint8 {} x {} x 3",
    }
)


def clauses_of(node: ast.expr) -> Iterator[str]:
    """Texts that an argument can be, with ``{}`` for what varies."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = [str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values]
        yield "".join(parts)
    elif isinstance(node, ast.IfExp):
        yield from clauses_of(node.body)
        yield from clauses_of(node.orelse)
    elif isinstance(node, ast.BinOp):
        yield from (f"{left}{{}}" for left in clauses_of(node.left))


def named(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def error_classes(trees: dict[str, ast.Module]) -> dict[str, ast.ClassDef]:
    """All classes of the package that descend from LandmarkDiffError, by name."""
    classes = [node for tree in trees.values() for node in ast.walk(tree)]
    defined = [node for node in classes if isinstance(node, ast.ClassDef)]
    found: dict[str, ast.ClassDef] = {}
    while True:
        more = [
            node
            for node in defined
            if node.name not in found
            and {named(base) for base in node.bases} & {"LandmarkDiffError", *found}
        ]
        if not more:
            return found
        found |= {node.name: node for node in more}


def raising(tree: ast.Module, classes: dict[str, ast.ClassDef]) -> Iterator[ast.Call]:
    """Calls that make an error: of a class, or of ``super().__init__`` within one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and named(node.func) in {"LandmarkDiffError", *classes}:
            yield node
        elif isinstance(node, ast.ClassDef) and node.name in classes:
            for inner in ast.walk(node):
                if (
                    isinstance(inner, ast.Call)
                    and isinstance(inner.func, ast.Attribute)
                    and inner.func.attr == "__init__"
                ):
                    yield inner


def raised() -> dict[str, str]:
    """Every clause of an error that the app can show, and where it is written."""
    trees = {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    classes = error_classes(trees)
    found: dict[str, str] = {}
    for place, tree in trees.items():
        if place.startswith(NOT_IN_THE_APP):
            continue
        for call in raising(tree, classes):
            said = [word.value for word in call.keywords if word.arg in ("allowed", "fix")]
            for argument in [*call.args[:1], *said]:
                for clause in clauses_of(argument):
                    if clause not in NOT_SHOWN and clause.strip("{}").count(" "):
                        found.setdefault(clause, f"{place}:{call.lineno}")
    return found


def samples(clause: str) -> Iterator[str]:
    """Fill what varies in a clause with numbers, identifiers and words."""
    parts = clause.split("{}")
    for fillers in product(("7", "tip_rotation", "PNG", "mm"), repeat=len(parts) - 1):
        yield "".join(part + filler for part, filler in zip(parts, [*fillers, ""], strict=True))


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_clause_the_app_can_raise_is_translated(language: str) -> None:
    known = ClauseTable(read_table(language).clauses)
    clauses = raised()
    assert len(clauses) > 60
    open_ones = [
        f"{place}: {clause}"
        for clause, place in clauses.items()
        if all(known.find(sample, lambda _, said: said) is None for sample in samples(clause))
    ]
    assert not open_ones, "translate these clauses, or list them as not shown in the app"


def caught(action: object, *arguments: object, **named: object) -> LandmarkDiffError:
    with pytest.raises(LandmarkDiffError) as caught_error:
        action(*arguments, **named)  # type: ignore[operator]
    return caught_error.value


@pytest.fixture(scope="module")
def astronaut_face(astronaut: ImageArray) -> FaceLandmarks:
    return extract_landmarks(astronaut, passes=1)


@pytest.fixture(scope="module")
def real_errors(astronaut_face: FaceLandmarks) -> list[LandmarkDiffError]:
    """Errors as the real code raises them."""
    rhinoplasty = procedure("rhinoplasty")
    blank = np.full((64, 64, 3), 128, np.uint8)
    pipeline = LandmarkDiffPipeline()
    return [
        caught(read_photo, b""),
        caught(read_photo, b"%PDF-1.7 and so on"),
        caught(read_photo, b"\x89PNG\r\n\x1a\n" + bytes(60)),
        caught(read_photo, bytes(400), limits=PhotoLimits(max_file_bytes=300)),
        caught(extract_landmarks, blank),
        caught(extract_landmarks, blank[:8, :8]),
        caught(procedure, "otoplasty"),
        caught(rhinoplasty.effect, "chin_height"),
        caught(make_plan, [rhinoplasty], astronaut_face, intensity=150.0),
        caught(make_plan, [rhinoplasty], astronaut_face, effects={"tip_rotation": 30.0}),
        caught(make_plan, [rhinoplasty], astronaut_face, side="middle"),
        caught(make_plan, [], astronaut_face),
        caught(SurgicalPlan.from_json, "{"),
        caught(SurgicalPlan.from_json, "{}"),
        caught(ClinicalFlags, keloid_prone=True),
        caught(ClinicalFlags, bells_palsy=True),
        caught(ClinicalFlags, keloid_prone=True, keloid_regions=["ear"]),
        caught(ClinicalFlags.from_dict, {"asthma": True}),
        caught(create_generator, "img2img"),
        caught(create_generator, "magic"),
        caught(analyze, blank, astronaut_face, fitzpatrick="VII"),
        caught(measure, astronaut_face, "ear_height"),
        caught(pipeline.generate, blank),
        errors.WorkCancelled(),
    ]


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_english_is_left_in_a_real_error(
    real_errors: list[LandmarkDiffError], language: str
) -> None:
    texts = Texts.load(language)
    for error in real_errors:
        said = texts.error(error)
        assert said[-1] in ".。", said
        assert error.what.lower() not in said.lower()


def test_english_says_it_without_the_words_of_the_command_line(
    real_errors: list[LandmarkDiffError],
) -> None:
    said = [Texts.load("en").error(error) for error in real_errors]
    assert not [sentence for sentence in said if "--" in sentence or "=" in sentence]
    assert any("the photo is empty" in sentence.lower() for sentence in said)


@pytest.mark.parametrize("language", TRANSLATED)
def test_reasons_of_measurements_are_translated(
    astronaut_face: FaceLandmarks, language: str
) -> None:
    texts = Texts.load(language)
    reasons = [m.reason for m in measure_all(astronaut_face) if m.reason is not None]
    assert reasons
    for reason in reasons:
        assert "degrees" not in texts.reason(reason)
