"""One person of a load on the app: what a page does, over plain HTTP.

The page's own protocol: a session, a photo, its live model, then one warp after another, some of
them checked. Every photo carries a colour of its own in its corner, so a picture that came from
someone else's photo is noticed.
"""

from __future__ import annotations

import io
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np
from PIL import Image

from landmarkdiff.arrays import ImageArray

__all__ = ["Person", "photo_of", "together"]

#: Side of the coloured corner, pixels.
CORNER = 48
#: Colours survive JPEG within this much.
COLOUR_TOLERANCE = 12


def photo_of(portrait: ImageArray, number: int) -> tuple[bytes, tuple[int, int, int]]:
    """Return a person's photo as PNG, and the colour in its corner."""
    turned = portrait[:, ::-1] if number % 2 else portrait
    photo = np.ascontiguousarray(turned)
    colour = (40 * (number % 4) + 60, 50 * (number // 4) + 90, 255 - 25 * number)
    photo[:CORNER, :CORNER] = colour
    held = io.BytesIO()
    Image.fromarray(photo).save(held, "PNG")
    return held.getvalue(), colour


@dataclass
class Person:
    """One page.

    Attributes
    ----------
    url : str
        Root of the app.
    photo : bytes
    colour : 3 ints
        What every picture of this person shows in its corner.
    waits_ms : list of float
        From each question to its picture, decoded.
    failures : list of str
    """

    url: str
    photo: bytes
    colour: tuple[int, int, int]
    waits_ms: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        headers = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        # The app ends a connection that is idle for 5 s, and one that is used in that very moment
        # is reset. A browser asks again by itself; here it is let go earlier.
        self._http = httpx.Client(
            base_url=self.url,
            headers=headers,
            timeout=60,
            trust_env=False,
            limits=httpx.Limits(keepalive_expiry=2.0),
        )

    def arrive(self) -> None:
        """Open the page, send the photo and fetch the live model."""
        self._http.get("/en/").raise_for_status()
        self._token = self._http.post("/ld/session").raise_for_status().json()["token"]
        self._settings = self._ask("single/photo", {"name": "photo.png"}, self.photo)["settings"]
        self._fetch(self._ask("single/model", self._settings)["model"])

    def preview(self, number: int) -> None:
        """Ask for one picture, look at it, and check it against the plan every fifth time."""
        intensity = {"rhinoplasty": float(20 + (37 * number) % 80)}
        started = time.perf_counter()
        warp = self._ask("single/warp", {**self._settings, "intensity": intensity})
        file = io.BytesIO(self._fetch(warp["picture"]))
        picture = np.asarray(Image.open(file).convert("RGB"))
        self.waits_ms.append(1e3 * (time.perf_counter() - started))
        seen = picture[4 : CORNER - 4, 4 : CORNER - 4].reshape(-1, 3).astype(int)
        if np.abs(np.median(seen, axis=0) - self.colour).max() > COLOUR_TOLERANCE:
            self.failures.append("a picture of someone else")
        if number % 5 == 0:
            self._ask("single/check", {})

    def leave(self) -> None:
        """Close the page."""
        self._http.post(f"/ld/session/{self._token}/close")
        self._http.close()

    def _ask(self, kind: str, question: dict[str, Any], file: bytes | None = None) -> Any:
        """Return the answer; an AssertionError has the code of an error instead."""
        text = json.dumps(question)
        headers = {} if file is None else {"X-Question": quote(text)}
        address = f"/ld/{self._token}/ask/{kind}"
        reply = self._http.post(address, content=file or text, headers=headers).raise_for_status()
        last = json.loads(reply.text.splitlines()[-1])
        assert "answer" in last, last["code"]
        return last["answer"]

    def _fetch(self, blob: str) -> bytes:
        return self._http.get(f"/ld/{self._token}/blob/{blob}").raise_for_status().content


def together(people: list[Person], previews: int) -> None:
    """Let everybody ask for their share of the previews at the same time.

    A failure of any kind is noted with the person it happened to.
    """

    def work(person: Person, numbers: range) -> None:
        for number in numbers:
            try:
                person.preview(number)
            except (httpx.HTTPError, AssertionError, KeyError, OSError) as failure:
                person.failures.append(f"{type(failure).__name__} {failure}")

    share = previews // len(people)
    threads = [
        threading.Thread(target=work, args=(person, range(1, share + 1))) for person in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
