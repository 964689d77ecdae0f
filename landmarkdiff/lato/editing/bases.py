"""Networks from a local folder: FLUX.2 klein, and the published transformer's layout.

Nothing here asks a hub for anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from landmarkdiff.configuration import LatoChoice
from landmarkdiff.errors import ModeUnavailableError
from landmarkdiff.lato.editing.codecs import Codec, Flux2Codec
from landmarkdiff.lato.editing.condition import coder_of
from landmarkdiff.lato.editing.denoiser import EditDenoiser, Words
from landmarkdiff.lato.editing.editor import EditNetworks
from landmarkdiff.lato.editing.folder import missing_parts
from landmarkdiff.lato.editing.weights import read_trained
from landmarkdiff.lato.tokenizer.model import CODE_WIDTH
from landmarkdiff.lato.tokenizer.released import released_tokenizer
from landmarkdiff.lato.tokenizer.shipped import shipped_tokenizer
from landmarkdiff.lato.transformer.flux import LandmarkFlux2Transformer
from landmarkdiff.lato.transformer.released import read_released
from landmarkdiff.weights.checkpoints import check_own_model
from landmarkdiff.weights.reading import readable

__all__ = ["check_folder", "klein_networks", "released_networks"]

#: How much of an instruction is read, and by which layers; klein's own pipeline pads all to 512.
_KLEIN = LatoChoice()


def check_folder(folder: Path) -> None:
    """Raise ModeUnavailableError where a folder is no base in diffusers' layout."""
    if lacking := missing_parts(folder):
        raise ModeUnavailableError("edit_base_missing", path=str(folder), parts=lacking)


def klein_networks(
    folder: Path,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
    trained: Path | None = None,
    most_tokens: int = _KLEIN.most_tokens,
    layers: tuple[int, ...] = _KLEIN.text_layers,
) -> EditNetworks:
    """Read FLUX.2 klein and what was trained on it.

    Parameters
    ----------
    folder : Path
        In diffusers' layout.
    device : str
    dtype : torch.dtype
        Of transformer, autoencoder and language model.
    trained : Path, optional
        A file of :func:`~landmarkdiff.lato.editing.weights.write_trained`; without it the adapter
        is at its random start, and landmarks have no meaning yet.
    most_tokens : int
        Of an instruction; longer ones are cut.
    layers : tuple of int
        Layers of the language model whose states are read; these are klein's.

    Raises
    ------
    ModeUnavailableError
        A part of the base is missing.
    WeightsError
        A part, or what was trained, is damaged, would be unpickled, or does not fit.
    """
    check_folder(folder)
    check_own_model(folder)
    from diffusers import Flux2KleinPipeline

    with readable(folder.name):
        transformer = LandmarkFlux2Transformer.from_pretrained(
            folder / "transformer", dtype=dtype, local_files_only=True
        )
        pipeline = Flux2KleinPipeline.from_pretrained(
            folder, transformer=transformer, dtype=dtype, local_files_only=True
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        transformer.add_landmarks(CODE_WIDTH)
    denoiser = EditDenoiser(transformer).eval().requires_grad_(False)
    if trained is not None:
        read_trained(denoiser, trained)
    denoiser.requires_grad_(False)
    denoiser.to(dtype=dtype)
    for part in (denoiser, pipeline.vae, pipeline.text_encoder):
        part.to(device)
    for part in (pipeline.vae, pipeline.text_encoder):
        part.eval().requires_grad_(False)

    def read(texts: list[str]) -> Words:
        with torch.no_grad():
            states, _ = pipeline.encode_prompt(
                texts,
                device=torch.device(device),
                max_sequence_length=most_tokens,
                text_encoder_out_layers=layers,
            )
        return Words(states)

    return EditNetworks(denoiser, Flux2Codec(pipeline.vae), read, coder_of(shipped_tokenizer()))


def released_networks(
    transformer: Mapping[str, Tensor],
    tokenizer: Mapping[str, Tensor],
    codec: Codec,
    read: Callable[[list[str]], Words],
    axes: tuple[int, int, int] = (16, 56, 56),
) -> tuple[EditNetworks, dict[str, Any]]:
    """Put the published transformer and tokenizer together.

    Parameters
    ----------
    transformer, tokenizer : mapping of name to tensor
        The two checkpoints.
    codec : Codec
        :class:`~landmarkdiff.lato.editing.codecs.FluxCodec` of its autoencoder.
    read : callable
        Gives the words: the published ones are states of a language model that went through the
        checkpoint's connector.
    axes : tuple of int
        As of :func:`~landmarkdiff.lato.transformer.released.read_released`.

    Returns
    -------
    networks : EditNetworks
        Its tokens for no landmarks are at their random start: take a weight of 1 for landmarks
        until they are trained.
    connector : dict of name to tensor

    Raises
    ------
    ValueError
        A checkpoint has another layout.
    """
    model, connector = read_released(transformer, axes)
    denoiser = EditDenoiser(model).eval().requires_grad_(False)
    coder = coder_of(released_tokenizer(tokenizer).eval().requires_grad_(False))
    return EditNetworks(denoiser, codec, read, coder), connector
