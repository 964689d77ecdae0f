"""The published transformer's weights, read by their own names into a Flux transformer.

The released checkpoint has the layout of the first Flux with one layer more, ``landmark_in``. Every
tensor has one place in :class:`~landmarkdiff.lato.transformer.flux.LandmarkFluxTransformer`; what
belongs to its connector, which turns a language model's states into words, is handed back as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from landmarkdiff.lato.transformer.flux import LandmarkFluxTransformer

__all__ = ["read_released"]

#: Layers of the same kind, published name -> ours.
_LAYERS: Mapping[str, str] = {
    "img_in": "x_embedder",
    "txt_in": "context_embedder",
    "time_in.in_layer": "time_text_embed.timestep_embedder.linear_1",
    "time_in.out_layer": "time_text_embed.timestep_embedder.linear_2",
    "vector_in.in_layer": "time_text_embed.text_embedder.linear_1",
    "vector_in.out_layer": "time_text_embed.text_embedder.linear_2",
    "landmark_in": "landmarks.project",
    "final_layer.linear": "proj_out",
}
#: The same in each block of two streams, and in each of one.
_DOUBLE: Mapping[str, str] = {
    "img_mod.lin": "norm1.linear",
    "txt_mod.lin": "norm1_context.linear",
    "img_attn.proj": "attn.to_out.0",
    "txt_attn.proj": "attn.to_add_out",
    "img_mlp.0": "ff.net.0.proj",
    "img_mlp.2": "ff.net.2",
    "txt_mlp.0": "ff_context.net.0.proj",
    "txt_mlp.2": "ff_context.net.2",
}
_SINGLE: Mapping[str, str] = {"modulation.lin": "norm.linear", "linear2": "proj_out"}
#: Scales of the norms of queries and keys.
_DOUBLE_NORMS: Mapping[str, str] = {
    "img_attn.norm.query_norm": "attn.norm_q",
    "img_attn.norm.key_norm": "attn.norm_k",
    "txt_attn.norm.query_norm": "attn.norm_added_q",
    "txt_attn.norm.key_norm": "attn.norm_added_k",
}
_SINGLE_NORMS: Mapping[str, str] = {
    "norm.query_norm": "attn.norm_q",
    "norm.key_norm": "attn.norm_k",
}
#: Layers that hold several of ours, one after the other.
_DOUBLE_JOINED: Mapping[str, tuple[str, ...]] = {
    "img_attn.qkv": ("attn.to_q", "attn.to_k", "attn.to_v"),
    "txt_attn.qkv": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
}
_SINGLE_JOINED: Mapping[str, tuple[str, ...]] = {
    "linear1": ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp"),
}
_CONNECTOR = "connector."


def read_released(
    state: Mapping[str, Tensor], axes: tuple[int, int, int] = (16, 56, 56)
) -> tuple[LandmarkFluxTransformer, dict[str, Tensor]]:
    """Make the transformer of a published checkpoint, whatever its sizes.

    Its learned tokens for no landmarks are not in the checkpoint, which was published without
    guidance by landmarks: they are at their random start and have to be trained.

    Parameters
    ----------
    state : mapping of name to tensor
    axes : tuple of int, optional
        Numbers of a head's width that turn with time, row and column; they are in no tensor.

    Returns
    -------
    transformer : LandmarkFluxTransformer
    connector : dict of name to tensor
        What belongs to the connector, without its prefix.

    Raises
    ------
    ValueError
        A tensor is missing, has another shape, or no place.
    """
    own = {name: one for name, one in state.items() if not name.startswith(_CONNECTOR)}
    try:
        model = _of_sizes(own, axes)
        placed = dict(_placed(own, model.inner_dim))
        unconditional = model.landmarks.unconditional.detach()
        model.load_state_dict({**placed, "landmarks.unconditional": unconditional}, strict=True)
    except KeyError as error:
        raise ValueError(f"the checkpoint has no {error.args[0]}") from error
    except RuntimeError as error:
        raise ValueError(" ".join(str(error).split())) from error
    rest = {name.removeprefix(_CONNECTOR): one for name, one in state.items() if name not in own}
    return model, rest


def _of_sizes(state: Mapping[str, Tensor], axes: tuple[int, int, int]) -> LandmarkFluxTransformer:
    width, channels = state["img_in.weight"].shape
    head = len(state["double_blocks.0.img_attn.norm.query_norm.scale"])
    model = LandmarkFluxTransformer(
        in_channels=channels,
        out_channels=len(state["final_layer.linear.weight"]),
        num_layers=_count(state, "double_blocks."),
        num_single_layers=_count(state, "single_blocks."),
        attention_head_dim=head,
        num_attention_heads=width // head,
        joint_attention_dim=state["txt_in.weight"].shape[1],
        pooled_projection_dim=state["vector_in.in_layer.weight"].shape[1],
        axes_dims_rope=axes,
    )
    model.add_landmarks(state["landmark_in.weight"].shape[1])
    return model


def _count(state: Mapping[str, Tensor], prefix: str) -> int:
    return len({name.split(".")[1] for name in state if name.startswith(prefix)})


def _placed(state: Mapping[str, Tensor], width: int) -> Iterator[tuple[str, Tensor]]:
    """Give every tensor with its place; what has none keeps its name, and is refused for it."""
    places: dict[str, str] = dict(_LAYERS)
    joined: dict[str, tuple[str, ...]] = {}
    for kind, ours, layers, norms, several in (
        ("double_blocks", "transformer_blocks", _DOUBLE, _DOUBLE_NORMS, _DOUBLE_JOINED),
        ("single_blocks", "single_transformer_blocks", _SINGLE, _SINGLE_NORMS, _SINGLE_JOINED),
    ):
        for number in range(_count(state, f"{kind}.")):
            start, end = f"{kind}.{number}.", f"{ours}.{number}."
            places |= {start + name: end + place for name, place in {**layers, **norms}.items()}
            joined |= {
                start + name: tuple(end + one for one in places_of)
                for name, places_of in several.items()
            }
    for name, tensor in state.items():
        layer, _, kind = name.rpartition(".")
        if layer in joined:
            parts = joined[layer]
            sizes = [width] * 3 + [len(tensor) - 3 * width] * (len(parts) - 3)
            for part, piece in zip(parts, tensor.split(sizes), strict=True):
                yield f"{part}.{kind}", piece
        elif layer == "final_layer.adaLN_modulation.1":
            shift, scale = tensor.chunk(2)  # diffusers has the scale first
            yield f"norm_out.linear.{kind}", torch.cat([scale, shift])
        else:
            yield f"{places.get(layer, layer)}.{'weight' if kind == 'scale' else kind}", tensor
