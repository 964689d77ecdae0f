"""The tokenizer that the package carries."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from safetensors.torch import load

from landmarkdiff.lato.tokenizer.model import LandmarkTokenizer, TokenizerShape

__all__ = ["shipped_tokenizer"]


@cache
def shipped_tokenizer() -> LandmarkTokenizer:
    """Return the tokenizer that comes with the package, read once per process.

    It was trained by ``landmarkdiff train lato-tokenizer`` with the recipe in ``tokenizer.json``
    beside its weights, which also has its figures.
    """
    folder = resources.files(__package__)
    card = json.loads(folder.joinpath("tokenizer.json").read_text(encoding="utf-8"))
    model = LandmarkTokenizer(TokenizerShape(**card["shape"]))
    held = load(folder.joinpath("tokenizer.safetensors").read_bytes())
    model.load_state_dict({name: one.float() for name, one in held.items()})
    model.eval().requires_grad_(False)
    return model
