"""The published transformer's arithmetic, written out from its names: the loader's reference."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

HEAD, HEADS, WIDTH, AXES = 16, 2, 32, (4, 6, 6)
CHANNELS, WORDS, POOLED = 4, 12, 8


def published_state(seed: int = 0) -> dict[str, torch.Tensor]:
    """Random weights under the published names, two blocks of each kind."""
    generator = torch.Generator().manual_seed(seed)
    state = {}

    def layer(name, start, end, bias=True):
        state[f"{name}.weight"] = torch.randn(end, start, generator=generator) / math.sqrt(start)
        if bias:
            state[f"{name}.bias"] = 0.1 * torch.randn(end, generator=generator)

    def norm(name):
        for one in ("query_norm", "key_norm"):
            state[f"{name}.{one}.scale"] = 1 + 0.2 * torch.randn(HEAD, generator=generator)

    layer("img_in", CHANNELS, WIDTH)
    layer("txt_in", WORDS, WIDTH)
    layer("landmark_in", WIDTH, WIDTH)
    for name, start in (("time_in", 256), ("vector_in", POOLED)):
        layer(f"{name}.in_layer", start, WIDTH)
        layer(f"{name}.out_layer", WIDTH, WIDTH)
    for number in range(2):
        for stream in ("img", "txt"):
            start = f"double_blocks.{number}.{stream}_"
            layer(f"{start}mod.lin", WIDTH, 6 * WIDTH)
            layer(f"{start}attn.qkv", WIDTH, 3 * WIDTH)
            norm(f"{start}attn.norm")
            layer(f"{start}attn.proj", WIDTH, WIDTH)
            layer(f"{start}mlp.0", WIDTH, 4 * WIDTH)
            layer(f"{start}mlp.2", 4 * WIDTH, WIDTH)
        start = f"single_blocks.{number}."
        layer(f"{start}modulation.lin", WIDTH, 3 * WIDTH)
        layer(f"{start}linear1", WIDTH, 7 * WIDTH)
        norm(f"{start}norm")
        layer(f"{start}linear2", 5 * WIDTH, WIDTH)
    layer("final_layer.adaLN_modulation.1", WIDTH, 2 * WIDTH)
    layer("final_layer.linear", WIDTH, CHANNELS)
    return state


class PublishedFlux:
    """One forward pass in float64, block by block."""

    def __init__(self, state):
        self.state = {name: one.double() for name, one in state.items()}

    def layer(self, name, value):
        bias = self.state.get(f"{name}.bias")
        return functional.linear(value, self.state[f"{name}.weight"], bias)

    def embedded(self, name, value):
        return self.layer(
            f"{name}.out_layer", functional.silu(self.layer(f"{name}.in_layer", value))
        )

    def heads(self, joined, norm):
        query, key, value = joined.unflatten(-1, (3, HEADS, HEAD)).permute(2, 0, 3, 1, 4)

        def scaled(rows, name):
            size = rows.square().mean(-1, keepdim=True) + 1e-6
            return rows / size.sqrt() * self.state[f"{norm}.{name}.scale"]

        return scaled(query, "query_norm"), scaled(key, "key_norm"), value

    @staticmethod
    def turned(rows, ids):
        """Rotate pairs of a head's numbers by the ids: (B, heads, S, head)."""
        angles = []
        for axis, width in enumerate(AXES):
            speeds = 10000.0 ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)
            angles.append(ids[..., axis, None].double() * speeds)
        angle = torch.cat(angles, -1)[:, None]
        pairs = torch.view_as_complex(rows.unflatten(-1, (-1, 2)).contiguous())
        return torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(-2)

    def attended(self, query, key, value, ids):
        query, key = self.turned(query, ids), self.turned(key, ids)
        weights = (query @ key.transpose(-1, -2) / math.sqrt(HEAD)).softmax(-1)
        return (weights @ value).transpose(1, 2).flatten(2)

    @staticmethod
    def normed(value, shift, scale):
        return functional.layer_norm(value, (WIDTH,), eps=1e-6) * (1 + scale) + shift

    def __call__(self, image, words, pooled, time, ids, landmarks):
        """``ids`` are those of words, image and landmarks, (B, S, 3)."""
        count, length = image.shape[1], words.shape[1]
        phases = (
            1000.0
            * time.double()[:, None]
            * torch.exp(-math.log(10000.0) * torch.arange(128, dtype=torch.float64) / 128)
        )
        mood = self.embedded("time_in", torch.cat([phases.cos(), phases.sin()], -1))
        mood = mood + self.embedded("vector_in", pooled.double())
        image = torch.cat(
            [self.layer("img_in", image.double()), self.layer("landmark_in", landmarks.double())], 1
        )
        streams = {"img": image, "txt": self.layer("txt_in", words.double())}
        for number in range(2):
            streams = self.double_block(f"double_blocks.{number}.", streams, mood, ids)
        both = torch.cat([streams["txt"], streams["img"]], 1)
        for number in range(2):
            both = self.single_block(f"single_blocks.{number}.", both, mood, ids)
        shift, scale = self.layer("final_layer.adaLN_modulation.1", functional.silu(mood)).chunk(
            2, -1
        )
        image = self.normed(both[:, length : length + count], shift[:, None], scale[:, None])
        return self.layer("final_layer.linear", image)

    def double_block(self, name, streams, mood, ids):
        changes, parts = {}, {}
        for one, value in streams.items():
            lin = self.layer(f"{name}{one}_mod.lin", functional.silu(mood))[:, None]
            changes[one] = lin.chunk(6, -1)
            shown = self.normed(value, *changes[one][:2])
            parts[one] = self.heads(
                self.layer(f"{name}{one}_attn.qkv", shown), f"{name}{one}_attn.norm"
            )
        both = [
            torch.cat([words, image], 2)
            for words, image in zip(parts["txt"], parts["img"], strict=True)
        ]
        mixed = self.attended(*both, ids)
        length = streams["txt"].shape[1]
        out = {}
        for one, rows in (("txt", mixed[:, :length]), ("img", mixed[:, length:])):
            _, _, gate, shift, scale, gate_mlp = changes[one]
            value = streams[one] + gate * self.layer(f"{name}{one}_attn.proj", rows)
            wide = self.layer(f"{name}{one}_mlp.0", self.normed(value, shift, scale))
            narrow = self.layer(f"{name}{one}_mlp.2", functional.gelu(wide, approximate="tanh"))
            out[one] = value + gate_mlp * narrow
        return out

    def single_block(self, name, both, mood, ids):
        shift, scale, gate = self.layer(f"{name}modulation.lin", functional.silu(mood))[
            :, None
        ].chunk(3, -1)
        joined = self.layer(f"{name}linear1", self.normed(both, shift, scale))
        attention, wide = joined.split([3 * WIDTH, 4 * WIDTH], -1)
        mixed = self.attended(*self.heads(attention, f"{name}norm"), ids)
        rows = torch.cat([mixed, functional.gelu(wide, approximate="tanh")], -1)
        return both + gate * self.layer(f"{name}linear2", rows)
