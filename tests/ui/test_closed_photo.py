"""A page that was closed: nothing of its photo is left in the memory of the server."""

from __future__ import annotations

import io
import signal
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
import waiting
from asking import answer_of, ask
from PIL import Image
from serving import places, served, small_app

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is read from /proc"
)

#: Sixteen pixels that are nowhere but in the photo, and at how many places there.
SAMPLE = np.random.default_rng(7).integers(0, 256, (16, 3), np.uint8)
SAMPLES = 82


def left_in(process: int) -> int:
    """How often the sample is in the memory of a process, red or blue first."""
    count = 0
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text(encoding="ascii").splitlines():
            area, rights, _, _, node, *_ = line.split(maxsplit=5)
            if not rights.startswith("rw") or node != "0":  # a file's own content
                continue
            start, end = (int(one, 16) for one in area.split("-"))
            memory.seek(start)
            try:
                content = memory.read(end - start)
            except OSError:  # given back meanwhile
                continue
            count += content.count(SAMPLE.tobytes())
            count += content.count(SAMPLE[:, ::-1].tobytes())
    return count


def test_a_closed_page_leaves_no_sample_of_its_photo(astronaut, tmp_path):
    pixels = astronaut.copy()
    for number in range(SAMPLES):
        pixels[6 * number, 8:24] = SAMPLE
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    with served(small_app(session_minutes=5), places(tmp_path)) as server:
        number = server.process.pid
        with httpx.Client(base_url=server.base, timeout=120) as client:
            token = client.post("/ld/session").json()["token"]
            photo = answer_of(ask(client, token, "single/photo", file=buffer.getvalue()))
            answer_of(ask(client, token, "single/warp", photo["settings"]))
            assert left_in(number) >= SAMPLES
            client.post(f"/ld/session/{token}/close")
            waiting.until(lambda: left_in(number) == 0)
        server.stop(signal.SIGTERM)
