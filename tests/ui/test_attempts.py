"""Guessed passwords: how long whoever guesses has to wait."""

from __future__ import annotations

import pytest

from landmarkdiff.ui.server.attempts import Attempts, one_address, one_name

HOME, STRANGE = "10.0.0.1", "6.6.6.6"


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_guesses_wait_longer_and_longer(clock):
    attempts = Attempts(clock)
    waits = []
    for _ in range(12):
        assert attempts.begin("alice", HOME) == 0
        wait = attempts.begin("alice", HOME) if len(waits) > 1 else 0
        waits.append(wait)
        clock.now += wait
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_of_many_at_once_no_more_are_looked_at(clock):
    attempts = Attempts(clock)
    assert [attempts.begin("alice", HOME) == 0 for _ in range(60)].count(True) == 3


@pytest.mark.parametrize(
    "name",
    ["ALICE", " alice ", "al ice", "ａｌｉｃｅ", "alice\u3000", " " * 253 + "alice",
     "\u2003" * 4000 + "Alice", "\n" * 300 + "alice"],
)  # fmt: skip
def test_a_name_is_one_however_it_is_written(clock, name):
    attempts = Attempts(clock)
    for _ in range(3):
        attempts.begin("alice", HOME)
    assert attempts.begin(name, HOME) == 1
    assert one_name(name) == one_name("Alice")


def test_the_right_password_forgives(clock):
    attempts = Attempts(clock)
    for _ in range(5):
        attempts.begin("alice", HOME)
        clock.now += 10
    attempts.succeeded("alice", HOME)
    assert [attempts.begin("alice", HOME) for _ in range(3)] == [0, 0, 0]


def test_no_one_locks_another_out(clock):
    attempts = Attempts(clock)
    attempts.begin("alice", HOME)
    attempts.succeeded("alice", HOME)
    for address in range(200):
        for _ in range(3):
            attempts.begin("alice", f"6.6.6.{address}")
    assert attempts.begin("alice", STRANGE) > 0
    assert attempts.begin("alice", HOME) == 0
    assert attempts.begin("bob", STRANGE) == 0


def test_one_name_guessed_from_many_addresses_waits_too(clock):
    attempts = Attempts(clock)
    looked_at = sum(attempts.begin("alice", f"10.1.{n // 256}.{n % 256}") == 0 for n in range(999))
    assert looked_at == 30
    clock.now += 24 * 3600
    assert attempts.begin("alice", "10.9.9.9") == 0


def test_many_names_from_one_address_wait_too(clock):
    attempts = Attempts(clock)
    looked_at = sum(attempts.begin(f"user{n}", STRANGE) == 0 for n in range(60))
    assert looked_at == 12
    assert attempts.begin("someone else", HOME) == 0


def test_typing_errors_of_a_clinic_are_forgotten_within_the_hour(clock):
    attempts = Attempts(clock)
    for day in range(90):
        for person in range(3):
            clock.now = (day * 24 + 8 + 2 * person) * 3600.0
            assert attempts.begin(f"person{person}", HOME) == 0  # a slip
            assert attempts.begin(f"person{person}", HOME) == 0
            attempts.succeeded(f"person{person}", HOME)


def test_a_full_memory_forgets_no_one(clock):
    attempts = Attempts(clock)
    for _ in range(3):
        attempts.begin("alice", HOME)
    for n in range(20_000):
        attempts.begin("x" * 1000 + str(n), f"{n >> 16}.{n >> 8 & 255}.{n & 255}.1")
    assert len(attempts) < 3 * (1 << 14) + 4
    assert attempts.begin("alice", HOME) == 1
    clock.now += 24 * 3600  # then all is over, and there is room again
    assert attempts.begin("alice", HOME) == 0
    assert attempts.begin("new", STRANGE) == 0


def test_a_network_of_ipv6_is_one_address():
    assert one_address("2001:db8:1:2::5") == one_address("2001:db8:1:2:ffff::1%eth0")
    assert one_address("2001:db8:1:2::5") != one_address("2001:db8:1:3::5")
    assert one_address("::ffff:10.0.0.7") == "10.0.0.7"
    assert one_address("testclient") == "testclient"
