"""The model hub: addresses of files at a commit, and what it states of each.

``HF_ENDPOINT`` names a mirror. Of every file the hub states, without sending it, the bytes and
a sum in the headers ``X-Linked-Size`` and ``X-Linked-ETag``: the SHA-256 of a large file, the
git object id of a small one.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import urllib.error
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from landmarkdiff.errors import ParameterError
from landmarkdiff.weights.catalogue import CatalogueEntry
from landmarkdiff.weights.checksums import sha256_of
from landmarkdiff.weights.download import DownloadError, is_safe_address, open_address

__all__ = ["ENDPOINT_VARIABLE", "HubFile", "address", "endpoint", "look_up"]

#: Names a mirror of the hub; https, or http on this very machine.
ENDPOINT_VARIABLE = "HF_ENDPOINT"
_ENDPOINT = "https://huggingface.co"
_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class HubFile:
    """What the hub says of a file.

    Attributes
    ----------
    size : int or None
        Bytes.
    sha256 : str or None
        Of a large file.
    git_object : str or None
        Of a small file: SHA-1 of ``blob``, its size and its bytes, 40 hexadecimal digits.
    """

    size: int | None
    sha256: str | None
    git_object: str | None

    def fits(self, path: Path) -> bool:
        """Return whether a file on this machine is the one the hub states."""
        if self.size is not None and path.stat().st_size != self.size:
            return False
        if self.sha256 is not None:
            return sha256_of(path) == self.sha256
        return self.git_object is not None and _git_object(path) == self.git_object

    @property
    def key(self) -> str:
        """A short word that differs between files."""
        return (self.sha256 or self.git_object or "")[:16]


def endpoint() -> str:
    """Return where the hub or its mirror is, without a slash at the end.

    Raises
    ------
    ParameterError
        The mirror's address is neither https nor on this machine.
    """
    chosen = (os.environ.get(ENDPOINT_VARIABLE) or _ENDPOINT).rstrip("/")
    if not is_safe_address(chosen):
        raise ParameterError("hub_not_https", variable=ENDPOINT_VARIABLE, value=chosen)
    return chosen


def address(entry: CatalogueEntry, path: str) -> str:
    """Return the address of a file of a model at its commit."""
    quoted = urllib.parse.quote(path)
    return f"{endpoint()}/{entry.repository}/resolve/{entry.revision}/{quoted}"


def look_up(entry: CatalogueEntry, path: str) -> HubFile:
    """Ask the hub what it holds at a path of a model's repository, at its commit.

    Raises
    ------
    DownloadError
        One clause: no answer, no such file, another commit, no sum.
    """
    url = address(entry, path)
    place = urllib.parse.urlsplit(url).netloc
    try:
        with open_address(url, timeout=_TIMEOUT_S, method="HEAD", follow=False) as answer:
            headers = answer.headers
    except urllib.error.HTTPError as error:
        raise DownloadError(f"{place} answered {error.code} {error.reason}") from error
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise DownloadError(f"{place} did not answer: {reason}") from error
    commit = headers.get("X-Repo-Commit")
    if commit is not None and commit != entry.revision:
        raise DownloadError(f"{place} answered with the commit {commit}, not {entry.revision}")
    tag = headers.get("X-Linked-ETag") or headers.get("ETag") or ""
    tag = tag.removeprefix("W/").strip('"').lower()
    length = headers.get("X-Linked-Size")
    if length is None and headers.get("Location") is None:
        length = headers.get("Content-Length")
    size = int(length) if length is not None and length.isdigit() else None
    if re.fullmatch(r"[0-9a-f]{64}", tag):
        return HubFile(size, tag, None)
    if re.fullmatch(r"[0-9a-f]{40}", tag):
        return HubFile(size, None, tag)
    raise DownloadError(f"{place} states no sum")


def _git_object(path: Path) -> str:
    # git names objects by SHA-1; the commit that the catalogue pins names this object in turn.
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
