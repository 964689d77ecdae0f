"""What the viewer is sent; that the browser reads it is tested in tests/browser."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from small_heads import COLUMNS, ROWS, small_head

from landmarkdiff.head.payload import encode_payload


@pytest.fixture(scope="module")
def sent() -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    data = encode_payload(small_head(), made="a test")
    kind, version, length = struct.unpack("<4sII", data[:12])
    assert (kind, version) == (b"LDHD", 1)
    header = json.loads(data[12 : 12 + length])
    arrays = {}
    for name, place in header["arrays"].items():
        assert place["offset"] % 8 == 0
        count = int(np.prod(place["shape"]))
        start = 12 + length + place["offset"]
        found = np.frombuffer(data, np.dtype(place["dtype"]).newbyteorder("<"), count, start)
        arrays[name] = found.reshape(place["shape"])
    return header, arrays


def test_the_surface_is_sent_as_it_is(sent: tuple[dict[str, Any], dict[str, Any]]) -> None:
    header, arrays = sent
    surface = small_head().surface
    assert header["made"] == "a test"
    np.testing.assert_allclose(arrays["vertices"], surface.vertices, atol=1e-4)
    np.testing.assert_array_equal(arrays["triangles"], surface.topology.triangles)
    np.testing.assert_array_equal(arrays["midline"], surface.topology.midline)
    assert set(np.unique(arrays["seen"])) == {0, 255}
    neck = arrays["neck"]
    last = (ROWS - 1) * (COLUMNS + 1)
    assert sorted(neck) == list(range(last, last + COLUMNS))
    # It runs as the triangles at it do: in front toward the patient's left.
    x, z = surface.vertices[neck, 0], surface.vertices[neck, 2]
    assert np.sum(x * np.roll(z, -1) - z * np.roll(x, -1)) < 0.0


def test_an_effect_is_sent_for_the_vertices_that_it_moves(
    sent: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    header, arrays = sent
    head = small_head()
    for number, (told, effect) in enumerate(zip(header["effects"], head.effects, strict=True)):
        assert told == {
            "key": effect.key,
            "unit": effect.unit,
            "value": effect.value,
            "knots": effect.knots.tolist(),
        }
        moved, displacements = arrays[f"moved{number}"], arrays[f"displacements{number}"]
        assert 0 < len(moved) < 200
        whole = np.zeros_like(effect.displacements)
        whole[:, moved] = displacements
        np.testing.assert_array_equal(whole, effect.displacements)


def test_the_texture_is_a_jpeg_without_metadata(
    sent: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    with Image.open(io.BytesIO(sent[1]["texture"].tobytes())) as picture:
        assert (picture.format, picture.size) == ("JPEG", (256, 256))
        assert not picture.getexif()
        shown = np.asarray(picture).astype(int)
    assert np.abs(shown - small_head().texture).mean() < 2.0
