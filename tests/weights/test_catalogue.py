from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from landmarkdiff import weights
from landmarkdiff.errors import WeightsError
from landmarkdiff.weights.catalogue import Archive, Carrier, CatalogueEntry, Source


def test_the_catalogue_pins_these_files() -> None:
    assert {item.name: item.sha256[:8] for item in weights.catalogue()} == {
        "face_landmarker": "64184e22",
        "sface": "fb143eea",
        "gfpgan": "e2cd4703",
        "codeformer": "1009e537",
        "realesrgan_x4plus": "4fa0d389",
        "arcface_buffalo_l": "4c06341c",
        "grace_hopper": "a8ca6d73",
        "astronaut": "88431cd9",
    }


def test_the_first_run_fetches_what_it_always_did() -> None:
    assert weights.first_run() == ("face_landmarker", "sface", "grace_hopper", "astronaut")
    assert sum(weights.entry(name).size for name in weights.first_run()) < 20_000_000


def test_everything_of_the_first_run_allows_commercial_use() -> None:
    assert all(weights.entry(name).commercial_use for name in weights.first_run())
    assert {i.name for i in weights.catalogue() if i.kind == "example"} == {
        "grace_hopper",
        "astronaut",
    }
    assert {i.name: i.instead for i in weights.catalogue() if not i.commercial_use} == {
        "codeformer": "gfpgan",
        "arcface_buffalo_l": "sface",
    }


def test_every_file_of_the_first_run_has_a_carrier_behind_its_address() -> None:
    for item in map(weights.entry, weights.first_run()):
        assert item.sources[-1].carrier is not None
        assert all(source.url for source in item.sources[:-1])


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(WeightsError, match=r"no_such.*face_landmarker, sface.*weights list"):
        weights.entry("no_such")


@pytest.mark.parametrize(
    "change",
    [{"licenze": "MIT"}, {"sha256": "abc"}, {"size": 0}, {"sources": []}, {"file": "../x"}],
)
def test_a_malformed_entry_fails(change: dict[str, object]) -> None:
    good = weights.entry("sface").model_dump()
    CatalogueEntry.model_validate(good)
    with pytest.raises(ValidationError):
        CatalogueEntry.model_validate({**good, **change})


def test_a_source_is_an_address_or_a_carrier() -> None:
    carrier = Carrier(package="a", version="1", member="b")
    with pytest.raises(ValidationError, match="either"):
        Source(url="https://example.org/a", carrier=carrier)
    with pytest.raises(ValidationError, match="either"):
        Source()
    with pytest.raises(ValidationError):
        Source(url="http://example.org/plain")
    with pytest.raises(ValidationError, match="an archive lies at a url"):
        Source(archive=Archive(member="a", size=1, sha256="0" * 64), carrier=carrier)


def test_no_package_registry_is_named() -> None:
    package = Path(weights.__file__).parent
    for path in [*package.glob("*.py"), *package.glob("*.yaml")]:
        text = path.read_text(encoding="utf-8").lower()
        assert "pypi" not in text
        assert "pythonhosted" not in text
