"""What only a process of its own shows: start-up, streams, signals and a full disk."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import landmarkdiff
from landmarkdiff.cli import main
from landmarkdiff.photo import read_photo

COMMAND = [sys.executable, "-m", "landmarkdiff"]
P = ["-p", "rhinoplasty"]


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(landmarkdiff.__file__).parents[1])}
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=240,
        **options,
    )


def test_help_answers_without_heavy_imports() -> None:
    heavy = ("numpy", "cv2", "ai_edge_litert", "yaml", "rich", "scipy", "PIL", "torch")
    for arguments in (["--help"], ["preview", "--help"], ["weights", "pull", "--help"]):
        script = (
            "import sys; from landmarkdiff.cli import main; status = main(sys.argv[1:]); "
            f"print([name for name in {heavy!r} if name in sys.modules]); sys.exit(status)"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith("Usage: landmarkdiff")
        assert done.stdout.splitlines()[-1] == "[]"


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = (
        "import sys, landmarkdiff; "
        "heavy = {'numpy', 'cv2', 'ai_edge_litert', 'pydantic', 'torch', 'PIL', 'yaml'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules); "
        "assert 'make_plan' in dir(landmarkdiff); "
        "print(landmarkdiff.ClinicalFlags().vitiligo)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_every_public_name_loads() -> None:
    for name in landmarkdiff.__all__:
        assert getattr(landmarkdiff, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = landmarkdiff.nothing


def test_the_version_and_the_overview_are_printed() -> None:
    assert run("--version").stdout == f"landmarkdiff {landmarkdiff.__version__}\n"
    overview = run()
    assert overview.returncode == 0
    assert "procedures" in overview.stdout


def test_a_process_prints_json_alone(photo: Path) -> None:
    done = run("preview", "photo.png", *P, "--passes", "2", "--json", cwd=photo.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["procedure"] == "rhinoplasty"


def test_a_preview_loads_only_what_it_uses(photo: Path) -> None:
    script = (
        "import sys; from landmarkdiff.cli import main; status = main(sys.argv[1:]); "
        "print(status, *sys.modules)"
    )
    arguments = ["preview", "photo.png", *P, "--passes", "1", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=photo.parent,
    )
    status, *modules = done.stdout.splitlines()[-1].split()
    assert status == "0"
    others = ("pydicom", "pillow_heif", "rich", "reportlab", "gradio", "torch", "diffusers")
    drawings = ("depth", "edges", "generate", "surface")  # that only ControlNets read
    assert not {*others, *(f"landmarkdiff.conditioning.{name}" for name in drawings)} & set(modules)


def test_names_that_are_not_text_are_taken(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strange = os.fsencode(photo.parent) + b"/caf\xe9.png"
    try:
        shutil.copy(photo, strange)
    except (OSError, UnicodeError):
        pytest.skip("this file system takes text only")
    done = subprocess.run(
        [*COMMAND, "preview", strange, *P, "--passes", "1"],
        capture_output=True,
        check=False,
        cwd=photo.parent,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert main(["preview", os.fsdecode(strange), *P, "--passes", "1", "--json"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["preview", os.fsdecode(b"\xff\xfe.png"), *P]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["batch", ".", *P, "--passes", "1", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["items"]) == 2


def interrupted(
    told: str, *arguments: str, number: int = signal.SIGINT
) -> tuple[int, list[str], str]:
    """Send a command a signal when its bars are told this; its status, later lines, complaint."""
    script = (
        "import sys\nfrom landmarkdiff.cli import main\n"
        "from landmarkdiff.cli.progress import Bars\n"
        "Bars.on_item = lambda self, done, total, what: print('item', done, flush=True)\n"
        "Bars.on_step = lambda self, step: print(step.stage, flush=True)\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(landmarkdiff.__file__).parents[1])},
    )
    assert process.stdout is not None
    while process.stdout.readline().strip() != told:
        assert process.poll() is None
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    return process.returncode, out.splitlines(), err


@pytest.mark.skipif(os.name == "nt", reason="signals of this kind are Unix's")
@pytest.mark.parametrize(
    ("name", "expected", "told"),
    [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "ended"), ("SIGHUP", 129, "ended")],
)
def test_a_signal_leaves_one_line_and_nothing_half_written(
    photo: Path, name: str, expected: int, told: str
) -> None:
    many = photo.parent / "many"
    many.mkdir()
    for index in range(30):
        shutil.copy(photo, many / f"p{index:02}.png")
    number = getattr(signal, name)
    status, lines, complaint = interrupted(
        "item 1", "batch", "many", *P, "--out", "o", number=number
    )
    assert status == expected
    assert complaint == f"landmarkdiff: {told}; nothing is left half-written\n"
    assert all(line.startswith("item ") for line in lines), "nothing else was printed"
    finished = json.loads((photo.parent / "o" / "batch.json").read_text("utf-8"))["photos"]
    assert 0 < len(finished) < 30
    folders = {path.name for path in (photo.parent / "o").iterdir() if path.is_dir()}
    assert not any(name.startswith(".") for name in folders)
    assert {entry["folder"] for entry in finished.values()} <= folders
    for folder in folders:
        assert len(list((photo.parent / "o" / folder).iterdir())) == 8


INTERRUPTED = (130, "landmarkdiff: interrupted; nothing is left half-written\n")


@pytest.mark.parametrize(
    ("module", "raised", "expected"),
    [
        ("typer", "KeyboardInterrupt", INTERRUPTED),
        ("landmarkdiff.cli.simulation", "KeyboardInterrupt", INTERRUPTED),
        (
            "landmarkdiff.cli.simulation",
            "ImportError('failed') from KeyboardInterrupt",
            INTERRUPTED,
        ),
        (
            "landmarkdiff.cli.simulation",
            "ImportError('libGL.so.1 is missing')",
            (
                2,
                "landmarkdiff: error: a part of the program cannot be loaded "
                "(libGL.so.1 is missing); install it again.\n",
            ),
        ),
    ],
)
def test_what_happens_while_the_program_loads_is_one_line(
    module: str, raised: str, expected: tuple[int, str]
) -> None:
    script = (
        "import sys\n"
        "def watch(event, arguments):\n"
        f"    if event == 'import' and arguments[0] == {module!r}:\n"
        f"        raise {raised}\n"
        "sys.addaudithook(watch)\n"
        "from landmarkdiff.__main__ import main\n"
        "sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "preview"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == expected


def test_ctrl_c_ends_a_painting_within_a_step(photo: Path, models: Mapping[str, Path]) -> None:
    wanted = ["preview", "photo.png", "-p", "lip_lift", "--mode", "controlnet", "--steps", "100"]
    config = ["--config", str(models["identity"])]
    status, lines, complaint = interrupted("painting", *wanted, *config, "--strength", "0.75")
    assert status == 130
    assert complaint == "landmarkdiff: interrupted; nothing is left half-written\n"
    assert len(lines) < 20, "of 75 steps"
    assert [path.name for path in photo.parent.iterdir()] == ["photo.png"]


@pytest.mark.skipif(os.name == "nt", reason="Windows knows other rights")
def test_pictures_are_their_owners_alone(photo: Path) -> None:
    before = os.umask(0)
    try:
        assert main(["preview", "photo.png", *P, "--passes", "1", "--out", "new/o"]) == 0
    finally:
        os.umask(before)
    folder = photo.parent / "new"
    rights = {path: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}
    assert len(rights) > 8
    for path, mode in rights.items():
        assert mode == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="told by Linux's own files")
def test_no_core_file_is_ever_written() -> None:
    script = (
        "import resource, ctypes\nfrom landmarkdiff.cli import main\nmain(['--version'])\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "(0, 0) 0"


@pytest.mark.skipif(os.name == "nt", reason="there is no such pipe")
def test_a_reader_that_leaves_is_no_traceback() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as pipe:
        done = subprocess.run(
            [*COMMAND, "procedures", "show", "rhinoplasty", "--json"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_output_that_cannot_be_printed_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "procedures", "list"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"landmarkdiff: error: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="file descriptors are Unix's")
@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]], ids=str)
def test_a_closed_stream_is_no_traceback_and_no_part_of_a_picture(
    closed: list[int], photo: Path
) -> None:
    def close() -> None:
        for number in closed:
            os.close(number)

    done = subprocess.run(
        [*COMMAND, "preview", "photo.png", "-p", "rhinoplasty", "--passes", "1"],
        preexec_fn=close,  # the parent has one thread here
        capture_output=True,
        cwd=photo.parent,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert read_photo(photo.parent / "landmarkdiff-out" / "photo" / "after.png").pixels.any()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_an_error_that_cannot_be_told_keeps_its_status() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, "preview", "absent.png"], stderr=full, check=False)
    assert done.returncode == 2


@pytest.mark.skipif(os.name == "nt", reason="limits of file size are Unix's")
def test_a_disk_that_fills_leaves_nothing(photo: Path) -> None:
    import resource

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    before = sorted(photo.parent.rglob("*"))
    done = run("preview", "photo.png", *P, "--passes", "1", cwd=photo.parent, preexec_fn=limited)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert sorted(photo.parent.rglob("*")) == before
