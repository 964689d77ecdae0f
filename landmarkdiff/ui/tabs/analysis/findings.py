"""What an examination found, in words: tone, view, quality, scores and landmark counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.analysis import FaceAnalysis
from landmarkdiff.analysis.tone import SkinPatch, SkinTone
from landmarkdiff.texts import Texts
from landmarkdiff.workflows.examine import Examination

__all__ = ["Fact", "Findings", "Region", "Tone", "describe", "swatch_colour"]


@dataclass(frozen=True)
class Fact:
    """A name and what is said of it; ``colour`` of a swatch as HTML writes it, or empty."""

    name: str
    value: str
    strong: bool = False
    missing: bool = False
    colour: str = ""


@dataclass(frozen=True)
class Tone:
    """The apparent skin tone: its type, its angle (ITA), and each patch of skin."""

    kind: str
    angle: str
    colour: str
    patches: tuple[Fact, ...]


@dataclass(frozen=True)
class Region:
    """How many landmarks a region of the face has, and how many can be seen."""

    name: str
    landmarks: int
    visible: int


@dataclass(frozen=True)
class Findings:
    """All that the cards show."""

    tone: Tone
    view: tuple[Fact, ...]
    notices: tuple[str, ...]
    flawless: bool
    scores: tuple[Fact, ...]
    regions: tuple[Region, ...]


def describe(examination: Examination, texts: Texts) -> Findings:
    """Return the findings of an examination, in words."""
    return Findings(
        _tone(examination.analysis.tone, texts),
        tuple(_view(examination.analysis, texts)),
        tuple(texts.notice(notice) for notice in examination.notices),
        # A smile is the patient's, and no flaw of the photo.
        all(notice.code == "photo_smile" for notice in examination.notices),
        tuple(_scores(examination, texts)),
        tuple(
            Region(texts.region(region.name), region.landmarks, region.visible)
            for region in examination.regions
        ),
    )


def swatch_colour(lab: tuple[float, float, float]) -> str:
    """Return the sRGB colour of CIELAB values (D65) as HTML writes it.

    >>> swatch_colour((100.0, 0.0, 0.0))
    '#ffffff'
    """
    linear = cv2.cvtColor(np.array([[lab]], np.float32), cv2.COLOR_Lab2RGB)[0, 0]
    red, green, blue = np.round(np.clip(linear, 0.0, 1.0) * 255).astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _tone(tone: SkinTone, texts: Texts) -> Tone:
    used = [patch.lab for patch in tone.patches if patch.ita is not None and patch.lab]
    colour = ""
    if used:
        middle = np.median(np.array(used), axis=0).tolist()
        colour = swatch_colour((middle[0], middle[1], middle[2]))
    kind = texts("analysis.tone_unknown")
    if tone.fitzpatrick is not None:
        source = "by_clinician" if tone.source == "clinician" else "fitzpatrick_from_photo"
        kind = (
            f"{texts('analysis.fitzpatrick_type', type=tone.fitzpatrick)}, "
            f"{texts(f'analysis.{source}')}"
        )
    angle = ""
    if tone.ita is not None:
        angle = texts("analysis.ita_value", degrees=texts.number(tone.ita, 0))
        if tone.spread is not None:
            spread = texts("analysis.spread_value", degrees=texts.number(tone.spread, 0))
            angle += f", {spread}"
    return Tone(kind, angle, colour, tuple(_patch(patch, texts) for patch in tone.patches))


def _patch(patch: SkinPatch, texts: Texts) -> Fact:
    name = texts.name_of("patch", patch.name)
    colour = swatch_colour(patch.lab) if patch.lab else ""
    if patch.ita is None:
        reason = texts.reason(patch.reason) if patch.reason else ""
        return Fact(name, reason, missing=True, colour=colour)
    angle = texts("analysis.ita_value", degrees=texts.number(patch.ita, 0))
    return Fact(name, angle, colour=colour)


def _view(analysis: FaceAnalysis, texts: Texts) -> Iterator[Fact]:
    view = analysis.view
    yield Fact(texts("analysis.view_class"), texts.view(view.name), strong=True)
    angles = {
        "yaw": view.yaw,
        "pitch": view.pitch,
        "roll": view.roll,
        "eye_line": view.eye_line,
    }
    for name, angle in angles.items():
        yield Fact(texts(f"analysis.{name}"), texts.quantity(angle, "deg", 1, signed=True))
    if view.standard is not None:
        yield Fact(texts("analysis.standard_view"), _yes(view.standard, texts))


def _scores(examination: Examination, texts: Texts) -> Iterator[Fact]:
    face, analysis = examination.face, examination.analysis
    exposure, scale = analysis.exposure, face.scale
    rows = {
        "presence": texts.quantity(100 * face.presence, "percent", 0),
        "residual": texts.quantity(face.pose.residual, "percent", 1),
    }
    if face.noise_px is not None:
        noise = float(np.sqrt(np.mean(face.noise_px**2))) * scale.mm_per_px
        rows["landmark_noise"] = texts.quantity(noise, "mm", 2)
    rows |= {
        "blur": texts.quantity(analysis.blur_mm, "mm", 2),
        "highlights": texts.quantity(100 * exposure.highlights, "percent", 0),
        "shadows": texts.quantity(100 * exposure.shadows, "percent", 0),
        "side_light": f"{texts.number(abs(exposure.side_difference), 0)} L*",
        "glasses": texts(f"common.{analysis.glasses.worn}"),
    }
    if analysis.distance is not None:
        metres = texts.number(analysis.distance.metres, 1)
        error = texts.number(analysis.distance.uncertainty, 1)
        rows["distance"] = texts("analysis.distance_value", metres=metres, error=error)
    for key, value in rows.items():
        yield Fact(texts(f"analysis.{key}"), value)
    current = texts(
        "scale.current",
        mm_per_px=texts.number(scale.mm_per_px, 3),
        percent=texts.number(100 * scale.relative_uncertainty, 0),
    )
    yield Fact(texts("scale.title"), f"{current} ({texts.name_of('scale', scale.source)})")


def _yes(value: bool, texts: Texts) -> str:
    return texts("common.yes" if value else "common.no")
