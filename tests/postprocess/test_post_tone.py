from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.postprocess.tone import QUANTILES, WeightedValues, tone_curve

random = np.random.default_rng(0)


def curve_between(before: np.ndarray, after: np.ndarray):
    ones = np.ones(len(before), np.float32)
    return tone_curve(
        WeightedValues(before).quantiles(ones),
        WeightedValues(after).quantiles(np.ones(len(after), np.float32)),
    )


@pytest.mark.parametrize("count", [40, 300, 20_000])
def test_equal_distributions_give_exactly_no_shift(count: int) -> None:
    values = random.normal(60, 8, count).astype(np.float32)
    curve = curve_between(values, random.permutation(values))
    assert np.abs(curve.shift(np.linspace(0, 100, 50, dtype=np.float32))).max() < 1e-5


@pytest.mark.parametrize("gain", [0.7, 0.9, 1.2])
@pytest.mark.parametrize("offset", [-8.0, 5.0])
def test_gain_and_offset_are_undone(gain: float, offset: float) -> None:
    values = random.normal(55, 8, 20_000).astype(np.float32)
    painted = (gain * values + offset).astype(np.float32)
    back = painted + curve_between(values, painted).shift(painted)
    error = np.abs(back - values)
    assert np.median(error) < 0.15
    assert np.quantile(error, 0.97) < 1.0


def test_a_second_tone_comes_back_where_it_had_faded() -> None:
    """Two tones of one skin (a depigmented patch) whose distance a network had halved."""
    tones = np.concatenate([random.normal(45, 2, 7000), random.normal(75, 2, 3000)])
    faded = np.concatenate([random.normal(45, 2, 7000), random.normal(62, 2, 3000)])
    back = faded + curve_between(tones.astype(np.float32), faded.astype(np.float32)).shift(
        faded.astype(np.float32)
    )
    assert np.median(back[7000:]) - np.median(back[:7000]) == pytest.approx(30, abs=1.5)


def test_slopes_are_bounded_for_a_flat_and_for_a_harsh_picture() -> None:
    wanted = random.normal(50, 8, 5000).astype(np.float32)
    for spread in (0.2, 60.0):
        shown = random.normal(50, spread, 5000).astype(np.float32)
        curve = curve_between(wanted, shown)
        x = np.linspace(shown.min(), shown.max(), 2000, dtype=np.float32)
        slope = np.diff(x + curve.shift(x)) / np.diff(x)
        assert slope.min() > 0.49
        assert slope.max() < 2.01


def test_values_in_eight_bit_steps_do_not_make_steps_in_the_curve() -> None:
    smooth = random.normal(30, 3, 8000).astype(np.float32)
    stepped = (np.round(random.normal(30, 3, 8000) / 0.8) * 0.8 - 2).astype(np.float32)
    x = np.linspace(22, 34, 400, dtype=np.float32)
    shift = curve_between(smooth, stepped).shift(x)
    assert np.abs(shift - 2).max() < 0.6
    assert np.abs(np.diff(shift)).max() < 0.05


def test_beyond_the_ends_the_shift_stays_what_it_is_there() -> None:
    values = np.linspace(40, 60, 500, dtype=np.float32)
    curve = curve_between(values, values * 1.1)
    assert curve.shift(np.float32([0, curve.places[0]])) == pytest.approx(curve.shifts[0], abs=1e-4)
    assert curve.shift(np.float32([200])) == pytest.approx(curve.shifts[-1], abs=1e-4)


def test_quantiles_follow_the_weights() -> None:
    values = WeightedValues(np.float32([10] * 50 + [20] * 50))
    assert values.quantiles(np.float32([1] * 50 + [0] * 50)).max() == pytest.approx(10, abs=0.3)
    assert values.quantiles(np.float32([0] * 50 + [1] * 50)).min() == pytest.approx(20, abs=0.3)
    middle = values.quantiles(np.float32([3] * 50 + [1] * 50))
    assert QUANTILES[np.argmax(middle > 15)] == pytest.approx(0.75, abs=0.03)
