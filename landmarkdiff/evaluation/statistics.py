"""What figures of pairs say of people: mean, median, and an interval by bootstrap over persons.

Pairs of one person are alike, so persons are drawn and not pairs, within strata where a fact
divides them. The interval is the bias-corrected and accelerated one of Efron (1987, *J. Am. Stat.
Assoc.* 82:171), or percentiles; both are widened for few persons, as Hesterberg (2015, *Am. Stat.*
69:371) shows. Below :data:`LEAST_PERSONS` persons there is none, and the reason instead.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray

__all__ = [
    "LEAST_PERSONS",
    "LEVEL",
    "RESAMPLES",
    "Estimate",
    "Gap",
    "Interval",
    "SeedSpread",
    "estimate",
    "largest_gap",
    "over_seeds",
]

Method = Literal["bca", "percentile"]

#: Fewer persons carry no claim.
LEAST_PERSONS = 20
#: How often the interval holds the true value, were the evaluation repeated.
LEVEL = 0.95
RESAMPLES = 2000
#: A stratum of fewer persons is drawn together with other small ones: a stratum of one would add
#: no spread at all.
_LEAST_STRATUM = 10
#: Drawn numbers that are held at once.
_HELD = 2_000_000
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Interval:
    """Where the true mean lies, in the unit of the figure, with the probability ``level``."""

    low: float
    high: float
    level: float = LEVEL

    def to_dict(self) -> dict[str, float]:
        """Return the fields, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Estimate:
    """One figure over pairs and persons.

    Attributes
    ----------
    n, persons : int
        How many pairs and persons it rests on.
    mean, median : float or None
        Over the pairs; None without any.
    interval : Interval or None
        Of the mean.
    no_claim : str or None
        Why there is no interval.
    """

    n: int
    persons: int
    mean: float | None
    median: float | None
    interval: Interval | None
    no_claim: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Gap:
    """The largest difference of means between two strata of a factor.

    Attributes
    ----------
    higher, lower : str or None
        The strata.
    difference : float or None
        Mean of ``higher`` less that of ``lower``.
    interval : Interval or None
        Of the difference; the level holds for all pairs of strata at once, since the largest was
        chosen among them.
    strata : tuple of str
        Those that have persons enough to be compared.
    no_claim : str or None
        Why there is no gap.
    """

    higher: str | None
    lower: str | None
    difference: float | None
    interval: Interval | None
    strata: tuple[str, ...]
    no_claim: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return {**asdict(self), "strata": list(self.strata)}


@dataclass(frozen=True)
class SeedSpread:
    """How much a figure depends on the seed.

    Attributes
    ----------
    seeds : int
    mean : float
        Mean of the seeds' means.
    deviation : float or None
        Standard deviation of the seeds' means; None of one seed.
    low, high : float
        Least and greatest of the seeds' means.
    """

    seeds: int
    mean: float
    deviation: float | None
    low: float
    high: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return asdict(self)


def estimate(
    values: Sequence[float],
    persons: Sequence[Hashable],
    strata: Sequence[Hashable] | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    method: Method = "bca",
) -> Estimate:
    """Return mean, median and the interval of the mean.

    Parameters
    ----------
    values : sequence of float
        One of each pair.
    persons : sequence
        Whose pair it is.
    strata : sequence, optional
        The stratum of each pair; persons are drawn within theirs.
    seed, resamples : int
        Of the bootstrap.
    level : float
        Of the interval.
    method : {"bca", "percentile"}

    Examples
    --------
    >>> values = [0.1 * (k % 10) for k in range(50)]
    >>> found = estimate(values, range(50))
    >>> found.n, found.persons, round(found.mean, 2)
    (50, 50, 0.45)
    >>> found.interval.low < 0.45 < found.interval.high
    True
    >>> estimate(values[:3], ["a", "b", "b"]).no_claim
    'nothing is claimed of 2 persons; 20 or more are needed'
    """
    figures = np.asarray(values, np.float64)
    if not figures.size:
        return Estimate(0, 0, None, None, None, too_few(0))
    table = _table(figures, persons, [0] * len(figures), strata)
    mean = float(table.sums.sum() / table.counts.sum())
    count = len(table.sums)
    interval = None
    if count >= LEAST_PERSONS:
        interval = _interval(table, mean, seed, resamples, level, method)
    return Estimate(
        n=len(figures),
        persons=count,
        mean=mean,
        median=float(np.median(figures)),
        interval=interval,
        no_claim=None if interval else too_few(count),
    )


