"""Intervals by bootstrap over persons: what they cover, and when there is none."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from landmarkdiff.evaluation.statistics import (
    LEAST_PERSONS,
    Interval,
    estimate,
    largest_gap,
    over_seeds,
)


@pytest.mark.parametrize(("persons", "method"), [(24, "bca"), (60, "bca"), (60, "percentile")])
def test_the_interval_covers_the_true_mean(persons: int, method: str) -> None:
    covered = 0
    for run in range(500):
        random = np.random.default_rng(run)
        strata = np.repeat([0, 1], persons // 2)
        own = random.gamma(4.0, 1.0, persons) + 3.0 * strata  # skewed, and the strata differ
        pairs = random.integers(1, 4, persons)
        of_person = np.repeat(np.arange(persons), pairs)
        values = own[of_person] + random.normal(0.0, 0.5, len(of_person))
        found = estimate(
            values,
            of_person,
            strata[of_person],
            seed=run,
            resamples=1000,
            method=method,  # type: ignore[arg-type]
        )
        assert found.interval is not None
        covered += found.interval.low <= 5.5 <= found.interval.high
    assert 0.93 <= covered / 500 <= 0.97


def test_pairs_of_one_person_are_not_counted_as_persons() -> None:
    own = np.random.default_rng(1).normal(size=30)
    once = estimate(own, range(30)).interval
    tenfold = estimate(np.repeat(own, 10), np.repeat(np.arange(30), 10)).interval
    assert once is not None
    assert tenfold is not None
    assert tenfold.high - tenfold.low == pytest.approx(once.high - once.low, rel=1e-9)


def test_draws_are_those_of_plain_resampling() -> None:
    """The oracle draws persons one by one and takes the mean of their pairs."""
    random = np.random.default_rng(3)
    persons = np.repeat(np.arange(40), random.integers(1, 5, 40))
    values = random.normal(size=len(persons)) + persons / 20.0
    means = []
    for _ in range(3000):
        drawn = random.integers(0, 40, 40)
        means.append(np.mean(np.concatenate([values[persons == p] for p in drawn])))
    spread = math.sqrt(40 / 39) * 2.0227 / 1.96  # what is widened: t of 39 degrees of freedom
    middle = float(values.mean())
    low, high = (middle + spread * (np.quantile(means, q) - middle) for q in (0.025, 0.975))
    found = estimate(values, persons, seed=5, resamples=3000, method="percentile").interval
    assert found is not None
    assert found.low == pytest.approx(low, abs=0.03)
    assert found.high == pytest.approx(high, abs=0.03)


def test_bca_is_that_of_its_definition() -> None:
    """The oracle takes bias from the share of draws below and acceleration from a jackknife."""
    values = np.random.default_rng(11).gamma(2.0, 1.0, 50)
    found = estimate(values, range(50), seed=2, resamples=4000).interval
    assert found is not None
    random = np.random.default_rng(2)
    drawn = values[random.integers(0, 50, (4000, 50))].mean(axis=1)
    left_out = np.array([np.delete(values, k).mean() for k in range(50)])
    apart = left_out.mean() - left_out
    acceleration = (apart**3).sum() / (6.0 * (apart**2).sum() ** 1.5)
    from statistics import NormalDist

    normal = NormalDist()
    bias = normal.inv_cdf(np.mean(drawn < values.mean()))
    reach = 2.009575 * math.sqrt(50 / 49)  # t of 49 degrees of freedom
    shares = [
        normal.cdf(bias + (bias + z) / (1.0 - acceleration * (bias + z))) for z in (-reach, reach)
    ]
    assert [found.low, found.high] == pytest.approx(list(np.quantile(drawn, shares)), abs=2e-3)


def test_too_few_persons_have_figures_but_no_interval() -> None:
    values = list(range(LEAST_PERSONS))
    found = estimate(values[:-1], values[:-1])
    assert (found.mean, found.median, found.persons) == (9.0, 9.0, 19)
    assert found.interval is None
    assert found.no_claim == "nothing is claimed of 19 persons; 20 or more are needed"
    assert estimate(values, values).interval is not None
    nothing = estimate([], [])
    assert (nothing.mean, nothing.n) == (None, 0)


def test_equal_figures_have_an_interval_of_no_width() -> None:
    found = estimate([0.5] * 40, range(40), [k % 3 for k in range(40)])
    assert found.interval == Interval(0.5, 0.5)


def test_a_person_with_nearly_all_pairs_does_not_turn_the_interval_over() -> None:
    random = np.random.default_rng(1)
    values = [
        *(0.5 + 0.05 * random.standard_normal(30)),
        *(0.9 + 0.02 * random.standard_normal(50)),
    ]
    found = estimate(values, [*range(30), *[30] * 50], resamples=500)
    assert found.interval is not None
    assert found.interval.low <= found.mean <= found.interval.high


def test_a_stratum_of_one_does_not_narrow_the_interval() -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=40)
    alone = [str(k) for k in range(40)]
    single, whole = (
        estimate(values, range(40), alone).interval,
        estimate(values, range(40)).interval,
    )
    assert single is not None
    assert whole is not None
    assert single.high - single.low == pytest.approx(whole.high - whole.low, rel=1e-9)


def test_the_largest_gap_and_its_strata() -> None:
    random = np.random.default_rng(4)
    groups = [name for name in "abc" for _ in range(40)] + ["d"] * 5
    means = {"a": 1.0, "b": 1.1, "c": 2.0, "d": 99.0}
    values = [means[group] + 0.2 * random.standard_normal() for group in groups]
    gap = largest_gap(values, range(len(groups)), groups)
    by_group = {
        g: np.mean([v for v, h in zip(values, groups, strict=True) if h == g]) for g in "abc"
    }
    largest = max(combinations("abc", 2), key=lambda p: abs(by_group[p[0]] - by_group[p[1]]))
    assert {gap.higher, gap.lower} == set(largest)
    assert (gap.higher, gap.lower, gap.strata) == ("c", "a", ("a", "b", "c"))
    assert gap.difference == pytest.approx(by_group["c"] - by_group["a"])
    assert gap.interval is not None
    assert gap.interval.low < 1.0 < gap.interval.high
    assert gap.interval.low > 0.8


def test_no_gap_where_no_two_strata_have_persons_enough() -> None:
    gap = largest_gap(range(30), range(30), ["a"] * 25 + ["b"] * 5)
    assert (gap.difference, gap.no_claim) == (None, "only one stratum has 20 persons")
    assert largest_gap([1.0], ["x"], ["a"]).no_claim == "no stratum has 20 persons"


def test_gaps_of_equal_strata_are_within_noise() -> None:
    """Of 200 evaluations without any gap, about 5 % may find one."""
    found = 0
    for run in range(200):
        random = np.random.default_rng(run)
        groups = [name for name in "abcd" for _ in range(25)]
        gap = largest_gap(random.normal(size=100), range(100), groups, seed=run, resamples=400)
        assert gap.interval is not None
        found += gap.interval.low > 0.0
    assert 0 <= found / 200 <= 0.10


def test_the_spread_of_seeds() -> None:
    spread = over_seeds([0.8, 0.9, 0.6, 0.7, 0.5, 0.5], ["0", "0", "1", "1", "2", "2"])
    assert spread is not None
    assert spread.seeds == 3
    assert (spread.mean, spread.low, spread.high) == pytest.approx((2.0 / 3.0, 0.5, 0.85))
    assert spread.deviation == pytest.approx(np.std([0.85, 0.65, 0.5], ddof=1))
    assert over_seeds([], []) is None
