"""The server as a process: start, refusal, signals, crash, window, TLS, login at the terminal."""

from __future__ import annotations

import gc
import os
import pty
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import termios
import threading
import time
from contextlib import suppress

import httpx
import pytest
import waiting
from asking import answer_of, ask
from serving import files_in, places, served, small_app

from landmarkdiff.cli import main

APP = [sys.executable, "-m", "landmarkdiff", "app"]
#: The same, which says on SIGUSR1 whether the garbage collector is at work.
WATCHED_APP = """
import gc, signal, sys
from landmarkdiff.cli import main
say = lambda *_: print("collects" if gc.isenabled() else "rests", flush=True)
signal.signal(signal.SIGUSR1, say)
sys.exit(main(["app", "--no-browser"]))
"""


@pytest.fixture
def environment(tmp_path):
    return places(tmp_path)


def refusal(arguments, **named):
    done = subprocess.run(
        [*APP, *arguments], capture_output=True, text=True, timeout=120, check=False, **named
    )
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def upload(base, portrait, name="Jane Doe 1961.jpg"):
    """Open a page and a photo in it, the way a browser does."""
    client = httpx.Client(base_url=base, timeout=120)
    client.get("/en/")
    token = client.post("/ld/session").json()["token"]
    photo = answer_of(ask(client, token, "single/photo", {"name": name}, portrait))
    assert photo["stem"] == "Jane Doe 1961"
    return client, token, photo["display"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--host", "0.0.0.0"], "it has no users (got 0.0.0.0)"),  # noqa: S104
        (["--host", "clinic"], "the host is not an address"),
        (["--behind-proxy"], "it has no users"),
        (["--certfile", "x.pem"], "give --keyfile too"),
        (["--port", "99999"], "the port is out of range"),
        (["--session-minutes", "0"], "out of range"),
        (["--auth-file", "missing"], "cannot be read"),
        (["--add-user", "doe"], "--add-user needs the file of users"),
        (["--share"], "No such option"),
    ],
)
def test_refusals_are_one_sentence(arguments, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["app", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert sentence in said.err


def test_the_collector_is_at_work_once_the_app_is_ready(environment):
    with served([sys.executable, "-c", WATCHED_APP], environment) as server:
        assert httpx.get(f"{server.base}/ld/health", timeout=120).status_code == 200
        server.process.send_signal(signal.SIGUSR1)
        waiting.until(lambda: {"collects", "rests"} & set(server.lines))
        assert "collects" in server.lines
        assert server.stop(signal.SIGTERM) == 0


def test_the_collector_is_at_work_after_a_start_that_failed(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["app", "--port", str(taken.getsockname()[1])]) == 2
    assert "port" in capsys.readouterr().err
    assert gc.isenabled()


def test_an_auth_file_for_all_to_read_is_refused(tmp_path):
    (tmp_path / "users").write_text("")
    (tmp_path / "users").chmod(0o644)
    assert "chmod 600" in refusal(["--auth-file", "users"], cwd=tmp_path)


def test_a_missing_extra_is_named(tmp_path):
    code = (
        "import sys; sys.modules['gradio'] = None; import importlib.util as u; f = u.find_spec; "
        "u.find_spec = lambda n, *a: None if n == 'gradio' else f(n, *a); "
        "from landmarkdiff.cli import main; sys.exit(main(['app']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'landmarkdiff[app]'" in done.stderr
    assert done.stderr.count("\n") == 1


def listens(taken, port):
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(("127.0.0.1", port))
        taken.listen()
    except OSError:
        return False
    return True


def starts_beside_a_taken_port(environment):
    """Whether it was seen; another app that has the port may end before ours asks for it."""
    with socket.socket() as taken:
        ours = listens(taken, 7860)
        with served(small_app(), environment) as server:
            other = re.fullmatch(r"Port 7860 is taken; using 78\d\d\.", server.lines[0])
            assert other or not ours
            assert httpx.get(f"{server.base}/ld/health", timeout=120).json() == {"status": "ok"}
            return bool(other)


def test_a_taken_port(environment):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"127.0.0.1 port {port}" in refusal(["--port", port])
    waiting.until(lambda: starts_beside_a_taken_port(environment))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_end_it_with_streams_open_and_leave_nothing(
    number, environment, portrait, tmp_path
):
    with served(small_app(), environment) as server:
        client, token, _ = upload(server.base, portrait)
        stream = Listening(client, token)
        stream.begun()
        assert list((tmp_path / "home/cache/landmarkdiff/runs").glob("run-*/tmp"))
        assert server.stop(number) == 0
        stream.ended()
        client.close()
    assert server.lines[-1] == "LandmarkDiff has stopped."
    assert server.errors == []
    assert files_in(tmp_path / "home") == []
    assert files_in(tmp_path / "tmp") == []


class Listening:
    """Reads the stages of work that does not end by itself, in a thread."""

    def __init__(self, client, token, kind="probe/endless"):
        self._first = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(client, token, kind))
        self._thread.start()

    def _read(self, client, token, kind):
        address = f"/ld/{token}/ask/{kind}"
        with suppress(httpx.HTTPError), client.stream("POST", address, content=b"{}") as stream:
            for _ in stream.iter_lines():
                self._first.set()

    def begun(self):
        """Wait for the first stage."""
        assert self._first.wait(waiting.LONGEST)

    def ended(self):
        """Wait for the end of the answer."""
        self._thread.join(waiting.LONGEST)
        assert not self._thread.is_alive()


def test_neither_long_computing_nor_a_body_without_end_hold_it_up(environment, portrait):
    with served(small_app(), environment) as server:
        client, token, _ = upload(server.base, portrait)
        client.get("/en/")
        busy = Listening(client, token, "probe/deaf")
        busy.begun()
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        host = server.base.removeprefix("http://")
        head = f"POST /ld/{token}/ask/single/photo HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n"
        with socket.create_connection(host.split(":"), timeout=120) as slow:
            slow.sendall(f"{head}Content-Length: 1000000\r\n\r\nonly a little".encode())
            assert client.get("/ld/health").json() == {"status": "ok"}
            assert server.stop(signal.SIGTERM) == 0
            busy.ended()
        client.close()


def test_what_a_killed_server_left_goes_at_the_next_start(environment, portrait, tmp_path):
    runs = tmp_path / "home/cache/landmarkdiff/runs"
    with served(small_app(), environment) as server:
        upload(server.base, portrait)[0].close()
        server.stop(signal.SIGKILL)
    (left,) = runs.glob("run-*/")
    assert files_in(tmp_path / "home") == [f"cache/landmarkdiff/runs/{left.name}.lock"]
    (left / "tmp" / "spooled.jpg").write_bytes(portrait)  # as a library might have
    with served(small_app(), environment) as server:
        assert not left.exists()
        assert server.stop(signal.SIGTERM) == 0
    assert files_in(tmp_path / "home") == []


def test_a_stop_while_it_starts_leaves_nothing(environment, tmp_path):
    runs = tmp_path / "home/cache/landmarkdiff/runs"
    process = subprocess.Popen(small_app(), env={**os.environ, **environment})
    waiting.until(lambda: list(runs.glob("run-*/tmp")))
    process.terminate()
    assert process.wait(120) == 0
    assert files_in(tmp_path / "home") == []
    assert list(runs.iterdir()) == []


def test_logs_hold_no_name_and_no_patient(environment, portrait):
    with served(small_app(), environment) as server:
        client, token, blob = upload(server.base, portrait)
        client.get(f"/ld/{token}/blob/{blob}")
        ask(client, token, "single/photo", {"name": "Jane Doe"}, b"no photo")
        ask(client, token, "probe/explode", {"text": "Jane Doe"})
        client.close()
        server.stop(signal.SIGTERM)
    assert "unexpected KeyError" in server.output  # something was logged at all
    lines = [line for line in server.output.splitlines() if "raise" not in line]
    assert not re.search(r"Doe|1961|blob|photo", "\n".join(lines).replace("photo.py", ""))
    assert token not in server.output


def test_a_silent_page_is_forgotten(environment, portrait):
    with served(small_app(session_minutes=0.05), environment) as server:
        client, token, blob = upload(server.base, portrait)
        assert client.get(f"/ld/{token}/blob/{blob}").status_code == 200
        waiting.pass_time(3.5)
        assert client.get(f"/ld/{token}/blob/{blob}").status_code == 404
        client.close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_users_and_tls_open_it_to_other_machines(environment, tmp_path):
    cert, key, users = tmp_path / "cert.pem", tmp_path / "key.pem", tmp_path / "users"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {key} -out {cert} -days 2 "
        "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1".split(),
        check=True,
        capture_output=True,
    )
    answer = type_at_terminal(
        [*APP, "--add-user", "alice", "--auth-file", str(users)],
        ["correct horse battery", "correct horse battery"],
    )
    assert "The user was added." in answer
    assert "horse" not in answer  # nothing typed is shown
    settings = {"host": "0.0.0.0", "certfile": str(cert), "keyfile": str(key)}  # noqa: S104
    settings["auth_file"] = str(users)
    with served(small_app(**settings), environment) as server:
        assert server.base.startswith("https://127.0.0.1:")
        trust = ssl.create_default_context(cafile=str(cert))
        with httpx.Client(base_url=server.base, verify=trust, timeout=120) as client:
            assert client.get("/en/").status_code == 401
            form = {"user": "alice", "password": "correct horse battery"}
            answer = client.post("/login", data=form)
            assert answer.status_code == 303
            assert answer.headers["set-cookie"].startswith("__Host-ld-")
            assert "Secure" in answer.headers["set-cookie"]
            page = client.get("/en/")
            assert page.status_code == 200
            assert page.headers["strict-transport-security"] == "max-age=31536000"
        with pytest.raises(httpx.HTTPError):
            httpx.get(server.base.replace("https", "http"), timeout=120)
        server.stop(signal.SIGTERM)


def type_at_terminal(command, lines):
    """Run a command at a terminal and type lines into it; what the terminal showed."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, start_new_session=True
    )
    os.close(follower)
    shown, untyped, deadline = "", list(lines), time.monotonic() + 120
    while time.monotonic() < deadline:
        if not select.select([leader], [], [], 1.0)[0]:
            continue
        try:
            shown += os.read(leader, 4096).decode()
        except OSError:  # the other end is closed
            break
        if shown.endswith(": ") and untyped:
            # What is typed before the echo is off is thrown away.
            waiting.until(lambda: not termios.tcgetattr(leader)[3] & termios.ECHO)
            os.write(leader, f"{untyped.pop(0)}\n".encode())
    os.close(leader)
    process.wait(120)
    return shown


def test_two_different_passwords_are_refused(tmp_path):
    shown = type_at_terminal(
        [*APP, "--add-user", "alice", "--auth-file", str(tmp_path / "users")],
        ["correct horse battery", "correct horse batterie"],
    )
    assert "the two passwords differ" in shown
    assert not (tmp_path / "users").exists()


def test_closing_the_window_stops_the_app(environment, tmp_path):
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/arguments"\n'
        'for one in "$@"; do case $one in --user-data-dir=*) mkdir -p "${one#*=}"; '
        'echo cached > "${one#*=}/cache";; esac; done\nexec sleep 4\n'
    )
    browser.chmod(0o755)
    environment["LANDMARKDIFF_BROWSER"] = str(browser)
    with served(small_app(window=True), environment) as server:
        assert server.process.wait(120) == 0
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert f"--app={server.base}/" in arguments
    assert files_in(tmp_path / "home") == []  # the profile went with the folder


def test_a_window_that_does_not_open_leaves_the_app_running(environment, tmp_path):
    browser = tmp_path / "browser"
    browser.write_text("#!/bin/sh\nexit 1\n")
    browser.chmod(0o755)
    environment["LANDMARKDIFF_BROWSER"] = str(browser)
    with served(small_app(window=True), environment) as server:
        waiting.until(lambda: any("could not be opened" in line for line in server.lines))
        assert httpx.get(f"{server.base}/ld/health", timeout=120).status_code == 200


def test_help_needs_nothing(tmp_path):
    done = subprocess.run([*APP, "--help"], capture_output=True, text=True, check=True)
    for option in ("--host", "--port", "--auth-file", "--add-user", "--certfile", "--keyfile"):
        assert option in done.stdout
    for option in ("--behind-proxy", "--allowed-host", "--session-minutes", "--window"):
        assert option in done.stdout


def test_the_server_itself_fetches_no_model(tmp_path):
    script = (
        "import sys\nfrom pathlib import Path\nfrom landmarkdiff import weights\n"
        "from landmarkdiff.errors import WeightsMissingError\n"
        "from landmarkdiff.ui.run import _make_server\n"
        "from landmarkdiff.ui.server.settings import AppSettings\n"
        "_make_server(AppSettings(port=7999), None, Path(sys.argv[1]), None)\n"
        "for name in ('face_detection_full_range', 'makehuman_head'):\n"
        "    try:\n        weights.obtain(name)\n"
        "    except WeightsMissingError as missing:\n        print(missing)\n"
    )
    surroundings = {**os.environ, "LANDMARKDIFF_WEIGHTS": str(tmp_path / "none")}
    surroundings["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    surroundings.pop("LANDMARKDIFF_OFFLINE", None)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env=surroundings,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("is missing") == 2
