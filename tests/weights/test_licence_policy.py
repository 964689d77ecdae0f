from __future__ import annotations

import pytest

from landmarkdiff import weights
from landmarkdiff.errors import LicenceError, ParameterError, WeightsError

FORBIDDEN = {
    "codeformer": "gfpgan",
    "arcface_buffalo_l": "sface",
    "ip_adapter_faceid": "ip_adapter_plus_face",
}


@pytest.mark.parametrize(("name", "instead"), FORBIDDEN.items())
def test_a_non_commercial_weight_is_refused_and_its_stand_in_named(name: str, instead: str) -> None:
    with pytest.raises(LicenceError) as caught:
        weights.permit(name, "commercial")
    text = str(caught.value)
    assert text.startswith(f"{name} is not for commercial use (its licence: ")
    assert weights.entry(name).licence in text
    assert "the licence policy is commercial" in text
    assert f"{instead}, which is used instead" in text
    assert "research" in text
    assert text.count(".") == 1 + weights.entry(name).licence.count(".")


@pytest.mark.parametrize("name", FORBIDDEN)
def test_research_permits_it(name: str) -> None:
    weights.permit(name, "research")


def test_everything_else_is_permitted() -> None:
    names = [item.name for item in weights.entries()]
    assert len(names) == 20
    for name in set(names) - set(FORBIDDEN):
        weights.permit(name, "commercial")


def test_the_caller_may_name_what_is_used() -> None:
    with pytest.raises(LicenceError, match="nothing at all, which is used instead"):
        weights.permit("codeformer", "commercial", instead="nothing at all")


def test_an_unknown_policy_or_name_fails() -> None:
    with pytest.raises(ParameterError, match=r"got academic.*commercial, research"):
        weights.permit("gfpgan", "academic")
    with pytest.raises(WeightsError, match="vgg"):
        weights.permit("vgg", "research")


def test_a_model_of_ones_own() -> None:
    weights.permit_own("the base model of your own", True, "commercial")
    weights.permit_own("the base model of your own", False, "research")
    with pytest.raises(LicenceError, match="the base model of your own is not for commercial use"):
        weights.permit_own("the base model of your own", False, "commercial")


def test_a_forbidden_file_is_refused_before_it_is_looked_for() -> None:
    with pytest.raises(LicenceError, match="codeformer"):
        weights.require("codeformer", "commercial")
    with pytest.raises(LicenceError, match="ip_adapter_faceid"):
        weights.require("ip_adapter_faceid", "commercial")
