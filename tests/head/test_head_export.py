"""Files of a head: read back by hand, value by value."""

from __future__ import annotations

import io
import json
import struct
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from small_heads import nose_tip, rest_normals, small_head

from landmarkdiff.errors import ParameterError
from landmarkdiff.head.export import encode_glb, encode_obj, encode_stl
from landmarkdiff.head.export.texture import UNSEEN_GRAY, plain_texture
from landmarkdiff.head.model import head_model
from landmarkdiff.head.shell import boundary_loops, closed_shell
from landmarkdiff.head.simulation import HeadSimulation

TYPES = {5122: np.int16, 5123: np.uint16, 5125: np.uint32}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}


class Glb:
    """A GLB taken apart: the document, and its arrays by accessor."""

    def __init__(self, data: bytes) -> None:
        magic, version, length = struct.unpack("<4sII", data[:12])
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack("<I4s", data[12:20])
        assert kind == b"JSON"
        self.document: dict[str, Any] = json.loads(data[20 : 20 + size])
        rest = data[20 + size :]
        size, kind = struct.unpack("<I4s", rest[:8])
        assert kind == b"BIN\0"
        self.body = rest[8:]
        assert size == len(self.body) == self.document["buffers"][0]["byteLength"]

    def array(self, number: int) -> NDArray[Any]:
        accessor = self.document["accessors"][number]
        view = self.document["bufferViews"][accessor["bufferView"]]
        kind = np.dtype(TYPES[accessor["componentType"]])
        width = WIDTHS[accessor["type"]]
        stride = view.get("byteStride", width * kind.itemsize)
        assert view["byteOffset"] % 4 == 0
        assert stride % 4 == 0 or "target" not in view or view["target"] == 34963
        raw = np.frombuffer(self.body, np.uint8, view["byteLength"], view["byteOffset"])
        rows = raw[: accessor["count"] * stride].reshape(accessor["count"], stride)
        return np.ascontiguousarray(rows[:, : width * kind.itemsize]).view(kind)

    def metres(self, number: int, *, shift: bool) -> NDArray[np.float64]:
        node = self.document["nodes"][0]
        moved = self.array(number) * np.array(node["scale"])
        return np.asarray(moved + np.array(node["translation"]) if shift else moved)


@pytest.fixture(scope="module")
def head() -> HeadSimulation:
    return small_head()


@pytest.fixture(scope="module")
def glb(head: HeadSimulation) -> Glb:
    return Glb(encode_glb(head))


def test_a_glb_holds_the_head_in_metres(head: HeadSimulation, glb: Glb) -> None:
    primitive = glb.document["meshes"][0]["primitives"][0]
    surface = head.surface
    places = glb.metres(primitive["attributes"]["POSITION"], shift=True)
    # Half a step of 1/65,534 of the longest side.
    assert np.abs(1000.0 * places - surface.vertices).max() < 0.002
    triangles = glb.array(primitive["indices"]).reshape(-1, 3)
    np.testing.assert_array_equal(triangles, surface.topology.triangles)
    uv = glb.array(primitive["attributes"]["TEXCOORD_0"]) / 65535.0
    assert np.abs(uv - surface.topology.uv).max() < 1e-5


def test_its_weights_show_the_plan(head: HeadSimulation, glb: Glb) -> None:
    mesh = glb.document["meshes"][0]
    assert mesh["extras"]["targetNames"] == [effect.key for effect in head.effects]
    assert mesh["weights"] == [0.5, 0.5, 0.0]
    targets = mesh["primitives"][0]["targets"]
    moved = sum(
        weight * glb.metres(target["POSITION"], shift=False)
        for weight, target in zip(mesh["weights"], targets, strict=True)
    )
    assert np.abs(1000.0 * moved - head.displacement()).max() < 0.004
    whole = glb.metres(targets[0]["POSITION"], shift=False)[nose_tip(head.surface)]
    normal = rest_normals(head.surface)[nose_tip(head.surface)]
    np.testing.assert_allclose(1000.0 * whole, 4.0 * normal, atol=0.004)


