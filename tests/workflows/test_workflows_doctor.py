"""What the doctor finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from landmarkdiff import workflows


def test_the_doctor_finds_missing_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert workflows.diagnose().healthy
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    (tmp_path / "face_landmarker.task").write_bytes(b"damaged")
    diagnosis = workflows.diagnose()
    assert not diagnosis.healthy
    found = {finding.subject: finding for finding in diagnosis.findings}
    assert found["file face_landmarker"].status == "problem"
    assert "weights pull face_landmarker" in found["file face_landmarker"].text
    assert found["mode controlnet"].status == "note"
