"""Predicted landmarks on a page on which people score them, as the published protocol has it.

Fifty faces, six instructions each (expression, pose, both), the predicted points drawn on the
photo; people say whether the points are what the instruction asks for, 1 or 0. Which method
predicted which points is in a key beside the page and not on it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.generators.crop import SquareCrop
from landmarkdiff.lato.data.instructions import instruction_words
from landmarkdiff.lato.kinematics.gesture import FARTHEST_DRAWN_DEG
from landmarkdiff.lato.language import Expression, HeadTurn, Instruction, understand
from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.lato.predictor.embedded import embedded_points
from landmarkdiff.lato.predictor.grammar import CANVAS
from landmarkdiff.lato.predictor.reading import Answers, predict_points
from landmarkdiff.lato.tokenizer.points import LINES_68, landmarks_68
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.photo import encode_jpeg, write_json, write_text

__all__ = ["KEY_FILE", "PAGE_FILE", "PER_FACE", "RatedFace", "write_rating_page"]

PAGE_FILE, KEY_FILE = "rating.html", "rating-key.json"
#: Instructions of a face, and which of them turn the head and change the expression.
PER_FACE = 6
_KINDS = ((True, False), (False, True), (True, True))
#: Smallest turn that is asked for, degrees.
_LEAST_TURN = 5
_NAMES = ("happy", "sad", "angry", "surprised", "fearful", "disgusted")


@dataclass(frozen=True, eq=False)
class RatedFace:
    """A photo on the page.

    Attributes
    ----------
    name : str
        Of its file; it is in the key only.
    prepared : PreparedFace
    """

    name: str
    prepared: PreparedFace


@dataclass(frozen=True, eq=False)
class _Sample:
    face: int
    method: str
    instruction: str
    points: FloatArray | None
    faults: Sequence[str]


def write_rating_page(
    faces: Sequence[RatedFace],
    out: Path,
    *,
    model: Answers | None = None,
    language: str = "en",
    per_face: int = PER_FACE,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[Path, Path]:
    """Write the page and its key.

    Parameters
    ----------
    faces : sequence of RatedFace
    out : Path
        Folder.
    model : Answers, optional
        A vision-language model whose points are rated beside those of kinematics.
    language : str
        Of the instructions.
    per_face : int
    seed : int
        Of the instructions and of the order.
    progress : callable, optional
        Told how many faces are done, of how many, and the name of the last.

    Returns
    -------
    (Path, Path)
        Page and key.
    """
    samples: list[_Sample] = []
    pictures = []
    for number, face in enumerate(faces):
        landmarks = face.prepared.landmarks
        crop = SquareCrop.around(landmarks, None, CANVAS)
        picture = crop.to_network(face.prepared.image)
        pictures.append(_address(picture))
        for words in _instructions(number, language, per_face, seed):
            heard = understand(words, landmarks, language=language)
            points = crop.points_to_network(
                landmarks_68(embedded_points(face.prepared, heard).points)[:, :2]
            )
            samples.append(_Sample(number, "kinematics", words, points, ()))
            if model is not None:
                samples.append(_of_model(model, picture, crop, face, heard, number))
        if progress is not None:
            progress(number + 1, len(faces), face.name)
    return _write(samples, pictures, faces, out, seed)


def _of_model(
    model: Answers,
    picture: ImageArray,
    crop: SquareCrop,
    face: RatedFace,
    heard: Instruction,
    number: int,
) -> _Sample:
    found = crop.landmarks_to_network(face.prepared.landmarks)
    try:
        predicted = predict_points(model, picture, found, heard)
    except ValueError:  # an answer that was cut off
        return _Sample(number, "model", heard.words, None, ("unreadable",))
    return _Sample(number, "model", heard.words, predicted.points, predicted.faults)


def _instructions(face: int, language: str, count: int, seed: int) -> Iterator[str]:
    """Draw instructions for a face: an expression, a pose, both, and again."""
    rng = np.random.default_rng([seed, face])
    grades = list(concepts().expression.values())
    for number in range(count):
        says, turns = _KINDS[number % len(_KINDS)]
        shown, turn = None, HeadTurn()
        if says:
            name = _NAMES[rng.integers(len(_NAMES))]
            shown = Expression(name, grades[rng.integers(len(grades))])  # type: ignore[arg-type]
        if turns:
            size = int(rng.integers(_LEAST_TURN, int(FARTHEST_DRAWN_DEG) + 1))
            angle = float(size * rng.choice([-1, 1]))
            turn = HeadTurn(yaw=angle) if rng.random() < 0.6 else HeadTurn(pitch=angle)
        yield instruction_words(shown, turn, language, rng)


def _write(
    samples: Sequence[_Sample],
    pictures: Sequence[str],
    faces: Sequence[RatedFace],
    out: Path,
    seed: int,
) -> tuple[Path, Path]:
    order = np.random.default_rng([seed, len(samples)]).permutation(len(samples))
    shown: list[dict[str, Any]] = []
    key: dict[str, dict[str, str]] = {}
    unpredicted: list[dict[str, Any]] = []
    for place in order:
        sample = samples[place]
        said = {
            "method": sample.method,
            "photo": faces[sample.face].name,
            "instruction": sample.instruction,
        }
        if sample.points is None:
            unpredicted.append({**said, "faults": list(sample.faults)})
            continue
        name = f"{len(shown) + 1:04d}"
        key[name] = said
        shown.append(
            {
                "id": name,
                "face": sample.face,
                "words": sample.instruction,
                "points": np.round(sample.points, 1).tolist(),
            }
        )
    record = {"samples": shown, "faces": pictures, "lines": [[list(a), b] for a, b in LINES_68]}
    digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:12]
    out.mkdir(parents=True, exist_ok=True)
    page, listed = out / PAGE_FILE, out / KEY_FILE
    # The page first, which a full disk is likelier to refuse: no key without its page.
    write_text(page, _page({**record, "page": digest}))
    write_json(listed, {"format": 1, "page": digest, "samples": key, "unpredicted": unpredicted})
    return page, listed


def _page(record: dict[str, Any]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    folder = Path(__file__).parent / "templates"
    script = (folder / "rating.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined
    )
    # In a block of data "<" is the only sign that could end it.
    data = json.dumps(record, ensure_ascii=False).replace("<", "\\u003c")
    return environment.get_template("rating.html").render(
        script=Markup(script),  # noqa: S704  # our own file
        digest=digest,
        data=Markup(data),  # noqa: S704  # made safe above
    )


def _address(picture: ImageArray) -> str:
    data = base64.b64encode(encode_jpeg(picture, quality=85)).decode("ascii")
    return f"data:image/jpeg;base64,{data}"
