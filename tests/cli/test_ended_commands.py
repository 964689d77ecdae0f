"""Signals that end work on several photos and on profiles: one line, and nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from drawn_views import drawn_file

import landmarkdiff

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of this kind are Unix's")

#: Waits for a signal where the first file of a result is opened.
WAITING = """
import os, signal, sys
def heard(event, arguments):
    if event == "open" and arguments[2] & os.O_CREAT and "/o/" in str(arguments[0]):
        print("writing", flush=True)
        signal.pause()
sys.addaudithook(heard)
from landmarkdiff.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("number", "status", "word", "arguments"),
    [
        (signal.SIGTERM, 143, "ended", ["head", "photos"]),
        (signal.SIGINT, 130, "interrupted", ["multiview", "photos"]),
        (signal.SIGTERM, 143, "ended", ["preview", "photos/left_profile.png"]),
        (signal.SIGINT, 130, "interrupted", ["preview", "photos/left_profile.png"]),
    ],
    ids=["head", "multiview", "profile ended", "profile interrupted"],
)
def test_a_signal_while_a_result_is_written_leaves_nothing(
    number: int, status: int, word: str, arguments: list[str], tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("frontal", "left_profile"):
        (photos / f"{name}.png").write_bytes(drawn_file(name))
    wanted = [*arguments, "-p", "rhinoplasty", "--passes", "1", "--out", str(tmp_path / "o")]
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, *wanted],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(landmarkdiff.__file__).parents[1])},
        # A runner in the background ignores Ctrl-C, and programs that it starts inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n", process.communicate()
    process.send_signal(number)
    out, complaint = process.communicate(timeout=120)
    assert (process.returncode, out) == (status, "")
    assert complaint == f"landmarkdiff: {word}; nothing is left half-written\n"
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]
    assert sorted(path.name for path in photos.iterdir()) == ["frontal.png", "left_profile.png"]
