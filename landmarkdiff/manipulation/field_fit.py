"""Fitting the displacement field of a plan: thin-plate splines, scaled by the mask, without folds.

The splines are fitted for the inverse map at the *target* points, so a pixel of the result asks
where it came from. Their mixture is scaled by the surgical mask, refitted smaller where it would
fold, and enlarged linearly from the grid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, IndexArray
from landmarkdiff.errors import DeformationError
from landmarkdiff.manipulation.along import values_along
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.folds import (
    FOLD_AIM,
    MIN_JACOBIAN,
    cell_nodes,
    corner_slopes,
    give_way,
)
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.outline import BeyondOutline
from landmarkdiff.manipulation.pieces import SplinePiece
from landmarkdiff.manipulation.spline import ThinPlateSpline

__all__ = ["FOLD_ATTEMPTS", "FittedField", "MaskRegions", "fit_field"]

#: Fits until the warp keeps to the least determinant; three or four are usual where any is needed.
FOLD_ATTEMPTS = 40


@dataclass(frozen=True)
class FittedField:
    """A displacement field with what it made of the planned displacements.

    Attributes
    ----------
    field : DisplacementField
    shares : (e, n) float64 array
        Share of each point's displacement by each effect that the field carries out.
    factors : (e,) float64 array
        By how much each effect was made smaller so as not to fold, where it gave way most; 1 if
        not at all.
    folds : (e, 2) float64 array
        Where that was, pixels of the photo; NaN for an effect that is whole.
    fit : _Fit or None
        The fit that ``field`` was read from; None where nothing moves.
    """

    field: DisplacementField
    shares: FloatArray
    factors: FloatArray
    folds: FloatArray
    fit: _Fit | None = None

    @property
    def fold_factor(self) -> float:
        """By how much the effect that gave way most was made smaller; 1 if none was."""
        return float(self.factors.min(initial=1.0))

    def by_effect(self) -> Float32Array:
        """Return the displacement by each effect, (e, rows, columns, 2): their sum is the field's.

        Pixels, as in :class:`~landmarkdiff.manipulation.field.DisplacementField`.
        """
        shape = self.field.grid.shape
        if self.fit is None:
            return np.zeros((len(self.factors), *shape, 2), np.float32)
        nodes = np.arange(shape[0] * shape[1])
        found = np.moveaxis(self.fit.by_effect(nodes), 1, 0)
        return np.asarray(found.reshape(-1, *shape, 2), np.float32)

    def carried_out(self, displacements: FloatArray) -> FloatArray:
        """Sum up what the effects do, (e, n, k) in any unit, as far as they are carried out."""
        return np.asarray(np.einsum("en,enk->nk", self.shares, displacements))


def fit_field(
    source: FloatArray,
    steps: FloatArray,
    grid: RegionGrid,
    share: Float32Array,
    *,
    pieces: Sequence[SplinePiece],
    rigid: tuple[Float32Array, FloatArray] | None = None,
    regions: MaskRegions | None = None,
    beyond: BeyondOutline | None = None,
    pause: Callable[[], object] | None = None,
) -> FittedField:
    """Fit the field that moves the points as far as the mask lets them.

    Parameters
    ----------
    source : (n, 2) float64 array
        Points in the photo (landmarks), pixels.
    steps : (e, n, 2) float64 array
        What each effect plans for them, pixels.
    grid : RegionGrid
    share : (rows, columns) float32 array
        The mask: by how much the displacement is scaled.
    pieces : sequence of SplinePiece
        The splines, each through controls of its own.
    rigid : (weight, shifts), optional
        Weight (rows, columns) of a piece that moves as one (teeth), and by how much each effect
        moves it, (e, 2) pixels.
    regions : MaskRegions, optional
        Those of ``share``, where they were made before.
    beyond : BeyondOutline, optional
        What lies beyond the outline of the face; without it the splines are read there, too.
    pause : callable, optional
        Called before each attempt; what it raises ends the work.

    Returns
    -------
    FittedField
    """
    count = len(steps)
    if not steps.any():
        nothing = DisplacementField(grid, np.zeros((*grid.shape, 2), np.float32))
        shares = np.ones((count, len(source)))
        return FittedField(nothing, shares, np.ones(count), np.full((count, 2), np.nan))
    regions = regions or MaskRegions(grid, share, source)
    smaller = _Smaller(steps, regions)
    for attempt in range(FOLD_ATTEMPTS):
        if pause is not None:
            pause()
        given = smaller.factors[:, regions.of_landmarks]
        fit = _Fit(source, given[..., None] * steps, grid, share, pieces, regions.inside, beyond)
        if rigid is not None:
            fit.carry(rigid[0], smaller.at(rigid[0])[:, None] * rigid[1])
        field = fit.field()
        least = FOLD_AIM if attempt == 0 else MIN_JACOBIAN
        cells = np.flatnonzero(field.jacobians.ravel() < least)
        if not cells.size:
            return FittedField(field, given * fit.reached, *smaller.found(), fit)
        smaller.press(cells, fit)
    raise DeformationError("plan_folds")


class _Smaller:
    """By how much each effect is made smaller in each region of the mask, and where it was."""

    def __init__(self, steps: FloatArray, regions: MaskRegions) -> None:
        self._steps, self._regions = steps, regions
        self.factors = np.ones((len(steps), regions.count))
        self._places = np.full((*self.factors.shape, 2), np.nan)

    def _acting(self) -> BoolArray:
        """Whether each effect moves anything in each region: (e, regions)."""
        moved: BoolArray = np.any(self._steps != 0.0, axis=2)
        own = [self._regions.of_landmarks == region for region in range(self._regions.count)]
        return np.stack([moved[:, each].any(axis=1) for each in own], axis=1)

    def at(self, weight: Float32Array) -> FloatArray:
        """Factors (e,) where a weight at the nodes is largest."""
        return np.asarray(self.factors[:, self._regions.labels.ravel()[weight.argmax()]])

    def press(self, cells: IndexArray, fit: _Fit) -> None:
        """Let the effects give way that press these cells too much."""
        grid = fit.grid
        around = cell_nodes(cells, grid.shape[1])
        nodes, place = np.unique(around, return_inverse=True)
        by_effect = fit.by_effect(nodes)[place.reshape(around.shape)]
        amounts = give_way(corner_slopes(by_effect, grid.step))
        amounts = amounts.reshape(len(cells), 4, -1).max(axis=1)
        centres = grid.nodes[around].mean(axis=1)
        owners = self._regions.of_cells[cells]
        for region in np.unique(owners):
            own = np.flatnonzero(owners == region)
            worst = own[amounts[own].argmax(axis=0)]
            amount = amounts[worst, np.arange(amounts.shape[1])]
            self.factors[:, region] *= 1.0 - amount
            first = (amount > 0.0) & np.isnan(self._places[:, region, 0])
            self._places[first, region] = centres[worst[first]]

    def found(self) -> tuple[FloatArray, FloatArray]:
        """Least factor of each effect where it acts, (e,), and where that was, (e, 2) pixels."""
        if (self.factors == 1.0).all():
            return np.ones(len(self.factors)), np.full((len(self.factors), 2), np.nan)
        least = np.where(self._acting(), self.factors, 1.0)
        region = least.argmin(axis=1)
        each = np.arange(len(least))
        factors = least[each, region]
        return factors, np.where(factors[:, None] < 1.0, self._places[each, region], np.nan)


class MaskRegions:
    """Connected regions of the mask: what folds in one does not limit another.

    Attributes
    ----------
    count : int
        Number of labels; 0 stands for the outside.
    labels : (rows, columns) int array
        Region of each node.
    of_landmarks : int array
        The region that each landmark lies in, or is nearest to.
    of_cells : ((rows - 1) * (columns - 1),) int array
        The region of each cell between nodes, row by row.
    inside : (rows, columns) bool array
        Nodes that the mask lets move.
    """

    def __init__(self, grid: RegionGrid, share: Float32Array, points: FloatArray) -> None:
        self.inside = share > 0
        outside = (~self.inside).astype(np.uint8)
        _, nearest = cv2.distanceTransformWithLabels(
            outside, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_CCOMP
        )
        self.count = int(nearest.max()) + 1
        self.labels = np.where(outside, 0, nearest)
        upper = np.maximum(self.labels[:-1, :-1], self.labels[:-1, 1:])
        lower = np.maximum(self.labels[1:, :-1], self.labels[1:, 1:])
        self.of_cells = np.maximum(upper, lower).ravel()
        steps = (points - (grid.x, grid.y)) / grid.step
        column, row = np.clip(steps.astype(np.intp), 0, (grid.shape[1] - 1, grid.shape[0] - 1)).T
        self.of_landmarks = nearest[row, column]


def _reached(
    source: FloatArray, wanted: FloatArray, grid: RegionGrid, share: Float32Array
) -> FloatArray:
    """Share of its displacement with which each landmark meets the mask at its own target."""
    shares = np.ones(len(source))
    moving = np.flatnonzero(np.any(wanted != 0.0, axis=1))
    start, step = source[moving], wanted[moving]
    ways = values_along(grid, share, start, step)
    reached = np.ones(len(moving))
    for attempt in range(24):
        following = 0.5 * (reached + ways.at(reached))
        change = np.abs(following - reached)
        reached = following
        if not change.size or change.max() < 1e-5:
            break
        if attempt == 2:  # most lie where the mask is whole, and have come to rest
            left = np.flatnonzero(change)
            shares[moving] = reached
            moving, reached, ways = moving[left], reached[left], ways.of(left)
    shares[moving] = reached
    return shares


class _Fit:
    """One fit at given displacements: what it makes of them at the nodes, as a whole or by effect.

    Attributes
    ----------
    grid : RegionGrid
    reached : (n,) float64 array
        Share of its displacement with which each point meets the mask at its own target.
    """

    def __init__(
        self,
        source: FloatArray,
        steps: FloatArray,
        grid: RegionGrid,
        share: Float32Array,
        pieces: Sequence[SplinePiece],
        inside: BoolArray,
        beyond: BeyondOutline | None,
    ) -> None:
        wanted = steps.sum(axis=0)
        self.grid, self._share, self._inside = grid, share, inside
        self.reached = _reached(source, wanted, grid, share)
        self._count = len(steps)
        self._carried: tuple[Float32Array, FloatArray] | None = None
        self._splines = []
        for piece in pieces:
            if not len(piece.controls):
                continue
            # The mask scales the spline, so the spline itself carries the whole displacement to
            # where the landmark ends up after scaling: then mask times spline meets it exactly.
            own = piece.controls
            target = source[own] + self.reached[own, None] * wanted[own]
            spline = ThinPlateSpline(np.concatenate([target, piece.anchors]))
            own_beyond = None if piece.beyond_face else beyond
            values = self._values(spline, steps[:, own], target, own_beyond)
            weight = piece.weight
            if own_beyond is not None:
                weight = own_beyond.fade if weight is None else weight * own_beyond.fade
            self._splines.append((spline, values, weight, own_beyond))

    def _values(
        self,
        spline: ThinPlateSpline,
        steps: FloatArray,
        target: FloatArray,
        beyond: BeyondOutline | None,
    ) -> FloatArray:
        """What the spline takes at its points: (points, 2 e), each effect's x and y in turn."""
        planned = np.moveaxis(steps, 0, 1).reshape(len(target), -1)
        values = np.zeros((spline.count, planned.shape[1]))
        values[: len(target)] = -planned
        # Between nodes the field is linear and the spline is not: what the landmarks would miss by
        # that is added to their values; once where landmarks share a cell, more would make waves.
        nodes, weights = self.grid.corners(target)
        places = self.grid.nodes if beyond is None else beyond.places
        tables = list(spline.tables(places[nodes.ravel()]))
        for _ in range(2 if spline.spacing > 1.5 * self.grid.step else 1):
            around = spline.mixed(tables, values).reshape(*nodes.shape, -1)
            around *= self._inside.take(nodes)[..., None]
            values[: len(target)] -= (around * weights[..., None]).sum(axis=0) + planned
        return values

    def carry(self, weight: Float32Array, shifts: FloatArray) -> None:
        """Let what has this weight (rows, columns) move as one, by each effect's shift (e, 2)."""
        self._carried = weight, shifts

    def field(self) -> DisplacementField:
        """The displacement by all effects."""
        field = np.zeros((*self.grid.shape, 2), np.float32)
        for spline, values, weight, beyond in self._splines:
            acting = self._inside if weight is None else self._inside & (weight > 0)
            tables, (rows, columns) = self._read_at(spline, acting, beyond)
            total = values.reshape(len(values), -1, 2).sum(axis=1)
            own = spline.mixed(tables, total)
            part = own if weight is None else own * weight[rows, columns][:, None]
            field[rows, columns] += part
        if self._carried is not None:
            weight, shifts = self._carried
            field += weight[..., None] * (-shifts.sum(axis=0).astype(np.float32) - field)
        field *= self._share[..., None]
        return DisplacementField(self.grid, field)

    def _read_at(
        self, spline: ThinPlateSpline, acting: BoolArray, beyond: BeyondOutline | None
    ) -> tuple[Iterator[Float32Array], tuple[IndexArray, IndexArray]]:
        """Tables of a spline for nodes (rows, columns), and the rows and columns of these."""
        if beyond is None:
            rows, columns = np.nonzero(acting)
            return spline.grid_tables(self.grid, (rows, columns)), (rows, columns)
        rows, columns = np.nonzero(acting & ~beyond.outside)
        beyond_rows, beyond_columns = np.nonzero(acting & beyond.outside)
        places = beyond.places[beyond_rows * self.grid.shape[1] + beyond_columns]
        tables = chain(spline.grid_tables(self.grid, (rows, columns)), spline.tables(places))
        both = np.concatenate([rows, beyond_rows]), np.concatenate([columns, beyond_columns])
        return tables, both

    def by_effect(self, nodes: IndexArray) -> FloatArray:
        """The displacement of chosen nodes by each effect: (k, e, 2) pixels."""
        moved = np.zeros((len(nodes), self._count, 2))
        for spline, values, weight, beyond in self._splines:
            places = self.grid.nodes if beyond is None else beyond.places
            own = spline.mixed(spline.tables(places[nodes]), values)
            part = own.reshape(moved.shape).astype(np.float64)
            moved += part if weight is None else part * weight.ravel()[nodes][:, None, None]
        moved *= self._inside.ravel()[nodes][:, None, None]
        if self._carried is not None:
            weight, shifts = self._carried
            moved += weight.ravel()[nodes][:, None, None] * (-shifts - moved)
        return np.asarray(moved * self._share.ravel()[nodes][:, None, None])
