"""Browsers, logins, guesses."""

from __future__ import annotations

import pytest

from landmarkdiff.ui.server.auth import Attempts, Browsers, Logins


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


def test_a_login_ends_after_an_hour_without_use_or_twelve(clock):
    logins = Logins(clock)
    logins.add("a", "alice")
    clock.now = 3599
    assert logins.user("a") == "alice"
    clock.now = 2 * 3599
    assert logins.user("a") == "alice"
    clock.now += 3600
    assert logins.user("a") is None
    logins.add("b", "bob")
    for _ in range(12 * 3600 // 1800 - 1):
        clock.now += 1800
        assert logins.user("b") == "bob"
    clock.now += 1800
    assert logins.user("b") is None


def test_logging_out(clock):
    logins = Logins(clock)
    logins.add("a", "alice")
    logins.remove("a")
    logins.remove("a")
    assert logins.user("a") is None
    assert logins.user("never") is None


def test_guesses_wait_longer_and_longer(clock):
    attempts = Attempts(clock)
    waits = []
    for _ in range(12):
        attempts.failed("alice", "10.0.0.1")
        waits.append(attempts.wait("alice", "10.0.0.1"))
        clock.now += waits[-1]
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_the_right_password_forgives(clock):
    attempts = Attempts(clock)
    for _ in range(5):
        attempts.failed("alice", "10.0.0.1")
    clock.now += 10
    attempts.succeeded("alice", "10.0.0.1")
    attempts.failed("alice", "10.0.0.1")
    assert attempts.wait("alice", "10.0.0.1") == 0


def test_no_one_locks_another_out(clock):
    attempts = Attempts(clock)
    for _ in range(8):
        attempts.failed("alice", "6.6.6.6")
    assert attempts.wait("alice", "6.6.6.6") > 0
    assert attempts.wait("alice", "10.0.0.1") == 0
    assert attempts.wait("bob", "6.6.6.6") == 0


def test_many_names_from_one_address_wait_too(clock):
    attempts = Attempts(clock)
    for index in range(13):
        attempts.failed(f"user{index}", "6.6.6.6")
    assert attempts.wait("someone else", "6.6.6.6") == 2
    assert attempts.wait("someone else", "10.0.0.1") == 0


def test_the_memory_of_failures_is_bounded(clock):
    attempts = Attempts(clock)
    for index in range(9000):
        attempts.failed("x" * 1000, str(index))
    assert len(attempts._failures) <= 4096
