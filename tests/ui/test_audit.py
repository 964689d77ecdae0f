"""The audit log: who did what and when, and nothing of a patient."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from small_app import open_session, small_client

from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server import audit
from landmarkdiff.ui.server.audit import AuditLog
from landmarkdiff.ui.server.passwords import PasswordHash, Users
from landmarkdiff.ui.server.settings import AppSettings

PASSWORD = "correct horse battery"  # noqa: S105


@pytest.fixture
def file(tmp_path):
    return tmp_path / "log" / "audit.jsonl"


def events(file: Path):
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_a_day_is_told_without_a_patient(file):
    users = Users({"alice": PasswordHash.of(PASSWORD, cost=1 << 14)})
    with small_client(AppSettings(audit_log=file), users=users) as client:
        client.post("/login", data={"user": "alice", "password": "my first guess"})
        client.post("/login", data={"user": "correct horse", "password": ""})
        client.post("/login", data={"user": "alice", "password": PASSWORD})
        token = open_session(client)
        name = client.services.store._sessions[token].blobs.put(b"x", "image/png", "Jane Doe.png")
        client.get(f"/ld/{token}/blob/{name}")
        client.get(f"/ld/{token}/blob/{name}?download=1")
        client.post("/logout")
    told = events(file)
    assert [(one["event"], one.get("user", "")) for one in told] == [
        ("started", ""),
        ("login failed", "alice"),
        ("login failed", ""),
        ("login", "alice"),
        ("page opened", "alice"),
        ("file exported", "alice"),
        ("logout", "alice"),
        ("stopped", ""),
    ]
    assert told[5]["what"] == "image/png"
    assert {one.get("address", "") for one in told} == {"", "testclient"}
    text = file.read_text("utf-8")
    assert not any(word in text for word in ("Jane", token, name, "guess", "horse"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_refused_guess_is_told(file):
    users = Users({"alice": PasswordHash.of(PASSWORD, cost=1 << 14)})
    with small_client(AppSettings(audit_log=file), users=users) as client:
        for _ in range(5):
            client.post("/login", data={"user": "alice", "password": "x"})
    assert [one["event"] for one in events(file)].count("login refused") >= 1


def test_a_full_file_begins_anew(file, monkeypatch):
    monkeypatch.setattr(audit, "_FILE_BYTES", 1000)
    monkeypatch.setattr(audit, "_FILES", 2)
    log = AuditLog(file)
    for _ in range(100):
        log.note("login", "alice", "10.0.0.1")
    log.close()
    files = sorted(file.parent.iterdir())
    assert [one.name for one in files] == ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"]
    assert all(0 < one.stat().st_size <= 1000 for one in files)
    assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in files)


def test_a_log_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ParameterError, match="the audit log cannot be written"):
        AuditLog(tmp_path / "file" / "audit.jsonl")


def test_without_a_file_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = AuditLog(None)
    log.note("login", "alice")
    log.close()
    assert list(tmp_path.iterdir()) == []


def test_repeating_oneself_pushes_nobody_out(file):
    """A stranger who is told to wait 50,000 times, from all addresses of a network of theirs."""
    now = [0.0]
    log = AuditLog(file, clock=lambda: now[0])
    log.note("login", "alice", "10.0.0.1")
    for number in range(50_000):
        log.note("login refused", "", f"2001:db8::{number % 5000:x}")
    now[0] = 59.0
    log.note("login", "bob", "10.0.0.2")
    assert len(events(file)) == 32
    now[0] = 60.0
    log.note("logout", "bob", "10.0.0.2")
    for _ in range(30):
        log.note("page opened", "bob", "10.0.0.2")
    log.note("login refused", "", "2001:db8::1")
    log.close()
    told = events(file)
    assert [one["event"] for one in told] == [
        "login", *["login refused"] * 30, "login", "login refused", "logout",
        *["page opened"] * 30, "login refused",
    ]  # fmt: skip
    assert told[32] == {
        "time": told[32]["time"], "event": "login refused", "address": "2001:db8::",
        "times": 49_970,
    }  # fmt: skip
    assert not file.with_name("audit.jsonl.1").exists()


def test_what_was_counted_is_told_at_the_end_and_where_there_are_too_many(file, monkeypatch):
    monkeypatch.setattr(audit, "_MOST_SERIES", 2)
    log = AuditLog(file, clock=lambda: 0.0)
    for name in ("alice", "bob", "carol"):
        for _ in range(31):
            log.note("page opened", name)
    assert [one["user"] for one in events(file) if "times" in one] == ["alice"]
    log.close()
    assert [(one["user"], one["times"]) for one in events(file) if "times" in one] == [
        ("alice", 1), ("bob", 1), ("carol", 1),
    ]  # fmt: skip
