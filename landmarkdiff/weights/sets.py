"""Sets: everything that a whole mode needs, fetched with one command."""

from __future__ import annotations

from collections.abc import Mapping

from landmarkdiff.errors import WeightsError

__all__ = ["SETS", "set_names"]

#: What every mode uses: landmarks and the identity check.
_ALWAYS = ("face_landmarker", "sface")
_IMG2IMG = (*_ALWAYS, "stable_diffusion_15", "gfpgan")
_CONTROLNET = (*_IMG2IMG, "controlnet_mediapipe_face", "controlnet_depth")

#: Name of a set -> names of the files and models in it, with the configuration's defaults.
SETS: Mapping[str, tuple[str, ...]] = {
    "tps": _ALWAYS,
    "img2img": _IMG2IMG,
    "controlnet": _CONTROLNET,
    "controlnet_ip": (*_CONTROLNET, "ip_adapter_plus_face", "ip_adapter_image_encoder"),
    "finishing": ("gfpgan", "realesrgan_x4plus"),
    "few_step": ("lora_hyper_sd_8", "lora_lcm"),
    "step_preview": ("taesd",),
    "research": ("codeformer", "arcface_buffalo_l", "ip_adapter_faceid"),
}


def set_names(name: str) -> tuple[str, ...]:
    """Return the names of the files and models of a set.

    Raises
    ------
    WeightsError
        If there is no such set.
    """
    if name not in SETS:
        raise WeightsError("no such set of models", value=name, allowed=SETS)
    return SETS[name]
