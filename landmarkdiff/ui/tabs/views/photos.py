"""The photos of one patient's views: in memory, each in its place."""

from __future__ import annotations

import math
import secrets
from dataclasses import replace

import cv2
import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError, WorkCancelled
from landmarkdiff.identity.people import PersonCheck
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.photo import Photo, encode_jpeg
from landmarkdiff.profile import ProfileCorrections
from landmarkdiff.ui.server.case import (
    Case,
    CaseViews,
    StoredView,
    ViewPictures,
    ViewResults,
)
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.ui.tabs import tiles
from landmarkdiff.ui.tabs.views.gallery import Gallery
from landmarkdiff.workflows.heads import DressedHead
from landmarkdiff.workflows.output.pictures import box_tile, face_tile, fitted
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.view_corrections import correct_view
from landmarkdiff.workflows.view_persons import compare_views
from landmarkdiff.workflows.view_reading import read_views
from landmarkdiff.workflows.views import (
    ViewPhoto,
    ViewSet,
    expected_view,
    sort_views,
)

__all__ = ["ViewPhotos"]


#: Photos are kept at this many pixels at most, 18 MB each: a face of them fills a printed page.
MAX_PIXELS = 6_000_000
_THUMBNAIL_QUALITY = 88
#: Where the results are in the session's blobs.
_RESULTS = "views.results"


