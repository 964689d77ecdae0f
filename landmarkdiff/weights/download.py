"""Receiving a file over HTTPS: from where it stopped, as long as it gets on, never past its end.

Imported only when something is pulled.
"""

from __future__ import annotations

import errno
import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

__all__ = [
    "DiskFullError",
    "DownloadError",
    "Progress",
    "download",
    "is_safe_address",
    "open_address",
]

#: Tries after which a connection that keeps breaking is given up, however much came each time.
_MOST_TRIES = 50
_CHUNK = 1 << 20

#: ``progress(done_bytes, total_bytes)``.
Progress = Callable[[int, int], None]


class DownloadError(Exception):
    """An address did not deliver; the text says why."""


class DiskFullError(DownloadError):
    """There is no room for what comes."""


def is_safe_address(url: str) -> bool:
    """Return whether an address is https, or plain http on this very machine."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https only; from this machine also to itself."""

    def redirect_request(  # the signature is urllib's
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        plain = urllib.parse.urlsplit(newurl).scheme != "https"
        if plain and not (req.type == "http" and is_safe_address(newurl)):
            raise DownloadError(f"{req.host} leads to an address that is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects within one host and hands back the others as the answer."""

    def redirect_request(  # the signature is urllib's
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        here, there = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            return None
        again = super().redirect_request(req, fp, code, msg, headers, newurl)
        if again is not None:
            again.method = req.get_method()  # urllib would turn HEAD into GET
        return again


def open_address(
    url: str,
    *,
    timeout: float,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    follow: bool = True,
) -> http.client.HTTPResponse:
    """Open an address; with ``follow`` off, a redirect to another host is itself the answer.

    Raises
    ------
    DownloadError
        The address is not safe, or leads to one that is not.
    urllib.error.URLError, http.client.HTTPException, OSError
    """
    if not is_safe_address(url):
        raise DownloadError("the address is not https")
    request = urllib.request.Request(  # noqa: S310  # https, or this machine: checked above
        url,
        method=method,
        headers={"User-Agent": "landmarkdiff", "Accept-Encoding": "identity", **(headers or {})},
    )
    opener = urllib.request.build_opener(_Redirects() if follow else _NoRedirects())
    try:
        answer: http.client.HTTPResponse = opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if follow or error.code // 100 != 3:
            raise
        return error  # type: ignore[return-value]  # it has the headers, which is all that is read
    return answer


def download(
    url: str,
    target: Path,
    size: int | None,
    progress: Progress | None = None,
    *,
    timeout: float = 15.0,
) -> None:
    """Append to ``target`` what is missing of it; the caller checks the sum.

    A connection that breaks is opened again as long as each try brings bytes, from the byte
    where the last one stopped if the server can (``Range``), and from the start otherwise.

    Parameters
    ----------
    url : str
    target : Path
        May hold the first part already.
    size : int or None
        Bytes of the whole; None takes the server's word.
    progress : callable, optional
        Called with the bytes done and the bytes in all.
    timeout : float
        Seconds without a byte.

    Raises
    ------
    DownloadError
        One clause: no answer, a short or a long one, no room on the disk.
    """
    place = urllib.parse.urlsplit(url).netloc
    have = target.stat().st_size if target.exists() else 0
    if size is not None and have > size:
        have = 0
    failure, begun_again = "", False
    for _ in range(_MOST_TRIES):
        before = have
        try:
            size, have = _receive(url, target, have, size, progress, timeout)
            if size is None or have == size:
                return
            failure = f"only {have} of {size} bytes came"
        except urllib.error.HTTPError as error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and before > 0:
                if failure:  # the server's file ends before it should
                    raise DownloadError(failure) from error
                if not begun_again:
                    have, begun_again = 0, True  # what an earlier call left is not of this file
                    continue
            raise DownloadError(f"{place} answered {error.code} {error.reason}") from error
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            have = target.stat().st_size if target.exists() else 0
            reason = getattr(error, "reason", None) or error
            failure = f"{place} did not answer: {reason}"
        if have <= before:
            raise DownloadError(failure)
    raise DownloadError(f"{place} broke the connection {_MOST_TRIES} times")


def _receive(
    url: str,
    target: Path,
    have: int,
    size: int | None,
    progress: Progress | None,
    timeout: float,
) -> tuple[int | None, int]:
    """Receive one answer; return the size of the whole and the bytes that are there now."""
    if size is not None and have == size:
        return size, have
    headers = {"Range": f"bytes={have}-"} if have else {}
    with open_address(url, timeout=timeout, headers=headers) as answer:
        if have and (
            answer.status != http.HTTPStatus.PARTIAL_CONTENT
            or not (answer.headers.get("Content-Range") or "").startswith(f"bytes {have}-")
        ):
            if answer.status == http.HTTPStatus.PARTIAL_CONTENT:
                raise DownloadError("the server sent another part than the one asked for")
            have = 0  # the server cannot go on in the middle
        length = answer.headers.get("Content-Length")
        if size is None and length is not None and length.isdigit():
            size = have + int(length)
        with _writing(target, have) as goal:
            while chunk := answer.read(_CHUNK):
                have += len(chunk)
                if size is not None and have > size:
                    raise DownloadError(f"more than the expected {size} bytes came")
                _write(goal, chunk)
                if progress is not None:
                    progress(have, have if size is None else size)
    return size, have


def _writing(target: Path, have: int) -> IO[bytes]:
    try:
        goal = target.open("ab" if have else "wb", buffering=0)
    except OSError as error:
        raise DownloadError(f"{target.parent} cannot be written: {error.strerror}") from error
    return goal


def _write(goal: IO[bytes], chunk: bytes) -> None:
    view = memoryview(chunk)
    try:
        while view:
            view = view[goal.write(view) :]
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError("the disk is full") from error
        raise DownloadError(f"the disk refused: {error.strerror}") from error
