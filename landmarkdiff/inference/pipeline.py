"""The pipeline: a photo and a plan in, a measured simulation out.

Load once, prepare each photo once, generate as often as the plan changes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial

import numpy as np

from landmarkdiff.analysis import judged
from landmarkdiff.arguments import instance_of, optional, truth
from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError
from landmarkdiff.generators import (
    DEFAULT_MODE,
    Generator,
    OnStep,
    check_seed,
    create_generator,
    find_mode,
)
from landmarkdiff.glasses import GlassesChoice, check_glasses
from landmarkdiff.inference.checking import check_prediction, predict
from landmarkdiff.inference.editing import EditsByWords
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.inference.prediction import PaintedPicture, Prediction
from landmarkdiff.inference.reading import read_photo_face
from landmarkdiff.inference.repainting import repaint
from landmarkdiff.inference.settings import PaintSettings
from landmarkdiff.inference.steps import Pause, nothing, tell_step
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.procedures.plan import Side, SurgicalPlan
from landmarkdiff.procedures.planning import DEFAULT_INTENSITY, Setting, make_plan
from landmarkdiff.procedures.procedure import Procedure
from landmarkdiff.profile import NO_CORRECTIONS, ProfileCorrections
from landmarkdiff.runtime.clock import StageClock
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = ["DEFAULT_PASSES", "LandmarkDiffPipeline"]

DEFAULT_PASSES = 8


class LandmarkDiffPipeline(EditsByWords):
    """Simulates procedures on photos.

    Parameters
    ----------
    mode : {"tps", "img2img", "controlnet", "controlnet_ip", "lato"}
        ``tps`` warps on the CPU; the others repaint and need more than the base installation.
    device : str, optional
        Where a repainting mode runs ("cuda", "mps", "cpu"), instead of the configuration's;
        the warp always runs on the CPU.
    configuration : Configuration, optional
        Models, licence policy, finishing steps and guard of the repainting modes; by default
        the file that ``LANDMARKDIFF_CONFIG`` names, or the built-in values.

    Raises
    ------
    ModeUnavailableError, LicenceError
        From :meth:`load`, when the mode cannot run here.

    Examples
    --------
    >>> pipeline = LandmarkDiffPipeline(mode="tps").load()
    >>> result = pipeline.generate(portrait, procedure="brow_lift", intensity=60)
    >>> result["output"].shape == portrait.shape, result.outside_mask_changed_pixels
    (True, 0)
    >>> round(result.effect("lateral_brow").planned, 2)
    4.35
    """

    def __init__(
        self,
        mode: str = DEFAULT_MODE,
        device: str | None = None,
        configuration: Configuration | None = None,
    ) -> None:
        self.mode = find_mode(mode).name
        if configuration is None:
            configuration = Configuration.load()
        instance_of(Configuration)("configuration", configuration)
        if device is not None:
            configuration = configuration.with_device(device)
        self.configuration = configuration
        self._generators: dict[str, Generator] = {}
        self._detector: LandmarkDetector | None = None
        self._painting = threading.RLock()  # networks hold state and share the device

    @property
    def device(self) -> str:
        """Where repainting modes run, as configured."""
        return self.configuration.diffusion.device

    def load(self, mode: str | None = None, on_step: OnStep | None = None) -> LandmarkDiffPipeline:
        """Load the models of a mode (its own by default), telling ``on_step``; return itself."""
        self._generator(mode or self.mode, on_step)
        self._found_detector()
        return self

    def _generator(self, mode: str, on_step: OnStep | None = None) -> Generator:
        found = self._generators.get(mode)
        if found is not None:  # a warp does not wait for somebody else's painting
            return found
        with self._painting:
            if mode not in self._generators:
                generator = create_generator(mode, self.configuration)
                generator.load(on_step)
                self._generators[mode] = generator
            return self._generators[mode]

    def _found_detector(self) -> LandmarkDetector:
        if self._detector is None:
            self._detector = LandmarkDetector()
        return self._detector

    def prepare(
        self,
        image: ImageArray,
        *,
        passes: int = DEFAULT_PASSES,
        face: int = 0,
        mm_per_px: float | None = None,
        ipd_mm: float | None = None,
        glasses: GlassesChoice = "auto",
        profile_points: ProfileCorrections | Mapping[str, tuple[float, float]] = NO_CORRECTIONS,
    ) -> PreparedFace:
        """Find the face of a photo once, for any number of simulations.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            The upright photo, RGB. It is kept, not copied.
        passes : int
            Averaged passes of the landmark network; 1 while something moves on the screen.
        face : int
            Which face, 0 being the largest.
        mm_per_px, ipd_mm : float, optional
            Calibrate with a ruler in the photo or a known interpupillary distance.
        glasses : {"auto", "yes", "no"}
            Whether glasses are worn: what the photo shows, or your word.
        profile_points : ProfileCorrections or mapping of str to (float, float), optional
            Points of a profile where you see them, pixels: the contour follows. Where no contour
            is found, three to five of them tell where it is.

        Raises
        ------
        NoFaceError, FaceIndexError, ParameterError
        ProfileError, HeadFitError
            Of a photo from the side.
        """
        glasses = check_glasses(glasses)
        if not isinstance(profile_points, ProfileCorrections):
            instance_of(Mapping)("profile_points", profile_points)
            profile_points = ProfileCorrections(profile_points)
        detector = self._found_detector()
        clock = StageClock()
        with clock.stage("landmarks"), one_blas_thread():
            found = read_photo_face(
                detector,
                image,
                passes=passes,
                face=face,
                mm_per_px=mm_per_px,
                ipd_mm=ipd_mm,
                profile_points=profile_points,
            )
            if isinstance(found, PreparedProfile):
                return replace(found, timings_ms=clock.stages, glasses=glasses)
            landmarks = judged(image, found)
        return PreparedFace(np.ascontiguousarray(image), landmarks, clock.stages, glasses)

    def generate(
        self,
        image: ImageArray | PreparedFace,
        procedure: str | Procedure | Sequence[str | Procedure] | None = None,
        intensity: float | Mapping[str, float] = DEFAULT_INTENSITY,
        *,
        plan: SurgicalPlan | None = None,
        effects: Mapping[str, Setting] | None = None,
        side: Side = "both",
        unlock: bool = False,
        clinical_flags: ClinicalFlags | None = None,
        passes: int = DEFAULT_PASSES,
        face: int = 0,
        glasses: GlassesChoice = "auto",
        mode: str | None = None,
        seed: int | None = None,
        verify: bool = True,
        num_inference_steps: int | None = None,
        guidance_scale: float | None = None,
        controlnet_conditioning_scale: float | None = None,
        strength: float | None = None,
        postprocess: bool = True,
        light: bool = True,
        pause: Pause | None = None,
        on_step: OnStep | None = None,
    ) -> Prediction:
        """Simulate a plan on a photo.

        Parameters
        ----------
        image : (H, W, 3) uint8 array or PreparedFace
        procedure : str, Procedure or a sequence of them, optional
            Needed unless ``plan`` is given.
        intensity : float or mapping of procedure name to float
            0 to 100; 60 is the typical published change.
        plan : SurgicalPlan, optional
            A finished plan; then procedure, intensity, effects, side and unlock are its own.
        effects : mapping, optional
            Values in mm or degrees that replace what the intensity gives, or "on" / "off".
        side : {"both", "left", "right"}
            The patient's side.
        unlock : bool
            Allow values beyond the bands.
        clinical_flags : ClinicalFlags, optional
        passes, face, glasses
            As in :meth:`prepare`; ignored for a prepared face.
        mode : str, optional
            Another mode than the pipeline's own.
        seed : int, optional
            Makes a run with randomness repeatable; 0 by default.
        verify : bool
            Check the finished picture. The guard of a repainting mode always runs.
        num_inference_steps, guidance_scale, controlnet_conditioning_scale, strength, postprocess
            See :class:`PaintSettings`.
        light : bool
            Let the light on the skin follow its surface.
        pause : callable, optional
            Called between the stages, between the attempts of a stage that makes several, and
            at every step of a network; what it raises ends the work.
        on_step : callable, optional
            Told of every loaded model and every step of the network.

        Returns
        -------
        Prediction

        Raises
        ------
        NoFaceError, FaceUnusableError, ProcedureError, ParameterError, ModeUnavailableError,
        LicenceError
        """
        numbers = num_inference_steps, guidance_scale, controlnet_conditioning_scale, strength
        settings = PaintSettings(*numbers, postprocess)
        optional(instance_of(SurgicalPlan))("plan", plan)
        prepared, clock = self._prepared(image, passes, face, glasses)
        if plan is None:
            if procedure is None:
                raise ParameterError("simulation_without_plan")
            asked = partial(make_plan, intensity=intensity, effects=effects, side=side)
            with clock.stage("plan"), one_blas_thread():
                plan = asked(procedure, prepared.landmarks, unlock=unlock)
        (made,) = self.generate_many(
            prepared,
            [plan],
            clinical_flags=clinical_flags,
            mode=mode,
            seed=seed,
            verify=verify,
            settings=settings,
            light=light,
            pause=pause,
            on_step=on_step,
            spent_ms=clock.stages,
        )
        return made

    def _prepared(
        self, image: ImageArray | PreparedFace, passes: int, face: int, glasses: GlassesChoice
    ) -> tuple[PreparedFace, StageClock]:
        """Return the prepared photo, and how long it took here."""
        if isinstance(image, PreparedFace):
            return image, StageClock()
        prepared = self.prepare(image, passes=passes, face=face, glasses=glasses)
        return prepared, StageClock(prepared.timings_ms)

    def generate_many(
        self,
        prepared: PreparedFace,
        plans: Sequence[SurgicalPlan],
        *,
        clinical_flags: ClinicalFlags | None = None,
        mode: str | None = None,
        seed: int | None = None,
        verify: bool = True,
        settings: PaintSettings | None = None,
        light: bool = True,
        pause: Pause | None = None,
        on_step: OnStep | None = None,
        spent_ms: Mapping[str, float] | None = None,
    ) -> list[Prediction]:
        """Simulate several plans on one photo; a network paints them as one batch.

        Parameters
        ----------
        prepared : PreparedFace
        plans : sequence of SurgicalPlan
        settings : PaintSettings, optional
        clinical_flags, mode, seed, verify, light, pause, on_step
            As in :meth:`generate`; every plan gets the same seed.
        spent_ms : mapping, optional
            Stages that were done before, for the timings.

        Returns
        -------
        list of Prediction
            In the order of the plans.
        """
        chosen = find_mode(self.mode if mode is None else mode)
        seed = 0 if seed is None else seed
        check_seed(seed)
        seed = int(seed)
        settings = settings or PaintSettings()
        pause = pause or nothing
        step = partial(tell_step, pause, on_step)
        kind = kind_of(prepared)
        instance_of(list, tuple)("plans", plans)
        for plan in plans:
            instance_of(SurgicalPlan)("plan", plan)
        kind.require_mode(chosen)
        generator = self._generator(chosen.name, step)
        flags = ClinicalFlags() if clinical_flags is None else clinical_flags
        instance_of(ClinicalFlags)("clinical_flags", flags)
        truth("verify", verify)
        truth("light", light)
        clocks = [StageClock(spent_ms) for _ in plans]
        warps = [
            kind.warp(plan, flags, light=light, clock=clock, pause=pause)
            for plan, clock in zip(plans, clocks, strict=True)
        ]
        told = step if chosen.paints else None
        spent = StageClock()
        with self._alone(chosen.paints), spent.stage("generate"):
            paintings = self._painted(generator, prepared, warps, settings, seed, told)
        pause()
        predictions = []
        for warp, clock, painting in zip(warps, clocks, paintings, strict=True):
            if chosen.paints:  # the batch took as long for each of its pictures
                clock.add("generate", spent.stages["generate"])
            weights = {**kind.weights(warp), **generator.weights()}
            prediction = predict(prepared, warp, painting, seed, weights)
            if verify:
                prediction = self._checked(prediction, clock)
            predictions.append(replace(prediction, timings_ms=clock.timings()))
        return predictions

    def _painted(
        self,
        generator: Generator,
        prepared: PreparedFace,
        warps: Sequence[WarpedPlan],
        settings: PaintSettings,
        seed: int,
        on_step: OnStep | None,
    ) -> list[PaintedPicture]:
        return repaint(
            generator,
            prepared,
            warps,
            self.configuration,
            numbers=settings.of(self.configuration),
            seed=seed,
            postprocess=settings.postprocess,
            on_step=on_step,
        )

    def _checked(self, prediction: Prediction, clock: StageClock) -> Prediction:
        with clock.stage("check"), one_blas_thread():
            return check_prediction(prediction, self.configuration)

    def _alone(self, paints: bool) -> AbstractContextManager[object]:
        """Keep other paintings away; a warp waits for nobody."""
        return self._painting if paints else nullcontext()

    def verify(self, prediction: Prediction) -> Prediction:
        """Return a prediction that was generated without its checks, with them.

        So a picture can be on the screen while it is being checked.
        """
        clock = StageClock()
        checked = self._checked(prediction, clock)
        clock.stages = {**prediction.timings_ms, **clock.stages}
        clock.stages.pop("total", None)
        return replace(checked, timings_ms=clock.timings())