class ViewPhotos:
    """The views of a case, at most five.

    Parameters
    ----------
    session : Session
    case : Case
        The session's.
    """

    def __init__(self, session: Session, case: Case) -> None:
        self._session = session
        self._case = case

    @property
    def _views(self) -> CaseViews:
        return self._case.views

    @property
    def photos(self) -> ViewSet:
        """Which photo is in which place."""
        return self._views.photos

    @property
    def results(self) -> ViewResults | None:
        """The last ones made of these photos."""
        return self._views.results

    @property
    def confirmed(self) -> bool:
        """Whether the surgeon has said that the photos show one person."""
        return self._views.confirmed

    def confirm(self, *, one_person: bool) -> None:
        """Keep the surgeon's word on the photos; without it, results of doubtful ones go."""
        with self._session.lock:
            self._session.require(self._case)
            self._views.confirmed = one_person
            if not one_person:
                self._forget_results()

    def require_one_person(self, configuration: Configuration) -> PersonCheck:
        """Return how the photos were compared.

        Raises
        ------
        ParameterError
            They may show two people, and the surgeon has not said otherwise.
        """
        check = compare_views([photo for _, photo in self.photos], configuration)
        if check.doubted and not self.confirmed:
            raise ParameterError("views_person_unconfirmed")
        return check

    def head(self, ipd_mm: float | None) -> DressedHead | None:
        """Return the head that was fitted to these photos with this calibration."""
        views = self._views
        return views.head if views.head_ipd_mm == ipd_mm else None

    def keep_head(self, photos: ViewSet, ipd_mm: float | None, head: DressedHead) -> None:
        """Keep the head that was fitted to a set of photos.

        Raises
        ------
        WorkCancelled
            These are no longer the page's photos.
        """
        with self._session.lock:
            self._require(photos)
            self._views.head, self._views.head_ipd_mm = head, ipd_mm

    def _require(self, photos: ViewSet) -> None:
        """Raise WorkCancelled where these are no longer the page's photos."""
        self._session.require(self._case)
        if self.photos is not photos:
            raise WorkCancelled

    def stored(self, photo: ViewPhoto) -> StoredView:
        """Return what the page knows of a photo of the set."""
        return next(one for one in self._views.stored if one.photo is photo)

    @property
    def unsorted(self) -> bool:
        """Whether sorting by the measured turn would change places."""
        return dict(self._sorted().places) != dict(self.photos.places)

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
            self._session.require(self._case)
            if place is not None:
                photos = self.photos.put(place, read)
            elif self.unsorted:
                photos = self.photos.add(read)
            else:
                photos = sort_views([*(other for _, other in self.photos), read])
            blob = self._session.blobs.put(thumbnail, "image/jpeg", "view.jpg")
            stored = StoredView(secrets.token_hex(6), read, blob, read)
            self._views.stored = (*self._views.stored, stored)
            self._change(photos)

    def move(self, name: str, place: str) -> None:
        """Put a photo into another place; what stands there takes its place."""
        expected_view(place)
        with self._session.lock:
            photo = self._named(name).photo
            came_from = next((view for view, other in self.photos if other is photo), None)
            if came_from is None:
                self._change(self.photos.put(place, photo))
            else:
                self._change(self.photos.exchange(came_from.name, place))

    def named(self, name: str) -> StoredView:
        """Return a photo of the set by its id.

        Raises
        ------
        ParameterError
            It is no longer there.
        """
        with self._session.lock:
            return self._named(name)

    def correct(
        self, pipeline: LandmarkDiffPipeline, name: str, points: ProfileCorrections
    ) -> ViewPhoto:
        """Let a photo's profile go through points that a hand has placed; none of them undoes it.

        Raises
        ------
        ParameterError, HeadFitError
            As of :func:`~landmarkdiff.workflows.view_corrections.correct_view`; nothing changes.
        WorkCancelled
            The photo is no longer the page's.
        """
        found = self.named(name).found
        corrected = correct_view(pipeline, found, points)
        with self._session.lock:
            self._session.require(self._case)
            one = self._named(name)
            if one.found is not found:
                raise WorkCancelled
            photos = self.photos.exchange_photo(one.photo, corrected)
            self._views.stored = tuple(
                replace(other, photo=corrected) if other is one else other
                for other in self._views.stored
            )
            confirmed = self._views.confirmed  # of the same photos
            self._change(photos)
            self._views.confirmed = confirmed
        return corrected

    def sort(self) -> None:
        """Give every photo the place that its measured turn says."""
        with self._session.lock:
            self._change(self._sorted())

    def remove(self, name: str) -> None:
        """Forget a photo and all that was made of it."""
        with self._session.lock:
            gone, photos = self._named(name).photo, self.photos
            places = {view: other for view, other in photos.places.items() if other is not gone}
            unplaced = tuple(other for other in photos.unplaced if other is not gone)
            self._change(replace(photos, places=places, unplaced=unplaced))

    def clear(self) -> None:
        """Forget all photos and results."""
        with self._session.lock:
            self._change(ViewSet())

    def keep(self, photos: ViewSet, settings: ConsultationSettings, made: Gallery) -> None:
        """Keep the results made of a set of photos; those of the last run go.

        Raises
        ------
        WorkCancelled
            These are no longer the page's photos.
        """
        with self._session.lock:
            self._require(photos)
            put = self._session.blobs.replace(_RESULTS)
            pictures = []
            for one in made.views:
                photo = tiles.encode_tile(one.outcome.before)
                before = put(photo, "image/jpeg", f"{one.name}-photo.jpg")
                after = tiles.store(put, one.outcome, f"{one.name}-simulation")
                outcome, summary = one.outcome, one.outcome.summary
                label = "" if summary is None else summary.label
                pictures.append(
                    ViewPictures(one.name, before, after, outcome.refusal, one.notices, label)
                )
            gallery = put(made.sheet, "image/png", "views-simulation.png")
            self._views.results = ViewResults(
                secrets.token_hex(6), settings, made.carried, tuple(pictures), gallery
            )

    def _sorted(self) -> ViewSet:
        return sort_views([photo for _, photo in self.photos])

    def _named(self, name: str) -> StoredView:
        for one in self._views.stored:
            if one.name == name:
                return one
        raise ParameterError("photo_gone")

    def _change(self, photos: ViewSet) -> None:
        """Take over a set; forget photos that are no longer in it, and results of the last one."""
        self._session.require(self._case)
        staying = [photo for _, photo in photos]
        stored = []
        for one in self._views.stored:
            if any(one.photo is photo for photo in staying):
                stored.append(one)
            else:
                self._session.blobs.drop(one.blob)
        if {id(photo) for photo in staying} != {id(photo) for _, photo in self.photos}:
            self._views.confirmed = False  # it was said of other photos
            self._views.head = None
        self._views.stored, self._views.photos = tuple(stored), photos
        self._forget_results()

    def _forget_results(self) -> None:
        self._session.blobs.replace(_RESULTS)
        self._views.results = None


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
