"""What a page shows, told to another screen: numbers, and the names of the files that it needs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from landmarkdiff.procedures.manual import MOST_PUSHES, Push

__all__ = ["FileKind", "Region", "ScreenState", "ShownFigure", "ShownPicture"]

#: What a screen fetches: the photo, the live model, the brush's, the server's own picture, and
#: those beside one another.
FileKind = Literal["photo", "model", "brush", "result", "figure"]
BlobName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Region(_Strict):
    """A part of the photo: its middle and its size, pixels of the photo."""

    x: float
    y: float
    width: float = Field(gt=0)
    height: float = Field(gt=0)


class ShownPicture(_Strict):
    """One of some pictures beside one another.

    Attributes
    ----------
    blob : str
    title : str
        What it is, at its top.
    label, place : str
        The word that is drawn into a simulation, and the style of what covers it
        (:func:`~landmarkdiff.ui.tabs.tiles.label_place`); empty where none is drawn.
    """

    blob: BlobName
    title: str = Field("", max_length=80)
    label: str = Field("", max_length=80)
    place: str = Field(
        "", max_length=120, pattern=r"^((^|;)[a-z]{3,6}(-[a-z]{5,6})?:\d{1,3}\.\d%)*$"
    )


class ShownFigure(_Strict):
    """Pictures beside one another, below the one that follows the sliders."""

    caption: str = Field(max_length=400)
    pictures: tuple[ShownPicture, ...] = Field(min_length=1, max_length=3)


class ScreenState(_Strict):
    """What a page shows, by which another screen draws the same.

    Attributes
    ----------
    photo, model, brush, result : str or None
        Blobs of the page's session: the photo, the live model, that of pushes by hand, and the
        server's picture where that is what is seen.
    width, height : int
        Of the photo, pixels.
    mm_per_px, uncertainty : float or None
        Its scale, and the relative uncertainty of that.
    label : str
        Word that is drawn into the simulation.
    values : dict of str to float
        Of each effect, by its key.
    pushes : tuple of Push
    mode : str
        How before and simulation are shown together.
    before : bool
        Whether the photo before is held up.
    blinks : bool
        Whether the two take turns.
    opacity, divider : float
        Shares, 0 to 1.
    line : float
        Where the divider stands in the photo, pixels from its left edge.
    region : Region
        What is seen.
    mirrored : bool
    colours : str or None
        What the simulation is drawn in the colours of.
    figures : tuple of ShownFigure
        The expression that words have asked for, two plans, the result of the operation.
    """

    photo: BlobName
    width: int = Field(gt=0, le=1 << 16)
    height: int = Field(gt=0, le=1 << 16)
    mm_per_px: float | None = Field(None, gt=0)
    uncertainty: float | None = Field(None, ge=0)
    model: BlobName | None = None
    brush: BlobName | None = None
    result: BlobName | None = None
    label: str = Field(min_length=1, max_length=80)
    values: dict[Annotated[str, Field(max_length=120)], float] = Field(max_length=256)
    pushes: tuple[Push, ...] = Field((), max_length=MOST_PUSHES)
    mode: Literal["divider", "side", "blend", "after", "before"]
    before: bool = False
    blinks: bool = False
    opacity: float = Field(0.5, ge=0, le=1)
    divider: float = Field(0.5, ge=0, le=1)
    line: float = 0.0
    region: Region
    mirrored: bool = False
    colours: Literal["movement", "light"] | None = None
    figures: tuple[ShownFigure, ...] = Field((), max_length=3)

    def files(self, kind: FileKind) -> tuple[str | None, ...]:
        """Return the names of the files of a kind."""
        if kind == "figure":
            return tuple(one.blob for figure in self.figures for one in figure.pictures)
        return (getattr(self, kind),)
