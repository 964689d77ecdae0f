"""A consultation: one photo, and what is planned on it, in memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from landmarkdiff.errors import NoFaceError, ParameterError, ProfileError
from landmarkdiff.generators import DEFAULT_MODE, OnStep
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.inference.reading import correct_profile
from landmarkdiff.landmarks.correction import nudge
from landmarkdiff.manipulation.live_model import LiveModel
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.photo import Photo, draw_label, encode_png
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.procedures.band import FULL_INTENSITY
from landmarkdiff.profile import ProfileCorrections
from landmarkdiff.workflows.heads.patient import DressedHead, PatientHead, dressed_head
from landmarkdiff.workflows.heads.reading import HeadRead
from landmarkdiff.workflows.outline import EffectOutline, plan_outline
from landmarkdiff.workflows.output.records import manifest
from landmarkdiff.workflows.postoperative import OutcomeReading, lay_beside
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["Consultation"]

Stage = Callable[[int, int, str], None]


class Consultation:
    """One photo with its face, found once, and the last simulation made on it.

    Parameters
    ----------
    pipeline : LandmarkDiffPipeline
        Loaded; may be shared.
    photo : Photo
    settings : ConsultationSettings, optional

    Raises
    ------
    NoFaceError, FaceIndexError
    """

    def __init__(
        self,
        pipeline: LandmarkDiffPipeline,
        photo: Photo,
        settings: ConsultationSettings | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.photo = photo
        self.settings = settings or ConsultationSettings()
        self.prediction: Prediction | None = None
        #: A photo from after the operation, and what was read in it last.
        self.later: Photo | None = None
        self.outcome: OutcomeReading | None = None
        self._faces: dict[Any, PreparedFace] = {}
        self._head: DressedHead | None = None
        self._later: tuple[Photo, PreparedFace] | None = None
        self._found(self.settings)

    def _found(self, settings: ConsultationSettings) -> PreparedFace:
        """The face as it was found, before anything was put right by hand."""
        key = (settings.face, settings.ipd_mm)
        if key not in self._faces:
            self._faces = {key: self._prepare(settings)}
        return self._faces[key]

    def _prepare(self, settings: ConsultationSettings) -> PreparedFace:
        pixels, face, ipd_mm = self.photo.pixels, settings.face, settings.ipd_mm
        try:
            return self.pipeline.prepare(pixels, face=face, ipd_mm=ipd_mm)
        except (NoFaceError, ProfileError):
            if not settings.profile_points:
                raise
        # What cannot be found is where the surgeon says; those points stay its ground.
        return self.pipeline.prepare(
            pixels, face=face, ipd_mm=ipd_mm, profile_points=settings.profile_points
        )

    def prepared(
        self, settings: ConsultationSettings, pause: Callable[[], object] | None = None
    ) -> PreparedFace:
        """Return the face with this calibration, what was put right, and the word on glasses.

        ``pause`` is called between the steps of putting it right; what it raises ends the work.
        """
        found = self._found(settings)
        put_right = settings.nudges or settings.profile_points
        if not put_right and settings.glasses == found.glasses:
            return found
        base = (settings.face, settings.ipd_mm)
        moved = tuple(sorted(settings.nudges.items()))
        placed = tuple(sorted(settings.profile_points.items()))
        key = (*base, settings.glasses, moved, placed)
        if key not in self._faces:
            made = found
            if settings.profile_points:
                if not isinstance(found, PreparedProfile):
                    raise ParameterError("profile_points_of_no_profile")
                made = correct_profile(found, ProfileCorrections(settings.profile_points))
            if settings.nudges:
                made = made.with_landmarks(nudge(made.landmarks, settings.nudges, pause=pause))
            self._faces = {base: found, key: made.with_glasses(settings.glasses)}
        return self._faces[key]

    def plan(self, settings: ConsultationSettings) -> SurgicalPlan:
        """Return the plan of these settings for this face, whether or not their mode can run."""
        request = settings.model_copy(update={"mode": DEFAULT_MODE}).request(
            self.pipeline.configuration
        )
        return request.plan_for(self.prepared(settings).landmarks)

    def within_bounds(self, settings: ConsultationSettings) -> ConsultationSettings:
        """Return these settings with intensities and values that a plan of this face may have.

        A page that has been locked again may ask before it knows the ranges.
        """
        if not settings.unlock:
            levels = {
                name: min(level, FULL_INTENSITY) for name, level in settings.intensity.items()
            }
            settings = settings.model_copy(update={"intensity": levels})
        return settings.within_bounds(self.prepared(settings).landmarks)

    def live_model(
        self,
        settings: ConsultationSettings,
        pause: Callable[[], object] | None = None,
        *,
        whole: bool = True,
    ) -> tuple[LiveModel, tuple[EffectOutline, ...]]:
        """Return the live model of these settings and the outline of their effects.

        ``pause`` is called between the steps; what it raises ends the work. Not ``whole``: how the
        skin moves, without what takes longest of a new photo.
        """
        prepared = self.prepared(settings, pause)
        if pause is not None:
            pause()
        plan = self.plan(settings)
        outline = plan_outline(settings.procedures, plan, prepared)
        flags = settings.clinical_flags()
        live = kind_of(prepared).live_model(plan, flags, light=settings.light, whole=whole)
        return live, outline

    def head(
        self, settings: ConsultationSettings, pause: Callable[[], object] | None = None
    ) -> PatientHead:
        """Return the head of the photo in three dimensions, with the plan of these settings.

        The head itself is fitted once for each face and calibration; ``pause`` is called between
        the steps of it, and what it raises ends the work.

        Raises
        ------
        HeadFitError, FaceUnusableError, WeightsError
        """
        read = HeadRead.of(self.prepared(settings, pause), self.photo)
        configuration = self.pipeline.configuration
        if self._head is None or self._head.reads[0].evidence is not read.evidence:
            self._head = dressed_head([read], configuration, pause=pause)
        warped = settings.model_copy(update={"mode": DEFAULT_MODE})
        return self._head.with_plan(warped.request(configuration))

    def simulate(
        self,
        settings: ConsultationSettings,
        progress: Stage | None = None,
        *,
        verify: bool = True,
        on_step: OnStep | None = None,
    ) -> Prediction:
        """Simulate the settings at the photo's own resolution and keep the result.

        When it fails, the last good result and its settings are kept. Without ``verify`` the
        picture is not registered with the photo yet: :meth:`check` does that. ``on_step`` is
        told of every loaded model and every step of a network; what it raises ends the work.
        """
        request = settings.request(self.pipeline.configuration)
        if progress is not None:
            progress(0, 2, "progress.landmarks")
        reading = None if progress is None else partial(progress, 0, 2, "progress.landmarks")
        prepared = self.prepared(settings, reading)
        if progress is not None:
            progress(1, 2, "progress.generating")
        pause = None if progress is None else partial(progress, 1, 2, "progress.generating")
        prediction = request.simulate(
            self.pipeline, prepared, verify=verify, pause=pause, on_step=on_step
        )
        self.prediction, self.settings = prediction, settings
        if progress is not None:
            progress(2, 2, "progress.done")
        return prediction

    def check(self, progress: Stage | None = None) -> Prediction | None:
        """Register the last picture with the photo; None when there is none yet."""
        prediction = self.prediction
        if prediction is None or prediction.verified:
            return prediction
        if progress is not None:
            progress(0, 1, "progress.checking")
        checked = self.pipeline.verify(prediction)
        if self.prediction is prediction:
            self.prediction = checked
        return checked

    def compare(
        self, later: Photo, pause: Callable[[], object] = lambda: None
    ) -> OutcomeReading | None:
        """Lay a photo from after the operation beside the last picture; None without one.

        Where it cannot be compared, what was kept before is kept.

        Parameters
        ----------
        later : Photo
        pause : callable
            Called between the steps; what it raises ends the work.

        Raises
        ------
        LandmarkDiffError
        """
        prediction = self.check()
        if prediction is None:
            return None
        pause()
        face = self._later_face(later)
        pause()
        photos = (self.photo, later)
        outcome = lay_beside(self.pipeline, prediction, face, photos=photos, pause=pause)
        self.later, self.outcome, self._later = later, outcome, (later, face)
        return outcome

    def _later_face(self, later: Photo) -> PreparedFace:
        """The face of a later photo, found once for the one that is kept."""
        kept = self._later
        return kept[1] if kept and kept[0] is later else self.pipeline.prepare(later.pixels)

    def forget_later(self) -> None:
        """Let the photo from after the operation go."""
        self.later = self.outcome = self._later = None

    def labelled_png(self, prediction: Prediction) -> bytes:
        """Return the simulation at the photo's resolution, labelled, with its manifest."""
        labelled, _ = draw_label(
            prediction.image,
            mask=prediction.changeable,
            text=prediction.label,
            within=prediction.source.surroundings,
        )
        return encode_png(labelled, manifest=manifest(prediction, self.photo))
