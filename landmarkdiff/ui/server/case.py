"""What a page holds of one patient, in memory alone."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.notices import Notice
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.heads import DressedHead
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.views import ViewPhoto, ViewSet

__all__ = ["Case", "CaseViews", "StoredView", "ViewPictures", "ViewResults"]


@dataclass(frozen=True, eq=False)
class StoredView:
    """A photo of one of the standard views, with the name under which the page knows it.

    Attributes
    ----------
    name : str
    photo : ViewPhoto
        As it is now: with points of a profile where a hand has placed some.
    blob : str
        Its thumbnail.
    found : ViewPhoto
        As it was read.
    """

    name: str
    photo: ViewPhoto
    blob: str
    found: ViewPhoto


@dataclass(frozen=True)
class ViewPictures:
    """One view before and after.

    Attributes
    ----------
    view : str
        Name of the view, ``unknown`` for a photo without a place.
    before : str
        Blob of the photo.
    after : mapping of {"final", "warp", "raw"} to str
        Blobs of the simulation and, where a network painted, of what it came from; empty where
        there is no simulation.
    refusal : LandmarkDiffError or None
        Why there is none.
    notices : tuple of Notice
    label : str
        The word that is drawn into the simulation.
    """

    view: str
    before: str
    after: Mapping[str, str]
    refusal: LandmarkDiffError | None
    notices: tuple[Notice, ...]
    label: str = ""


@dataclass(frozen=True)
class ViewResults:
    """One plan in all views.

    Attributes
    ----------
    name : str
        Another for every run.
    settings, carried : ConsultationSettings
        Whose plan it is, and those that lie within the bounds of the photos.
    pictures : tuple of ViewPictures
    gallery : str
        Blob of the labelled gallery, PNG.
    """

    name: str
    settings: ConsultationSettings
    carried: ConsultationSettings
    pictures: tuple[ViewPictures, ...]
    gallery: str


@dataclass
class CaseViews:
    """The photos of the standard views, at most five, and what was made of them.

    Attributes
    ----------
    photos : ViewSet
        Another object after every change.
    stored : tuple of StoredView
        What the page knows of each photo.
    results : ViewResults or None
        The last ones made of these photos.
    confirmed : bool
        Whether the surgeon has said that the photos, which may show two people, show one.
    head : DressedHead or None
        Fitted to these photos.
    head_ipd_mm : float or None
        With which interpupillary distance.
    """

    photos: ViewSet = field(default_factory=ViewSet)
    stored: tuple[StoredView, ...] = ()
    results: ViewResults | None = None
    confirmed: bool = False
    head: DressedHead | None = None
    head_ipd_mm: float | None = None


@dataclass(eq=False)
class Case:
    """One patient's photo, plan, views and results.

    Another photo in the first tab begins another case, so whoever has computed something can
    tell by the identity of the case whether it is still wanted.

    Attributes
    ----------
    consultation : Consultation or None
        The first tab's photo and plan; None before there is a photo.
    views : CaseViews
        The fifth tab's photos.
    analysed : str
        What the analysis that the page shows was made of; empty before there is one.
    mark : str
        Names the case to the page.
    """

    consultation: Consultation | None = None
    views: CaseViews = field(default_factory=CaseViews)
    analysed: str = ""
    mark: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def photo_bytes(self) -> int:
        """Memory that the photos take, bytes; what is computed of them comes on top."""
        one = self.consultation
        photos = [] if one is None else [one.photo]
        photos += [] if one is None or one.later is None else [one.later]
        photos += [stored.photo.photo for stored in self.views.stored]
        return sum(photo.pixels.nbytes for photo in photos)

    @property
    def holds_photo(self) -> bool:
        """Whether there is a photo, in the first tab or the fifth."""
        return self.consultation is not None or bool(self.views.stored)

    @property
    def settings(self) -> ConsultationSettings | None:
        """The settings of the plan; None before there is a photo."""
        return None if self.consultation is None else self.consultation.settings
