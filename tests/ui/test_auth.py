"""Browsers and logins."""

from __future__ import annotations

import pytest

from landmarkdiff.ui.server.auth import Browsers, Logins
from landmarkdiff.ui.server.passwords import PasswordHash, Users, add_user


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_browser_is_known_by_the_signature_of_this_run():
    browsers, next_run = Browsers("ld", secure=False), Browsers("ld", secure=False)
    value = browsers.new()
    assert browsers.is_ours(value)
    assert not next_run.is_ours(value)
    for forged in ("", ".", value[:-1], value + "0", "x" + value, value.partition(".")[0], "ü.ü"):
        assert not browsers.is_ours(forged)
    assert value != browsers.new()


def test_the_cookie_is_strict_and_hidden_from_scripts():
    assert Browsers("ld-1", secure=False).header("v") == (
        "ld-1=v; Path=/; HttpOnly; SameSite=Strict"
    )
    assert Browsers("ld-1", secure=True).header("v") == (
        "__Host-ld-1=v; Path=/; HttpOnly; SameSite=Strict; Secure"
    )


@pytest.fixture(scope="module")
def users():
    hashed = PasswordHash.of("correct horse battery", cost=1 << 14)
    return Users({"alice": hashed, "bob": hashed})


def test_a_login_ends_after_an_hour_without_use_or_twelve(clock, users):
    logins = Logins(users, clock)
    logins.add("a", "alice")
    clock.now = 3599
    assert logins.user("a") == "alice"
    clock.now = 2 * 3599
    assert logins.user("a") == "alice"
    clock.now += 3600
    assert logins.user("a") is None
    assert logins.expire() == []
    logins.add("b", "bob")
    for _ in range(12 * 3600 // 1800 - 1):
        clock.now += 1800
        assert logins.user("b") == "bob"
    clock.now += 1800
    assert logins.user("b") is None


def test_logging_out(clock, users):
    logins = Logins(users, clock)
    logins.add("a", "alice")
    logins.remove("a")
    logins.remove("a")
    assert logins.user("a") is None
    assert logins.user("never") is None


def test_a_user_who_is_taken_out_of_the_file_is_logged_out(clock, tmp_path):
    path = tmp_path / "users"
    for name in ("alice", "bob", "carol"):
        add_user(path, name, "correct horse battery")
    logins = Logins(Users({}, path), clock)
    for name in ("alice", "bob", "carol"):
        logins.add(name[0], name)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("alice:")))
    assert [logins.user(name) for name in "abc"] == [None, "bob", "carol"]
    add_user(path, "bob", "another password")
    assert logins.expire() == ["b"]
    path.write_text("nonsense\n")  # a slip of the editor locks nobody out, and lets nobody in
    assert [logins.user(name) for name in "abc"] == [None, None, "carol"]