def test_its_frame_says_what_it_is(head: HeadSimulation, glb: Glb) -> None:
    document = glb.document
    extras = document["asset"]["extras"]
    assert extras["simulation"] is True
    assert extras["statement"] == "Simulation of a discussed goal, not a prediction of your result"
    assert extras["plan"][0] == {"effect": "rhinoplasty.bridge", "value": 2.0, "unit": "mm"}
    assert document["extensionsRequired"] == ["KHR_mesh_quantization"]
    assert set(document["extensionsUsed"]) == {"KHR_mesh_quantization", "KHR_materials_unlit"}
    assert document["materials"][0]["extensions"] == {"KHR_materials_unlit": {}}
    for accessor in document["accessors"]:
        if accessor["componentType"] == 5122:
            values = glb.array(document["accessors"].index(accessor))
            assert accessor["min"] == values.min(axis=0).tolist()
            assert accessor["max"] == values.max(axis=0).tolist()


def picture_in(glb: Glb) -> NDArray[np.uint8]:
    view = glb.document["bufferViews"][glb.document["images"][0]["bufferView"]]
    data = glb.body[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "JPEG"
        assert not picture.getexif()
        return np.asarray(picture)


def test_its_texture_is_the_photos_and_plain_where_none_shows_it(
    head: HeadSimulation, glb: Glb
) -> None:
    picture = picture_in(glb).astype(int)
    assert picture.shape == (256, 256, 3)
    # The face is in the middle of this texture, the back of the head at its sides.
    assert np.abs(picture[100:150, 100:156] - head.texture[100:150, 100:156]).mean() < 3.0
    assert np.abs(picture[100:150, 8:40] - UNSEEN_GRAY).max() <= 3


def test_a_glb_keeps_to_its_limit() -> None:
    head = small_head(texture_px=1024)
    noise = np.random.default_rng(5).integers(0, 255, head.texture.shape, np.uint8)
    heavy = HeadSimulation(head.surface, noise, np.ones_like(head.seen), head.effects)
    free = encode_glb(heavy)
    assert 700_000 < len(free) <= 4_000_000
    held = encode_glb(heavy, limit=300_000)
    assert len(held) <= 300_000
    assert picture_in(Glb(held)).shape[0] < 1024


def test_a_head_without_effects_has_no_targets(head: HeadSimulation) -> None:
    plain = Glb(encode_glb(HeadSimulation(head.surface, head.texture, head.seen, ())))
    mesh = plain.document["meshes"][0]
    assert "targets" not in mesh["primitives"][0]
    assert "weights" not in mesh


def test_the_plain_texture_changes_nothing_that_is_seen(head: HeadSimulation) -> None:
    seen = HeadSimulation(head.surface, head.texture, np.ones_like(head.seen), ())
    np.testing.assert_array_equal(plain_texture(seen), head.texture)


@pytest.mark.parametrize("encode", [encode_glb, encode_stl, encode_obj])
def test_what_is_no_head_is_refused(encode: Callable[..., object], head: HeadSimulation) -> None:
    for wrong in (None, head.surface, "head.glb"):
        with pytest.raises(ParameterError):
            encode(wrong)
    with pytest.raises(ParameterError):
        encode_glb(head, limit="4 MB")


def edges_of(triangles: NDArray[np.intp]) -> Counter[tuple[int, int]]:
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    return Counter((int(a), int(b)) for a, b in pairs)


def test_the_shell_is_closed_and_looks_outward(head: HeadSimulation) -> None:
    vertices, triangles = closed_shell(head.surface)
    edges = edges_of(triangles)
    assert set(edges.values()) == {1}
    assert all((b, a) in edges for a, b in edges)
    assert boundary_loops(triangles) == []
    corners = vertices[triangles]
    volume = np.sum(corners[:, 0] * np.cross(corners[:, 1], corners[:, 2])) / 6.0
    # An ellipsoid without the cap below the neck, and a nose.
    a, b, c = 75.0, 110.0, 95.0
    cut = np.cos(np.radians(150.0))
    cap = np.pi * a * b * c * (2.0 / 3.0 + cut - cut**3 / 3.0)
    nose = 20.0 * np.pi * 12.0 * 16.0
    assert volume == pytest.approx(4.0 / 3.0 * np.pi * a * b * c - cap + nose, rel=0.02)
    base = vertices[:, 1] < vertices[:, 1].min() + 1e-9
    assert base.sum() == 49  # the edge of the neck, and its middle
    assert len(np.unique(triangles)) == len(vertices)


def test_the_embedded_head_makes_one_too() -> None:
    surface = head_model().surface()
    vertices, triangles = closed_shell(surface)
    edges = edges_of(triangles)
    assert set(edges.values()) == {1}
    assert all((b, a) in edges for a, b in edges)
    corners = vertices[triangles]
    litres = np.sum(corners[:, 0] * np.cross(corners[:, 1], corners[:, 2])) / 6e6
    assert 3.5 < litres < 5.5
    # No teeth and no tongue within, but both eyes.
    parts = surface.topology.parts
    assert len(vertices) < len(surface.vertices) - len(parts["tongue"])
    eye = surface.vertices[parts["left_eye"]]
    assert np.linalg.norm(vertices[:, None] - eye[:5], axis=2).min(axis=0).max() < 1e-9


def test_an_stl_is_the_simulated_head(head: HeadSimulation) -> None:
    data = encode_stl(head)
    assert data[:80].startswith(b"SIMULATION of a discussed goal, not a prediction")
    (count,) = struct.unpack("<I", data[80:84])
    assert len(data) == 84 + 50 * count
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    facets = np.frombuffer(data, record, offset=84)
    simulated = head.simulated().vertices
    front = facets["corners"][..., 2].max()
    assert front == pytest.approx(simulated[:, 2].max(), abs=1e-4)
    before = np.frombuffer(encode_stl(head, {}), record, offset=84)["corners"][..., 2].max()
    normal = rest_normals(head.surface)[nose_tip(head.surface)]
    assert front - before == pytest.approx(2.0 * normal[2], abs=0.01)
    across = np.cross(
        facets["corners"][:, 1] - facets["corners"][:, 0],
        facets["corners"][:, 2] - facets["corners"][:, 0],
    )
    assert np.sum(across * facets["normal"], axis=1).min() > 0.0
    np.testing.assert_allclose(np.linalg.norm(facets["normal"], axis=1), 1.0, atol=1e-5)


def test_an_obj_names_its_material_and_texture(head: HeadSimulation) -> None:
    files = encode_obj(head, "anna", {"rhinoplasty.bridge": 4.0})
    assert set(files) == {"anna.obj", "anna.mtl", "anna.jpg"}
    lines = files["anna.obj"].decode().splitlines()
    assert lines[0] == "# Simulation of a discussed goal, not a prediction of your result"
    assert "# rhinoplasty.bridge: 4 mm" in lines
    assert "# mentoplasty.chin: 0 mm" in lines
    assert "mtllib anna.mtl" in lines
    assert "map_Kd anna.jpg" in files["anna.mtl"].decode()
    places = np.array([line.split()[1:] for line in lines if line.startswith("v ")], float)
    wanted = head.simulated({"rhinoplasty.bridge": 4.0}).vertices
    np.testing.assert_allclose(places, wanted, atol=6e-5)
    texture = np.array([line.split()[1:] for line in lines if line.startswith("vt ")], float)
    np.testing.assert_allclose(texture[:, 1], 1.0 - head.surface.topology.uv[:, 1], atol=1e-6)
    first = next(line for line in lines if line.startswith("f "))
    a, b, c = head.surface.topology.triangles[0] + 1
    assert first == f"f {a}/{a} {b}/{b} {c}/{c}"
    with Image.open(io.BytesIO(files["anna.jpg"])) as picture:
        assert picture.size == (256, 256)
