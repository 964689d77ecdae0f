"""Write the digests of the base images into the Dockerfiles.

Each Dockerfile names its base in an ARG, ``ARG PYTHON_IMAGE=python:3.13-slim-trixie``. Docker is
asked which image that tag stands for now, and the line becomes
``ARG PYTHON_IMAGE=python:3.13-slim-trixie@sha256:…``: the build then takes these bytes and no
others, on every platform that the image is made for. Run it again for a newer one.

    python scripts/pin_images.py [--unpin]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILES = ("Dockerfile.cpu", "Dockerfile.gpu")
#: Of a list of manifests, one for each platform.
FORMAT = "{{.Manifest.Digest}}"
LINE = re.compile(r"^(ARG [A-Z]+_IMAGE=)([^\s@]+)(@sha256:[0-9a-f]{64})?$", re.MULTILINE)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def digest_of(image: str) -> str:
    """Ask Docker for the digest of a tag."""
    command = ["docker", "buildx", "imagetools", "inspect", "--format", FORMAT, image]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as failure:
        said = (getattr(failure, "stderr", None) or str(failure)).strip()
        raise SystemExit(f"docker does not say which image {image} is: {said}") from failure
    found = done.stdout.strip()
    if not DIGEST.fullmatch(found):
        raise SystemExit(f"docker does not say which image {image} is: {found!r} is no digest")
    return found


def pinned(text: str, digests: dict[str, str] | None) -> str:
    """Return a Dockerfile with the digests of its bases, or without any.

    >>> pinned("ARG PYTHON_IMAGE=python:3.13@sha256:" + 64 * "0", None)
    'ARG PYTHON_IMAGE=python:3.13'
    """
    return LINE.sub(
        lambda found: found[1] + found[2] + (f"@{digests[found[2]]}" if digests else ""), text
    )


def main(words: list[str] | None = None) -> int:
    """Pin or unpin; nothing is written unless every digest is known."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--unpin", action="store_true", help="take the digests away")
    parser.add_argument("--folder", type=Path, default=ROOT, help="where the Dockerfiles are")
    options = parser.parse_args(words)
    texts = {name: (options.folder / name).read_text(encoding="utf-8") for name in DOCKERFILES}
    digests = None
    if not options.unpin:
        images = {found[2] for text in texts.values() for found in LINE.finditer(text)}
        digests = {image: digest_of(image) for image in sorted(images)}
    for name, text in texts.items():
        (options.folder / name).write_text(pinned(text, digests), encoding="utf-8")
    for image, digest in (digests or {}).items():
        print(f"{image}@{digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
