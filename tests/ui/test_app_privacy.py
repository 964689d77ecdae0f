"""A whole session under strace: nothing is looked up, connected to, or left on the disk."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys

import httpx
import pytest
import waiting
from asking import answer_of, ask
from serving import files_in, places, served

TRACED = "socket,connect,sendto,sendmsg,sendmmsg,bind,openat,creat,unlink,unlinkat"
APP = [sys.executable, "-m", "landmarkdiff", "app", "--no-browser"]
LOOPBACK = re.compile(r'inet_addr\("127\.0\.0\.1"\)')

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


#: A question of each tab, answered once there is a photo.
QUESTIONS = {
    "single/check": {},
    "single/download": {"file": "report", "patient": "Jane Doe"},
    "comparison/open": {},
    "comparison/compare": {"procedures": ["lip_lift", "rhinoplasty"]},
    "comparison/combine": {"procedures": ["lip_lift", "rhinoplasty"]},
    "sweep/open": {},
    "sweep/sweep": {"procedure": "rhinoplasty", "steps": 3},
    "analysis/open": {},
    "analysis/analyse": {},
    "views/state": {},
}


def strace(log):
    return [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-s",
        "256",
        "-e",
        f"trace={TRACED}",
        "-o",
        str(log),
    ]


def whole_session(base, portrait):
    """What a browser does: the page and all it names, a photo, a preview, an event, the end."""
    with httpx.Client(base_url=base, timeout=120) as client:
        page = client.get("/", follow_redirects=True)
        language = page.url.path.strip("/")
        for address in set(re.findall(r'(?:src|href)="\.?(/?[\w./-]+)"', page.text)):
            path = address if address.startswith(("/ld/", "/man")) else f"/{language}{address}"
            assert client.get(path).status_code == 200, path
        client.get("/ld/static/session.js")
        client.get("/manifest.webmanifest")
        token = client.post("/ld/session").json()["token"]
        photo = answer_of(ask(client, token, "single/photo", {"name": "Jane Doe.jpg"}, portrait))
        display = client.get(f"/ld/{token}/blob/{photo['display']}")
        assert display.content.startswith(b"\xff\xd8")
        settings = {**photo["settings"], "intensity": {"rhinoplasty": 60}}
        for kind in ("single/model", "single/warp"):
            answer_of(ask(client, token, kind, settings))
        for kind, question in QUESTIONS.items():
            answer_of(ask(client, token, kind, question))
        answer_of(ask(client, token, "views/add", {"name": "Jane Doe.jpg"}, portrait))
        answer_of(ask(client, token, "views/apply"))
        client.post(f"/ld/session/{token}/close")


def painting_session(base, portrait):
    """A photo whose warp a network repaints."""
    with httpx.Client(base_url=base, timeout=120) as client:
        token = client.post("/ld/session").json()["token"]
        photo = answer_of(ask(client, token, "single/photo", file=portrait))
        levels = {"rhinoplasty": 60}
        settings = {**photo["settings"], "intensity": levels, "mode": "controlnet_ip"}
        made = answer_of(ask(client, token, "single/repaint", settings))
        assert client.get(f"/ld/{token}/blob/{made['pictures'][-1]['full']}").status_code == 200
        client.post(f"/ld/session/{token}/close")


def test_a_whole_session_reaches_no_one_and_leaves_nothing(portrait, tmp_path):
    reaches_no_one(tmp_path, APP, whole_session, portrait)


def test_a_repainting_reaches_no_one_and_leaves_nothing(portrait, tmp_path, tiny_configs):
    command = [*APP, "--config", str(tiny_configs["identity"])]
    reaches_no_one(tmp_path, command, painting_session, portrait)


def reaches_no_one(tmp_path, command, session, portrait):
    log = tmp_path / "trace"
    with served([*strace(log), *command], places(tmp_path)) as server:
        try:
            session(server.base, portrait)
        finally:  # strace alone would leave the app behind
            (pid,) = re.findall(r"^(\d+) ", log.read_text(errors="replace"))[:1]
            os.kill(int(pid), signal.SIGTERM)
        assert server.process.wait(120) == 0
    trace = log.read_text(errors="replace")
    calls = re.findall(r"^\d+ +((?:connect|sendto|sendmsg|sendmmsg|bind)\(.*)$", trace, re.M)
    binds = [call for call in calls if call.startswith("bind(")]
    assert len(binds) >= 1
    assert all(LOOPBACK.search(call) for call in binds), binds
    assert [call for call in calls if call.startswith("connect(")] == []
    sent = [call for call in calls if call.startswith("send")]
    assert all(
        re.match(r"sendto\(\d+, .*NULL, 0\)|sendto\(\d+, .*, 0, NULL", call)
        or "= -1" in call
        or call.endswith("<unfinished ...>")
        for call in sent
    ), sent[:5]
    assert re.findall(r"socket\(AF_INET6?, SOCK_DGRAM|AF_NETLINK|nscd|resolv\.conf", trace) == []
    written = set(re.findall(r'openat\(\w+, "([^"]+)", [A-Z_|]*O_(?:WRONLY|RDWR)', trace))
    strays = {name for name in written if "/run-" not in name and not name.startswith("/dev/")}
    strays -= {name for name in strays if "__pycache__" in name}
    assert strays == set()
    assert files_in(tmp_path / "home") == []
    assert files_in(tmp_path / "tmp") == []


def test_the_trace_would_show_a_look_up(tmp_path):
    log = tmp_path / "trace"
    code = "import socket; socket.getaddrinfo('example.invalid', 80)"
    subprocess.run([*strace(log), sys.executable, "-c", code], check=False, capture_output=True)
    assert re.search(r"socket\(AF_INET6?, SOCK_DGRAM|nscd|resolv\.conf", log.read_text())


def test_no_picture_stays_after_the_time_and_no_page_tells_a_place(portrait, tmp_path):
    environment = places(tmp_path)
    with served([*APP, "--session-minutes", "0.05"], environment) as server:
        with httpx.Client(base_url=server.base, timeout=120) as client:
            assert str(tmp_path) not in client.get("/en/").text
            token = client.post("/ld/session").json()["token"]
            photo = answer_of(ask(client, token, "single/photo", file=portrait))
            waiting.pass_time(3.5)
            assert ask(client, token, "single/model", photo["settings"]).status_code == 404
        kept = [name for folder in ("home", "tmp") for name in files_in(tmp_path / folder)]
        assert [name for name in kept if not name.endswith(".lock")] == []
        server.stop(signal.SIGTERM)
    assert files_in(tmp_path / "home") == []
