from __future__ import annotations

import pytest

from landmarkdiff import weights
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import WeightsError


def test_a_set_holds_what_the_mode_needs_with_the_defaults() -> None:
    settings = Configuration().diffusion
    needed = {settings.base.name, *(item.name for item in settings.controlnets)}
    needed |= {"face_landmarker", "sface", "gfpgan"}
    assert set(weights.set_names("controlnet")) == needed
    needed |= {settings.ip_adapter.name, settings.image_encoder.name}
    assert set(weights.set_names("controlnet_ip")) == needed
    assert set(weights.set_names("img2img")) < set(weights.set_names("controlnet"))
    assert weights.set_names("tps") == ("face_landmarker", "sface")


def test_every_name_of_every_set_exists_and_only_research_is_forbidden() -> None:
    for set_name in weights.SETS:
        forbidden = [n for n in weights.set_names(set_name) if not weights.named(n).commercial_use]
        assert bool(forbidden) is (set_name == "research")


def test_every_name_is_in_some_set() -> None:
    held = {name for names in weights.SETS.values() for name in names}
    files = {item.name for item in weights.catalogue() if item.kind == "weights"}
    assert held == files | {item.name for item in weights.models()}


def test_an_unknown_set_lists_the_known_ones() -> None:
    with pytest.raises(WeightsError, match=r"everything.*controlnet_ip"):
        weights.set_names("everything")
