"""Notices: everything a result has to tell its reader, as a code with parameters.

A notice is data, so a later layer can translate it; its English sentence comes from the one
table below. A notice never replaces an error: it says what was done and what to mind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

__all__ = ["NOTICE_TEXTS", "Notice"]

#: English sentence of each code; ``{name}`` fields are the parameters.
NOTICE_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        # photos
        "photo_first_frame": "The {format} file holds several pictures; the first one was used.",
        "photo_profile_ignored": "The embedded colour profile was not used ({reason}); colours are taken as they are.",
        "photo_inks_without_profile": "The photo is in printing inks (CMYK) without a usable colour profile; its colours are approximate.",
        "photo_brightness_scaled": "The file does not say what is black and white; {low:g} to {high:g} was taken.",
        "photo_transparent": "Transparent parts of the photo were put on white.",
        # plan and simulation
        "out_of_band": "{effect} is planned at {value:g} {unit}, beyond its band ({low:g} to {high:g}); the plan was unlocked.",
        "plan_conflict": "{kept} and {dropped} move the same landmarks; {kept} keeps them.",
        "coupled_effect": "{effect} follows {driver}: {reason}",
        "effect_limited": "{effect} is carried out at {percent} % because of: {causes}.",
        "effect_not_visible": "{effect} hardly shows in this view ({percent} % of it lies in the picture plane).",
        "glasses_worn": "The patient wears glasses; nothing moves at the frame. A photo without glasses shows more.",
        "mouth_closed": "The lips are closed, so the tooth show cannot be simulated in this photo.",
        "vitiligo_patches": "{count} depigmented patches ({area_mm2:.0f} mm2) were found; the effect there is {percent} %.",
        "painting_refused": "The repainted picture was refused after {attempts} attempts because {reason}; the warped photo is shown instead.",
        "painting_too_weak": "At this strength nothing is repainted; the warped photo is shown.",
        "identity_flagged": "The simulation may no longer look like the patient ({model}).",
        # analysis
        "turn_head": "The head is turned by {degrees} degrees; for a standard frontal photo turn it to the patient's {side}.",
        "tilt_head": "The eye line is tilted by {degrees} degrees; tilt the head toward the patient's {side} shoulder.",
        "photo_blurred": "The face is blurred by {blur_mm:.1f} mm; changes of half a millimetre cannot be judged.",
        "skin_burnt_out": "{percent:.0f} % of the cheeks are burnt out; their texture is lost.",
        "skin_too_dark": "{percent:.0f} % of the cheeks are nearly black; their texture is lost.",
        "photo_dark": "The photo is dark, as the whites of the eyes show; the apparent skin tone is darker than the skin.",
        "lit_from_one_side": "The light comes from the patient's {side}; shadows change the apparent contours.",
        "near_selfie": "The camera was about {metres:.1f} m away; below {limit:g} m the nose looks larger than it is.",
        "tone_unknown": "The apparent skin tone cannot be read from this photo; set the Fitzpatrick type by hand.",
        "tone_uneven": "The apparent skin tone differs by {spread:.0f} degrees (ITA) across the face; the light decides more than the skin.",
        # standard views
        "view_no_face": "No face can be measured in this photo; take it again, sharp and with the whole face.",
        "view_other_side": "This photo shows the patient's {side} side; this view needs the other one.",
        "view_turn": "For this view turn the head about {degrees} degrees to the patient's {side}.",
        "view_to_profile": "For a profile turn the head to the patient's {side} until only one eye shows.",
        "view_profile_as_it_is": "A profile cannot be measured, so this photo is shown without a simulation.",
        # landmarks
        "face_turned": "No face was found upright; it was found with the photo turned by {degrees} degrees.",
        "several_faces": "{count} faces were found; face {index} (the largest is 0) was used.",
        "face_small": "The face is {width_px} px wide; below {minimum_px} px the result is coarse.",
        "face_cut": "The face touches the border of the photo, so part of it is missing.",
        "mesh_misfit": "The face mesh does not fit this photo well (residual {residual:.1f} % of the eye distance).",
        "extreme_yaw": "The head is turned by {yaw:.0f} degrees; beyond {limit} degrees the mesh is unreliable.",
        "landmarks_nudged": "Landmarks put right by hand: {count}.",
        "scale_fallback": "The iris could not be measured ({reason}); millimetres come from an average face ({uncertainty:.0f} % uncertain).",
    }
)


@dataclass(frozen=True)
class Notice:
    """One coded remark.

    Attributes
    ----------
    code : str
        Key of :data:`NOTICE_TEXTS`.
    params : mapping
        Values for the fields of the sentence; JSON-ready.
    """

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in NOTICE_TEXTS:
            raise KeyError(f"notice code {self.code!r} has no text in NOTICE_TEXTS")

    @classmethod
    def of(cls, code: str, **params: Any) -> Notice:
        """Return the notice ``code`` with its parameters."""
        return cls(code, params)

    @property
    def text(self) -> str:
        """The English sentence."""
        return NOTICE_TEXTS[self.code].format(**self.params)

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"code", "text", **params}``, ready for JSON."""
        return {"code": self.code, "text": self.text, **self.params}
