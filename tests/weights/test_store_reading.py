"""What is used of a file is what was summed."""

from __future__ import annotations

from pathlib import Path

import pytest

from landmarkdiff import weights
from landmarkdiff.errors import WeightsCorruptError


def test_a_file_that_is_exchanged_after_its_check_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = weights.read("selfie_segmentation")
    store = tmp_path / "store"
    store.mkdir()
    file = store / weights.obtain("selfie_segmentation").name
    file.write_bytes(content)
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(store))
    assert weights.read("selfie_segmentation") == content
    harmful = bytearray(content)
    harmful[-1] ^= 1

    class Exchanged(type(file)):
        """The path of the file, which somebody exchanges between the check and the use."""

        def read_bytes(self) -> bytes:
            file.write_bytes(harmful)
            return super().read_bytes()

    monkeypatch.setattr("landmarkdiff.weights.access.require", lambda name: Exchanged(file))
    with pytest.raises(WeightsCorruptError, match="selfie_segmentation"):
        weights.read("selfie_segmentation")
