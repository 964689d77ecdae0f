"""Photos of nobody: heads of the embedded model, drawn, with a list that says who is who."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from landmarkdiff.analysis.tone import FITZPATRICK_TYPES
from landmarkdiff.arguments import whole_number
from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import head_model
from landmarkdiff.photo import write_jpeg, write_text
from landmarkdiff.runtime.threads import one_blas_thread
from landmarkdiff.synthetic.portraits import SKINS, Look, portrait
from landmarkdiff.synthetic.sources import LIST_COLUMNS

__all__ = [
    "LICENCE",
    "LIST_FILE",
    "list_drawn",
    "look_of",
    "render_photo",
    "render_photos",
    "shape_of",
    "tone_of",
]

Colour = tuple[int, int, int]
LIST_FILE = "photos.csv"
#: The head is MakeHuman's.
LICENCE = "CC0-1.0"
#: Photos of one person differ in pose, expression and light.
PHOTOS_PER_PERSON = 2
#: Height and width of a picture and pixels per millimetre of the face.
SIZE, PX_PER_MM = (768, 640), 2.7
#: From the camera, mm: a portrait lens.
DISTANCE_MM = 1200.0
HAIRS = ((24, 18, 16), (60, 42, 32), (98, 70, 46), (160, 124, 80), (150, 146, 142))
IRISES = ((86, 62, 42), (60, 40, 26), (98, 120, 140), (92, 110, 80))
#: Units of expression that a patient may show in a consultation, and how much of each.
EXPRESSIONS = {"mouthSmileLeft": 0.35, "mouthSmileRight": 0.35, "browInnerUp": 0.3}
#: The shape is drawn as the model's prior has it, less its tails.
MOST_SD = 2.0


def render_photos(
    count: int,
    out: Path,
    *,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> Path:
    """Draw photos into a folder and list them; a picture that is there is left.

    Parameters
    ----------
    count : int
        Photos; two of them show one person.
    out : Path
    seed : int
    progress : callable, optional
        Told how many are done, of how many, and the name of the last.

    Returns
    -------
    Path
        The list, for ``landmarkdiff data make``.
    """

    def row(number: int) -> list[str]:
        person = number // PHOTOS_PER_PERSON
        return [f"head-{seed}-{person:07d}", LICENCE, tone_of(person)]

    named = f"head-{seed}-{{:07d}}.jpg"
    return list_drawn(count, out, seed, ("tone",), named, render_photo, row, progress)


def list_drawn(
    count: int,
    out: Path,
    seed: int,
    more_columns: Sequence[str],
    named: str,
    draw: Callable[[int, int], ImageArray],
    row: Callable[[int], Sequence[str]],
    progress: Callable[[int, int, str], None] | None,
) -> Path:
    """Draw photos into a folder and list them; a picture that is there is left.

    Parameters
    ----------
    count : int
    out : Path
    seed : int
    more_columns : sequence of str
        Of the list, after file, person and licence.
    named : str
        Name of a file, with a place for the number.
    draw : callable
        ``draw(seed, number)`` gives a photo: (H, W, 3) uint8, RGB.
    row : callable
        ``row(number)`` gives what the list says of it, from the person on.
    progress : callable, optional
        As of :func:`render_photos`.

    Returns
    -------
    Path
        The list.
    """
    whole_number("count", count, 1, 10_000_000)
    whole_number("seed", seed, 0, 2**63 - 1)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow((*LIST_COLUMNS, *more_columns))
    for number in range(count):
        name = named.format(number)
        if not (out / name).exists():
            write_jpeg(out / name, draw(seed, number))
        rows.writerow((name, *row(number)))
        if progress is not None:
            progress(number + 1, count, name)
    write_text(out / LIST_FILE, text.getvalue())
    return out / LIST_FILE


def render_photo(seed: int, number: int) -> ImageArray:
    """Draw one photo: (768, 640, 3) uint8 RGB, a function of seed and number alone."""
    person = number // PHOTOS_PER_PERSON
    who = np.random.default_rng([seed, person])
    rng = np.random.default_rng([seed, person, number])
    model = head_model()
    shape = shape_of(who)
    smile = {name: share * rng.random() for name, share in EXPRESSIONS.items()}
    height, width = SIZE
    camera = HeadCamera.turned(
        float(rng.uniform(-15, 15)),
        float(rng.uniform(-6, 6)),
        float(rng.uniform(-5, 5)),
        px_per_mm=PX_PER_MM * float(rng.uniform(0.92, 1.05)),
        shift=(width / 2 + rng.uniform(-10, 10), 0.44 * height + rng.uniform(-10, 10)),
        distance_mm=DISTANCE_MM,
    )
    look = look_of(who, person, rng)
    with one_blas_thread():
        return portrait(model, model.surface(shape, smile), camera, look, SIZE)


def tone_of(person: int) -> str:
    """Return the apparent tone of a drawn person, I to VI."""
    return FITZPATRICK_TYPES[person % len(SKINS)]


def shape_of(who: np.random.Generator) -> FloatArray:
    """Draw the shares of a head's shape."""
    return np.clip(who.normal(size=len(head_model().identity_names)), -MOST_SD, MOST_SD)


def look_of(who: np.random.Generator, person: int, photo: np.random.Generator) -> Look:
    """Draw the look of a photo: colours of the person; light, wall and camera of the photo.

    Photos of one person in one light have the person's random numbers for both.
    """
    hair, iris, skin = _colours(who, person)
    return Look(
        skin=skin,
        hair=hair,
        iris=iris,
        light=(float(photo.uniform(-0.7, 0.7)), float(photo.uniform(0.1, 0.7)), 0.8),
        ambient=float(photo.uniform(0.35, 0.6)),
        shine=float(photo.uniform(0.0, 0.08)),
        background=_wall(photo),
        noise=float(photo.uniform(0.8, 2.5)),
        seed=int(photo.integers(2**31)),
    )


def _colours(who: np.random.Generator, person: int) -> tuple[Colour, Colour, Colour]:
    """Draw the colours of hair, irises and skin."""
    hair = HAIRS[who.integers(len(HAIRS))]
    iris = IRISES[who.integers(len(IRISES))]
    skin = np.array(SKINS[person % len(SKINS)]) + who.uniform(-8, 8)
    return hair, iris, _code(skin)


def _code(colour: np.ndarray) -> Colour:
    red, green, blue = np.clip(np.rint(colour), 0, 255).astype(int).tolist()
    return red, green, blue


def _wall(rng: np.random.Generator) -> ImageArray:
    """A wall of some colour in uneven light, (H, W, 3): no two photos have the same."""
    height, width = SIZE
    coarse = rng.normal(1.0, 0.12, (4, 3, 1)) * rng.uniform(70, 190, 3)
    small = np.clip(coarse, 0, 255).astype(np.float32)
    smooth = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth, 0, 255).astype(np.uint8)
