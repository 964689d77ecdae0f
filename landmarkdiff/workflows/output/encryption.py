"""Files of consultations under a passphrase: AES-256-GCM with a key by scrypt.

The format, byte by byte, is in ``docs/reference/consultation_file.md``.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
import unicodedata
from importlib.util import find_spec
from typing import TYPE_CHECKING

from landmarkdiff.errors import LandmarkDiffError, ParameterError
from landmarkdiff.workflows.output.archive import ArchiveError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = [
    "LONGEST_PASSPHRASE",
    "SHORTEST_PASSPHRASE",
    "DamagedFileError",
    "PassphraseError",
    "check_passphrase",
    "decrypt",
    "encrypt",
    "is_encrypted",
]

_MAGIC = b"LMDCRYPT"
_VERSION = 1
#: Magic, version, log2 of scrypt's n, its r and p, salt, nonce.
_HEADER = struct.Struct(">8sBBBB16s12s")
_DIGEST, _TAG = 32, 16
#: 128 MB of memory and some 0.4 s for every guess.
_LOG_N, _R, _P = 17, 8, 1
#: What a file may ask for: up to 1 GB of memory, so that none exhausts the machine.
_MOST_LOG_N, _MOST_R, _MOST_P = 20, 8, 4

#: Characters, as for the passwords of users, and longer for whole sentences.
SHORTEST_PASSPHRASE, LONGEST_PASSPHRASE = 10, 1024


class PassphraseError(LandmarkDiffError):
    """The passphrase is not the one of this file.

    Or the file was altered by somebody who took care that its checksum fits: without the
    passphrase the two cannot be told apart.
    """

    def __init__(self) -> None:
        super().__init__("passphrase_wrong")


class DamagedFileError(LandmarkDiffError):
    """The file is not what was written: its checksum says so, whatever the passphrase."""

    def __init__(self) -> None:
        super().__init__("consultation_damaged")


def is_encrypted(data: bytes | bytearray) -> bool:
    """Tell whether a file begins as one that :func:`encrypt` has made."""
    return bytes(data[: len(_MAGIC)]) == _MAGIC


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that guards nothing.

    Raises
    ------
    ParameterError
    """
    if not SHORTEST_PASSPHRASE <= len(passphrase) <= LONGEST_PASSPHRASE:
        raise ParameterError("passphrase_length", low=SHORTEST_PASSPHRASE, high=LONGEST_PASSPHRASE)


def encrypt(data: bytes, passphrase: str) -> bytes:
    """Return a file that only the passphrase opens.

    Parameters
    ----------
    data : bytes
        Of any file; :func:`~landmarkdiff.workflows.output.archive.save_consultation` makes one.
    passphrase : str
        10 to 1024 characters; composed and decomposed accents are one (NFC).

    Raises
    ------
    ParameterError
        The passphrase is too short or too long, or the package ``cryptography`` is missing.
    """
    check_passphrase(passphrase)
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    header = _HEADER.pack(_MAGIC, _VERSION, _LOG_N, _R, _P, salt, nonce)
    sealed = _cipher(passphrase, salt, _LOG_N, _R, _P).encrypt(nonce, data, header)
    digest = hashlib.sha256(header)
    digest.update(sealed)
    return b"".join((header, sealed, digest.digest()))


def decrypt(data: bytes | bytearray, passphrase: str) -> bytes:
    """Return what :func:`encrypt` was given.

    Raises
    ------
    ArchiveError
        It is another kind of file.
    DamagedFileError
        It is cut off, or bytes of it are others than were written.
    PassphraseError
    ParameterError
        A later version wrote it, or the package ``cryptography`` is missing.
    """
    if not is_encrypted(data):
        raise ArchiveError
    if len(data) < _HEADER.size + _TAG + _DIGEST:
        raise DamagedFileError
    view = memoryview(data)
    if hashlib.sha256(view[:-_DIGEST]).digest() != view[-_DIGEST:]:
        raise DamagedFileError
    header = bytes(view[: _HEADER.size])
    _, version, log_n, r, p, salt, nonce = _HEADER.unpack(header)
    if version != _VERSION:
        raise ParameterError("consultation_version", version=version, known=_VERSION)
    if not (1 <= log_n <= _MOST_LOG_N and 1 <= r <= _MOST_R and 1 <= p <= _MOST_P):
        raise DamagedFileError
    cipher = _cipher(passphrase, salt, log_n, r, p)
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(nonce, bytes(view[_HEADER.size : -_DIGEST]), header)
    except InvalidTag:
        raise PassphraseError from None


def _cipher(passphrase: str, salt: bytes, log_n: int, r: int, p: int) -> AESGCM:
    if find_spec("cryptography") is None:
        raise ParameterError("encryption_not_installed")
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    # Half a character, as a terminal of another encoding may hand on, is a byte string too.
    secret = unicodedata.normalize("NFC", passphrase).encode(errors="surrogatepass")
    try:
        key = Scrypt(salt, length=32, n=1 << log_n, r=r, p=p).derive(secret)
    except (MemoryError, ValueError):  # it asks for more than this machine or the library has
        raise DamagedFileError from None
    return AESGCM(key)
