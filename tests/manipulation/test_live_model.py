"""The live model fits what the server fits, and is encoded as its docstring says."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.manipulation.effect_knots import ROTATION_KNOT_DEG
from landmarkdiff.manipulation.live_model import LiveModel
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures import procedure_names
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.procedures.planning import make_plan

#: Millimetres, anywhere; float32 in the file against float64 is all that differs.
LIMIT_MM = 0.02


def values(plan: SurgicalPlan) -> dict[str, float]:
    return {item.key: item.value for item in plan.effects}


def worst_mm(
    pipeline: LandmarkDiffPipeline,
    face: PreparedFace,
    model: LiveModel,
    plan: SurgicalPlan,
    flags: ClinicalFlags | None = None,
) -> float:
    """Greatest distance of the model's field to the server's, mm; fold factors are equal."""
    server = pipeline.generate(face, plan=plan, clinical_flags=flags, verify=False)
    fitted = model.fit(values(plan))
    assert fitted.fold_factor == pytest.approx(server.fold_factor, abs=0.02)
    assert model.grid == server.displacement_field.grid
    away = fitted.field.displacement - server.displacement_field.displacement
    return float(np.hypot(away[..., 0], away[..., 1]).max()) * model.mm_per_px


@pytest.mark.parametrize("portrait", ["astronaut", "grace_hopper"])
@pytest.mark.parametrize("procedure", procedure_names())
def test_every_intensity_equals_the_server(
    portrait: str,
    procedure: str,
    pipeline: LandmarkDiffPipeline,
    prepared_portraits: dict[str, PreparedFace],
) -> None:
    face = prepared_portraits[portrait]
    model = LiveModel.of(face, make_plan(procedure, face.landmarks, intensity=60))
    for intensity in (0, 30, 60, 80, 100):
        plan = make_plan(procedure, face.landmarks, intensity=intensity)
        assert worst_mm(pipeline, face, model, plan) < LIMIT_MM


def test_the_plans_values_play_no_part(prepared_portraits: dict[str, PreparedFace]) -> None:
    face = prepared_portraits["astronaut"]
    encoded = [
        LiveModel.of(face, make_plan("rhinoplasty", face.landmarks, intensity=each)).encode()
        for each in (20, 90)
    ]
    assert encoded[0] == encoded[1]


@pytest.mark.parametrize(
    ("procedure", "effects"),
    [
        ("rhinoplasty", {"rhinoplasty.tip_rotation": -7.3}),
        ("rhinoplasty", {"rhinoplasty.tip_rotation": 16.0, "rhinoplasty.dorsal_hump": -3.0}),
        ("blepharoplasty", {"blepharoplasty.mrd1": -1.0}),
        ("blepharoplasty", {"blepharoplasty.mrd1": 2.4}),
        (("rhinoplasty", "lip_lift"), {}),
        (("rhytidectomy", "brow_lift"), {"brow_lift.lateral_brow": 9.0}),
    ],
)
def test_combined_negative_and_unlocked_values(
    procedure: str | tuple[str, ...],
    effects: dict[str, float],
    pipeline: LandmarkDiffPipeline,
    prepared_portraits: dict[str, PreparedFace],
) -> None:
    for face in prepared_portraits.values():
        plan = make_plan(procedure, face.landmarks, intensity=80, effects=effects, unlock=True)
        model = LiveModel.of(face, plan)
        assert worst_mm(pipeline, face, model, plan) < LIMIT_MM


def test_clinical_flags_are_in_the_model(
    pipeline: LandmarkDiffPipeline, prepared_portraits: dict[str, PreparedFace]
) -> None:
    face = prepared_portraits["astronaut"]
    flags = ClinicalFlags(bells_palsy=True, bells_palsy_side="left")
    plan = make_plan("rhytidectomy", face.landmarks, intensity=80)
    limited = LiveModel.of(face, plan, flags)
    assert worst_mm(pipeline, face, limited, plan, flags) < LIMIT_MM
    free = LiveModel.of(face, plan)
    assert not np.array_equal(
        limited.fit(values(plan)).field.displacement, free.fit(values(plan)).field.displacement
    )


def test_knots_lie_where_an_effect_bends(prepared_portraits: dict[str, PreparedFace]) -> None:
    face = prepared_portraits["grace_hopper"]
    model = LiveModel.of(face, make_plan("rhinoplasty", face.landmarks, intensity=60))
    knots = {effect.key: effect.knots for effect in model.effects}
    assert all(0.0 in each and (np.diff(each) > 0).all() for each in knots.values())
    turning = knots["rhinoplasty.tip_rotation"]
    assert np.allclose(np.diff(turning), ROTATION_KNOT_DEG)
    for effect in model.effects:
        at_rest = effect.vectors[list(effect.knots).index(0.0)]
        assert not at_rest.any()
        assert effect.vectors.shape == (len(effect.knots), len(model.controls), 2)


def test_nothing_moves_at_zero(prepared_portraits: dict[str, PreparedFace]) -> None:
    face = prepared_portraits["astronaut"]
    model = LiveModel.of(face, make_plan("rhytidectomy", face.landmarks, intensity=60))
    for still in ({}, {"rhytidectomy.jowl_lift": 0.0}, {"unknown.effect": 3.0}):
        fitted = model.fit(still)
        assert not fitted.field.displacement.any()
        assert fitted.fold_factor == 1.0


def decoded(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read an encoded model by its docstring alone."""
    assert data[:4] == b"LDLM"
    version, length = struct.unpack("<II", data[4:12])
    assert version == 3
    start = 12 + length
    assert start % 8 == 0
    header = json.loads(data[12:start])
    arrays = {}
    for name, place in header["arrays"].items():
        dtype = np.dtype(place["dtype"]).newbyteorder("<")
        count = int(np.prod(place["shape"]))
        assert place["offset"] % 8 == 0
        found = np.frombuffer(data, dtype, count, start + place["offset"])
        arrays[name] = found.reshape(place["shape"])
    return header, arrays


