"""A small server on the loopback for test pages, pictures and models."""

from __future__ import annotations

import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

STATIC = Path(__file__).resolve().parents[2] / "landmarkdiff" / "ui" / "static"
PAGES = Path(__file__).resolve().parent
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
    ".bin": "application/octet-stream",
    ".txt": "text/plain; charset=utf-8",
}


class Site:
    """A server on the loopback that serves the static folder, test pages, and bytes by name."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self.files))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def put(self, name: str, data: bytes) -> str:
        """Serve bytes under a name; return its path."""
        self.files[f"/files/{name}"] = data
        return f"/files/{name}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, files: dict[str, bytes], *arguments: object) -> None:
        self.files = files
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        data = self._found()
        if data is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", MEDIA_TYPES[Path(urlsplit(self.path).path).suffix])
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        """Take what a page hands over; it is served under the same name."""
        path = urlsplit(self.path).path
        if not path.startswith("/files/"):
            self.send_error(404)
            return
        self.files[path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def _found(self) -> bytes | None:
        path = urlsplit(self.path).path
        if path in self.files:
            return self.files[path]
        for prefix, folder in (("/static/", STATIC), ("/pages/", PAGES)):
            file = (folder / path.removeprefix(prefix)).resolve()
            if path.startswith(prefix) and file.is_relative_to(folder) and file.is_file():
                return file.read_bytes()
        return None

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""
