"""Portraits of the CC0 head, drawn at test time, by the name that tests know."""

from landmarkdiff.synthetic.portraits import SKINS, Look, portrait

__all__ = ["SKINS", "Look", "portrait"]
