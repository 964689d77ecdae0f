"""What a surgeon has set for one patient, as plain data that a page and a file can carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError
from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.inference import PaintSettings
from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.procedures import Push, procedure
from landmarkdiff.procedures.bounds import within_bounds
from landmarkdiff.procedures.manual import MOST_PUSHES
from landmarkdiff.procedures.planning import DEFAULT_INTENSITY
from landmarkdiff.profile import PROFILE_POINT_NAMES, ProfileCorrections
from landmarkdiff.workflows.annotations import Annotations, check_annotations
from landmarkdiff.workflows.gesture_settings import GestureSettings
from landmarkdiff.workflows.request import SimulationRequest

__all__ = ["ConsultationSettings"]

#: More procedures than this make no plan.
MOST_PROCEDURES = 8
#: Whoever would have to move more landmarks has another face before them than the network found;
#: and the time that moving them takes grows with the third power of their number.
MOST_NUDGES = 64
MOST_PROFILE_POINTS = len(PROFILE_POINT_NAMES)


class ConsultationSettings(BaseModel):
    """The whole state of a consultation besides its photo.

    Attributes
    ----------
    procedures : tuple of str
        In one plan; the first keeps the landmarks that several move.
    intensity : mapping of procedure name to float
        0 to 100, unlocked to 200; 60 where a procedure is not named.
    effects : mapping of ``procedure.effect`` to float, "on" or "off"
        Values in mm or degrees that replace what the intensity gives.
    side : {"both", "left", "right"}
        The patient's side.
    sides : mapping of ``procedure.effect`` to side
        Effects that alone act on another side than the plan.
    unlock : bool
    flags : mapping
        Fields of :class:`landmarkdiff.clinical.ClinicalFlags`.
    mode : {"tps", "img2img", "controlnet", "controlnet_ip", "lato"}
        The warp alone, or a network that repaints it.
    steps, guidance, conditioning_scale, strength : number or None
        How a network paints (10 to 100 steps, 4 to 8 with a few-step LoRA; 1 to 20; 0 to 1.2;
        0 to 1); None takes the configuration's value.
    postprocess : bool
        Whether the finishing steps run on what a network painted.
    ipd_mm : float or None
        Known interpupillary distance.
    nudges : mapping of landmark to (dx, dy)
        By how much the surgeon moved misplaced landmarks, pixels of the photo.
    profile_points : mapping of str to (x, y)
        Points of a profile where the surgeon sees them, pixels of the photo.
    face : int
    glasses : {"auto", "yes", "no"}
        Whether the patient wears glasses: what the photo shows, or the surgeon's word.
    light : bool
        Whether the light on the skin follows its surface.
    manual : tuple of Push
        What was pushed by hand, in its order.
    gesture : GestureSettings or None
        An expression and a turn of the head that are shown beside the plan, which they leave as
        it is.
    annotations : tuple of Annotation
        What is measured and drawn over the photo; it changes no simulation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    procedures: tuple[str, ...] = Field(("rhinoplasty",), min_length=1, max_length=MOST_PROCEDURES)
    intensity: dict[str, float] = Field(default_factory=dict)
    effects: dict[str, float | Literal["on", "off"]] = Field(default_factory=dict)
    side: Literal["both", "left", "right"] = "both"
    sides: dict[str, Literal["both", "left", "right"]] = Field(default_factory=dict)
    unlock: bool = False
    flags: dict[str, Any] = Field(default_factory=dict)
    mode: str = DEFAULT_MODE
    steps: int | None = None
    guidance: float | None = None
    conditioning_scale: float | None = None
    strength: float | None = None
    postprocess: bool = True
    ipd_mm: float | None = None
    nudges: dict[int, tuple[float, float]] = Field(default_factory=dict, max_length=MOST_NUDGES)
    profile_points: dict[str, tuple[float, float]] = Field(
        default_factory=dict, max_length=MOST_PROFILE_POINTS
    )
    face: int = Field(0, ge=0, le=999)
    glasses: Literal["auto", "yes", "no"] = "auto"
    light: bool = True
    manual: tuple[Push, ...] = Field((), max_length=MOST_PUSHES)
    gesture: GestureSettings | None = None
    annotations: Annotations = ()

    @model_validator(mode="after")
    def _annotations_fit(self) -> Self:
        check_annotations(self.annotations)
        return self

    @classmethod
    def untouched(cls, *procedures: str, **more: Any) -> ConsultationSettings:
        """Return settings that change nothing yet: how the app opens a photo.

        Every procedure, a rhinoplasty where none is named, stands at intensity 0; ``more`` are
        other fields.

        >>> ConsultationSettings.untouched("mentoplasty").intensity
        {'mentoplasty': 0.0}
        """
        names = procedures or cls().procedures
        return cls(procedures=names, intensity=dict.fromkeys(names, 0.0), **more)

    @property
    def changes_nothing(self) -> bool:
        """Whether the plan leaves the face as it is: nothing by intensity, nothing by hand."""
        levels = [self.intensity.get(name, DEFAULT_INTENSITY) for name in self.procedures]
        by_hand = [
            value
            for key, value in self.effects.items()
            if not isinstance(value, str) and key.partition(".")[0] in self.procedures
        ]
        return not any(levels) and not any(by_hand) and not self.manual

    @classmethod
    def from_dict(cls, data: Any) -> ConsultationSettings:
        """Read settings; ParameterError names the first wrong key."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(str(part) for part in problem["loc"]) or "settings"
            raise ParameterError("settings_invalid", where=where, problem=problem["msg"]) from None

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-ready data."""
        return self.model_dump(mode="json")

    def request(self, configuration: Configuration | None = None) -> SimulationRequest:
        """Return the checked request of these settings.

        Parameters
        ----------
        configuration : Configuration, optional
            The pipeline's; by default the one that ``LANDMARKDIFF_CONFIG`` names, or the
            built-in values.

        Raises
        ------
        LandmarkDiffError
            One sentence on what is wrong.
        """
        presets = tuple(procedure(name) for name in self.procedures)
        names = set(self.procedures)
        return SimulationRequest(
            procedures=presets,
            intensity={
                name: self.intensity.get(name, DEFAULT_INTENSITY) for name in self.procedures
            },
            effects={
                key: value for key, value in self.effects.items() if key.partition(".")[0] in names
            },
            flags=self.clinical_flags(),
            side=self.side,
            sides={key: side for key, side in self.sides.items() if key.partition(".")[0] in names},
            unlock=self.unlock,
            mode=self.mode,
            configuration=Configuration.load() if configuration is None else configuration,
            paint=self.paint(),
            face=self.face,
            ipd_mm=self.ipd_mm,
            glasses=self.glasses,
            light=self.light,
            profile_points=ProfileCorrections(self.profile_points),
            manual=self.manual,
        )

    def within_bounds(self, face: FaceLandmarks) -> ConsultationSettings:
        """Return these settings with values by hand where a plan of this face may have them."""
        presets = [procedure(name) for name in self.procedures]
        effects = within_bounds(self.effects, presets, face, unlock=self.unlock)
        return self.model_copy(update={"effects": effects})

    def paint(self) -> PaintSettings:
        """Return how a network is to paint; ParameterError when a value is out of range."""
        return PaintSettings(
            num_inference_steps=self.steps,
            guidance_scale=self.guidance,
            controlnet_conditioning_scale=self.conditioning_scale,
            strength=self.strength,
            postprocess=self.postprocess,
        )

    def clinical_flags(self) -> ClinicalFlags:
        """Return the clinical flags; ClinicalFlagError when they contradict each other."""
        flags: Mapping[str, Any] = self.flags
        return ClinicalFlags.from_dict(flags)
