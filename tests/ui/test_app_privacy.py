"""A whole session under strace: nothing is looked up, connected to, or left on the disk."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import httpx
import pytest
from PIL import Image
from serving import files_in, places, served

TRACED = "socket,connect,sendto,sendmsg,sendmmsg,bind,openat,creat,unlink,unlinkat"
APP = [sys.executable, "-m", "landmarkdiff", "app", "--no-browser"]
LOOPBACK = re.compile(r'inet_addr\("127\.0\.0\.1"\)')

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def strace(log):
    return ["strace", "-f", "-qq", "-s", "256", "-e", f"trace={TRACED}", "-o", str(log)]


@pytest.fixture(scope="module")
def portrait(astronaut):
    buffer = io.BytesIO()
    Image.fromarray(astronaut).save(buffer, "JPEG")
    return buffer.getvalue()


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
        facts = client.post(
            f"/ld/{token}/photo", content=portrait, headers={"X-Name": "Jane%20Doe.jpg"}
        )
        assert facts.status_code == 200, facts.text
        blob = re.search(r'"display": ?"([\w-]+)"', facts.text)[1]
        assert client.get(f"/ld/{token}/blob/{blob}").content.startswith(b"\xff\xd8")
        live = client.post(f"/ld/{token}/live", json=facts.json()["settings"])
        assert live.status_code == 200, live.text
        config = client.get(f"/{language}/config").json()
        events = [one for one in config["dependencies"] if one["backend_fn"]]
        for index, event in enumerate(events):
            name = f"strace{index:04d}"
            body = {"data": [None] * len(event["inputs"]), "fn_index": event["id"]}
            joined = client.post(
                f"/{language}/gradio_api/queue/join", json={**body, "session_hash": name}
            )
            if joined.status_code == 200:
                address = f"/{language}/gradio_api/queue/data?session_hash={name}"
                with client.stream("GET", address) as stream:
                    assert "process_completed" in stream.read().decode()
        client.post(f"/ld/session/{token}/close")


def painting_session(base, portrait):
    """A photo whose warp a network repaints."""
    with httpx.Client(base_url=base, timeout=120) as client:
        token = client.post("/ld/session").json()["token"]
        photo = client.post(f"/ld/{token}/photo", content=portrait).json()
        wanted = {**photo["settings"], "mode": "controlnet_ip"}
        told = client.post(f"/ld/{token}/repaint", json=wanted).text.splitlines()
        made = json.loads(told[-1])
        assert "refused" in made, made
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
            time.sleep(1)
        finally:  # strace alone would leave the app behind
            (pid,) = re.findall(r"^(\d+) ", log.read_text(errors="replace"))[:1]
            os.kill(int(pid), signal.SIGTERM)
        assert server.process.wait(30) == 0
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


def test_no_picture_stays_after_the_time(portrait, tmp_path):
    environment = places(tmp_path)
    with served([*APP, "--session-minutes", "0.05"], environment) as server:
        with httpx.Client(base_url=server.base, timeout=120) as client:
            client.get("/en/")
            token = client.post("/ld/session").json()["token"]
            answer = client.post(f"/ld/{token}/photo", content=portrait)
            assert answer.status_code == 200, answer.text
            time.sleep(4)
            assert client.post(f"/ld/{token}/live", json={}).status_code == 404
        kept = [name for folder in ("home", "tmp") for name in files_in(tmp_path / folder)]
        assert [name for name in kept if not name.endswith(".lock")] == []
        server.stop(signal.SIGTERM)
    assert files_in(tmp_path / "home") == []


def test_what_the_page_says_of_itself_holds_no_address(tmp_path):
    with served(APP, places(tmp_path)) as server:
        text = httpx.get(f"{server.base}/en/").text
        config = json.dumps(httpx.get(f"{server.base}/en/config").json())
        assert str(tmp_path) not in text + config
        server.stop(signal.SIGTERM)
