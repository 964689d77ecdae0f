"""Users, their hashed passwords, and the file of them."""

from __future__ import annotations

import hashlib
import stat

import pytest

from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.passwords import (
    PASSWORD_VARIABLE,
    USER_VARIABLE,
    PasswordHash,
    Users,
    add_user,
    load_users,
)

GOOD = "correct horse battery"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "users"
    add_user(path, "müller", GOOD)
    return path


def test_a_hash_fits_its_password_alone():
    hashed = PasswordHash.of(GOOD)
    assert hashed.fits(GOOD)
    assert not hashed.fits(GOOD + " ")
    assert not hashed.fits("")
    assert PasswordHash.from_text(hashed.to_text()) == hashed


def test_two_hashes_of_one_password_differ():
    assert PasswordHash.of(GOOD).digest != PasswordHash.of(GOOD).digest


def test_hashing_costs_memory_and_time():
    hashed = PasswordHash.of(GOOD)
    assert (hashed.cost, hashed.block, hashed.parallel) == (2**15, 8, 1)
    assert len(hashed.salt) == 16


def test_letters_typed_in_two_ways_are_the_same():
    assert PasswordHash.of("Straße Café").fits("Straße Cafe\u0301")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "plain$1$2$3$4$5",
        "scrypt$32768$8$1$AAAA$AAAA",
        "scrypt$2$8$1$" + "A" * 24 + "$" + "A" * 44,
        f"scrypt${2**30}$8$1$" + "A" * 24 + "$" + "A" * 43 + "=",
        "scrypt$32768$800$1$" + "A" * 24 + "$" + "A" * 43 + "=",
        "scrypt$x$8$1$" + "A" * 24 + "$" + "A" * 43 + "=",
    ],
)
def test_lines_of_another_kind_are_refused(text):
    with pytest.raises(ValueError):
        PasswordHash.from_text(text)


def test_the_file_holds_no_password_and_is_private(file):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_text("utf-8")
    assert GOOD not in content
    assert content.startswith("müller:scrypt$32768$8$1$")
    assert [path.name for path in file.parent.iterdir()] == ["users"]


def test_users_are_known_by_name_and_password(file):
    add_user(file, "two", "another password")
    users = load_users(file, {})
    assert len(users) == 2
    assert users.check("müller", GOOD) == "müller"
    assert users.check(" mu\u0308ller ", GOOD) == "müller"
    assert users.check("two", "another password") == "two"
    for name, password in (("müller", "another password"), ("two", GOOD), ("", ""), ("x", GOOD)):
        assert users.check(name, password) is None


def test_adding_again_changes_the_password(file):
    assert add_user(file, "müller", "a new password")
    users = load_users(file, {})
    assert users.check("müller", GOOD) is None
    assert users.check("müller", "a new password") == "müller"


def test_a_hash_is_computed_for_an_unknown_name_too(file, monkeypatch):
    users = load_users(file, {})
    computed = []
    scrypt = hashlib.scrypt

    def counted(*arguments, **named):
        computed.append(named["n"])
        return scrypt(*arguments, **named)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    for name in ("müller", "nobody", ""):
        users.check(name, "wrong password")
    assert computed == [2**15] * 3


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o666, 0o644])
def test_a_file_that_others_can_read_is_refused(file, mode):
    file.chmod(mode)
    with pytest.raises(ParameterError, match="open to other users") as failure:
        load_users(file, {})
    assert f"mode {mode:04o}" in str(failure.value)
    assert "chmod 600 users" in str(failure.value)


def test_a_line_by_hand_is_refused_without_repeating_it(file):
    with file.open("a") as stream:
        stream.write("# a comment\n\ndoe:hunter2hunter2\n")
    with pytest.raises(ParameterError, match="line 4") as failure:
        load_users(file, {})
    assert "hunter2" not in str(failure.value)


def test_a_missing_or_empty_file_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="cannot be read"):
        load_users(tmp_path / "none", {})
    (tmp_path / "empty").touch(0o600)
    with pytest.raises(ParameterError, match="is empty"):
        load_users(tmp_path / "empty", {})
    with pytest.raises(ParameterError, match="cannot be written"):
        add_user(tmp_path / "no" / "folder", "a", GOOD)


def test_a_user_of_the_environment(file):
    environment = {USER_VARIABLE: "env", PASSWORD_VARIABLE: "from the environment"}
    users = load_users(file, environment)
    assert users.check("env", "from the environment") == "env"
    assert users.check("müller", GOOD) == "müller"
    assert PASSWORD_VARIABLE not in environment  # no child inherits it
    assert load_users(None, {}) is None


@pytest.mark.parametrize("name", [USER_VARIABLE, PASSWORD_VARIABLE])
def test_half_a_user_is_refused(name):
    with pytest.raises(ParameterError, match="is not set"):
        load_users(None, {name: "something long"})


@pytest.mark.parametrize(
    ("name", "password", "what"),
    [
        ("", GOOD, "name"),
        ("a:b", GOOD, "name"),
        ("a\nb", GOOD, "name"),
        ("#a", GOOD, "name"),
        ("x" * 65, GOOD, "name"),
        ("doe", "short", "password"),
        ("doe", "x" * 257, "password"),
    ],
)
def test_unfit_names_and_passwords_are_refused(tmp_path, name, password, what):
    with pytest.raises(ParameterError, match=what) as failure:
        add_user(tmp_path / "users", name, password)
    assert "short;" not in str(failure.value)
    assert not (tmp_path / "users").exists()


def test_nobody_is_a_user_of_nothing():
    assert Users({}).check("", "") is None
