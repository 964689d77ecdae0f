"""Zones of the face that a clinician may name as keloid-prone, as anatomical groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from landmarkdiff.errors import ClinicalFlagError
from landmarkdiff.landmarks.topology import (
    ANATOMICAL_GROUPS,
    STRUCTURES,
    AnatomicalGroup,
    mirror_points,
)

__all__ = ["KELOID_ZONES", "known_zones", "zone_points"]

#: Zone that a clinician may name -> anatomical groups whose hull, on each side, is the zone.
KELOID_ZONES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "nose": STRUCTURES["nose"],
        "jawline": ("jaw_border", "chin_border", "jowl"),
        "chin": ("chin_pad", "chin_border", "labiomental_sulcus"),
        "upper_lip": (
            "subnasale",
            "philtrum",
            "upper_lip_skin",
            "vermilion_upper_border",
            "lip_body_upper",
            "lip_inner_upper",
        ),
        "lower_lip": ("vermilion_lower_border", "lip_inner_lower", "labiomental_sulcus"),
        "eyelids": (
            "upper_lid_margin",
            "lower_lid_margin",
            "upper_lid_skin",
            "lower_lid_skin",
            "medial_canthus",
            "lateral_canthus",
        ),
        "brows": ("brow_upper_border", "brow_lower_border"),
        "forehead": ("brow_upper_border", "glabella"),
        "temples": ("temple",),
        "cheeks": (
            "malar_eminence",
            "lateral_cheek",
            "lower_lid_cheek_junction",
            "nasolabial_fold",
        ),
    }
)

#: Points that belong to a zone and to no anatomical group: the patient's right, and midline.
_ZONE_EXTRAS: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = MappingProxyType(
    {
        # The frontal skin up to the hairline.
        "forehead": ((67, 69, 103, 104, 108, 109), (10, 151)),
        # From the brow's tail back to the face oval.
        "temples": ((127, 139, 156, 162), ()),
    }
)


def zone_points(zone: str) -> AnatomicalGroup:
    """Return all points of a zone."""
    groups = [ANATOMICAL_GROUPS[name] for name in KELOID_ZONES[zone]]
    extra, extra_midline = _ZONE_EXTRAS.get(zone, ((), ()))
    right = sum((group.right for group in groups), extra)
    return AnatomicalGroup(
        right=right,
        left=tuple(mirror_points(right)),
        midline=sum((group.midline for group in groups), extra_midline),
    )


def known_zones(names: Sequence[str]) -> tuple[str, ...]:
    """Return known zone names once each, in the order given."""
    if not isinstance(names, list | tuple):
        raise ClinicalFlagError("keloid_zones_text", value=str(names), zones=list(KELOID_ZONES))
    found: dict[str, None] = {}
    for name in names:
        zone = str(name).strip().lower().replace("-", "_").replace(" ", "_")
        if zone not in KELOID_ZONES:
            raise ClinicalFlagError("unknown_zone", name=str(name), zones=list(KELOID_ZONES))
        found[zone] = None
    return tuple(found)
