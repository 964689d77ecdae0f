"""Clinical flags of a patient, and what each one limits.

The factors are those of the original description of the product. Its sizes were pixels of a
512-pixel portrait; here they are millimetres, converted with a face that is 300 px wide there
and 140 mm wide in life (bizygomatic breadth of an adult, general), so they follow the face and
not the photo's resolution.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray
from landmarkdiff.clinical.zones import KELOID_ZONES, known_zones, zone_points
from landmarkdiff.errors import ClinicalFlagError
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.landmarks.topology import sides

__all__ = [
    "EHLERS_DANLOS_RADIUS_FACTOR",
    "KELOID_BLUR_SIGMA_MM",
    "KELOID_FACTOR",
    "KELOID_MARGIN_MM",
    "KELOID_ZONES",
    "VITILIGO_FACTOR",
    "VITILIGO_MIN_AREA_MM2",
    "ClinicalFlags",
    "Side",
    "keloid_hulls",
    "keloid_polygons",
    "palsied_points",
    "parse_flags",
]

Side = Literal["left", "right"]

#: Millimetres per pixel of the original 512-pixel portrait: 140 mm over 300 px.
_ORIGINAL_MM_PER_PX = 140.0 / 300.0

#: Share of the effect that remains over a vitiligo patch (original: preservation factor 0.3).
VITILIGO_FACTOR = 0.3
#: Smallest vitiligo patch, mm² (original: 200 px²; 43.6 mm², a disc of 7.4 mm).
VITILIGO_MIN_AREA_MM2 = round(200.0 * _ORIGINAL_MM_PER_PX**2, 1)
#: Share of the effect that remains in a keloid-prone zone (original: 0.5).
KELOID_FACTOR = 0.5
#: Standard deviation of the zone's soft edge, mm (original: sigma 10 px; 4.7 mm).
KELOID_BLUR_SIGMA_MM = round(10.0 * _ORIGINAL_MM_PER_PX, 1)
#: Width by which a zone is enlarged before its edge is softened, mm. The original asks for a
#: margin and gives no number; with one standard deviation, 84 % of the protection remains at
#: the zone's own border (general).
KELOID_MARGIN_MM = KELOID_BLUR_SIGMA_MM
#: Factor of every influence radius for hypermobile tissue (original: 1.5).
EHLERS_DANLOS_RADIUS_FACTOR = 1.5


@dataclass(frozen=True)
class ClinicalFlags:
    """Conditions of the patient that limit a simulation.

    Parameters
    ----------
    vitiligo : bool
        Depigmented patches are looked for and mostly preserved.
    bells_palsy : bool
        One side of the face is paralysed; its points do not move. Needs ``bells_palsy_side``.
    bells_palsy_side : {"left", "right"}, optional
        The patient's side.
    keloid_prone : bool
        Scars tend to overgrow in ``keloid_regions``, which must name at least one zone.
    keloid_regions : sequence of str
        Keys of :data:`KELOID_ZONES`; stored as a tuple without repetitions.
    ehlers_danlos : bool
        Hypermobile tissue: every influence radius is 1.5 times as wide.
    child : bool
        The patient is a child, and is to be simulated all the same: bands are those of adults.

    Raises
    ------
    ClinicalFlagError
        If a side or a zone is unknown, missing, or given without its condition.

    Examples
    --------
    >>> ClinicalFlags(keloid_prone=True, keloid_regions=["nose", "jawline"]).keloid_regions
    ('nose', 'jawline')
    """

    vitiligo: bool = False
    bells_palsy: bool = False
    bells_palsy_side: Side | None = None
    keloid_prone: bool = False
    keloid_regions: Sequence[str] = ()
    ehlers_danlos: bool = False
    child: bool = False

    def __post_init__(self) -> None:
        for name in ("vitiligo", "bells_palsy", "keloid_prone", "ehlers_danlos", "child"):
            if not isinstance(getattr(self, name), bool):
                raise ClinicalFlagError(
                    "flag_not_boolean", flag=name, value=str(getattr(self, name))
                )
        self._check_palsy()
        object.__setattr__(self, "keloid_regions", known_zones(self.keloid_regions))
        if self.keloid_prone and not self.keloid_regions:
            raise ClinicalFlagError("keloid_without_zones", zones=list(KELOID_ZONES))
        if self.keloid_regions and not self.keloid_prone:
            raise ClinicalFlagError("keloid_not_set", zones=self.keloid_regions)

    def _check_palsy(self) -> None:
        side = self.bells_palsy_side
        if side is not None and not (isinstance(side, str) and side in get_args(Side)):
            raise ClinicalFlagError("palsy_side_unknown", value=str(side), sides=get_args(Side))
        if self.bells_palsy and side is None:
            raise ClinicalFlagError("palsy_without_side", sides=get_args(Side))
        if side is not None and not self.bells_palsy:
            raise ClinicalFlagError("palsy_not_set", sides=[side])

    def __bool__(self) -> bool:
        """Whether any condition is set."""
        return (
            self.vitiligo
            or self.bells_palsy
            or self.keloid_prone
            or self.ehlers_danlos
            or self.child
        )

    def to_dict(self) -> dict[str, Any]:
        """Return every field, ready for JSON; :meth:`from_dict` reads it back."""
        return {**asdict(self), "keloid_regions": list(self.keloid_regions)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> ClinicalFlags:
        """Return the flags of a mapping; absent fields are unset, unknown ones are refused.

        Raises
        ------
        ClinicalFlagError
            If a key is unknown or a value is not allowed.
        """
        known = [field.name for field in fields(cls)]
        for key in record:
            if key not in known:
                raise ClinicalFlagError("unknown_flag", name=key, flags=known)
        return cls(**record)


def parse_flags(words: Iterable[str]) -> ClinicalFlags:
    """Read flags as they are written on a command line.

    Parameters
    ----------
    words : iterable of str
        ``vitiligo``, ``bells-palsy=left|right`` (the patient's side), ``keloid=ZONE,ZONE``,
        ``ehlers-danlos``, ``child``. Several ``keloid`` words add up.

    Returns
    -------
    ClinicalFlags

    Raises
    ------
    ClinicalFlagError
        If a word or its value is unknown, missing or contradictory.

    Examples
    --------
    >>> parse_flags(["bells-palsy=left"]).bells_palsy_side
    'left'
    """
    given: dict[str, Any] = {}
    for word in words:
        name, separator, value = word.strip().lower().replace("_", "-").partition("=")
        if name in ("vitiligo", "ehlers-danlos", "child"):
            if separator:
                raise ClinicalFlagError("flag_takes_no_value", flag=name, value=word)
            given[name.replace("-", "_")] = True
        elif name == "bells-palsy":
            if given.get("bells_palsy_side", value) != value:
                raise ClinicalFlagError("palsy_on_both_sides")
            given["bells_palsy"] = True
            given["bells_palsy_side"] = value or None
        elif name == "keloid":
            given["keloid_prone"] = True
            zones = [part.strip() for part in value.split(",") if part.strip()]
            given["keloid_regions"] = [*given.get("keloid_regions", ()), *zones]
        else:
            raise ClinicalFlagError("unknown_flag_word", word=word)
    return ClinicalFlags(**given)


def palsied_points(flags: ClinicalFlags) -> NDArray[np.bool_]:
    """Return which of the 478 points Bell's palsy keeps still.

    Returns
    -------
    (478,) bool array
        All points of the patient's affected side; the midline belongs to neither side. All False
        without the palsy.

    Examples
    --------
    >>> still = palsied_points(ClinicalFlags(bells_palsy=True, bells_palsy_side="left"))
    >>> still.shape, int(still.sum())
    ((478,), 225)
    >>> bool(still[263]), bool(still[33]), bool(still[1])  # left and right canthus, tip of the nose
    (True, False, False)
    """
    if not flags.bells_palsy:
        return np.zeros(LANDMARK_COUNT, np.bool_)
    return np.asarray(sides() == (1 if flags.bells_palsy_side == "left" else -1))


def keloid_polygons(flags: ClinicalFlags, face: FaceLandmarks) -> list[NDArray[np.float64]]:
    """Return the keloid-prone zones of a face, before margin and soft edge.

    Parameters
    ----------
    flags : ClinicalFlags
    face : FaceLandmarks

    Returns
    -------
    list of (n, 2) float64 arrays
        Convex hulls in image pixels, two for each zone (the patient's right, then left); the
        halves of a zone that crosses the midline share its midline points.

    Examples
    --------
    >>> flags = ClinicalFlags(keloid_prone=True, keloid_regions=["nose"])
    >>> right, left = keloid_polygons(flags, face)
    >>> right.shape[1], bool(right[:, 0].mean() < left[:, 0].mean())  # unmirrored photo
    (2, True)
    """
    return keloid_hulls(flags, face.points[:, :2])


def keloid_hulls(flags: ClinicalFlags, places: FloatArray) -> list[FloatArray]:
    """Return the same zones around landmarks at any places of a plane, (478, 2)."""
    import cv2

    hulls = []
    for zone in flags.keloid_regions:
        group = zone_points(zone)
        for side in (group.right, group.left):
            points = places[list(side + group.midline)].astype(np.float32)
            hulls.append(cv2.convexHull(points).reshape(-1, 2).astype(np.float64))
    return hulls
