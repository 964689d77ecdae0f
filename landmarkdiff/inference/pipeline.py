"""The pipeline: a photo and a plan in, a measured simulation out.

Load once, prepare each photo once, generate as often as the plan changes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError
from landmarkdiff.generators import (
    GenerationRequest,
    Generator,
    OnStep,
    StepProgress,
    create_generator,
)
from landmarkdiff.inference.notices import painting_notices, simulation_notices
from landmarkdiff.inference.prediction import Painted, Prediction
from landmarkdiff.inference.repainting import (
    Subject,
    compare_person,
    not_compared,
    repaint,
    unpainted,
)
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.manipulation.deformation import deform
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import WarpedPlan, fit_plan, warp_plan
from landmarkdiff.procedures.plan import Side, SurgicalPlan
from landmarkdiff.procedures.planning import DEFAULT_INTENSITY, Setting, make_plan
from landmarkdiff.procedures.procedure import Procedure
from landmarkdiff.runtime.clock import StageClock
from landmarkdiff.runtime.threads import one_blas_thread
from landmarkdiff.types import ImageArray
from landmarkdiff.verification.plan_check import check_plan
from landmarkdiff.verification.registration import changed_outside
from landmarkdiff.weights import sums

__all__ = [
    "DEFAULT_PASSES",
    "LandmarkDiffPipeline",
    "PaintSettings",
    "Prediction",
    "PreparedFace",
]

Pause = Callable[[], object]

DEFAULT_PASSES = 8


@dataclass(frozen=True)
class PaintSettings:
    """How a repainting mode paints; None takes the configuration's value.

    Attributes
    ----------
    num_inference_steps : int
        10 to 100; 4 to 8 with a few-step LoRA.
    guidance_scale : float
        1 to 20.
    controlnet_conditioning_scale : float
        0 to 1.2, over all ControlNets together.
    strength : float
        0 to 1.
    postprocess : bool
        Whether the finishing steps run; composition and checks always do.

    Raises
    ------
    ParameterError
        A value is outside its range; ``tps`` checks them too, and does not use them.
    """

    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    controlnet_conditioning_scale: float | None = None
    strength: float | None = None
    postprocess: bool = True

    def __post_init__(self) -> None:
        steps = self.num_inference_steps
        if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int)):
            raise ParameterError("num_inference_steps is not a whole number", value=steps)
        _check_range("num_inference_steps", steps, 4, 100)
        _check_range("guidance_scale", self.guidance_scale, 1.0, 20.0)
        scale = self.controlnet_conditioning_scale
        _check_range("controlnet_conditioning_scale", scale, 0.0, 1.2)
        _check_range("strength", self.strength, 0.0, 1.0)

    def of(self, configuration: Configuration) -> dict[str, float]:
        """Return the four numbers, those of the configuration where nothing else is set."""
        numbers = {}
        for name in _NUMBERS:
            own = getattr(self, name)
            numbers[name] = getattr(configuration.diffusion, name) if own is None else own
        return numbers


_NUMBERS = (
    "num_inference_steps",
    "guidance_scale",
    "controlnet_conditioning_scale",
    "strength",
)


class LandmarkDiffPipeline:
    """Simulates procedures on photos.

    Parameters
    ----------
    mode : {"tps", "img2img", "controlnet", "controlnet_ip"}
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
    >>> pipeline = LandmarkDiffPipeline(mode="tps")
    >>> pipeline.load()  # doctest: +SKIP
    >>> result = pipeline.generate(image, procedure="rhinoplasty", intensity=60)  # doctest: +SKIP
    >>> result["output"].shape == image.shape  # doctest: +SKIP
    True
    """

    def __init__(
        self,
        mode: str = "tps",
        device: str | None = None,
        configuration: Configuration | None = None,
    ) -> None:
        self.mode = mode
        configuration = configuration or Configuration.load()
        if device is not None:
            configuration = configuration.with_device(device)
        self.configuration = configuration
        self._generators: dict[str, Generator] = {}
        self._detector: LandmarkDetector | None = None
        # Networks hold their state while they paint, and share the device: one at a time.
        self._painting = threading.RLock()

    @property
    def device(self) -> str:
        """Where repainting modes run, as configured."""
        return self.configuration.diffusion.device

    def load(self, mode: str | None = None, on_step: OnStep | None = None) -> LandmarkDiffPipeline:
        """Load the models of a mode (its own by default); further calls do nothing.

        ``on_step`` is told of every model that is loaded. Returns the pipeline itself.
        """
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

        Raises
        ------
        NoFaceError, FaceIndexError, ParameterError
        """
        detector = self._found_detector()
        clock = StageClock()
        with clock.stage("landmarks"), one_blas_thread():
            landmarks = detector.extract(
                image, passes=passes, face=face, mm_per_px=mm_per_px, ipd_mm=ipd_mm
            )
        return PreparedFace(np.ascontiguousarray(image), landmarks, clock.stages)

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
        mode: str | None = None,
        seed: int | None = None,
        verify: bool = True,
        num_inference_steps: int | None = None,
        guidance_scale: float | None = None,
        controlnet_conditioning_scale: float | None = None,
        strength: float | None = None,
        postprocess: bool = True,
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
        passes, face
            As in :meth:`prepare`; ignored for a prepared face.
        mode : str, optional
            Another mode than the pipeline's own.
        seed : int, optional
            Makes a run with randomness repeatable; 0 by default.
        verify : bool
            Register the finished picture with the photo, count changed pixels, compare the
            person. The guard of a repainting mode always runs.
        num_inference_steps, guidance_scale, controlnet_conditioning_scale, strength, postprocess
            See :class:`PaintSettings`.
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
        settings = PaintSettings(
            num_inference_steps,
            guidance_scale,
            controlnet_conditioning_scale,
            strength,
            postprocess,
        )
        if isinstance(image, PreparedFace):
            prepared, spent = image, {}
        else:
            prepared = self.prepare(image, passes=passes, face=face)
            spent = dict(prepared.timings_ms)
        clock = StageClock()
        with clock.stage("plan"), one_blas_thread():
            if plan is None:
                if procedure is None:
                    raise ParameterError("a simulation needs a procedure or a plan")
                plan = make_plan(
                    procedure,
                    prepared.landmarks,
                    intensity=intensity,
                    effects=effects,
                    side=side,
                    unlock=unlock,
                )
        return self.generate_many(
            prepared,
            [plan],
            clinical_flags=clinical_flags,
            mode=mode,
            seed=seed,
            verify=verify,
            settings=settings,
            pause=pause,
            on_step=on_step,
            spent_ms={**spent, **clock.stages},
        )[0]

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
        clinical_flags, mode, seed, verify, pause, on_step
            As in :meth:`generate`; every plan gets the same seed.
        spent_ms : mapping, optional
            Stages that were done before, for the timings.

        Returns
        -------
        list of Prediction
            In the order of the plans.
        """
        mode = mode or self.mode
        seed = _checked_seed(seed)
        settings = settings or PaintSettings()
        pause = pause or _go_on
        step = partial(_step, pause, on_step)
        generator = self._generator(mode, step)
        flags = clinical_flags or ClinicalFlags()
        clocks = [StageClock() for _ in plans]
        warps: list[WarpedPlan] = []
        for plan, clock in zip(plans, clocks, strict=True):
            for name, milliseconds in (spent_ms or {}).items():
                clock.add(name, milliseconds)
            warps.append(warp_plan(prepared, plan, flags, clock=clock, pause=pause))
        if mode == "tps":
            unseen = not_compared("not_verified", self.configuration)
            record = {"mode": mode}
            painted = [unpainted(warp.warped, unseen, record, self.configuration) for warp in warps]
        else:
            painted = self._paint(generator, prepared, warps, clocks, seed, settings, on_step=step)
        pause()
        weights = {**sums("face_landmarker"), **generator.weights()}
        predictions = []
        for warp, clock, result in zip(warps, clocks, painted, strict=True):
            prediction = self._prediction(prepared, warp, result, flags, mode, seed, weights)
            if verify:
                with clock.stage("check"), one_blas_thread():
                    prediction = self._checked(prepared, prediction, warp)
            predictions.append(replace(prediction, timings_ms=clock.timings()))
        return predictions

    def _paint(
        self,
        generator: Generator,
        prepared: PreparedFace,
        warps: Sequence[WarpedPlan],
        clocks: Sequence[StageClock],
        seed: int,
        settings: PaintSettings,
        *,
        on_step: OnStep,
    ) -> list[Painted]:
        from landmarkdiff.runtime.device import choose_device

        diffusion = self.configuration.diffusion
        numbers = settings.of(self.configuration)
        subjects = [
            Subject(
                GenerationRequest(
                    image=prepared.image,
                    warped=warp.warped,
                    mask=warp.mask,
                    source=prepared.landmarks,
                    target=warp.target,
                    plan=warp.plan,
                    seed=seed,
                    num_inference_steps=int(numbers["num_inference_steps"]),
                    guidance_scale=numbers["guidance_scale"],
                    controlnet_conditioning_scale=numbers["controlnet_conditioning_scale"],
                    strength=numbers["strength"],
                ),
                landmarks=warp.deformation.carrying,
                readable=warp.readable,
            )
            for warp in warps
        ]
        spent = StageClock()
        with self._painting, spent.stage("generate"):
            painted = repaint(
                generator,
                prepared,
                subjects,
                self.configuration,
                device=choose_device(diffusion.device, diffusion.precision).name,
                postprocess=settings.postprocess,
                on_step=on_step,
            )
        for clock in clocks:  # the batch took as long for each of its pictures
            clock.add("generate", spent.stages["generate"])
        return painted

    def _prediction(
        self,
        prepared: PreparedFace,
        warp: WarpedPlan,
        result: Painted,
        flags: ClinicalFlags,
        mode: str,
        seed: int,
        weights: Mapping[str, str],
    ) -> Prediction:
        with one_blas_thread():
            checks = check_plan(
                prepared, warp.plan, warp.deformation, warp.mask, warp.fitted, warp.readable, None
            )
        return Prediction(
            image=result.image,
            raw=result.raw,
            warped=warp.warped,
            before=prepared.image,
            plan=warp.plan,
            source=prepared.landmarks,
            target=warp.target,
            surgical_mask=warp.mask,
            displacement_field=warp.fitted.field,
            effects=checks,
            flags=flags,
            mode=mode,
            seed=seed,
            verified=False,
            outside_mask_changed_pixels=None,
            min_jacobian=warp.fitted.field.min_jacobian,
            fold_factor=warp.fitted.fold_factor,
            identity=result.identity,
            notices=(
                *simulation_notices(prepared, warp.plan, warp.mask, checks, flags),
                *painting_notices(result.guard, result.identity),
            ),
            weights=weights,
            generator=result.generator,
            postprocess=result.postprocess,
            guard=result.guard,
        )

    def verify(self, prepared: PreparedFace, prediction: Prediction) -> Prediction:
        """Return a prediction that was generated without its checks, with them.

        So a picture can be on the screen while it is being checked.
        """
        clock = StageClock()
        with clock.stage("check"), one_blas_thread():
            plan, flags = prediction.plan, prediction.flags
            deformation = deform(plan, prepared.landmarks, flags)
            mask = prediction.surgical_mask
            fitted, readable = fit_plan(prepared, plan, flags, deformation, mask)
            warp = WarpedPlan(
                plan, deformation, mask, fitted, readable, prediction.warped, prediction.target
            )
            checked = self._checked(prepared, prediction, warp)
        return replace(checked, timings_ms={**prediction.timings_ms, **clock.stages})

    def _checked(
        self, prepared: PreparedFace, prediction: Prediction, warp: WarpedPlan
    ) -> Prediction:
        """Register the finished picture with the photo, count pixels, compare the person."""
        mask, flags = warp.mask, prediction.flags
        checks = check_plan(
            prepared,
            warp.plan,
            warp.deformation,
            mask,
            warp.fitted,
            warp.readable,
            prediction.image,
        )
        identity, steps = prediction.identity, prediction.postprocess
        if identity["reason"] == "not_verified":
            identity = compare_person(
                prepared,
                {"composite": prediction.image},
                prediction.target,
                self.configuration,
            )
            seen = unpainted(prediction.image, identity, {}, self.configuration)
            steps = seen.postprocess
        return replace(
            prediction,
            effects=checks,
            verified=True,
            outside_mask_changed_pixels=changed_outside(
                prepared.image, prediction.image, mask.full()
            ),
            identity=identity,
            postprocess=steps,
            notices=(
                *simulation_notices(prepared, warp.plan, mask, checks, flags),
                *painting_notices(prediction.guard, identity),
            ),
        )


def _go_on() -> None:
    """Pause for nothing."""


def _step(pause: Pause, on_step: OnStep | None, progress: StepProgress) -> None:
    """Tell of a step, after giving the caller the chance to end the work."""
    pause()
    if on_step is not None:
        on_step(progress)


def _checked_seed(seed: int | None) -> int:
    if seed is None:
        return 0
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise ParameterError("the seed is out of range", value=seed, allowed="0 to 2^63 - 1")
    return seed


def _check_range(name: str, value: float | None, low: float, high: float) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ParameterError(f"{name} is out of range", value=value, allowed=f"{low:g} to {high:g}")
