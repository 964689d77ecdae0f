"""The folder of a base in diffusers' layout, looked at without loading it."""

from __future__ import annotations

from pathlib import Path

__all__ = ["BASE_PARTS", "missing_parts"]

#: Parts of a base, each a folder with its configuration and, of networks, safetensors.
BASE_PARTS = ("transformer", "vae", "text_encoder", "tokenizer", "scheduler")


def missing_parts(folder: Path) -> list[str]:
    """Return the parts that a folder lacks."""
    return [name for name in BASE_PARTS if not (folder / name).is_dir()]
