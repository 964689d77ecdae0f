"""``landmarkdiff consultation``."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from landmarkdiff.cli import options, tables
from landmarkdiff.cli.group import command_group
from landmarkdiff.errors import ParameterError

__all__ = ["app"]

app = command_group("Saved consultations: put one under a passphrase, take it out, list a folder.")

#: More than any passphrase has, bytes.
_MOST_BYTES = 1 << 13

Source = Annotated[Path, typer.Argument(metavar="FILE", help="The consultation.", dir_okay=False)]
Target = Annotated[Path, typer.Argument(metavar="TARGET", help="The file that is written.")]
Descriptor = Annotated[
    int | None,
    typer.Option(
        "--passphrase-fd",
        metavar="N",
        help="Read the passphrase from this file descriptor, one line, instead of asking for it.",
    ),
]


@app.command("encrypt")
def encrypt_file(source: Source, target: Target, passphrase_fd: Descriptor = None) -> None:
    """Put a saved consultation under a passphrase (AES-256-GCM, scrypt)."""
    from landmarkdiff.photo import write_bytes
    from landmarkdiff.workflows.output.archive import read_consultation
    from landmarkdiff.workflows.output.encryption import encrypt

    data = _read(source)
    read_consultation(data)  # nothing else is locked away under this name
    write_bytes(target, encrypt(data, _passphrase(passphrase_fd, again=True)))
    print(f"Encrypted: {tables.shown(target)}")


@app.command("decrypt")
def decrypt_file(source: Source, target: Target, passphrase_fd: Descriptor = None) -> None:
    """Write a consultation as it was before its passphrase."""
    from landmarkdiff.photo import write_bytes
    from landmarkdiff.workflows.output.encryption import decrypt

    data = _read(source)
    write_bytes(target, decrypt(data, _passphrase(passphrase_fd, again=False)))
    print(f"Decrypted: {tables.shown(target)}")


@app.command("list")
def list_folder(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where consultations are kept.")],
    json: options.AsJson = False,
) -> None:
    """List the consultations of a folder, the newest first; none is opened."""
    from landmarkdiff.workflows.output.consultation_folder import kept_consultations

    kept = kept_consultations(folder)
    if json:
        tables.print_json({"consultations": [one.to_dict() for one in kept]})
        return
    rows = [
        (
            one.name,
            datetime.fromtimestamp(one.modified).astimezone().strftime("%Y-%m-%d %H:%M"),
            f"{one.size / 1e6:.1f}",
            "encrypted" if one.encrypted else "open to everybody",
        )
        for one in kept
    ]
    tables.print_table(("name", "saved", ">MB", "under a passphrase"), rows)


def _read(source: Path) -> bytes:
    try:
        return source.read_bytes()
    except OSError as failure:
        problem = failure.strerror or "not readable"
        raise ParameterError("consultation_unreadable", name=source.name, problem=problem) from None


def _passphrase(descriptor: int | None, *, again: bool) -> str:
    """The passphrase from a descriptor or the terminal, never from the arguments."""
    if descriptor is not None:
        try:
            with os.fdopen(os.dup(descriptor), "rb") as file:
                return file.readline(_MOST_BYTES).rstrip(b"\r\n").decode()
        except (OSError, UnicodeDecodeError):
            raise ParameterError("passphrase_descriptor", number=descriptor) from None
    passphrase: str = typer.prompt("Passphrase", hide_input=True)
    if again and typer.prompt("Again", hide_input=True) != passphrase:
        raise ParameterError("passwords_differ")
    return passphrase
