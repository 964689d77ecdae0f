"""One effect of a procedure: what moves, along which way, how far, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, FOLD_LINES, sides, topology
from landmarkdiff.procedures.band import CEILING_UNITS, LEAST_SIZE, Band, Ceiling
from landmarkdiff.procedures.strict import (
    Line,
    Slug,
    Strict,
    Text,
    Vector,
    known_landmarks,
    with_length,
)

__all__ = [
    "EARS",
    "Axis",
    "Effect",
    "Evidence",
    "HeadPart",
    "known_folds",
    "mirror_closure",
    "moves_ear",
]

#: Parts of a head that an effect may carry: those of the ears, and what moves with the jaws.
HeadPart = Literal["right_ear", "left_ear", "upper_teeth", "lower_teeth", "tongue"]
#: The auricles by their side.
EARS: Mapping[str, str] = {"right_ear": "right", "left_ear": "left"}


def known_folds(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names of folds of the skin; ValueError names the one that is none."""
    unknown = [name for name in names if name not in FOLD_LINES]
    if unknown:
        raise ValueError(f"folds {unknown} are not among {', '.join(sorted(FOLD_LINES))}")
    return names


class Evidence(Strict):
    """Where the numbers of an effect come from.

    ``status`` is ``found`` (read in an abstract or page) or ``general`` (textbook knowledge
    without a source at hand).
    """

    status: Literal["found", "general"]
    source: Line
    note: Text = ""


class Axis(Strict):
    """Anatomical axis of a rotation, in the face frame.

    It passes through the mean of the landmarks ``through`` (closed under the mirror map); a
    positive angle turns right-handed about ``direction``.
    """

    through: tuple[int, ...] = Field(min_length=1)
    direction: Vector

    @field_validator("through")
    @classmethod
    def _on_the_mesh(cls, through: tuple[int, ...]) -> tuple[int, ...]:
        known_landmarks(through)
        return through

    @field_validator("direction")
    @classmethod
    def _has_length(cls, direction: Vector) -> Vector:
        with_length(direction)
        return direction


class Coupling(Strict):
    """An effect that follows another one in proportion to its typical change."""

    driver: Slug
    reason: Line


