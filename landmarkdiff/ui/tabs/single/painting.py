"""What the page shows of a painting: its three pictures and how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference.painting_facts import painting_facts
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.workflows.output.pictures import FRAME_SIZE, labelled_tile

__all__ = ["PAINTED", "PaintedPictures", "describe_painting", "keep_pictures"]


#: The pictures of a painting in the order in which they come about, and which one each is.
PAINTED: Mapping[str, str] = {"warp": "warped", "raw": "raw", "final": "image"}
_TILE_QUALITY = 92
_FULL_QUALITY = 95


@dataclass(frozen=True)
class PaintedPictures:
    """Blobs of one picture of a painting.

    Attributes
    ----------
    key : {"warp", "raw", "final"}
    tile : str
        The labelled face.
    full : str
        The whole picture at the photo's size, without a label: the page draws it under one.
    """

    key: str
    tile: str
    full: str


def keep_pictures(session: Session, prediction: Prediction) -> tuple[PaintedPictures, ...]:
    """Put the pictures of a painting on the session's shelf.

    The finished picture of a refused painting is the warp, and shares its blobs.
    """
    kept: list[PaintedPictures] = []
    seen: list[tuple[ImageArray, PaintedPictures]] = []
    for key, name in PAINTED.items():
        pixels = getattr(prediction, name)
        same = next((known for other, known in seen if other is pixels), None)
        if same is None:
            tile = labelled_tile(pixels, prediction, None, FRAME_SIZE)
            made = PaintedPictures(
                key,
                _put(session, tile, f"{key}-face.jpg", _TILE_QUALITY),
                _put(session, pixels, f"{key}.jpg", _FULL_QUALITY),
            )
            seen.append((pixels, made))
        else:
            made = replace(same, key=key)
        kept.append(made)
    return tuple(kept)


def _put(session: Session, pixels: ImageArray, filename: str, quality: int) -> str:
    return session.blobs.put(encode_jpeg(pixels, quality=quality), "image/jpeg", filename)


def describe_painting(
    prediction: Prediction, pictures: tuple[PaintedPictures, ...], texts: Texts
) -> dict[str, Any]:
    """Return what the page shows of a painting, ready for JSON."""
    guard = prediction.guard
    facts = painting_facts(prediction.painting.record, texts)
    if guard.refused:
        sentence = texts("paint.refused")
    else:
        sentence = texts("paint.nothing" if guard.verdict is None else "paint.accepted")
    hints = {} if guard.verdict == "passed" else {"final": "final_refused_hint"}
    return {
        "pictures": [
            {
                **asdict(one),
                "title": texts(f"paint.{one.key}"),
                "hint": texts(f"paint.{hints.get(one.key, f'{one.key}_hint')}"),
                "download": texts(f"download.{one.key}"),
            }
            for one in pictures
        ],
        "refused": guard.refused,
        "sentence": sentence,
        "label": prediction.label,
        "values": {item.key: item.value for item in prediction.plan.effects},
        "facts": [asdict(fact) for fact in facts],
    }
