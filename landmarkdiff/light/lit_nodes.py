"""Nodes of a grid in the light of a photo, before and after effects turn their normals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray
from landmarkdiff.light.fit import LUMINANCE, LightFit
from landmarkdiff.numerics import between_knots

__all__ = ["DIMMEST_BRIGHTEST", "MOST_GLOSS", "LightEffect", "LitEffects", "LitNodes", "Turn"]

#: The ratio of new and old light is kept between these.
DIMMEST_BRIGHTEST = (0.4, 2.5)
#: The gloss takes off at most the first share of the light, and nears the second where it adds: it
#: is smooth, without the skin's pores, and more of it lies on the skin like a veil, or looks wet.
MOST_GLOSS = (0.4, 0.1)


@dataclass(frozen=True, eq=False)
class LightEffect:
    """How one effect turns the normals; linear between the knots and beyond.

    Attributes
    ----------
    key : str
        ``procedure.effect``.
    knots : (k,) float64 array
        Values in the effect's unit, ascending, 0 among them.
    turns : (k, n, 2) float32 array
        What is added to x and y of the unit normal, camera frame, while z stays.
    """

    key: str
    knots: FloatArray
    turns: Float32Array


#: Which nodes are turned, and by how much: (2, m) is added to x and y of their normals.
Turn = tuple[slice, FloatArray]


class LitNodes:
    """Some nodes in the light of a photo, channel by channel: NumPy is slow along short axes.

    Parameters
    ----------
    fit : LightFit
    normals : (n, 3) float64 array
        Unit, camera frame.
    weight, shine : (n,) float64 array
        How far the light is changed, and the share of the fitted gloss; 0 to 1.

    Attributes
    ----------
    luminance : (n,) float64 array
        Of all light before, the gloss included.
    """

    def __init__(
        self, fit: LightFit, normals: FloatArray, weight: FloatArray, shine: FloatArray
    ) -> None:
        self._fit, self._weight, self._shine = fit, weight, shine
        self._normals = np.ascontiguousarray(normals.T)
        self._matt = fit.matt_rows(self._normals)
        self._gloss = None if fit.gloss is None else fit.gloss.at_rows(self._normals)
        self.luminance = LUMINANCE @ self._matt
        if self._gloss is not None:
            self.luminance = self.luminance + shine * self._gloss

    def changed(self, turns: Iterable[Turn]) -> FloatArray:
        """Return three factors less 1, and the gloss, after some turns: (4, n)."""
        after = self._normals.copy()
        for nodes, turn in turns:
            after[:2, nodes] += turn
        after /= np.sqrt((after * after).sum(axis=0))
        change = np.empty((4, len(self._weight)))
        ratio = np.divide(self._fit.matt_rows(after), self._matt, out=change[:3])
        np.maximum(ratio, DIMMEST_BRIGHTEST[0], out=ratio)
        np.minimum(ratio, DIMMEST_BRIGHTEST[1], out=ratio)
        change[3] = 0.0
        if self._fit.gloss is not None and self._gloss is not None:
            # What shone before does not follow the matt light: it is taken off at its own place.
            shone = self._gloss * (LUMINANCE @ ratio)
            gloss = self._shine * (self._fit.gloss.at_rows(after) - shone)
            less, more = (most * self.luminance for most in MOST_GLOSS)
            change[3] = np.where(
                gloss < 0.0, np.maximum(gloss, -less), more * np.tanh(gloss / more)
            )
        ratio -= 1.0
        change *= self._weight
        return change

    def seen(self, change: FloatArray, share: Float32Array) -> FloatArray:
        """Return how much of a change (4, n) is seen where the mask has these shares: (n,)."""
        size = np.abs(LUMINANCE @ change[:3] + change[3] / self.luminance)
        return np.asarray(size * share, np.float64)


class LitEffects:
    """The nodes that each effect turns, one effect after the other, each in its own light alone.

    Parameters
    ----------
    fit, normals, weight, shine
        As of :class:`LitNodes`, of all nodes.
    effects : sequence of LightEffect

    Attributes
    ----------
    nodes : (m,) int array
        Which of all nodes they are; one that several effects turn is there several times.
    spans : mapping of str to slice
        Those of each effect, by its key.
    """

    def __init__(
        self,
        fit: LightFit,
        normals: FloatArray,
        weight: FloatArray,
        shine: FloatArray,
        effects: Sequence[LightEffect],
    ) -> None:
        self._effects = effects
        self._turns = [np.ascontiguousarray(item.turns.transpose(0, 2, 1)) for item in effects]
        own = [np.flatnonzero(turns.any(axis=(0, 1))) for turns in self._turns]
        self._own_turns = [turns[..., nodes] for turns, nodes in zip(self._turns, own, strict=True)]
        self.nodes = np.concatenate([np.empty(0, np.intp), *own])
        ends = np.cumsum([len(nodes) for nodes in own]).tolist()
        self.spans: Mapping[str, slice] = {
            effect.key: slice(end - len(nodes), end)
            for effect, nodes, end in zip(effects, own, ends, strict=True)
        }
        self._lit = LitNodes(fit, normals[self.nodes], weight[self.nodes], shine[self.nodes])

    def turns(self, values: Mapping[str, float]) -> list[Turn]:
        """Return what each effect turns of all nodes at its value; nothing where unnamed."""
        return [
            (slice(None), between_knots(effect.knots, turns, values[effect.key]))
            for effect, turns in zip(self._effects, self._turns, strict=True)
            if values.get(effect.key, 0.0)
        ]

    def seen(
        self, values: Mapping[str, float], share: Float32Array
    ) -> Iterator[tuple[str, FloatArray]]:
        """Yield how much of each effect's own change is seen at its nodes, by its key.

        ``share`` is the mask at all nodes.
        """
        turns = {
            effect.key: between_knots(effect.knots, turns, values[effect.key])
            for effect, turns in zip(self._effects, self._own_turns, strict=True)
            if values.get(effect.key, 0.0)
        }
        alone = self._lit.changed((self.spans[key], turn) for key, turn in turns.items())
        sizes = self._lit.seen(alone, share[self.nodes])
        for key in turns:
            yield key, sizes[self.spans[key]]
