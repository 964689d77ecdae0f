"""What a simulation is asked to do, checked before anything expensive begins."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, get_args

from landmarkdiff.arguments import finite, instance_of, named_values, truth, whole_number
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError, ProcedureError
from landmarkdiff.generators import DEFAULT_MODE, OnStep, check_seed, find_mode
from landmarkdiff.glasses import GlassesChoice, check_glasses
from landmarkdiff.inference import (
    DEFAULT_PASSES,
    LandmarkDiffPipeline,
    PaintSettings,
    PreparedFace,
)
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.landmarks.detector import MAXIMUM_FACES, MAXIMUM_PASSES
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.scale import IPD_RANGE_MM, check_ruler
from landmarkdiff.photo.label import LabelCorner
from landmarkdiff.procedures import Procedure, Push, SurgicalPlan
from landmarkdiff.procedures.plan import Side
from landmarkdiff.procedures.planning import (
    DEFAULT_INTENSITY,
    Setting,
    check_intensities,
    check_side,
    make_plan,
)
from landmarkdiff.profile import NO_CORRECTIONS, ProfileCorrections
from landmarkdiff.version import __version__
from landmarkdiff.workflows.painting import (
    batch_size,
    check_painting,
    sums_of_finishing,
    sums_of_models,
)
from landmarkdiff.workflows.progress import Progress, pause_of, tell
from landmarkdiff.workflows.rehearsal import check_plan, rehearse

__all__ = ["Intensity", "SimulationRequest"]

Intensity = float | Mapping[str, float]
_TYPES: Mapping[str, type] = {
    "procedures": tuple,
    "plan": SurgicalPlan,
    "flags": ClinicalFlags,
    "mode": str,
    "configuration": Configuration,
    "paint": PaintSettings,
    "label_corner": str,
    "profile_points": ProfileCorrections,
}

#: What decides how the face of a photo is found.
_OF_FACE = ("passes", "face", "ipd_mm", "mm_per_px", "glasses", "profile_points")


@dataclass(frozen=True)
class SimulationRequest:
    """A simulation to be run on any photo.

    Parameters
    ----------
    procedures : tuple of Procedure
        In one plan; empty when ``plan`` is given, or where a workflow takes all of them.
    intensity : float or mapping of procedure name to float
        0 to 100 (200 unlocked); 60 is the typical published change.
    effects : mapping
        Values in mm or degrees, or "on" / "off", that replace what the intensity gives.
    plan : SurgicalPlan, optional
        A finished plan, instead of procedures, intensity, effects and side.
    flags : ClinicalFlags
    side : {"both", "left", "right"}
        The patient's side.
    sides : mapping of ``procedure.effect`` to side
        Effects that alone act on another one.
    unlock : bool
        Allow values beyond the bands.
    mode : {"tps", "img2img", "controlnet", "controlnet_ip", "lato"}
        The warp alone, or a network that repaints it.
    configuration : Configuration
        Models, licence policy, device, finishing steps and guard of the repainting modes.
    paint : PaintSettings
        Steps, guidance, conditioning scale, strength, finishing; None takes the
        configuration's value.
    face : int
        Which face of a photo, 0 being the largest.
    passes : int
        Averaged passes of the landmark network.
    ipd_mm : float, optional
        Known interpupillary distance, 35 to 80 mm.
    mm_per_px : float, optional
        Known scale at the face, of a ruler in the photo; not with ``ipd_mm``.
    glasses : {"auto", "yes", "no"}
        Whether the patient wears glasses: what the photo shows, or the surgeon's word.
    profile_points : ProfileCorrections
        Points of a profile where the surgeon sees them.
    label_corner : str, optional
        Where the label goes; by default where it covers nothing that was changed.
    light : bool
        Whether the light on the skin follows its surface.
    outline : bool
        Whether close-ups have the outline of what is changed.
    difference : bool
        Whether a preview also draws what it changes: millimetres and brightness in colours.
    seed : int
    manual : tuple of Push
        Pushes by hand after the effects; a finished plan has its own.

    Raises
    ------
    ParameterError, ProcedureError, ModeUnavailableError, LicenceError
        Whatever can be known to be wrong without a photo.
    """

    procedures: tuple[Procedure, ...] = ()
    intensity: Intensity = DEFAULT_INTENSITY
    effects: Mapping[str, Setting] = field(default_factory=dict)
    plan: SurgicalPlan | None = None
    flags: ClinicalFlags = field(default_factory=ClinicalFlags)
    side: Side = "both"
    sides: Mapping[str, Side] = field(default_factory=dict)
    unlock: bool = False
    mode: str = DEFAULT_MODE
    configuration: Configuration = field(default_factory=Configuration.load)
    paint: PaintSettings = field(default_factory=PaintSettings)
    face: int = 0
    passes: int = DEFAULT_PASSES
    ipd_mm: float | None = None
    mm_per_px: float | None = None
    glasses: GlassesChoice = "auto"
    profile_points: ProfileCorrections = NO_CORRECTIONS
    label_corner: LabelCorner | None = None
    light: bool = True
    outline: bool = True
    difference: bool = False
    seed: int = 0
    manual: tuple[Push, ...] = ()

    def __post_init__(self) -> None:
        self._check_types()
        whole_number("passes", self.passes, 1, MAXIMUM_PASSES)
        whole_number("face", self.face, 0, MAXIMUM_FACES)
        check_seed(self.seed)
        if self.ipd_mm is not None:
            finite("ipd", self.ipd_mm, *IPD_RANGE_MM)
        if self.mm_per_px is not None:
            check_ruler(self.mm_per_px, self.ipd_mm)
        check_glasses(self.glasses)
        if self.label_corner is not None and self.label_corner not in get_args(LabelCorner):
            raise ParameterError(
                "unknown_label_corner", name=self.label_corner, names=get_args(LabelCorner)
            )
        check_painting(self.mode, self.configuration, self.paint)
        if self.plan is not None:
            check_plan(self.plan, unlock=self.unlock)
        elif self.procedures:
            self.check_intensity(self.procedures)
            rehearse(
                self.procedures,
                intensity=self.intensity,
                effects=self.effects,
                side=self.side,
                unlock=self.unlock,
            )

    def _check_types(self) -> None:
        """Refuse what no plan, flag or switch is, before it counts as one."""
        if not isinstance(self.intensity, Mapping):
            finite("intensity", self.intensity)
        named_values("effects", self.effects)
        truth("unlock", self.unlock)
        truth("light", self.light)
        truth("outline", self.outline)
        truth("difference", self.difference)
        check_side(self.side)
        for side in self.sides.values():
            check_side(side)
        for name, kind in _TYPES.items():
            value = getattr(self, name)
            if value is not None or name not in ("plan", "label_corner"):
                instance_of(kind)(name, value)
        for item in self.procedures:
            instance_of(Procedure)("procedures", item)

    def check_intensity(self, procedures: Sequence[Procedure]) -> None:
        """Raise ParameterError when an intensity is for a procedure that is not among these."""
        if isinstance(self.intensity, Mapping):
            check_intensities(self.intensity, procedures)

    @property
    def title(self) -> str:
        """The (English) titles of its procedures."""
        chosen = self.procedures if self.plan is None else self.plan.procedures
        return ", ".join(item.title for item in chosen)

    @property
    def intensities(self) -> dict[str, float]:
        """Intensity of each of its procedures, by name."""
        if self.plan is not None:
            return {item.name: item.intensity for item in self.plan.procedures}
        level = self.intensity
        if not isinstance(level, Mapping):
            level = {item.name: float(level) for item in self.procedures}
        return {item.name: level.get(item.name, DEFAULT_INTENSITY) for item in self.procedures}

    def at_intensity(self, level: float) -> SimulationRequest:
        """Return the request at another intensity, 0 to 100."""
        return replace(self, intensity=level)

    def with_procedures(self, *procedures: Procedure) -> SimulationRequest:
        """Return the request for other procedures; per-procedure intensities that fit are kept."""
        intensity = self.intensity
        if isinstance(intensity, Mapping):
            names = [item.name for item in procedures]
            intensity = {name: level for name, level in intensity.items() if name in names}
        return replace(self, procedures=procedures, intensity=intensity)

    def require_plan(self) -> None:
        """Raise ProcedureError unless procedures or a plan are named."""
        if self.plan is None and not self.procedures:
            raise ProcedureError("no_procedure")

    def pipeline(self, on_step: OnStep | None = None) -> LandmarkDiffPipeline:
        """Return a loaded pipeline for this request; ``on_step`` is told of every model."""
        return LandmarkDiffPipeline(self.mode, configuration=self.configuration).load(None, on_step)

    def prepare(self, pipeline: LandmarkDiffPipeline, pixels: Any) -> PreparedFace:
        """Find the face of a photo ((H, W, 3) uint8 RGB) as this request wants it."""
        return pipeline.prepare(pixels, **{name: getattr(self, name) for name in _OF_FACE})

    def plan_for(self, face: FaceLandmarks) -> SurgicalPlan:
        """Return the given plan, or the one that this face's measurements make."""
        self.require_plan()
        if self.plan is not None:
            return self.plan
        plan = make_plan(
            self.procedures,
            face,
            intensity=self.intensity,
            effects=self.effects,
            side=self.side,
            sides=self.sides,
            unlock=self.unlock,
        )
        return plan.with_manual(self.manual)

    def require_carried(self, prepared: PreparedFace, plan: SurgicalPlan) -> None:
        """Raise FaceUnusableError where this photo cannot carry the plan.

        The pipeline refuses it too, but then with every other plan of the same batch.
        """
        kind_of(prepared).require_carried(plan, self.flags)

    def paints_like(self, other: SimulationRequest) -> bool:
        """Tell whether nothing but the plans keeps two requests out of one batch."""
        same = ("mode", "configuration", "paint", "flags", "light", "seed")
        return all(getattr(self, name) == getattr(other, name) for name in same)

    def simulate(
        self,
        pipeline: LandmarkDiffPipeline,
        prepared: PreparedFace,
        plan: SurgicalPlan | None = None,
        *,
        verify: bool = True,
        pause: Callable[[], object] | None = None,
        on_step: OnStep | None = None,
    ) -> Prediction:
        """Simulate on a prepared face: this request's own plan, or the one given.

        ``pause`` is called between the stages, ``on_step`` is told of every loaded model and
        step; what either raises ends the work.
        """
        plans = [plan or self.plan_for(prepared.landmarks)]
        return self._generate(pipeline, prepared, plans, verify, pause, on_step)[0]

    def simulate_many(
        self,
        pipeline: LandmarkDiffPipeline,
        prepared: PreparedFace,
        plans: Sequence[SurgicalPlan],
        *,
        names: Sequence[str] = (),
        verify: bool = True,
        progress: Progress | None = None,
        on_step: OnStep | None = None,
    ) -> Iterator[Prediction]:
        """Simulate several plans on one prepared face; a network paints them in batches.

        Parameters
        ----------
        pipeline : LandmarkDiffPipeline
        prepared : PreparedFace
        plans : sequence of SurgicalPlan
        names : sequence of str, optional
            What ``progress`` is told of each plan, ``progress.simulate`` otherwise; a batch of
            several is ``progress.painting``.
        verify : bool
            Register the pictures with the photo.
        progress : callable, optional
            Is told how many plans are done before each batch, and again between its stages
            and at every step of the network.
        on_step : callable, optional
            Told of every loaded model and every step of the network.

        Yields
        ------
        Prediction
            In the order of the plans. The next batch is made when it is asked for, so drop each
            prediction before that: it takes 36 MB and more at 12 megapixels.
        """
        size = batch_size(self.mode, pipeline.configuration, prepared)
        for first in range(0, len(plans), size):
            batch = plans[first : first + size]
            name = names[first] if names else "progress.simulate"
            if len(batch) > 1:
                name = "progress.painting"
            tell(progress, first, len(plans), name)
            pause = pause_of(progress, first, len(plans), name)
            made = self._generate(pipeline, prepared, batch, verify, pause, on_step)
            made.reverse()
            while made:
                yield made.pop()

    def _generate(
        self,
        pipeline: LandmarkDiffPipeline,
        prepared: PreparedFace,
        plans: Sequence[SurgicalPlan],
        verify: bool,
        pause: Callable[[], object] | None,
        on_step: OnStep | None,
    ) -> list[Prediction]:
        return pipeline.generate_many(
            prepared,
            plans,
            clinical_flags=self.flags,
            mode=self.mode,
            seed=self.seed,
            verify=verify,
            settings=self.paint,
            light=self.light,
            pause=pause,
            on_step=on_step,
        )

    def weights(self) -> dict[str, str]:
        """Return name and SHA-256 of every model file that takes part."""
        return sums_of_models(self.mode, self.configuration)

    def _painting_facts(self) -> dict[str, Any]:
        """What decides how a network paints, and nothing else."""
        if not find_mode(self.mode).paints:
            return {}
        return {
            "configuration": self.configuration.to_dict(),
            "paint": asdict(self.paint),
            "finishing": sums_of_finishing(self.configuration),
        }

    def fingerprint(self) -> str:
        """SHA-256 of everything besides the photo that decides the result."""
        facts = {
            "procedures": [item.model_dump(mode="json") for item in self.procedures],
            "intensity": self.intensity
            if not isinstance(self.intensity, Mapping)
            else dict(sorted(self.intensity.items())),
            "effects": dict(sorted(self.effects.items())),
            "plan": None if self.plan is None else self.plan.hash,
            "flags": self.flags.to_dict(),
            "side": self.side,
            **({"sides": dict(sorted(self.sides.items()))} if self.sides else {}),
            "unlock": self.unlock,
            "mode": self.mode,
            **self._painting_facts(),
            **{name: getattr(self, name) for name in _OF_FACE},
            "profile_points": self.profile_points.to_dict(),
            "label_corner": self.label_corner,
            "light": self.light,
            "outline": self.outline,
            "difference": self.difference,
            "seed": self.seed,
            "manual": [push.model_dump(mode="json") for push in self.manual],
            "version": __version__,
            "weights": self.weights(),
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
