"""A real nginx before the app, configured as the documentation says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: The path below which it shows the app.
ROOT = "/landmarkdiff"
DEPLOYMENT = Path(__file__).resolve().parents[1] / "docs" / "how-to" / "deployment.md"
NGINX = shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))


def documented(port: int, app: str, certificate: Path, key: Path) -> str:
    """The documentation's server, with the ports, names and files of this machine."""
    found = re.search(r"```nginx\n(.*?)```", DEPLOYMENT.read_text(encoding="utf-8"), re.S)
    assert found is not None
    server = found[1]
    for said, here in {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "server_name simulation.clinic.example;": "server_name localhost;",
        "/etc/ssl/clinic.pem": str(certificate),
        "/etc/ssl/private/clinic.key": str(key),
        "location / {": f"location {ROOT}/ {{",
        "proxy_pass http://127.0.0.1:7860;": f"proxy_pass {app};",
    }.items():
        assert server.count(said) == 1, said
        server = server.replace(said, here)
    return server


@contextmanager
def proxied(server: str, folder: Path) -> Iterator[None]:
    """Run nginx with a server; stop it at the end."""
    stores = "\n".join(
        f"{kind}_temp_path {folder / kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; master_process off; pid {folder / 'nginx.pid'};\n"
        f"error_log {folder / 'error.log'} warn;\n"
        f"events {{}}\nhttp {{\n{stores}\n{server}\n}}\n"
    )
    command = [str(NGINX), "-p", str(folder), "-c", str(configuration), "-e", "stderr"]
    process = subprocess.Popen(command)
    try:
        # It is written once the port is nginx's own.
        while not (folder / "nginx.pid").exists():
            try:
                process.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError("nginx did not start")
        yield
    finally:
        process.terminate()
        process.wait()
