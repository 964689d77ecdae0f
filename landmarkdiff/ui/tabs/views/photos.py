"""The photos of one patient's views in a session: in memory, each in its place."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass, replace

import cv2
import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import LandmarkDiffError, ParameterError, WorkCancelled
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.notices import Notice
from landmarkdiff.photo import Photo, encode_jpeg
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.ui.tabs.views.gallery import MadeGallery
from landmarkdiff.workflows.output.pictures import box_tile, face_tile, fitted
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.views import (
    ViewPhoto,
    ViewSet,
    expected_view,
    read_views,
    sort_views,
)

__all__ = ["KeptView", "SessionViews", "ViewResults", "ViewTile"]


#: Where the session keeps its views.
STATE = "views"
#: Photos are kept at this many pixels at most, 18 MB each: a face of them fills a printed page.
MAX_PIXELS = 6_000_000
_THUMBNAIL_QUALITY = 88


@dataclass(frozen=True, eq=False)
class KeptView:
    """A photo with the name under which the page knows it.

    Attributes
    ----------
    name : str
    photo : ViewPhoto
    blob : str
        Its thumbnail.
    """

    name: str
    photo: ViewPhoto
    blob: str


@dataclass(frozen=True)
class ViewTile:
    """One view of the gallery.

    Attributes
    ----------
    view : str
        Name of the view, ``unknown`` for a photo without a place.
    before, after : str
        Blobs; ``after`` is empty where there is no simulation.
    refusal : LandmarkDiffError or None
        Why there is none.
    notices : tuple of Notice
    warp, raw : str
        Blobs of what a painting came from; empty where no network painted.
    """

    view: str
    before: str
    after: str
    refusal: LandmarkDiffError | None
    notices: tuple[Notice, ...]
    warp: str = ""
    raw: str = ""


@dataclass(frozen=True)
class ViewResults:
    """One plan in all views.

    Attributes
    ----------
    name : str
        Another for every run.
    settings : ConsultationSettings
        Whose plan it is.
    tiles : tuple of ViewTile
    gallery : str
        Blob of the labelled gallery, PNG.
    """

    name: str
    settings: ConsultationSettings
    tiles: tuple[ViewTile, ...]
    gallery: str

    def blobs(self) -> list[str]:
        """All blobs of the results."""
        tiles = [
            blob
            for tile in self.tiles
            for blob in (tile.before, tile.after, tile.warp, tile.raw)
            if blob
        ]
        return [*tiles, self.gallery]


class SessionViews:
    """The views of a session, at most five.

    Attributes
    ----------
    views : ViewSet
        Another object after every change.
    results : ViewResults or None
        The last ones made of these photos.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: tuple[KeptView, ...] = ()
        self.views = ViewSet()
        self.results: ViewResults | None = None

    @classmethod
    def of(cls, session: Session) -> SessionViews:
        """Return the session's views: empty at first, and again after a new photo in tab 1."""
        with session.lock:
            found = session.state.get(STATE)
            if not isinstance(found, cls):
                found = session.state[STATE] = cls(session)
            return found

    def kept(self, photo: ViewPhoto) -> KeptView:
        """Return what the page knows of a photo of the set."""
        return next(one for one in self._kept if one.photo is photo)

    @property
    def unsorted(self) -> bool:
        """Whether sorting by the measured turn would change places."""
        return dict(self._sorted().places) != dict(self.views.places)

    def add(self, pipeline: LandmarkDiffPipeline, photo: Photo, place: str | None = None) -> None:
        """Find the face of a photo and put it into a place, or where its turn says.

        Photos that were not put anywhere by hand are sorted anew with each that comes.

        Raises
        ------
        ParameterError
            There are five photos already, or there is no such place.
        """
        if place is not None:
            expected_view(place)
        small = replace(photo, pixels=_within(photo.pixels))
        (read,) = read_views(pipeline, [small], SimulationRequest())
        thumbnail = encode_jpeg(_thumbnail(read), quality=_THUMBNAIL_QUALITY)
        with self._session.lock:
            self._require_current()
            if place is not None:
                views = self.views.put(place, read)
            elif self.unsorted:
                views = self.views.add(read)
            else:
                views = sort_views([*(other for _, other in self.views), read])
            blob = self._session.blobs.put(thumbnail, "image/jpeg", "view.jpg")
            self._kept = (*self._kept, KeptView(secrets.token_hex(6), read, blob))
            self._changed(views)

    def move(self, name: str, place: str) -> None:
        """Put a photo into another place; what stands there takes its place."""
        expected_view(place)
        with self._session.lock:
            photo = self._named(name).photo
            came_from = next((view for view, other in self.views if other is photo), None)
            if came_from is None:
                self._changed(self.views.put(place, photo))
            else:
                self._changed(self.views.exchange(came_from.name, place))

    def sort(self) -> None:
        """Give every photo the place that its measured turn says."""
        with self._session.lock:
            self._changed(self._sorted())

    def remove(self, name: str) -> None:
        """Forget a photo and all that was made of it."""
        with self._session.lock:
            gone = self._named(name).photo
            places = {view: other for view, other in self.views.places.items() if other is not gone}
            unplaced = tuple(other for other in self.views.unplaced if other is not gone)
            self._changed(replace(self.views, places=places, unplaced=unplaced))

    def clear(self) -> None:
        """Forget all photos and results."""
        with self._session.lock:
            self._changed(ViewSet())

    def keep(self, views: ViewSet, settings: ConsultationSettings, made: MadeGallery) -> None:
        """Keep the results made of a set of views; those of the last run go.

        Raises
        ------
        WorkCancelled
            These are no longer the session's views.
        """
        with self._session.lock:
            self._require_current()
            if self.views is not views:
                raise WorkCancelled
            self._drop_results()
            tiles = tuple(
                ViewTile(
                    one.view,
                    self._put(one.before, f"{one.view}-photo.jpg"),
                    self._put(one.after, f"{one.view}-simulation.jpg"),
                    one.refusal,
                    one.notices,
                    self._put(one.warp, f"{one.view}-simulation-warp.jpg"),
                    self._put(one.raw, f"{one.view}-simulation-raw.jpg"),
                )
                for one in made.views
            )
            gallery = self._session.blobs.put(made.sheet, "image/png", "views-simulation.png")
            self.results = ViewResults(secrets.token_hex(6), settings, tiles, gallery)

    def _put(self, jpeg: bytes, filename: str) -> str:
        """Keep a picture where there is one; return its blob."""
        return self._session.blobs.put(jpeg, "image/jpeg", filename) if jpeg else ""

    def _sorted(self) -> ViewSet:
        return sort_views([photo for _, photo in self.views])

    def _named(self, name: str) -> KeptView:
        for one in self._kept:
            if one.name == name:
                return one
        raise ParameterError("this photo is no longer there", fix="reload the page")

    def _require_current(self) -> None:
        """Raise WorkCancelled when another patient's photo was opened meanwhile."""
        if self._session.closed or self._session.state.get(STATE) is not self:
            raise WorkCancelled

    def _changed(self, views: ViewSet) -> None:
        """Take over a set; forget photos that are no longer in it, and results of the last one."""
        staying = [photo for _, photo in views]
        kept = []
        for one in self._kept:
            if any(one.photo is photo for photo in staying):
                kept.append(one)
            else:
                self._session.blobs.drop(one.blob)
        self._kept = tuple(kept)
        self.views = views
        self._drop_results()

    def _drop_results(self) -> None:
        if self.results is not None:
            for blob in self.results.blobs():
                self._session.blobs.drop(blob)
        self.results = None


def _within(pixels: ImageArray) -> ImageArray:
    """Return the picture, shrunk where it has more than MAX_PIXELS."""
    height, width = pixels.shape[:2]
    share = math.sqrt(MAX_PIXELS / (height * width))
    if share >= 1.0:
        return pixels
    size = (max(16, int(width * share)), max(16, int(height * share)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _thumbnail(view: ViewPhoto) -> ImageArray:
    """Return the face in the framing of the gallery, the whole photo where none was seen."""
    if view.prepared is not None and not view.misread:
        return face_tile(view.photo.pixels, view.prepared.landmarks)
    if view.seen is not None:
        return box_tile(view.photo.pixels, view.seen.box)
    return fitted(view.photo.pixels)
