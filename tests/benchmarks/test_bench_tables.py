"""Every benchmark runs, prints one table, and writes the same figures as JSON and markdown.

The figures themselves are the owner's to read: a test on a busy machine says nothing of them,
so only what does not depend on the machine is asserted.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmark_runs import Run, run, run_apart

OLD_PAGE = "# Title\n\n<!-- landmarks: begin -->\nold\n<!-- landmarks: end -->\n\nlast words\n"


@pytest.fixture(scope="module")
def landmarks(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The landmark benchmark on the portraits alone, written into a page that was there."""
    folder = tmp_path_factory.mktemp("landmarks")
    (folder / "page.md").write_text(OLD_PAGE)
    return run("landmarks", folder)


def test_preview_shows_limits_floor_and_memory(tmp_path: Path) -> None:
    printed, record, page = run("preview", tmp_path)
    rows = record["tables"]["preview"]["rows"]
    cases = [row for row in rows if row["size"] == "512x512"]
    assert len(cases) == 4
    assert len(rows) == len(cases) + 2
    for row in cases:
        assert row["CPU ms"] > 0
        assert row["x floor"] == pytest.approx(1.0) or row["setting"] != "floor"
        assert (row["limit ms"] is None) == (row["limit x"] is None)
        if row["limit ms"] is not None:
            kept = row["CPU ms"] <= row["limit ms"] and row["x floor"] <= row["limit x"]
            assert row["time"] == ("ok" if kept else "over")
        if row["setting"] in ("passes=1, verify=False", "defaults"):
            assert 50 < row["MB"] < 1000
            assert row["limit MB"] in (500.0, 600.0)
    assert {row["limit ms"] for row in cases} == {20.0, 8.0, None}
    assert {row["limit x"] for row in cases} == {50.0, 12.0, None}
    stages = record["stages_ms"]["512x512 rhinoplasty defaults"]
    assert {"landmarks", "plan", "mask", "field", "warp", "check"} <= set(stages)
    assert "quick run" in printed
    assert page.count("<!-- preview: begin -->") == page.count("<!-- preview: end -->") == 1


def test_landmarks_keep_parity_and_are_mirror_true(landmarks: Run) -> None:
    _, record, _ = landmarks
    rows = {(row["what"], row["passes"]): row for row in record["tables"]["landmarks"]["rows"]}
    parity = rows["parity with MediaPipe", 1]
    assert parity["n"] == 3
    assert parity["worst"] < parity["limit"] == 0.1
    assert rows["in the mirrored photo", 8]["worst"] < 0.01
    turned = "after a turn of 3 deg and shrinking by 7 %"
    assert rows[turned, 8]["median"] < rows[turned, 1]["median"] < 1.0
    assert {passes for what, passes in rows if what.startswith("time")} == {1, 2, 8, 16}


def test_markdown_replaces_only_its_own_part(landmarks: Run) -> None:
    _, _, text = landmarks
    assert text.startswith("# Title\n")
    assert text.endswith("last words\n")
    assert "old" not in text


def test_landmarks_read_hand_placed_points(tmp_path: Path, landmarks: Run) -> None:
    from landmarkdiff import weights
    from landmarkdiff.landmarks import extract_landmarks
    from landmarkdiff.photo import read_photo, write_jpeg

    pixels = read_photo(weights.obtain("grace_hopper")).pixels
    write_jpeg(tmp_path / "one.jpg", pixels)
    points = extract_landmarks(pixels).points[:, :2]
    # A file whose points are the mesh's own, moved by two pixels to the right.
    placed = [(0.0, 0.0)] * 189
    pairs = {0: 468, 1: 473, 22: 133, 23: 362, 18: 33, 27: 263, 62: 49, 67: 279, 55: 2}
    pairs |= {87: 61, 93: 291, 90: 0, 106: 17, 129: 152}
    for hand, mesh in pairs.items():
        placed[hand] = (float(points[mesh, 0]) + 2.0, float(points[mesh, 1]))
    lines = [f"{x} {y}" for x, y in placed]
    (tmp_path / "one.tem").write_text("\n".join(["189", *lines]) + "\n")
    page = tmp_path / "page.md"
    page.write_text(landmarks[2])
    _, record, again = run("landmarks", tmp_path)
    assert again.count("<!-- landmarks: begin -->") == 1
    against = [
        row
        for row in record["tables"]["landmarks"]["rows"]
        if row["what"].startswith("against hand")
    ]
    assert len(against) == 2 * 9
    expected = 2.0 / extract_landmarks(pixels).interocular_px * 100
    for row in against:
        if row["passes"] == 8:
            assert row["median"] == pytest.approx(expected, rel=0.25), row["what"]


def test_fidelity_reports_every_effect(tmp_path: Path) -> None:
    from landmarkdiff.procedures import procedure

    printed, record, page = run("fidelity", tmp_path)
    rows = record["tables"]["fidelity"]["rows"]
    shown = {(row["procedure"], row["effect"], row["at"]) for row in rows}
    for name in ("rhinoplasty", "brow_lift"):
        for effect in procedure(name).effects:
            for setting in ("60", "100") if effect.by_intensity else ("60, by name",):
                assert (name, effect.name, setting) in shown
    for row in rows:
        assert row["n"] == 2
        if row["achieved"] is not None:
            assert row["achieved"] == pytest.approx(row["applied"] * row["visible"], abs=0.6)
    ruler = record["tables"]["registration"]["rows"]
    assert all(0.8 < row["gain of flow"] < 1.2 for row in ruler)
    assert all(0.85 < row["fitted"] < 1.15 for row in ruler)
    assert all(mark in page for mark in ("<!-- fidelity: begin -->", "<!-- registration: end -->"))
    assert "known warp" in printed


def test_app_serves_several_people_at_once(tmp_path: Path) -> None:
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("the benchmark drives Chromium, which is not installed")
    printed, record, _ = run_apart("app", tmp_path, "--people", "3")
    rows = {row["what"]: row["ms"] for row in record["tables"]["app"]["rows"]}
    assert rows["server refresh, 1 MP"] > 0
    assert rows["upload to first preview, 12 MP"] > 0
    assert record["failures"] == []
    assert "3 people, 12 previews" in printed
