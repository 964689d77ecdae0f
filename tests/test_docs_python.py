"""Every block of Python in the documentation runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from doc_pages import DOCS, ROOT, blocks, pages_with, text_of

from landmarkdiff import weights
from landmarkdiff.procedures.procedure import procedures


def run_python(page: Path) -> dict[str, Any]:
    """Run the Python of a page where its portrait and its presets are."""
    Path("portrait.jpg").write_bytes(weights.obtain("astronaut").read_bytes())
    for block in blocks(page, "yaml"):
        if block.startswith("name: "):
            name = block.partition("\n")[0].removeprefix("name: ")
            Path(f"{name}.yaml").write_text(block, encoding="utf-8")
    names: dict[str, Any] = {}
    for block in blocks(page, "python"):
        exec(compile(block, page.name, "exec"), names)  # noqa: S102  # our own text
    return names


def test_python_in_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = run_python(ROOT / "README.md")
    assert (tmp_path / "after.png").stat().st_size > 100_000
    assert names["softer"].plan.intensity == 30
    assert set(names["result"]) == {
        key for key in re.findall(r"`(\w+)`", text_of(ROOT / "README.md")) if key in names["result"]
    }


def test_python_of_the_reference_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = run_python(DOCS / "reference" / "python.md")
    assert names["result"].effects[0].achieved == pytest.approx(4.9, abs=0.5)
    assert set(names["PROCEDURE_LANDMARKS"]) == set(procedures())
    for name in ("FaceLandmarks", "DeformationHandle", "extract_landmarks"):
        assert name in names


def test_python_of_the_head_plan_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = run_python(DOCS / "concepts" / "head_plan.md")
    assert names["hump"].shape == names["head"].vertices.shape
    assert names["hump"][:, 2].min() == pytest.approx(-3.1, abs=0.2)
    assert set(names["targets"]) == {item.key for item in names["plan"].effects}


def test_python_of_the_profile_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_python(DOCS / "concepts" / "profile.md")["evidence"].kind == "frontal"


def test_python_of_the_evaluation_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scored = run_python(DOCS / "concepts" / "evaluation.md")["scored"]
    assert len(scored.effects) == 3
    for effect in scored.effects:
        assert effect.achieved.value == pytest.approx(effect.shown, abs=0.4)


def test_python_of_the_landmark_tokens_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = run_python(DOCS / "concepts" / "landmark_tokens.md")
    assert names["codes"].shape == (1, 68, 2)
    apart = abs(names["back"] - names["points"]).max()
    assert 0.0 < apart * 512 / max(names["width"], names["height"]) <= 0.2501


def test_python_of_the_custom_procedure_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = run_python(DOCS / "how-to" / "custom_procedures.md")
    (effect,) = names["result"].effects
    assert effect.planned == 4.0
    assert effect.achieved == pytest.approx(effect.applied * effect.visible, abs=0.2)
    assert names["result"].fold_factor == 1.0


def test_python_of_the_head_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = run_python(DOCS / "how-to" / "head.md")
    assert names["glb"][:4] == b"glTF"
    assert 0.0 < names["nose"].from_photos < 0.7  # a frontal photo does not show depth


def test_python_of_the_report_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("reportlab")
    monkeypatch.chdir(tmp_path)
    assert run_python(DOCS / "how-to" / "report.md")["pdf"].startswith(b"%PDF")


def test_python_of_the_words_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = run_python(DOCS / "how-to" / "words.md")
    assert names["edited"].prediction.effect("tip_rotation").planned == 4.0
    assert names["less"].prediction.effect("tip_rotation").planned == 2.0


def test_all_python_is_run() -> None:
    assert [str(page.relative_to(ROOT)) for page in pages_with("python")] == [
        "README.md",
        "docs/concepts/evaluation.md",
        "docs/concepts/head_plan.md",
        "docs/concepts/landmark_tokens.md",
        "docs/concepts/profile.md",
        "docs/how-to/custom_procedures.md",
        "docs/how-to/head.md",
        "docs/how-to/report.md",
        "docs/how-to/words.md",
        "docs/reference/python.md",
    ]
