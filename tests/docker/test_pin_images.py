"""Digests of base images: what Docker says goes into the Dockerfiles, and nothing else does."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from dockerfile import read_dockerfile

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
FILES = ("Dockerfile.cpu", "Dockerfile.gpu")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Copies of the Dockerfiles without digests, and a Docker that knows both of their images."""
    from pin_images import main

    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    main(["--folder", str(tmp_path), "--unpin"])
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


def docker(folder, script):
    """Stand in for Docker, which the tests' machine does not have."""
    program = folder / "bin" / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


KNOWN = """
test "$1 $2 $3 $4 $5" = "buildx imagetools inspect --format {{.Manifest.Digest}}" || exit 9
case "$6" in
python:*) echo sha256:$(printf 'a%.0s' $(seq 64));;
nvidia/cuda:*) echo sha256:$(printf 'b%.0s' $(seq 64));;
*) echo "no such image" >&2; exit 1;;
esac
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for Docker")
def test_the_digest_of_each_base_is_written(folder):
    from pin_images import main

    before = {name: (folder / name).read_text("utf-8") for name in FILES}
    docker(folder, KNOWN)
    for _ in range(2):  # an older digest is replaced
        assert main(["--folder", str(folder)]) == 0
    for name, letter, image in (("cpu", "a", "python:"), ("gpu", "b", "nvidia/cuda:")):
        stages = read_dockerfile(folder / f"Dockerfile.{name}")
        assert len(stages) == 2
        for stage in stages:
            assert stage.image.startswith(image)
            assert stage.image.endswith("@sha256:" + 64 * letter)
    main(["--folder", str(folder), "--unpin"])
    assert {name: (folder / name).read_text("utf-8") for name in FILES} == before


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for Docker")
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo latest", "'latest' is no digest"),
        ("echo", "'' is no digest"),
        ("echo unauthorized >&2; exit 1", "unauthorized"),
        (None, "docker"),
    ],
)
def test_without_a_digest_nothing_is_written(folder, script, said):
    from pin_images import main

    before = {name: (folder / name).read_text("utf-8") for name in FILES}
    if script is not None:
        docker(folder, script)
    elif shutil.which("docker"):
        pytest.skip("there is a Docker here")
    with pytest.raises(SystemExit, match=said):
        main(["--folder", str(folder)])
    assert {name: (folder / name).read_text("utf-8") for name in FILES} == before
