"""The pipeline: a photo and a plan in, a measured simulation out.

Load once, prepare each photo once, generate as often as the plan changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.checking import check_plan
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError
from landmarkdiff.fitting import fit_plan, mask_for
from landmarkdiff.generators import GenerationRequest, Generator, create_generator
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.manipulation import deform
from landmarkdiff.planning import DEFAULT_INTENSITY, Setting, make_plan
from landmarkdiff.prediction import Prediction
from landmarkdiff.prepared import PreparedFace
from landmarkdiff.procedures.plan import Side, SurgicalPlan
from landmarkdiff.procedures.procedure import Procedure
from landmarkdiff.remarks import refuse_cut, refuse_unreliable, remarks
from landmarkdiff.threads import one_blas_thread
from landmarkdiff.verification import changed_outside
from landmarkdiff.weights import entry

__all__ = [
    "DEFAULT_PASSES",
    "LandmarkDiffPipeline",
    "PaintSettings",
    "Prediction",
    "PreparedFace",
]

ImageArray = NDArray[np.uint8]

DEFAULT_PASSES = 8


class _Clock:
    """Collects how long each stage took."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.stages[name] = self.stages.get(name, 0.0) + 1e3 * (time.perf_counter() - started)


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
        Where a repainting mode runs; ``tps`` always runs on the CPU.

    Raises
    ------
    ModeUnavailableError
        From :meth:`load`, when the mode cannot run here.

    Examples
    --------
    >>> pipeline = LandmarkDiffPipeline(mode="tps")
    >>> pipeline.load()  # doctest: +SKIP
    >>> result = pipeline.generate(image, procedure="rhinoplasty", intensity=60)  # doctest: +SKIP
    >>> result["output"].shape == image.shape  # doctest: +SKIP
    True
    """

    def __init__(self, mode: str = "tps", device: str | None = None) -> None:
        self.mode = mode
        self.device = device
        self._generator: Generator | None = None
        self._detector: LandmarkDetector | None = None

    def load(self) -> LandmarkDiffPipeline:
        """Load models; further calls do nothing. Returns the pipeline itself."""
        self._loaded()
        return self

    def _loaded(self) -> tuple[LandmarkDetector, Generator]:
        if self._generator is None:
            generator = create_generator(self.mode)
            generator.load()
            self._generator = generator
        if self._detector is None:
            self._detector = LandmarkDetector()
        return self._detector, self._generator

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
        detector, _ = self._loaded()
        clock = _Clock()
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
        seed: int | None = None,
        verify: bool = True,
        num_inference_steps: int = 30,
        guidance_scale: float = 7.5,
        controlnet_conditioning_scale: float = 1.0,
        strength: float = 0.75,
        postprocess: bool = True,
        pause: Callable[[], object] | None = None,
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
        seed : int, optional
            Makes a run with randomness repeatable; 0 by default.
        verify : bool
            Register the finished picture with the photo and count changed pixels.
        num_inference_steps, guidance_scale, controlnet_conditioning_scale, strength, postprocess
            Of the repainting modes, with their ranges (4 to 100, 1 to 20, 0 to 1.2, 0 to 1;
            fewer than 10 steps are for few-step models);
            ``tps`` checks and does not use them.
        pause : callable, optional
            Called between the stages, and between the attempts of a stage that makes several;
            what it raises ends the work.

        Returns
        -------
        Prediction

        Raises
        ------
        NoFaceError, FaceUnusableError, ProcedureError, ParameterError, ModeUnavailableError
        """
        _, generator = self._loaded()
        seed = _checked_seed(seed)
        _check_range("num_inference_steps", num_inference_steps, 4, 100)
        _check_range("guidance_scale", guidance_scale, 1.0, 20.0)
        _check_range("controlnet_conditioning_scale", controlnet_conditioning_scale, 0.0, 1.2)
        _check_range("strength", strength, 0.0, 1.0)
        if isinstance(image, PreparedFace):
            prepared = image
        else:
            prepared = self.prepare(image, passes=passes, face=face)
        source = prepared.landmarks
        flags = clinical_flags or ClinicalFlags()
        pause = pause or _go_on
        clock = _Clock()
        if not isinstance(image, PreparedFace):
            clock.stages.update(prepared.timings_ms)
        with clock.stage("plan"), one_blas_thread():
            if plan is None:
                if procedure is None:
                    raise ParameterError("a simulation needs a procedure or a plan")
                plan = make_plan(
                    procedure,
                    source,
                    intensity=intensity,
                    effects=effects,
                    side=side,
                    unlock=unlock,
                )
            refuse_unreliable(source)
            deformation = deform(plan, source, flags)
        pause()
        with clock.stage("mask"), one_blas_thread():
            mask = mask_for(prepared, plan, flags, deformation)
        with clock.stage("field"), one_blas_thread():
            fitted, readable = fit_plan(prepared, plan, flags, deformation, mask, pause=pause)
        refuse_cut(source, deformation)
        pause()
        with clock.stage("warp"):
            warped = fitted.field.warp(prepared.image, mask.coverage)
        target = source.with_points(
            source.points + source.project(deformation.displacement) * fitted.shares[:, None]
        )
        with clock.stage("generate"):
            request = GenerationRequest(prepared.image, warped, mask, source, target, plan, seed)
            raw = generator([request])[0].picture
        finished = raw
        pause()
        with clock.stage("check"), one_blas_thread():
            checks = check_plan(
                prepared, plan, deformation, mask, fitted, readable, finished if verify else None
            )
            changed = changed_outside(prepared.image, finished, mask.full()) if verify else None
            jacobian = fitted.field.min_jacobian
        clock.stages["total"] = sum(clock.stages.values())
        return Prediction(
            image=finished,
            raw=raw,
            warped=warped,
            before=prepared.image,
            plan=plan,
            source=source,
            target=target,
            surgical_mask=mask,
            displacement_field=fitted.field,
            effects=checks,
            flags=flags,
            mode=self.mode,
            seed=seed,
            verified=verify,
            outside_mask_changed_pixels=changed,
            min_jacobian=jacobian,
            fold_factor=fitted.fold_factor,
            identity={
                "status": "not_run",
                "reason": "a warp changes no texture; this version has no identity model",
            },
            notices=tuple(remarks(prepared, plan, deformation, mask, checks, flags)),
            timings_ms=clock.stages,
            weights={"face_landmarker": entry("face_landmarker").sha256},
        )

    def verify(self, prepared: PreparedFace, prediction: Prediction) -> Prediction:
        """Return a prediction that was generated without its checks, with them.

        So a picture can be on the screen while it is being checked.
        """
        source, plan, flags = prepared.landmarks, prediction.plan, prediction.flags
        clock = _Clock()
        with clock.stage("check"), one_blas_thread():
            deformation = deform(plan, source, flags)
            mask = prediction.surgical_mask
            fitted, readable = fit_plan(prepared, plan, flags, deformation, mask)
            checks = check_plan(
                prepared, plan, deformation, mask, fitted, readable, prediction.image
            )
            changed = changed_outside(prepared.image, prediction.image, mask.full())
        return replace(
            prediction,
            effects=checks,
            verified=True,
            outside_mask_changed_pixels=changed,
            notices=tuple(remarks(prepared, plan, deformation, mask, checks, flags)),
            timings_ms={**prediction.timings_ms, **clock.stages},
        )


def _go_on() -> None:
    """Pause for nothing."""


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