class Effect(Strict):
    """One named effect of a procedure.

    Attributes
    ----------
    unit : {"mm", "deg", "percent"}
        Unit of the planned value. Of soft tissue at the skin surface; percent is that of the depth
        of the patient's own fold.
    percent_of : str or None
        Name of a measurement; the band is then in percent of it, and becomes millimetres in
        the plan of a patient.
    ceiling : Ceiling or None
        How far an intensity takes this patient at most.
    measure : {"per_side", "total"}
        Whether the value is what each side moves, or the change of a width that both sides
        share equally.
    direction : 3 floats
        Of a shift: lateral (away from the midline), up, forward; unit length after loading.
    axis : Axis
        Of a rotation.
    landmarks : mapping of int to float
        Carrying landmarks with their share of the effect (0 to 1], both sides.
    follow : mapping of int to float
        Landmarks that follow with a share of the effect, also where another procedure carries
        them; those of the midline where both sides are treated.
    anatomy : tuple of str
        The anatomical groups that the landmarks belong to; the loader checks it.
    falloff_mm : float
        Distance from a carrying landmark, or from the line of a fold, at which its influence has
        ended.
    by_intensity : bool
        Whether the intensity drives it; otherwise it acts only when asked for by name.
    carries_teeth : bool
        Whether visible (upper) teeth move with it.
    needs : {"teeth"} or None
        What a face has to show for the effect, or else it moves nothing: teeth between the lips.
    parts : tuple of str
        Parts of a head in three dimensions that it moves: an ear turns about its root, teeth and
        tongue go along as one piece. A photo's mesh has none of them: an effect without landmarks
        shows on the head only.
    fold : str or None
        Of an effect in percent: the fold of the skin whose depth it changes, a name of
        ``FOLD_LINES``. It moves nothing.
    """

    name: Slug
    title: Line
    sign: Line
    unit: Literal["mm", "deg", "percent"]
    percent_of: str | None = None
    ceiling: Ceiling | None = None
    measure: Literal["per_side", "total"] = "per_side"
    band: Band
    evidence: Evidence
    direction: Vector | None = None
    axis: Axis | None = None
    landmarks: dict[int, Annotated[float, Field(gt=0.0, le=1.0)]] = Field(default_factory=dict)
    follow: dict[int, Annotated[float, Field(gt=0.0, le=1.0)]] = Field(default_factory=dict)
    anatomy: tuple[str, ...] = ()
    falloff_mm: float = Field(gt=1.0, le=60.0)
    coupled_to: Coupling | None = None
    by_intensity: bool = True
    carries_teeth: bool = False
    needs: Literal["teeth"] | None = None
    parts: tuple[HeadPart, ...] = ()
    fold: str | None = None

    @field_validator("landmarks", "follow", mode="wrap")
    @classmethod
    def _both_sides(cls, data: Any, read: ValidatorFunctionWrapHandler) -> dict[int, float]:
        landmarks: dict[int, float] = read(data)
        if len(landmarks) < len(data):
            raise ValueError("a landmark is there twice")
        return dict(sorted(mirror_closure(landmarks).items()))

    @field_validator("direction")
    @classmethod
    def _unit_length(cls, direction: Vector | None) -> Vector | None:
        return None if direction is None else _normalised(direction)

    @model_validator(mode="after")
    def _consistent(self) -> Effect:
        if abs(self.band.typical) < LEAST_SIZE:
            raise ValueError("the typical change is none")
        if self.fold is not None:
            known_folds((self.fold,))
        if (
            (self.unit == "deg") != (self.axis is not None)
            or (self.unit == "mm") != (self.direction is not None)
            or (self.unit == "percent") != (self.fold is not None)
        ):
            raise ValueError(
                "an effect in mm needs a direction, one in deg an axis, one in percent a fold"
            )
        if self.unit != "mm" and self.percent_of is not None:
            raise ValueError("percent_of is for effects in mm")
        if self.ceiling is not None and self.unit != CEILING_UNITS[self.ceiling.measurement]:
            raise ValueError(f"a ceiling of {self.ceiling.measurement} is for another unit")
        if self.fold is not None:
            self._check_fold()
        elif not self.landmarks and not self.parts:
            raise ValueError("an effect needs landmarks, or parts of a head, that it moves")
        both = sorted(self.landmarks.keys() & self.follow.keys())
        if both:
            raise ValueError(f"landmarks {both} carry the effect and follow it")
        if EARS.keys() & set(self.parts) and (self.landmarks or self.unit != "mm"):
            raise ValueError("an effect that moves an ear is in mm and has no landmarks")
        groups = ANATOMICAL_GROUPS
        unknown = [name for name in self.anatomy if name not in groups]
        if unknown:
            raise ValueError(
                f"anatomy {unknown} is not among the anatomical groups: {', '.join(sorted(groups))}"
            )
        members = set().union(*(groups[name].points for name in self.anatomy))
        strays = sorted(({*self.landmarks} | {*self.follow}) - members)
        if strays:
            raise ValueError(f"landmarks {strays} lie in none of the groups {list(self.anatomy)}")
        return self

    def _check_fold(self) -> None:
        if self.landmarks or self.parts or self.anatomy:
            raise ValueError("an effect on the depth of a fold moves nothing")
        if self.band.high < -100.0 or self.band.high > 0.0 or self.band.reverse:
            raise ValueError("the depth of a fold changes by 0 to -100 percent")

    @model_serializer(mode="wrap")
    def _as_before(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what says nothing, so that the hashes of plans stay what they were."""
        data: dict[str, Any] = written(self)
        for name in ("parts", "follow", "fold", "needs", "ceiling"):
            if not getattr(self, name):
                data.pop(name, None)
        return data

    def at(self, intensity: float) -> float:
        """Return what an intensity sets it to, 0 to 200: by a band that ends at its ceiling."""
        band = self.band if self.ceiling is None else self.ceiling.held(self.band)
        return band.at(intensity)

    @property
    def midline(self) -> bool:
        """Whether a landmark of the midline carries the effect, so that it has no sides."""
        return any(sides()[index] == 0 for index in self.landmarks)


def moves_ear(effect: Effect) -> bool:
    """Tell whether an effect moves an ear, which the face mesh of a photo does not have."""
    return bool(EARS.keys() & set(effect.parts))


def mirror_closure(landmarks: dict[int, float]) -> dict[int, float]:
    """Return shares of landmarks with those of their mirror partners, which must agree."""
    known_landmarks(landmarks)
    mirror = topology().mirror
    closed = dict(landmarks)
    for index, share in landmarks.items():
        partner = int(mirror[index])
        if closed.setdefault(partner, share) != share:
            raise ValueError(f"landmarks {index} and {partner} mirror each other but differ")
    return closed


def _normalised(direction: Vector) -> Vector:
    length = with_length(direction)
    if abs(length - 1.0) < 1e-12:  # a direction read back from a plan stays the same to the bit
        return direction
    x, y, z = (part / length for part in direction)
    return x, y, z
