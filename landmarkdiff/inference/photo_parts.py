"""What the pictures of a face need of its photo alone, made beside other work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from landmarkdiff.light.photo import photo_light
from landmarkdiff.manipulation.eyes import eye_layers
from landmarkdiff.manipulation.mouth import mouth_layer
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = ["begin_photo_parts", "photo_parts"]


def photo_parts(prepared: PreparedFace) -> tuple[Callable[[], object], ...]:
    """Return what makes each part: the light of the photo, and what lies behind lids and lips.

    Each is made once for a photo, whatever the plan, and half of what the first picture waits for.
    """
    if isinstance(prepared, PreparedProfile):
        return (lambda: photo_light(prepared),)
    return lambda: photo_light(prepared), lambda: _layers(prepared)


def _layers(prepared: PreparedFace) -> None:
    mouth = mouth_layer(prepared)
    for layer in (*(() if mouth is None else (mouth,)), *eye_layers(prepared)):
        _ = layer.colours  # completes it


def begin_photo_parts(prepared: PreparedFace) -> tuple[threading.Thread, ...]:
    """Begin to make the parts, each in a thread, once for a photo, and return the threads.

    What fails fails again, and is said, where the part is needed. A program that ends waits for
    them: a daemon thread that is in compiled code while Python ends would abort it.
    """

    def begun() -> tuple[threading.Thread, ...]:
        threads = tuple(
            threading.Thread(target=_try, args=(make,), name="photo parts")
            for make in photo_parts(prepared)
        )
        for thread in threads:
            thread.start()
        return threads

    threads: tuple[threading.Thread, ...] = prepared.once("photo parts", begun)
    return threads


def _try(make: Callable[[], object]) -> None:
    with suppress(Exception), one_blas_thread():  # said by whoever needs the part
        make()