def test_the_encoded_model_holds_what_it_says(prepared_portraits: dict[str, PreparedFace]) -> None:
    face = prepared_portraits["astronaut"]
    plan = make_plan("blepharoplasty", face.landmarks, intensity=60)
    model = LiveModel.of(face, plan)
    header, arrays = decoded(model.encode(photo="an id", intensity=60))
    assert (header["photo"], header["intensity"]) == ("an id", 60)
    assert header["image"] == {"width": 512, "height": 512}
    assert header["mm_per_px"] == face.landmarks.scale.mm_per_px
    grid = model.grid
    assert header["grid"] == {
        "x": grid.x,
        "y": grid.y,
        "step": grid.step,
        "rows": grid.shape[0],
        "columns": grid.shape[1],
    }
    assert [each["key"] for each in header["effects"]] == [item.key for item in plan.effects]
    assert np.array_equal(arrays["coverage"], model.coverage)
    assert arrays["controls"] == pytest.approx(model.controls, abs=1e-4)
    assert model.outline is not None
    assert np.array_equal(arrays["outline"], model.outline.polygon)
    assert header["outline_reach"] == model.outline.reach
    (piece,) = model.pieces
    assert header["piece_count"] == 1
    assert np.array_equal(arrays["piece_controls0"], piece.controls)
    assert arrays["anchors0"] == pytest.approx(piece.anchors, abs=1e-4)
    assert "piece_coverage0" not in arrays
    assert arrays["regions"].max() + 1 == header["region_count"] == 3
    assert np.array_equal(arrays["regions"] > 0, model.coverage > 0)
    assert set(np.unique(arrays["control_regions"])) == {1, 2}
    for number, effect in enumerate(model.effects):
        assert header["effects"][number]["knots"] == effect.knots.tolist()
        assert np.array_equal(arrays[f"vectors{number}"], effect.vectors)
        assert np.array_equal(arrays[f"teeth{number}"], effect.teeth)
        assert (f"coverage{number}" in arrays) == (effect.coverage is not None)
    # Lids that close would take the mask with them; over eyes that lie behind them they do not.
    assert "coverage0" not in arrays
    rigid = PreparedFace(face.image, face.landmarks)
    rigid.once("eyes", tuple)
    assert "coverage0" in decoded(LiveModel.of(rigid, plan).encode())[1]


def test_teeth_move_as_one_piece(
    pipeline: LandmarkDiffPipeline, prepared_portraits: dict[str, PreparedFace]
) -> None:
    face = prepared_portraits["astronaut"]  # she smiles
    plan = make_plan(
        "orthognathic", face.landmarks, intensity=60, effects={"orthognathic.maxilla": 5.0}
    )
    model = LiveModel.of(face, plan)
    assert model.teeth is not None
    assert "teeth" in decoded(model.encode())[1]
    assert {effect.key for effect in model.effects if effect.teeth.any()} == {
        "orthognathic.maxilla"
    }
    assert worst_mm(pipeline, face, model, plan) < LIMIT_MM
    field = model.fit(values(plan)).field.displacement
    inside = (model.teeth > 0.99) & (model.coverage == 255)
    assert inside.any()
    assert np.abs(field[inside]).max() > 0.1
    assert np.ptp(field[inside], axis=0).max() < 0.05


def test_a_model_is_small(prepared_portraits: dict[str, PreparedFace]) -> None:
    """It is sent once per photo and set of effects; a photo is ten times that."""
    for face in prepared_portraits.values():
        for name in procedure_names():
            model = LiveModel.of(face, make_plan(name, face.landmarks, intensity=60))
            # What lies in front of the face is a picture of its own.
            assert len(model.encode()) < (300_000 if model.front is None else 600_000)
