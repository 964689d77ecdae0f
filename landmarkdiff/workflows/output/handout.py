"""Before and after to be handed out: side by side, as a loop, or on paper at true size."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.photo import Photo, draw_label, encode_jpeg, encode_png
from landmarkdiff.texts import Texts
from landmarkdiff.workflows.annotations import Annotation
from landmarkdiff.workflows.output.animation import animate
from landmarkdiff.workflows.output.annotated import draw_annotations
from landmarkdiff.workflows.output.close_up import Region, pair_size
from landmarkdiff.workflows.output.records import manifest
from landmarkdiff.workflows.output.typefaces import script_of, typeface, wrapped

if TYPE_CHECKING:
    from landmarkdiff.report.true_size import TrueSize

__all__ = [
    "HANDOUT_FORMATS",
    "Handout",
    "HandoutCrop",
    "HandoutFormat",
    "HandoutPictures",
    "Paper",
    "captioned",
    "handout_region",
]

HandoutCrop = Literal["region", "face"]
Paper = Literal["a4", "letter"]
HandoutFormat = Literal["png", "jpeg", "pdf", "gif", "webp"]
HANDOUT_FORMATS: tuple[HandoutFormat, ...] = get_args(HandoutFormat)

#: The framing of a face: its height as a share of the mesh's, which ends below the hair line,
#: its width over its height, and where in it the middle of the mesh lies.
_FACE_SHARE, _FACE_ASPECT, _FACE_MIDDLE = 1.5, 1.25, 0.54
#: Longest side of a picture of the pair, and of a frame of the loop, pixels.
_PAIR_SIDE, _LOOP_SIDE = 1400, 760
#: Fineness on paper: as fine as the photo between these, dots per inch.
_DOTS = (150.0, 300.0)
#: Seconds that each picture of the loop stands; ends of a loop stand twice as long as the rest.
_LOOP_SECONDS = 0.6
_QUALITY = 92
_SEEN = 8
_PAPER, _INK, _FAINT = (255, 255, 255), (20, 20, 20), (80, 80, 80)


def handout_region(prediction: Prediction, crop: HandoutCrop) -> Region:
    """Return the part of the photo that is shown: what the plan changes, or the face.

    Raises
    ------
    ParameterError
        There is no such part.
    """
    if crop not in get_args(HandoutCrop):
        raise ParameterError("unknown_handout_choice", name=crop, names=get_args(HandoutCrop))
    if crop == "region":
        return Region.of(prediction, aspect=None)
    return _face_region(prediction.source)


def _face_region(face: FaceLandmarks) -> Region:
    """The face with room around it, inside the photo where that is possible."""
    x, y, width, height = face.box
    tall = _FACE_SHARE * max(width, height)
    tall = min(tall, float(face.image_height), _FACE_ASPECT * face.image_width)
    wide = tall / _FACE_ASPECT
    left = x + 0.5 + width / 2 - wide / 2
    top = y + 0.5 + height / 2 - _FACE_MIDDLE * tall
    left = min(max(left, 0.0), face.image_width - wide)
    top = min(max(top, 0.0), face.image_height - tall)
    return Region(left, top, wide, tall)


@dataclass(frozen=True)
class HandoutPictures:
    """Before and after in one framing.

    Attributes
    ----------
    before, after : (H, W, 3) uint8 arrays
        RGB, of one size; the second is labelled.
    """

    before: ImageArray
    after: ImageArray


@dataclass(frozen=True)
class Handout:
    """What is handed out of a simulation.

    Attributes
    ----------
    prediction : Prediction
    photo : Photo
        Its photo.
    texts : Texts
        Of the patient's language.
    crop : {"region", "face"}
        What the plan changes, or the face.
    mirrored : bool
        As the patient knows the face from a mirror; the file says so.
    annotations : tuple of Annotation
        What is drawn over both pictures.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> from landmarkdiff.photo import read_photo, write_png
    >>> with TemporaryDirectory() as folder:
    ...     write_png(Path(folder) / "portrait.png", portrait)
    ...     photo = read_photo(Path(folder) / "portrait.png")
    >>> prediction = LandmarkDiffPipeline().generate(photo.pixels, "rhinoplasty", 60)
    >>> Handout(prediction, photo, Texts.load("en")).encode("png")[1:4]
    b'PNG'
    """

    prediction: Prediction
    photo: Photo
    texts: Texts
    crop: HandoutCrop = "region"
    mirrored: bool = False
    annotations: tuple[Annotation, ...] = ()

    @property
    def region(self) -> Region:
        """The part of the photo that is shown."""
        return handout_region(self.prediction, self.crop)

    @property
    def title(self) -> str:
        """What was simulated, in the patient's language."""
        texts, plan = self.texts, self.prediction.plan
        return " + ".join(texts.procedure(item.name, item.title) for item in plan.procedures)

    @property
    def _lines(self) -> tuple[str, ...]:
        return (*self.remarks, *self.texts.statements)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else has to be said of the pictures."""
        return (self.texts("handout.mirrored"),) if self.mirrored else ()

    def pictures(self, size: tuple[int, int], region: Region | None = None) -> HandoutPictures:
        """Return before and after, ``size`` (width, height) pixels each; by default of the crop."""
        shown, prediction = region or self.region, self.prediction

        def cut(pixels: NDArray[np.uint8], beyond: int | None = None) -> NDArray[np.uint8]:
            tile = shown.tile(pixels, size) if beyond is None else shown.tile(pixels, size, beyond)
            return np.ascontiguousarray(tile[:, ::-1]) if self.mirrored else tile

        seen = (cut(prediction.changeable, 0) > _SEEN).astype(np.uint8)
        # The word is laid over the turned picture, so that it can be read.
        before, image = (
            self._annotated(cut(pixels), shown) for pixels in (prediction.before, prediction.image)
        )
        after, _ = draw_label(image, mask=seen, text=prediction.label)
        return HandoutPictures(before, after)

    def _annotated(self, pixels: ImageArray, region: Region) -> ImageArray:
        scale, turned = self.prediction.source.scale, self.mirrored
        return draw_annotations(
            pixels, self.annotations, region=region, scale=scale, texts=self.texts, mirrored=turned
        )

    def encode(
        self, format: HandoutFormat, *, paper: Paper = "a4", date: datetime.date | None = None
    ) -> bytes:
        """Return the file.

        Parameters
        ----------
        format : {"png", "jpeg", "pdf", "gif", "webp"}
            Side by side; on paper at true size; a loop.
        paper : {"a4", "letter"}
            Of the PDF.
        date : datetime.date, optional
            That stands on the PDF; by default today's.

        Raises
        ------
        ParameterError
            There is no such format or paper.
        """
        if format not in HANDOUT_FORMATS:
            raise ParameterError("unknown_handout_choice", name=format, names=HANDOUT_FORMATS)
        if format == "pdf":
            from landmarkdiff.report.true_size import write_true_size

            return write_true_size(self.sheet(paper, date), self.texts)
        record = {
            **manifest(self.prediction, self.photo),
            "picture": f"handout-{self.crop}",
            "mirrored": self.mirrored,
            "annotations": len(self.annotations),
        }
        if format == "png":
            return encode_png(self.pair(), manifest=record)
        if format == "jpeg":
            return encode_jpeg(self.pair(), quality=_QUALITY, manifest=record)
        frames = self._frames()
        return animate(frames, format=format, seconds_per_frame=_LOOP_SECONDS, manifest=record)

    def pair(self) -> ImageArray:
        """Return both pictures side by side with their captions: (H, W, 3) uint8 RGB."""
        shown = self.pictures(pair_size(self.region, _PAIR_SIDE))
        named = (("common.before", shown.before), ("handout.after", shown.after))
        pictures = [(self.texts(key), pixels) for key, pixels in named]
        return captioned(pictures, self._lines)

    def _frames(self) -> list[ImageArray]:
        shown = self.pictures(pair_size(self.region, _LOOP_SIDE))
        named = (("common.before", shown.before), ("handout.after", shown.after))
        return [captioned([(self.texts(key), pixels)], self._lines) for key, pixels in named]

    def sheet(self, paper: Paper, date: datetime.date | None = None) -> TrueSize:
        """Return before and after, cut to paper at true size.

        Parameters
        ----------
        paper : {"a4", "letter"}
        date : datetime.date, optional
            By default today's.
        """
        from landmarkdiff.report.true_size import TrueSize, layout

        scale, region = self.prediction.source.scale, self.region
        places = layout(region.width * scale.mm_per_px, region.height * scale.mm_per_px, paper)
        shown = self._cut_to(places.width, places.height)
        return TrueSize(
            layout=places,
            before=shown.before,
            after=shown.after,
            relative_uncertainty=scale.relative_uncertainty,
            title=self.title,
            remarks=self.remarks,
            date=date or datetime.date.today(),  # the clinic's own calendar day
        )

    def _cut_to(self, width: float, height: float) -> HandoutPictures:
        """Return what of the crop is ``width`` by ``height`` mm on the face, for paper."""
        own, mm_per_px = self.region, self.prediction.source.scale.mm_per_px
        wide, high = width / mm_per_px, height / mm_per_px
        left, top = own.x + (own.width - wide) / 2, own.y + (own.height - high) / 2
        dots = min(max(25.4 / mm_per_px, _DOTS[0]), _DOTS[1])
        columns = round(width / 25.4 * dots)
        # Its rows are as high as its columns are wide.
        size = columns, round(columns * high / wide)
        return self.pictures(size, Region(left, top, wide, high))


def captioned(pictures: Sequence[tuple[str, ImageArray]], lines: Sequence[str]) -> ImageArray:
    """Return pictures of one size beside one another, each under its caption.

    Parameters
    ----------
    pictures : sequence of (str, (H, W, 3) uint8 array)
        Captions and RGB pictures.
    lines : sequence of str
        What stands below; empty ones are left out.

    Returns
    -------
    (H', W', 3) uint8 array
    """
    height, width = pictures[0][1].shape[:2]
    letters = max(15.0, 0.034 * min(width, 1.2 * height))
    gap, head = round(0.5 * letters), round(1.9 * letters)
    whole = len(pictures) * width + (len(pictures) - 1) * gap
    said, width_of_rows = filter(None, lines), whole - 2 * gap
    rows = [part for line in said for part in wrapped(line, 0.8 * letters, width_of_rows)]
    foot = round((1.1 * len(rows) + 0.6) * letters)
    sheet = Image.new("RGB", (whole, head + height + foot), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for place, (caption, pixels) in enumerate(pictures):
        left = place * (width + gap)
        sheet.paste(Image.fromarray(pixels), (left, head))
        font = _font(caption, letters, width - gap)
        draw.text((left + gap // 2, round(0.35 * letters)), caption, fill=_INK, font=font)
    for row, line in enumerate(rows):
        y = head + height + round((0.3 + 1.1 * row) * letters)
        draw.text((gap // 2, y), line, fill=_FAINT, font=typeface(script_of(line), 0.8 * letters))
    return np.asarray(sheet, np.uint8)


def _font(text: str, size: float, width: float) -> ImageFont.FreeTypeFont:
    """The typeface of a text, so small that the text is no wider than ``width`` pixels."""
    font = typeface(script_of(text), size)
    long = font.getlength(text)
    return font if long <= width else typeface(script_of(text), max(6.0, size * width / long))
