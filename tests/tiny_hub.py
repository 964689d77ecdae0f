"""A model hub of our own on this machine, with a tiny model in it, and the faults of networks."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from landmarkdiff.weights import catalogue

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "people/tiny"


def safetensors(values: dict[str, list[int]], metadata: dict[str, str] | None = None) -> bytes:
    """A checkpoint of unsigned bytes, written by hand as the format says."""
    header: dict[str, object] = {} if metadata is None else {"__metadata__": metadata}
    data = b""
    for name, numbers in values.items():
        span = [len(data), len(data) + len(numbers)]
        header[name] = {"dtype": "U8", "shape": [len(numbers)], "data_offsets": span}
        data += bytes(numbers)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


#: A tiny ControlNet: a small file, which git holds, and a large one.
CONFIG = b'{"_class_name": "ControlNetModel"}\n'
CHECKPOINT = safetensors({"weight": list(range(256)) * 4000})
FILES = {"sub/config.json": CONFIG, "sub/model.fp16.safetensors": CHECKPOINT}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def git_object(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def entry(name: str = "tiny", *, pinned: bool = True, **changes: object) -> dict[str, object]:
    """A model of the catalogue, as data."""
    facts: dict[str, object] = {
        "name": name,
        "kind": "controlnet",
        "repository": REPOSITORY,
        "revision": COMMIT,
        "subfolder": "sub",
        "variant": "fp16",
        "precision": "fp16",
        "licence": "MIT",
        "commercial_use": True,
        "conditioning": "depth",
        "purpose": "tests",
        "files": [
            {
                "path": path,
                "size": len(data) if pinned else None,
                "sha256": sha256(data) if pinned else None,
            }
            for path, data in FILES.items()
        ],
    }
    if not pinned:
        facts["about_mb"] = 1
    return {**facts, **changes}


#: The package's own catalogue, as data: files, models, sets.
_REAL = yaml.safe_load(catalogue._FILE.read_text(encoding="utf-8"))
REAL_MODELS: list[dict[str, object]] = [one for one in _REAL["entries"] if "repository" in one]
_REAL_FILES = [one for one in _REAL["entries"] if "repository" not in one]


def use_catalogue(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *models: dict[str, object],
    sets: dict[str, list[str]] | None = None,
) -> Path:
    """Read the models from a catalogue of the test's own; the single files are the real ones."""
    data = {"entries": [*_REAL_FILES, *models], "sets": sets or {}}
    text = yaml.safe_dump(data).encode()
    file = folder / f"catalogue-{sha256(text)[:16]}.yaml"  # another text, another file
    file.write_bytes(text)
    monkeypatch.setattr(catalogue, "_FILE", file)
    return file


def place(store: Path, name: str = "tiny", files: dict[str, bytes] = FILES) -> Path:
    """Put a model into a weights folder by hand, as in a clinic without a network."""
    root = store / "models" / name
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def cache(home: Path) -> Path:
    """The user's own weights folder where ``home`` holds all caches."""
    return home / "home" / "landmarkdiff" / "weights"


@dataclass
class Hub:
    """What the hub holds, how it misbehaves, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    commit: str = COMMIT
    ranges: bool = True
    #: Bytes of an answer after which the connection breaks, one for each answer to come.
    breaks: list[int] = field(default_factory=list)
    #: Bytes sent in place of those that the hub states.
    sends: dict[str, bytes] = field(default_factory=dict)
    states_sums: bool = True
    redirect_to: str | None = None
    #: (method, path, Range)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def received(self, path: str) -> list[str | None]:
        """Ranges that were asked for when a file was fetched from where it lies."""
        return [asked[2] for asked in self.asked if asked[:2] == ("GET", f"/far/{path}")]


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:  # the name of the base
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = self.hub
        hub.asked.append((self.command, self.path, self.headers.get("Range")))
        start = f"/{REPOSITORY}/resolve/{COMMIT}/"
        if self.path.startswith("/far/"):
            self._send(self.path.removeprefix("/far/"))
        elif self.path.startswith("/moved/"):
            self._redirect(self.path.replace("/moved/tiny", f"/{REPOSITORY}"))
        elif self.path.startswith(start) and self.path.removeprefix(start) in hub.files:
            self._resolve(self.path.removeprefix(start))
        else:
            self._status(404)

    def _resolve(self, path: str) -> None:
        data = self.hub.files[path]
        large = path.endswith(".safetensors")
        tag = sha256(data) if large else git_object(data)
        headers = {"X-Repo-Commit": self.hub.commit}
        if self.hub.states_sums:
            headers |= {"X-Linked-ETag" if large else "ETag": f'"{tag}"'}
        if large:  # lies elsewhere, as on the hub: "localhost" is another host than "127.0.0.1"
            headers["X-Linked-Size"] = str(len(data))
            far = self.hub.redirect_to or f"http://localhost:{self.hub.port}/far/{path}"
            self._redirect(far, headers)
        else:
            self._send(path, headers)

    def _redirect(self, place: str, headers: dict[str, str] | None = None) -> None:
        self._status(302, {"Location": place, **(headers or {})})

    def _status(self, code: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": "0", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, path: str, headers: dict[str, str] | None = None) -> None:
        hub = self.hub
        data = hub.sends.get(path, hub.files.get(path, b""))
        wanted = self.headers.get("Range")
        begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and hub.ranges else 0
        if begin and begin >= len(data):
            self._status(416)
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        if self.command == "HEAD":
            return
        rest = data[begin:]
        if hub.breaks:
            rest = rest[: hub.breaks.pop(0)]
            self.close_connection = True
        self.wfile.write(rest)


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Run a hub on a free port of this machine until the block ends."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
