"""What a file of tests needs beside the package itself."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

__all__ = ["need"]


def need(*packages: str) -> None:
    """Skip the file where a package is not installed, without importing any.

    Every worker reads all files, and most of these packages take seconds to import.
    """
    for package in packages:
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed", allow_module_level=True)
