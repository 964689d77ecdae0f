"""Consultations under a passphrase: what opens them, what does not, how the file looks."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from landmarkdiff.errors import LandmarkDiffError, ParameterError
from landmarkdiff.workflows.output.archive import ArchiveError
from landmarkdiff.workflows.output.encryption import (
    DamagedFileError,
    PassphraseError,
    decrypt,
    encrypt,
    is_encrypted,
)

SECRET = "Größe eines Höckers"  # noqa: S105  # of this file alone
CONTENT = bytes(range(256)) * 5


@pytest.fixture(scope="module")
def sealed() -> bytes:
    return encrypt(CONTENT, SECRET)


def with_checksum(data: bytes) -> bytes:
    return data[:-32] + hashlib.sha256(data[:-32]).digest()


def test_the_passphrase_opens_the_file(sealed: bytes) -> None:
    assert is_encrypted(sealed)
    assert decrypt(sealed, SECRET) == CONTENT
    assert decrypt(bytearray(sealed), "Gro\u0308\u00dfe eines Ho\u0308ckers") == CONTENT


def test_another_passphrase_does_not(sealed: bytes) -> None:
    with pytest.raises(PassphraseError, match="not the passphrase"):
        decrypt(sealed, SECRET + ".")


def test_two_files_share_nothing_but_their_form(sealed: bytes) -> None:
    other = encrypt(CONTENT, SECRET)
    assert other[:12] == sealed[:12]
    same = sum(a == b for a, b in zip(other[12:], sealed[12:], strict=True))
    assert same / len(sealed) < 0.03  # one byte in 256 by chance
    assert CONTENT[:32] not in sealed


@pytest.mark.parametrize("at", [13, 35, 60, -40, -5], ids=["salt", "nonce", "text", "tag", "sum"])
def test_damage_is_said_whatever_the_passphrase(sealed: bytes, at: int) -> None:
    broken = bytearray(sealed)
    broken[at] ^= 1
    with pytest.raises(DamagedFileError, match="damaged"):
        decrypt(broken, SECRET)


@pytest.mark.parametrize("length", [8, 40, 90, -1])
def test_a_file_that_is_cut_off_is_damaged(sealed: bytes, length: int) -> None:
    with pytest.raises(DamagedFileError):
        decrypt(sealed[:length], SECRET)


@pytest.mark.parametrize("at", [30, 60], ids=["nonce", "text"])
def test_what_was_altered_with_its_checksum_does_not_open(sealed: bytes, at: int) -> None:
    altered = bytearray(sealed)
    altered[at] ^= 1
    with pytest.raises(PassphraseError):
        decrypt(with_checksum(bytes(altered)), SECRET)


def test_a_file_cannot_ask_for_all_memory(sealed: bytes) -> None:
    greedy = bytearray(sealed)
    greedy[9] = 40
    with pytest.raises(DamagedFileError):
        decrypt(with_checksum(bytes(greedy)), SECRET)


def test_a_later_format_is_named(sealed: bytes) -> None:
    later = bytearray(sealed)
    later[8] = 2
    with pytest.raises(ParameterError, match="version 2"):
        decrypt(with_checksum(bytes(later)), SECRET)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"LMDCRYP"])
def test_another_file_is_no_consultation(data: bytes) -> None:
    with pytest.raises(ArchiveError):
        decrypt(data, SECRET)


@pytest.mark.parametrize("passphrase", ["", "too short", "x" * 1025])
def test_a_passphrase_that_guards_nothing_is_refused(passphrase: str) -> None:
    with pytest.raises(LandmarkDiffError, match="10 to 1024 characters"):
        encrypt(CONTENT, passphrase)


def test_the_written_format_is_what_another_program_reads(sealed: bytes) -> None:
    salt, nonce = sealed[12:28], sealed[28:40]
    assert sealed[:12] == b"LMDCRYPT" + bytes([1, 17, 8, 1])
    key = hashlib.scrypt(SECRET.encode(), salt=salt, n=1 << 17, r=8, p=1, dklen=32, maxmem=1 << 28)
    assert AESGCM(key).decrypt(nonce, sealed[40:-32], sealed[:40]) == CONTENT


def test_a_passphrase_of_half_characters_opens_too() -> None:
    strange = "\udce9" * 12
    assert decrypt(encrypt(b"x", strange), strange) == b"x"


def test_what_the_library_cannot_derive_is_damage(sealed: bytes) -> None:
    strange = bytearray(sealed)
    strange[9:12] = 20, 1, 1  # n may not reach 2 to the 16 r
    with pytest.raises(DamagedFileError):
        decrypt(with_checksum(bytes(strange)), SECRET)