def largest_gap(
    values: Sequence[float],
    persons: Sequence[Hashable],
    groups: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Gap:
    """Return the largest difference of means between strata that have persons enough.

    The interval is simultaneous over all pairs of strata: the largest deviation of any pair,
    in its own standard errors, sets its width (max-t), so that choosing the largest pair does not
    make it look more certain than it is.

    Parameters
    ----------
    values, persons
        As in :func:`estimate`.
    groups : sequence of str
        The stratum of each pair. A person may be in several and is drawn with all pairs.
    seed, resamples, level
        As in :func:`estimate`.
    """
    figures = np.asarray(values, np.float64)
    present = sorted(set(groups))
    enough = [
        name
        for name in present
        if len({p for p, g in zip(persons, groups, strict=True) if g == name}) >= LEAST_PERSONS
    ]
    if len(enough) < 2:
        counted = "only one stratum has" if enough else "no stratum has"
        return Gap(None, None, None, None, tuple(enough), f"{counted} {LEAST_PERSONS} persons")
    chosen = [k for k, group in enumerate(groups) if group in enough]
    columns = [enough.index(groups[k]) for k in chosen]
    table = _table(figures[chosen], [persons[k] for k in chosen], columns, None)
    means = table.means(np.arange(len(table.sums))[None])[0]
    pairs = list(combinations(range(len(enough)), 2))
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    found = means[first] - means[second]
    drawn = np.concatenate([table.means(rows) for rows in table.draws(resamples, seed)])
    deviations = drawn[:, first] - drawn[:, second] - found
    spread = np.maximum(deviations.std(axis=0, ddof=1), 1e-300)
    width = float(np.quantile(np.max(np.abs(deviations) / spread, axis=1), level))
    best = int(np.argmax(np.abs(found)))
    high, low = first[best], second[best]
    if found[best] < 0.0:
        high, low = low, high
    # As for one mean: widened for few persons, of whom the smaller of the two strata has least.
    of_both = np.count_nonzero(table.counts[:, [high, low]], axis=0)
    few = float(of_both.min())
    width = _student(min(_NORMAL.cdf(width), 1.0 - 1e-12), float(of_both.sum()) - 2.0) * math.sqrt(
        few / (few - 1.0)
    )
    size, reach = float(abs(found[best])), width * float(spread[best])
    interval = Interval(size - reach, size + reach, level)
    return Gap(enough[high], enough[low], size, interval, tuple(enough), None)


def over_seeds(values: Sequence[float], seeds: Sequence[Hashable]) -> SeedSpread | None:
    """Return how the mean varies with the seed; None without values.

    Parameters
    ----------
    values : sequence of float
        One of each pair.
    seeds : sequence
        The seed of each pair.

    Examples
    --------
    >>> over_seeds([1.0, 3.0, 4.0, 4.0], [0, 0, 1, 1])
    SeedSpread(seeds=2, mean=3.0, deviation=1.4142135623730951, low=2.0, high=4.0)
    """
    by_seed: dict[Hashable, list[float]] = {}
    for value, seed in zip(values, seeds, strict=True):
        by_seed.setdefault(seed, []).append(value)
    if not by_seed:
        return None
    means = np.array([np.mean(found) for found in by_seed.values()])
    deviation = float(means.std(ddof=1)) if len(means) > 1 else None
    return SeedSpread(
        len(means), float(means.mean()), deviation, float(means.min()), float(means.max())
    )


def too_few(persons: int) -> str:
    """Say why nothing is claimed of so many persons."""
    counted = "1 person" if persons == 1 else f"{persons} persons"
    return f"nothing is claimed of {counted}; {LEAST_PERSONS} or more are needed"


@dataclass(frozen=True)
class _Table:
    """Sums and counts of each person (rows) in each stratum that is compared (columns)."""

    sums: FloatArray
    counts: FloatArray
    strata: tuple[IndexArray, ...]

    def draws(self, resamples: int, seed: int) -> Iterator[IndexArray]:
        """Yield (B, P) rows of persons, drawn within their strata, ``resamples`` in all."""
        random = np.random.default_rng(seed)
        block = max(1, _HELD // len(self.sums))
        for first in range(0, resamples, block):
            size = min(block, resamples - first)
            yield np.concatenate(
                [rows[random.integers(0, len(rows), (size, len(rows)))] for rows in self.strata],
                axis=1,
            )

    def means(self, rows: IndexArray) -> FloatArray:
        """Return the means of each column, (B, K), of (B, P) rows."""
        found: FloatArray = self.sums[rows].sum(axis=1) / self.counts[rows].sum(axis=1)
        return found


def _table(
    figures: FloatArray,
    persons: Sequence[Hashable],
    columns: Sequence[int],
    strata: Sequence[Hashable] | None,
) -> _Table:
    """Sum by person and column; persons are drawn among those who are in the same strata."""
    number: dict[Hashable, int] = {}
    rows = np.array([number.setdefault(person, len(number)) for person in persons])
    shape = (len(number), max(columns) + 1)
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, (rows, np.asarray(columns)), figures)
    np.add.at(counts, (rows, np.asarray(columns)), 1.0)
    memberships: list[set[Hashable]] = [set() for _ in number]
    for row, group in zip(rows, columns if strata is None else strata, strict=True):
        memberships[row].add(group)
    by_membership: dict[frozenset[Hashable], list[int]] = {}
    for row, membership in enumerate(memberships):
        by_membership.setdefault(frozenset(membership), []).append(row)
    groups = list(by_membership.values())
    # Strata that are compared must not be emptied by a draw; others may be drawn together.
    return _Table(sums, counts, _drawable(groups) if shape[1] == 1 else _as_rows(groups))


def _drawable(groups: Sequence[list[int]]) -> tuple[IndexArray, ...]:
    """Join small strata, the smallest of the others with them where they are still too few."""
    ordered = sorted(groups, key=len)
    pool: list[int] = []
    while ordered and (len(ordered[0]) < _LEAST_STRATUM or 0 < len(pool) < _LEAST_STRATUM):
        pool += ordered.pop(0)
    return _as_rows([pool, *ordered] if pool else ordered)


def _as_rows(groups: Sequence[Sequence[int]]) -> tuple[IndexArray, ...]:
    return tuple(np.array(rows, np.intp) for rows in groups)


def _interval(
    table: _Table, mean: float, seed: int, resamples: int, level: float, method: Method
) -> Interval:
    drawn = np.concatenate([table.means(rows)[:, 0] for rows in table.draws(resamples, seed)])
    tail = (1.0 - level) / 2.0
    # Persons with unequal numbers of pairs tell as much as fewer with equal ones (Kish 1965).
    persons = float(table.counts.sum() ** 2 / (table.counts**2).sum())
    freedom = max(persons - len(table.strata), 1.0)
    reach = _student(1.0 - tail, freedom) * math.sqrt(persons / freedom)
    bias, acceleration = 0.0, 0.0
    if method == "bca":
        below = (np.count_nonzero(drawn < mean) + 0.5 * np.count_nonzero(drawn == mean)) / resamples
        bias = _NORMAL.inv_cdf(min(max(below, 0.5 / resamples), 1.0 - 0.5 / resamples))
        acceleration = _acceleration(table, mean)
    # Where a few persons have nearly all pairs the reach is so long that the correction would turn
    # over: beyond its pole the end is that of all draws.
    shares = [
        _NORMAL.cdf(bias + (bias + z) / max(1.0 - acceleration * (bias + z), 1e-9))
        for z in (-reach, reach)
    ]
    low, high = np.quantile(drawn, shares)
    return Interval(float(low), float(high), level)


def _acceleration(table: _Table, mean: float) -> float:
    """Skewness of what each person adds to the mean, a sixth of it: Efron's ``a``."""
    influence = table.sums[:, 0] - mean * table.counts[:, 0]
    centred = np.concatenate([influence[rows] - influence[rows].mean() for rows in table.strata])
    squares = float((centred**2).sum())
    return float((centred**3).sum()) / (6.0 * squares**1.5) if squares > 0.0 else 0.0


def _student(share: float, freedom: float) -> float:
    """Quantile of Student's t, by its expansion around the normal (error < 1e-4 from 10 on)."""
    z = _NORMAL.inv_cdf(share)
    terms = (
        (z**3 + z) / 4.0,
        (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / 96.0,
        (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / 384.0,
    )
    return z + sum(term / freedom**k for k, term in enumerate(terms, start=1))
