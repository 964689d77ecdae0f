"""One photo for many tests, none of which decides what another finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from landmarkdiff.inference import PreparedFace

#: What is found in a photo, whatever the plan.
OF_THE_PHOTO = {"glasses", "covers", "light", "eyes", "ears", "front", "crease_skin", "visible"}


class Found(dict[Any, Any]):
    """What is found for one test; what no plan decides is handed on to the next."""

    def __init__(self, shared: dict[Any, Any]) -> None:
        super().__init__({key: shared[key] for key in OF_THE_PHOTO & shared.keys()})
        self._shared = shared

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        if key in OF_THE_PHOTO:
            self._shared[key] = value


def untouched(face: PreparedFace) -> PreparedFace:
    """The same photo, of which only that is found which does not depend on a plan.

    Control points are chosen once for a photo, at the first intensity: a test that finds them
    decides no other.
    """
    face.covers()
    return replace(face, _found=Found(face._found))
