"""Pairs for training the transformer: two photos of a person, and the words between them.

Examples
--------
>>> from landmarkdiff.lato.data import EditExample
>>> example = EditExample(
...     source, target, source_points, target_points, source_seen, target_seen,
...     instruction="turn the head 10 degrees to the left", language="en", person="anna",
... )
"""

from __future__ import annotations

from landmarkdiff.lato.data.example import EditExample

__all__ = ["EditExample"]
