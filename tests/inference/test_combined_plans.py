"""Procedures planned together: each is carried out as it would be alone."""

from __future__ import annotations

from itertools import combinations

import pytest

from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.procedures.procedure import photo_procedure_names

#: At 100 each, the skin between these would fold on a small face.
NEIGHBOURS = ({"lip_lift", "rhinoplasty"}, {"mentoplasty", "rhinoplasty"})


@pytest.mark.parametrize("names", list(combinations(photo_procedure_names(), 2)), ids="-".join)
def test_procedures_do_not_make_each_other_fold(
    names: tuple[str, str],
    pipeline: LandmarkDiffPipeline,
    prepared_portraits: dict[str, PreparedFace],
) -> None:
    result = pipeline.generate(prepared_portraits["astronaut"], names, 100, verify=False)
    assert result.min_jacobian >= 0.25
    if set(names) in NEIGHBOURS:
        assert 0.5 < result.fold_factor < 1.0
        return
    assert result.fold_factor == 1.0
    assert all("fold" not in check.limited_by for check in result.effects)
