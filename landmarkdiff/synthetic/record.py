"""A photo as a shard holds it: the square around the face, its landmarks, and who it is."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import cv2
import numpy as np

from landmarkdiff.analysis import apparent_tone
from landmarkdiff.arrays import ImageArray
from landmarkdiff.data_files import JsonError, parse_foreign_json
from landmarkdiff.errors import PhotoError
from landmarkdiff.generators.crop import SquareCrop
from landmarkdiff.landmarks.face import FaceLandmarks, Pose, Scale
from landmarkdiff.lato.data.face_state import FaceState
from landmarkdiff.photo import encode_jpeg

__all__ = ["MEMBERS", "SPLITS", "PhotoRecord", "Split", "split_of"]

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
#: Endings of the files of one record, in the order in which a shard has them.
MEMBERS = ("jpg", "landmarks.npy", "json")
#: Of 100 persons so many are kept for validation, and so many for the test.
VALIDATION_PERCENT = TEST_PERCENT = 10
#: A photo that is the target of training keeps its skin (JPEG quality).
QUALITY = 95


def split_of(person: str) -> Split:
    """Return the side of the split that a person is on, whatever else is in the set.

    It hangs on the name alone: a set that grows keeps its persons where they were.

    >>> split_of("anna"), split_of("anna") == split_of("anna")
    ('train', True)
    """
    place = int.from_bytes(hashlib.sha256(person.encode()).digest()[:8], "big") % 100
    if place < TEST_PERCENT:
        return "test"
    return "validation" if place < TEST_PERCENT + VALIDATION_PERCENT else "train"


@dataclass(frozen=True, eq=False)
class PhotoRecord:
    """One photo of a shard.

    Attributes
    ----------
    picture : (S, S, 3) uint8 array
        RGB: the square around the face that a network sees.
    face : FaceLandmarks
        In the square, pixels.
    person, licence, source : str
        Who it is, under which terms it may be used, and the name of its file.
    tone : str or None
        Apparent tone I to VI, or what the list of photos says.
    likeness : int
        Perceptual hash, 64 bits.
    sha256 : str
        Of the photo's file.
    square : (int, int, int) or None
        First column, first row and side of the square in the photo, where the photo is one of a
        scene; the square of a head that lies on its side is not kept.
    scene : str or None
        As the list of photos says.
    stated : FaceState or None
        Expression and pose as the list of photos says.
    """

    picture: ImageArray
    face: FaceLandmarks
    person: str
    licence: str
    source: str
    tone: str | None
    likeness: int
    sha256: str
    square: tuple[int, int, int] | None = None
    scene: str | None = None
    stated: FaceState | None = None

    @classmethod
    def of_photo(
        cls, image: ImageArray, face: FaceLandmarks, size: int, *, tone: str | None, **facts: Any
    ) -> PhotoRecord:
        """Cut the square around a face out of its photo.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
        face : FaceLandmarks
        size : int
            Side of the square, pixels.
        tone : str or None
            As the list of photos says; None reads it in the photo.
        facts
            ``person``, ``licence``, ``source``, ``likeness`` and ``sha256``; ``scene`` and
            ``stated`` where they are known.
        """
        crop = SquareCrop.around(face, None, size)
        framed = crop.landmarks_to_network(face)
        bare = FaceLandmarks(
            # As a shard keeps them, so that a record is the same before and after.
            points=framed.points.astype(np.float32).astype(np.float64),
            image_width=size,
            image_height=size,
            pose=framed.pose,
            scale=framed.scale,
            presence=face.presence,
            blendshapes=dict(face.blendshapes),
            passes=face.passes,
        )
        if tone is None:
            tone = apparent_tone(image, face).fitzpatrick
        still = facts.get("scene") is not None and not crop.turns
        square = (crop.x, crop.y, crop.side) if still else None
        return cls(crop.to_network(image), bare, tone=tone, square=square, **facts)

    def members(self) -> dict[str, bytes]:
        """Return the record as the files of a shard, by their endings."""
        points = io.BytesIO()
        np.save(points, self.face.points.astype(np.float32), allow_pickle=False)
        text = json.dumps(self._facts(), sort_keys=True, separators=(",", ":"))
        return {
            "jpg": encode_jpeg(self.picture, quality=QUALITY),
            "landmarks.npy": points.getvalue(),
            "json": text.encode(),
        }

    def _facts(self) -> dict[str, Any]:
        pose, scale = self.face.pose, self.face.scale
        return {
            "person": self.person,
            "licence": self.licence,
            "source": self.source,
            "tone": self.tone,
            "likeness": f"{self.likeness:016x}",
            "sha256": self.sha256,
            "pose": {
                "rotation": pose.rotation.tolist(),
                "yaw": pose.yaw,
                "pitch": pose.pitch,
                "roll": pose.roll,
                "residual": pose.residual,
                "canonical_px_per_mm": pose.canonical_px_per_mm,
            },
            "scale": {
                "mm_per_px": scale.mm_per_px,
                "relative_uncertainty": scale.relative_uncertainty,
                "source": scale.source,
            },
            "presence": self.face.presence,
            "passes": self.face.passes,
            "blendshapes": {name: float(score) for name, score in self.face.blendshapes.items()},
            **self._of_edits(),
        }

    def _of_edits(self) -> dict[str, Any]:
        """Return what only photos for edits have."""
        stated = None if self.stated is None else self.stated.to_dict()
        known = {"square": self.square, "scene": self.scene, "stated": stated}
        return {name: value for name, value in known.items() if value is not None}

    @classmethod
    def from_members(cls, members: Mapping[str, bytes], name: str) -> PhotoRecord:
        """Read a record back; PhotoError says which one is damaged."""
        try:
            facts = parse_foreign_json(members["json"])
            coded = np.frombuffer(members["jpg"], np.uint8)
            decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB)
            points = np.load(io.BytesIO(members["landmarks.npy"]), allow_pickle=False)
            if decoded is None or not np.isfinite(points).all():
                raise ValueError("not a picture, or not its landmarks")
            picture = np.asarray(decoded, np.uint8)
            turn = np.array(facts["pose"].pop("rotation"), np.float64)
            face = FaceLandmarks(
                points=points.astype(np.float64),
                image_width=picture.shape[1],
                image_height=picture.shape[0],
                pose=Pose(rotation=turn, **facts["pose"]),
                scale=Scale(**facts["scale"]),
                presence=facts["presence"],
                blendshapes=facts["blendshapes"],
                passes=facts["passes"],
            )
            return cls(
                picture,
                face,
                person=facts["person"],
                licence=facts["licence"],
                source=facts["source"],
                tone=facts["tone"],
                likeness=int(facts["likeness"], 16),
                sha256=facts["sha256"],
                square=tuple(facts["square"]) if "square" in facts else None,
                scene=facts.get("scene"),
                stated=FaceState.from_dict(facts["stated"]) if "stated" in facts else None,
            )
        except (*JsonError, KeyError, TypeError, AttributeError, cv2.error, EOFError) as failure:
            raise PhotoError("shard_record_damaged", name=name) from failure

    def at(self, size: int) -> PhotoRecord:
        """Return the record at another side of the square, pixels."""
        side = self.picture.shape[0]
        if side == size:
            return self
        whole = SquareCrop(0, 0, side, size)
        face = whole.landmarks_to_network(self.face)
        return replace(self, picture=whole.to_network(self.picture), face=face)
