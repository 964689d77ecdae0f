"""docs/reference/models.md says what the catalogue says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from landmarkdiff import weights
from landmarkdiff.configuration import Configuration

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "models.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in PAGE.splitlines()
    if line.startswith("| `")
    for cells in [[cell.strip() for cell in line.strip("| ").split(" | ")]]
    if len(cells) > 5
}


FILES = [item for item in weights.entries() if item.single]
MODELS = [item for item in weights.entries() if not item.single]


@pytest.mark.parametrize("item", MODELS, ids=lambda item: str(item.name))
def test_every_model_is_there_as_it_is(item: weights.CatalogueEntry) -> None:
    size = f"about {item.about_mb}" if item.size is None else f"{item.size / 1e6:.1f}"
    _, repository, megabytes, licence, commercial, sums = ROWS[item.name]
    assert (repository, megabytes, licence) == (item.repository, size, item.licence)
    assert commercial == ("yes" if item.commercial_use else "no")
    assert sums == ("pinned" if item.pinned else "not pinned")
    if item.conditioning:
        assert f"`{item.conditioning}`" in ROWS[item.name][0]


def test_every_file_is_there_as_it_is() -> None:
    for item in FILES:
        if item.kind == "weights":
            _, megabytes, licence, commercial, sums = ROWS[item.name]
            assert (megabytes, licence, sums) == (
                f"{(item.size or 0) / 1e6:.1f}",
                item.licence,
                "pinned",
            )
            assert commercial == ("yes" if item.commercial_use else "no")
        else:
            assert f"`{item.name}`" in PAGE
    names = {item.name for item in weights.entries()}
    assert set(ROWS) <= names


def test_few_step_facts_stand_ins_and_sets_are_told() -> None:
    for item in weights.entries():
        fact = item.few_step
        if fact is not None:
            row = f"| `{item.name}` | {fact.steps} | {fact.guidance_scale} | "
            assert f"{row}{fact.highest_guidance} | {fact.scheduler} |" in PAGE
        assert item.instead is None or f"| `{item.name}` | `{item.instead}` |" in PAGE
    for name in weights.sets():
        assert f"`{name}`" in PAGE


def test_pickles_are_named() -> None:
    pickles = {
        item.name
        for item in weights.entries()
        if any(file.path.endswith((".bin", ".pth")) for file in item.files)
    }
    (sentence,) = re.findall(r"in four cases only.*?\.\n", PAGE, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", sentence)) - {"weights_only"} == pickles


def test_the_example_of_ones_own_models_is_valid(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    settings = Configuration.from_dict(yaml.safe_load(block), folder=tmp_path).diffusion
    assert settings.base.path == tmp_path / "models" / "my-sd15"
    assert settings.controlnets[0].conditioning == "tessellation"
