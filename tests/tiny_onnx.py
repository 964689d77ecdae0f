"""ONNX files written by hand: a face recognition network small enough for tests.

Only the part of the format that such a network needs (onnx.proto, ONNX 1.x): messages are
fields of a number and a wire type, 0 for a varint, 2 for bytes of a stated length, 5 for a
32-bit float.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np

#: Values of AttributeProto.type.
FLOAT, INT, INTS = 1, 2, 7


def varint(value: int) -> bytes:
    """The bytes of a whole number, seven bits each, low ones first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, content: int | bytes | str) -> bytes:
    """A field of a message: a number, or bytes with their length."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    if isinstance(content, str):
        content = content.encode()
    return varint(number << 3 | 2) + varint(len(content)) + content


def attribute(name: str, value: float | int | Sequence[int]) -> bytes:
    """An AttributeProto."""
    if isinstance(value, float):
        return field(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + field(20, FLOAT)
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, INT)
    return field(1, name) + b"".join(field(8, item) for item in value) + field(20, INTS)


def node(
    kind: str,
    inputs: Sequence[str],
    output: str,
    attributes: Mapping[str, float | int | Sequence[int]] | None = None,
) -> bytes:
    """A NodeProto."""
    body = b"".join(field(1, name) for name in inputs) + field(2, output)
    body += field(3, f"{kind}_{output}") + field(4, kind)
    return body + b"".join(field(5, attribute(*item)) for item in (attributes or {}).items())


def tensor(name: str, values: np.ndarray) -> bytes:
    """A TensorProto of float32."""
    dims = b"".join(field(1, size) for size in values.shape)
    raw = np.ascontiguousarray(values, "<f4").tobytes()
    return dims + field(2, 1) + field(8, name) + field(9, raw)


def value_info(name: str, shape: Sequence[int]) -> bytes:
    """A ValueInfoProto of a float32 tensor."""
    dims = b"".join(field(1, field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def model(
    nodes: Sequence[bytes],
    tensors: Mapping[str, np.ndarray],
    given: tuple[str, Sequence[int]],
    result: tuple[str, Sequence[int]],
) -> bytes:
    """A ModelProto of ONNX IR 7, operator set 11."""
    graph = b"".join(field(1, item) for item in nodes) + field(2, "tiny")
    graph += b"".join(field(5, tensor(*item)) for item in tensors.items())
    graph += field(11, value_info(*given)) + field(12, value_info(*result))
    return field(1, 7) + field(8, field(1, "") + field(2, 11)) + field(7, graph)


def recognition_network(size: int = 512, seed: int = 0) -> tuple[bytes, Mapping[str, np.ndarray]]:
    """A network with the interface of ArcFace: (1, 3, 112, 112) to (1, size).

    Mean over squares of 16 pixels, a normalisation, a PReLU, and a linear layer: the kinds of
    layers that the real one has beside convolutions. Returns the file and its tensors.
    """
    rng = np.random.default_rng(seed)
    tensors = {
        "kernel": np.repeat(np.eye(3)[..., None, None], 256, axis=-1).reshape(3, 3, 16, 16) / 256,
        "scale": np.array([1.0, 1.5, 0.5]),
        "bias": np.array([0.1, -0.2, 0.3]),
        "mean": np.array([0.05, 0.0, -0.05]),
        "var": np.array([1.0, 2.0, 0.5]),
        "slope": np.array([0.25, 0.5, 0.1]).reshape(3, 1, 1),
        "weight": rng.standard_normal((size, 147)) / 12,
        "offset": rng.standard_normal(size) / 50,
    }
    nodes = [
        node("Conv", ["input.1", "kernel"], "c", {"kernel_shape": [16, 16], "strides": [16, 16]}),
        node("BatchNormalization", ["c", "scale", "bias", "mean", "var"], "n", {"epsilon": 1e-5}),
        node("PRelu", ["n", "slope"], "p"),
        node("Flatten", ["p"], "f", {"axis": 1}),
        node("Gemm", ["f", "weight", "offset"], "out", {"transB": 1}),
    ]
    file = model(nodes, tensors, ("input.1", (1, 3, 112, 112)), ("out", (1, size)))
    return file, {name: np.asarray(values, np.float64) for name, values in tensors.items()}


def run_by_hand(tensors: Mapping[str, np.ndarray], values: np.ndarray) -> np.ndarray:
    """What the network makes of (3, 112, 112) values, in plain numpy."""
    mean = values.reshape(3, 7, 16, 7, 16).mean(axis=(2, 4))
    spread = np.sqrt(tensors["var"] + 1e-5)
    normal = (mean - tensors["mean"][:, None, None]) * (tensors["scale"] / spread)[:, None, None]
    normal = normal + tensors["bias"][:, None, None]
    bent = np.where(normal > 0, normal, normal * tensors["slope"])
    return tensors["weight"] @ bent.ravel() + tensors["offset"]
