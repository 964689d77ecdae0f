"""The live model: all that a browser needs to fit and draw a plan at any values by itself.

Displacements of single effects do not add up in the picture: the mask and the spline couple
them, by up to 2 mm where effects meet (brow lift, facelift). What does add up are the
displacements of the control points. So the model carries those, per effect and with knots
where they are not linear, beside the mask, and the browser fits the same spline as
:func:`landmarkdiff.manipulation.field_fit.fit_field`. It is sent once per photo and set of effects.

It travels as :func:`landmarkdiff.numerics.pack_arrays` writes it, with the letters ``LDLM``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, FloatArray, IndexArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.landmarks.face import LANDMARK_COUNT
from landmarkdiff.manipulation.deformation import Deformation
from landmarkdiff.manipulation.ears import EarPlan
from landmarkdiff.manipulation.effect_knots import effect_knots
from landmarkdiff.manipulation.eyes import EyeLayer, eye_layers
from landmarkdiff.manipulation.field_fit import (
    FOLD_ATTEMPTS,
    FittedField,
    MaskRegions,
    fit_field,
)
from landmarkdiff.manipulation.folds import BLAME, FOLD_AIM, LARGEST_STEP, MIN_JACOBIAN
from landmarkdiff.manipulation.front import FrontLayer, front_layer
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.lids import lids_that_close
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.mouth import layers_behind
from landmarkdiff.manipulation.outline import BeyondOutline, FaceOutline
from landmarkdiff.manipulation.pieces import SplinePiece, piece_weights
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import (
    deformation_of,
    ears_of,
    mask_for,
    outline_of,
    spline_pieces,
    teeth_shifts,
)
from landmarkdiff.numerics import between_knots, pack_arrays
from landmarkdiff.procedures.effect import moves_ear
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan

__all__ = ["LiveEffect", "LiveModel", "LivePart", "LivePiece", "with_values"]


MAGIC = b"LDLM"
VERSION = 3


@dataclass(frozen=True)
class LiveEffect:
    """What one effect does, as a function of its value; linear between the knots and beyond.

    Attributes
    ----------
    key : str
        ``procedure.effect``.
    knots : (k,) float64 array
        Values in the effect's unit, ascending, 0 among them.
    vectors : (k, n, 2) float32 array
        Displacement of the control points, pixels.
    teeth : (k, 2) float32 array
        Displacement of the visible teeth, pixels.
    coverage : (k, rows, columns) int16 array or None
        What the effect adds to the mask (a lid that closes lets the mask follow it).
    """

    key: str
    knots: FloatArray
    vectors: Float32Array
    teeth: Float32Array
    coverage: NDArray[np.int16] | None


@dataclass(frozen=True, eq=False)
class LivePart:
    """What another room adds to a model: JSON-ready facts, and arrays.

    How the light follows the surface (:mod:`landmarkdiff.light.live`), or how folds soften
    (:mod:`landmarkdiff.creases.live`).
    """

    facts: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class LivePiece:
    """One spline of a model.

    Attributes
    ----------
    controls : (n,) int array
        Its control points, by their place among the model's.
    anchors : (m, 2) float64 array
        Points around that stay, pixels.
    coverage : (rows, columns) uint8 array
        What its procedure covers; nodes of several pieces are mixed in proportion.
    beyond_face : bool
        Whether it lies beyond the outline of the face and is read there, as of an ear.
    """

    controls: IndexArray
    anchors: FloatArray
    coverage: NDArray[np.uint8]
    beyond_face: bool = False


@dataclass(frozen=True)
class LiveModel:
    """A plan on a photo, ready to be fitted at any values.

    Attributes
    ----------
    grid : RegionGrid
    coverage : (rows, columns) uint8 array
        The mask while no lid closes.
    controls : (n, 2) float64 array
        Control points in the photo, pixels.
    pieces : tuple of LivePiece
        The splines, one for each procedure.
    teeth : (rows, columns) float32 array or None
        Weight of visible teeth that move as one piece.
    effects : tuple of LiveEffect
    image_width, image_height : int
    mm_per_px : float
    eyes : tuple of EyeLayer
        Those that lie behind lids the plan may move, and what lies between lips that it may move.
    front : FrontLayer or None
        What lies in front of skin that the plan may move.
    light : LivePart or None
        None: the light stays as the photo has it.
    outline : FaceOutline or None
        Beyond it nothing is read from the splines; None: they are read everywhere.
    creases : LivePart or None
        None: the plan softens no fold.
    """

    grid: RegionGrid
    coverage: NDArray[np.uint8]
    controls: FloatArray
    pieces: tuple[LivePiece, ...]
    teeth: Float32Array | None
    effects: tuple[LiveEffect, ...]
    image_width: int
    image_height: int
    mm_per_px: float
    eyes: tuple[EyeLayer, ...] = ()
    light: LivePart | None = None
    front: FrontLayer | None = None
    outline: FaceOutline | None = None
    creases: LivePart | None = None

    @classmethod
    def of(
        cls, prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags | None = None
    ) -> LiveModel:
        """Make the model of a plan's effects; the plan's values play no part."""
        flags = flags or ClinicalFlags()
        source = prepared.landmarks
        still = with_values(plan, {})
        rest = deformation_of(prepared, still, flags)
        mask = mask_for(prepared, still, flags, rest)
        splines = spline_pieces(prepared, still, flags, rest, mask)
        chosen = [np.empty(0, np.intp), *(spline.controls for spline in splines)]
        controls = np.unique(np.concatenate(chosen))
        pieces = tuple(
            LivePiece(
                np.searchsorted(controls, own.controls),
                own.anchors,
                piece.coverage,
                own.beyond_face,
            )
            for own, piece in zip(splines, mask.pieces, strict=True)
        )
        ears = ears_of(prepared, still, flags)
        effects = tuple(
            _ear_effect(place, item, ears, controls)
            if moves_ear(item.effect)
            else _effect(item, prepared, plan, flags, controls, mask.carried)
            for place, item in enumerate(plan.effects)
        )
        return cls(
            grid=mask.grid,
            coverage=mask.carried,
            controls=ears.points(source)[controls],
            pieces=pieces,
            teeth=mask.teeth,
            effects=effects,
            image_width=source.image_width,
            image_height=source.image_height,
            mm_per_px=source.scale.mm_per_px,
            eyes=layers_behind(prepared, mask),
            front=_in_front(prepared, mask),
            outline=outline_of(prepared, still, flags, rest),
        )

    def fit(self, values: Mapping[str, float]) -> FittedField:
        """Fit the field as the browser does; effects that are not named stay at 0.

        ``values`` are in the unit of each effect, mm or degrees.
        """
        steps = np.zeros((len(self.effects), len(self.controls), 2))
        shifts = np.zeros((len(self.effects), 2))
        coverage = self.coverage.astype(np.float64)
        for place, effect in enumerate(self.effects):
            value = values.get(effect.key, 0.0)
            steps[place] = between_knots(effect.knots, effect.vectors, value)
            shifts[place] = between_knots(effect.knots, effect.teeth, value)
            if effect.coverage is not None:
                ends = float(effect.knots[0]), float(effect.knots[-1])
                coverage += between_knots(
                    effect.knots, effect.coverage, float(np.clip(value, *ends))
                )
        share = np.clip(np.round(coverage), 0, 255).astype(np.float32) / np.float32(255.0)
        return fit_field(
            self.controls,
            steps,
            self.grid,
            share,
            pieces=self._splines(),
            rigid=None if self.teeth is None else (self.teeth, shifts),
            beyond=None if self.outline is None else BeyondOutline(self.outline, self.grid),
        )

    def _splines(self) -> list[SplinePiece]:
        weights = piece_weights([piece.coverage for piece in self.pieces])
        return [
            SplinePiece(piece.controls, piece.anchors, weight, piece.beyond_face)
            for piece, weight in zip(self.pieces, weights, strict=True)
        ]

    def encode(self, **header: Any) -> bytes:
        """Return the model as the browser reads it; ``header`` entries are added to its own."""
        regions = MaskRegions(self.grid, self.coverage.astype(np.float32), self.controls)
        arrays, facts = self._arrays(regions), self._facts(regions)
        if self.front is not None:
            facts["front"] = asdict(self.front.window)
            arrays["front"] = np.dstack([self.front.colours, self.front.steps])
        if self.outline is not None:
            arrays["outline"] = self.outline.polygon.astype(np.float32)
            facts["outline_reach"] = self.outline.reach
        for name, part in (("light", self.light), ("creases", self.creases)):
            if part is not None:
                facts[name] = part.facts
                arrays.update(part.arrays)
        return pack_arrays(MAGIC, VERSION, {**facts, **header}, arrays)

    def _arrays(self, regions: MaskRegions) -> dict[str, NDArray[Any]]:
        """What each model has of mask, pieces, effects and eyes."""
        arrays: dict[str, NDArray[Any]] = {
            "coverage": self.coverage,
            "regions": regions.labels.astype(np.uint16),
            "control_regions": regions.of_landmarks.astype(np.uint16),
            "controls": self.controls.astype(np.float32),
        }
        for number, piece in enumerate(self.pieces):
            arrays[f"piece_controls{number}"] = piece.controls.astype(np.uint16)
            arrays[f"anchors{number}"] = piece.anchors.astype(np.float32)
            if len(self.pieces) > 1:
                arrays[f"piece_coverage{number}"] = piece.coverage
        if self.teeth is not None:
            arrays["teeth"] = self.teeth.astype(np.float32)
        for number, effect in enumerate(self.effects):
            arrays[f"vectors{number}"] = effect.vectors
            arrays[f"teeth{number}"] = effect.teeth
            if effect.coverage is not None:
                arrays[f"coverage{number}"] = effect.coverage
        for number, layer in enumerate(self.eyes):
            arrays[f"eye{number}"] = np.dstack([layer.colours, layer.matte])
        return arrays

    def _facts(self, regions: MaskRegions) -> dict[str, Any]:
        """The header of the arrays."""
        grid, (rows, columns) = self.grid, self.grid.shape
        effects = [{"key": each.key, "knots": each.knots.tolist()} for each in self.effects]
        return {
            "image": {"width": self.image_width, "height": self.image_height},
            "mm_per_px": self.mm_per_px,
            "grid": {"x": grid.x, "y": grid.y, "step": grid.step, "rows": rows, "columns": columns},
            "region_count": regions.count,
            "piece_count": len(self.pieces),
            "pieces_beyond_face": [n for n, each in enumerate(self.pieces) if each.beyond_face],
            "folds": {
                "least": MIN_JACOBIAN,
                "aim": FOLD_AIM,
                "blame": list(BLAME),
                "largest_step": LARGEST_STEP,
                "attempts": FOLD_ATTEMPTS,
            },
            "effects": effects,
            "eyes": [{"side": each.side, **asdict(each.window)} for each in self.eyes],
        }


def _in_front(prepared: PreparedFace, mask: SurgicalMask) -> FrontLayer | None:
    layer = front_layer(prepared)
    return None if layer is None else layer.cropped(mask.grid, mask.carried)


def _ear_effect(
    place: int, item: PlannedEffect, ears: EarPlan, controls: NDArray[np.intp]
) -> LiveEffect:
    """An effect that moves an ear; the background beside it goes along until the picture rests."""
    own = [
        (each, span)
        for each, span in zip(ears.setbacks, ears.spans, strict=True)
        if each.place == place
    ]
    knots = own[0][0].knots if own else np.array(effect_knots(item))
    vectors = np.zeros((len(knots), len(controls), 2), np.float32)
    for each, span in own:
        mine = np.flatnonzero((controls >= span.start) & (controls < span.stop))
        for row, knot in enumerate(knots):
            vectors[row, mine] = each.steps(float(knot))[controls[mine] - span.start]
    return LiveEffect(item.key, knots, vectors, np.zeros((len(knots), 2), np.float32), None)


def _effect(
    item: PlannedEffect,
    prepared: PreparedFace,
    plan: SurgicalPlan,
    flags: ClinicalFlags,
    controls: NDArray[np.intp],
    coverage: NDArray[np.uint8],
) -> LiveEffect:
    source = prepared.landmarks
    knots = effect_knots(item)
    far = max(knots, key=abs)
    whole = deformation_of(prepared, with_values(plan, {item.key: far}), flags)
    # Handles are interpolated linearly, so a shift by half as much moves everything half as far.
    found = [
        replace(whole, displacement=whole.displacement * (knot / far))
        if item.effect.unit != "deg"
        else deformation_of(prepared, with_values(plan, {item.key: knot}), flags)
        for knot in knots
    ]
    on_mesh = controls < LANDMARK_COUNT  # the controls of ears stay
    vectors = np.zeros((len(knots), len(controls), 2), np.float32)
    for row, each in zip(vectors, found, strict=True):
        row[on_mesh] = source.project(each.displacement[controls[on_mesh]])[:, :2]
    # Teeth are carried by shifts alone.
    shift = teeth_shifts(whole, source).sum(axis=0)
    teeth = [shift * (knot / far) for knot in knots]
    added = None
    # Where both eyes lie behind their lids, these move nothing but themselves.
    ended = len(eye_layers(prepared)) < 2
    if ended and any(lids_that_close(source, each) is not None for each in found):
        added = np.array(
            [
                _coverage(prepared, plan, item.key, knot, flags, each) - coverage.astype(np.int16)
                for knot, each in zip(knots, found, strict=True)
            ],
            np.int16,
        )
    return LiveEffect(
        key=item.key,
        knots=np.array(knots),
        vectors=vectors,
        teeth=np.array(teeth, np.float32),
        coverage=added,
    )


def _coverage(
    prepared: PreparedFace,
    plan: SurgicalPlan,
    key: str,
    value: float,
    flags: ClinicalFlags,
    deformation: Deformation,
) -> NDArray[np.int16]:
    mask = mask_for(prepared, with_values(plan, {key: value}), flags, deformation)
    return mask.carried.astype(np.int16)


def with_values(plan: SurgicalPlan, values: Mapping[str, float]) -> SurgicalPlan:
    """Return the plan with these values and 0 for every other effect."""
    effects = tuple(
        item.model_copy(
            update={
                "value": values.get(item.key, 0.0),
                "in_band": item.effect.band.contains(values.get(item.key, 0.0)),
            }
        )
        for item in plan.effects
    )
    return plan.model_copy(update={"effects": effects})
