"""One person of a load on the app: what a page does, over plain HTTP.

The page's own protocol: a session, a photo, its live model, then one picture after another through
Gradio's queue. Every photo carries a colour of its own in its corner, so a picture that came from
someone else's photo is noticed.
"""

from __future__ import annotations

import io
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from PIL import Image

from landmarkdiff.arrays import ImageArray

__all__ = ["Person", "photo_of"]


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
    first_ms: float = 0.0

    def __post_init__(self) -> None:
        headers = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)
        self._hash = secrets.token_hex(6)

    def arrive(self) -> None:
        """Open the page, send the photo and fetch the live model."""
        self._http.get("/en/").raise_for_status()
        config = self._http.get("/en/config").raise_for_status().json()
        self._function = _asking(config)
        self._token = self._http.post("/ld/session").raise_for_status().json()["token"]
        started = time.perf_counter()
        answer = self._http.post(
            f"/ld/{self._token}/photo", content=self.photo, headers={"X-Name": "photo.png"}
        )
        self._settings = answer.raise_for_status().json()["settings"]
        self._http.post(f"/ld/{self._token}/live", json=self._settings).raise_for_status()
        self.first_ms = 1e3 * (time.perf_counter() - started)

    def preview(self, number: int) -> None:
        """Ask for one picture, look at it, and check it against the plan every fifth time."""
        intensity = {"rhinoplasty": float(20 + (37 * number) % 80)}
        settings = {**self._settings, "intensity": intensity}
        started = time.perf_counter()
        reply = self._ask({"kind": "refresh", "number": number, "settings": settings})
        if "error" in reply:
            self.failures.append(reply["error"])
            return
        answer = self._http.get(f"/ld/{self._token}/blob/{reply['picture']}").raise_for_status()
        picture = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB"))
        self.waits_ms.append(1e3 * (time.perf_counter() - started))
        seen = picture[4 : CORNER - 4, 4 : CORNER - 4].reshape(-1, 3).astype(int)
        if np.abs(np.median(seen, axis=0) - self.colour).max() > COLOUR_TOLERANCE:
            self.failures.append("a picture of someone else")
        if number % 5 == 0 and "error" in self._ask({"kind": "check", "number": number}):
            self.failures.append("a check failed")

    def leave(self) -> None:
        """Close the page."""
        self._http.post(f"/ld/session/{self._token}/close")
        self._http.close()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        body = {
            "data": [self._token],
            "event_data": question,
            "fn_index": self._function,
            "trigger_id": None,
            "session_hash": self._hash,
        }
        join = self._http.post("/en/gradio_api/queue/join", json=body).raise_for_status()
        event = join.json()["event_id"]
        stream = self._http.stream(
            "GET", "/en/gradio_api/queue/data", params={"session_hash": self._hash}
        )
        with stream as lines:
            for line in lines.iter_lines():
                if not line.startswith("data:"):
                    continue
                message = json.loads(line[5:])
                if message.get("event_id") != event or message["msg"] != "process_completed":
                    continue
                answer: dict[str, Any] = json.loads(message["output"]["data"][-1])
                return answer
        return {"error": "the stream ended without an answer"}


def _asking(config: dict[str, Any]) -> int:
    """Return the number of the function that answers the first tab's questions."""
    for function in config["dependencies"]:
        if any(event == "ask" for _, event in function["targets"]):
            return int(function["id"])
    raise AssertionError("the page answers no questions")


def together(people: list[Person], previews: int) -> None:
    """Let everybody ask for their share of the previews at the same time.

    A failure of any kind is noted with the person it happened to.
    """

    def work(person: Person, numbers: range) -> None:
        for number in numbers:
            try:
                person.preview(number)
            except (httpx.HTTPError, AssertionError, KeyError, OSError) as failure:
                person.failures.append(type(failure).__name__)

    share = previews // len(people)
    threads = [
        threading.Thread(target=work, args=(person, range(1, share + 1))) for person in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
