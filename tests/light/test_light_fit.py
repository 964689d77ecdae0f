"""The light of a photo from its skin: what goes in comes out, and what is no light is left out."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.light import fit_light, harmonics
from landmarkdiff.manipulation.shading import coded

SKIN = np.array([0.9, 0.55, 0.4])
WHOLE = np.ones((80, 80), np.bool_)


def dome() -> FloatArray:
    """Normals of the front of a ball: (80, 80, 3)."""
    x, y = np.meshgrid(np.linspace(-0.65, 0.65, 80), np.linspace(0.65, -0.65, 80))
    return np.dstack([x, y, np.sqrt(1.0 - x**2 - y**2)])


def photo(light: FloatArray, gloss: FloatArray | float = 0.0) -> ImageArray:
    """Skin in a light (80, 80) or (80, 80, 3)."""
    light = light[..., None] if light.ndim == 2 else light
    shine = np.broadcast_to(gloss, WHOLE.shape)[..., None]
    return coded(np.asarray(light * SKIN + shine, np.float32))


def lamp(direction: tuple[float, float, float], ambient: float = 0.2) -> FloatArray:
    unit = np.array(direction) / np.linalg.norm(direction)
    return ambient + 0.4 * np.clip(dome() @ unit, 0.0, None)


@pytest.mark.parametrize("direction", [(0.7, 0.2, 0.7), (-0.3, 0.8, 0.6), (0.0, 0.0, 1.0)])
def test_a_lamp_is_found_again(direction: tuple[float, float, float]) -> None:
    light = lamp(direction)
    fit = fit_light(photo(light), dome(), WHOLE)
    found = fit.matt(dome())
    off = np.abs(found / (light[..., None] * SKIN) - 1.0)
    # Nine harmonics have no edge where the lamp's light ends.
    assert off[light > 0.25].mean() < 0.05
    assert off.mean() < 0.08
    assert fit.explained > 0.95
    assert not fit.coloured
    assert fit.gloss is None


def test_the_edge_of_a_lamps_light_is_followed() -> None:
    """A lamp from the side leaves a part of the ball in its own shade; harmonics blur the edge."""
    direction = np.array([0.8, 0.1, 0.1])
    light = lamp((0.8, 0.1, 0.1))
    off = []
    for lamps in (True, False):
        fit = fit_light(photo(light), dome(), WHOLE, lamps=lamps)
        off.append(float(np.abs(fit.matt(dome()) / (light[..., None] * SKIN) - 1.0).mean()))
        assert (fit.lamp is not None) == lamps
        if fit.lamp is not None:
            assert fit.lamp.direction @ direction / np.linalg.norm(direction) > 0.995
            assert fit.lamp.strength == pytest.approx(0.4 * SKIN, rel=0.1)
    assert off[0] < 0.01
    assert off[1] > 3.0 * off[0]


def test_light_without_an_edge_has_no_lamp() -> None:
    smooth = 0.3 + 0.1 * dome()[..., 0] + 0.05 * dome()[..., 1]
    assert fit_light(photo(smooth), dome(), WHOLE).lamp is None


def test_a_shadow_does_not_draw_the_light_to_it() -> None:
    light = lamp((0.5, 0.3, 0.8))
    shadowed = light.copy()
    shadowed[45:70, 10:35] *= 0.3
    clean, found = (fit_light(photo(each), dome(), WHOLE) for each in (light, shadowed))
    assert np.abs(found.matt(dome()) / clean.matt(dome()) - 1.0).max() < 0.12
    assert found.explained < clean.explained


def test_gloss_is_told_from_matt_light() -> None:
    half = np.array([0.2, 0.3, 0.93])
    half /= np.linalg.norm(half)
    gloss = 0.12 * (dome() @ half).clip(0.0) ** 24
    light = lamp((0.4, 0.6, 0.7))
    fit = fit_light(photo(light, gloss), dome(), WHOLE)
    assert fit.gloss is not None
    assert float(fit.gloss.direction @ half) > np.cos(np.radians(12.0))
    assert fit.gloss.strength == pytest.approx(0.12, abs=0.05)
    assert fit_light(photo(light), dome(), WHOLE).gloss is None


def test_a_second_light_of_another_colour_is_seen() -> None:
    warm, cold = lamp((0.8, 0.0, 0.6), 0.1), lamp((-0.8, 0.0, 0.6), 0.1)
    both = warm[..., None] * (1.0, 0.7, 0.4) + cold[..., None] * (0.4, 0.7, 1.0)
    fit = fit_light(photo(both), dome(), WHOLE)
    assert fit.coloured
    red, blue = (fit.matt(dome())[..., channel] for channel in (0, 2))
    assert red[40, 75] / red[40, 5] > 1.5 * blue[40, 75] / blue[40, 5]


def test_the_fit_does_not_depend_on_the_tone_of_the_skin() -> None:
    light = lamp((0.5, 0.4, 0.75))
    bright = fit_light(photo(light), dome(), WHOLE)
    dark = fit_light(photo(0.12 * light), dome(), WHOLE)
    ratio = dark.matt(dome()) / bright.matt(dome())
    assert ratio.std() / ratio.mean() < 0.03


def test_the_harmonics_are_those_of_the_sphere() -> None:
    """Orthogonal over all normals, each order turning into itself."""
    rng = np.random.default_rng(3)
    normals = rng.normal(size=(200_000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    values = harmonics(normals)
    products = values.T @ values / len(values)
    size = np.sqrt(np.diag(products))
    assert np.abs(products / np.outer(size, size) - np.eye(9)).max() < 0.01


def test_each_channel_varies_with_the_light_as_the_skin_does() -> None:
    """Dim skin is redder than bright skin: what brightens does not keep the colour of the dim."""
    light = lamp((-0.3, 0.8, 0.6))
    bent = light[..., None] ** np.array([0.9, 1.0, 1.15])
    fit = fit_light(photo(bent), dome(), WHOLE)
    ends = np.array([[0.0, -0.4, 0.9165], [0.0, 0.4, 0.9165]])
    dim, bright = fit.matt(ends)
    true = 0.2 + 0.4 * np.clip(ends @ np.array([-0.3, 0.8, 0.6]) / np.sqrt(1.09), 0.0, None)
    expected = (true[1] / true[0]) ** np.array([0.9, 1.0, 1.15])
    found = bright / dim
    assert np.abs(found / found[1] / (expected / expected[1]) - 1.0).max() < 0.02
    assert not fit.coloured
