"""The texture of a fitted head, from all photos of it."""

from __future__ import annotations

from landmarkdiff.head.texture.make import HeadTexture, TexturePhoto, head_texture

__all__ = ["HeadTexture", "TexturePhoto", "head_texture"]
