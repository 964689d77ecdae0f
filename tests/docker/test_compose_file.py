"""The compose file: on this machine only, with users, hardened, in the program's own words."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from landmarkdiff.cli import application
from landmarkdiff.configuration import CONFIG_VARIABLE, Configuration
from landmarkdiff.training.settings import TrainingSettings
from landmarkdiff.weights import sets

ROOT = Path(__file__).parents[2]
SERVERS = {"app": "cpu", "gpu": "gpu"}
SERVICES = ("app", "gpu", "train", "users", "certificate", "weights")


def kind_of(service: dict) -> str:
    return service["image"].partition(":")[2]


def test_every_service_is_looked_at(compose):
    assert set(compose["services"]) == set(SERVICES)
    for service in compose["services"].values():
        assert service["build"] == {
            "context": ".",
            "dockerfile": f"Dockerfile.{kind_of(service)}",
        }


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_can_be_gained(name, compose, images):
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["ulimits"] == {"core": 0}
    assert service["pids_limit"] <= 512
    assert re.fullmatch(r"\$\{LANDMARKDIFF_(GPU_)?MEMORY:-\d+g\}", service["mem_limit"])
    assert service["cpus"] == "${LANDMARKDIFF_CPUS:-0}"
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "user"} & set(service)
    image = images[kind_of(service)]
    memory = dict(item.split(":") for item in service["tmpfs"])
    options = set(memory[image.environment["XDG_RUNTIME_DIR"]].split(","))
    user, group = image.user.split(":")
    assert {f"uid={user}", f"gid={group}", "mode=0700"} <= options


@pytest.mark.parametrize(("name", "port"), [("app", 7860), ("gpu", 7861)])
def test_only_this_machine_reaches_the_app(name, port, compose, images):
    service = compose["services"][name]
    assert service["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert images[SERVERS[name]].ports == (str(port),)
    # The words of the image, which demand users and a certificate.
    assert not {"command", "entrypoint", "network_mode"} & set(service)
    assert "private:/private:ro" in service["volumes"]


def test_volumes_and_files_are_there(compose, images):
    for service in compose["services"].values():
        for item in service["volumes"]:
            source, target, *mode = item.split(":")
            if source.startswith("./"):
                assert (ROOT / source).is_file()
                assert mode == ["ro"]
            else:
                assert source in compose["volumes"]
                assert target.startswith("/")
    gpu = compose["services"]["gpu"]
    mounted = {item.split(":")[1]: item.split(":")[0] for item in gpu["volumes"]}
    assert set(images["gpu"].volumes) <= set(mounted)
    configuration = Configuration.load(ROOT / mounted[gpu["environment"][CONFIG_VARIABLE]])
    assert configuration.diffusion.device == "cuda"
    assert configuration.licence_policy == "commercial"


def test_the_card_is_reserved_for_one_service(compose):
    reserved = {
        name: service["deploy"]["resources"]["reservations"]["devices"]
        for name, service in compose["services"].items()
        if "deploy" in service
    }
    card = [{"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}]
    assert reserved == {"gpu": card, "train": card}
    # 'up' without a name starts what every machine can run.
    assert [name for name in SERVICES if "profiles" not in compose["services"][name]] == ["app"]


def test_the_program_understands_what_is_run_once(compose, images):
    root = typer.main.get_command(application())
    serving = images["cpu"].command
    users = [*compose["services"]["users"]["entrypoint"], "anna"]
    given = root.commands["app"].make_context("app", users[2:]).params
    assert users[:2] == ["landmarkdiff", "app"]
    assert given["add_user"] == "anna"
    assert str(given["auth_file"]) == serving[serving.index("--auth-file") + 1]
    fetch = [*compose["services"]["weights"]["entrypoint"], "--set", "controlnet"]
    assert fetch[:3] == ["landmarkdiff", "weights", "pull"]
    pull = root.commands["weights"].commands["pull"].make_context("pull", fetch[3:]).params
    assert "controlnet" in str(pull)
    assert "controlnet" in sets()
    words = compose["services"]["certificate"]["entrypoint"]
    assert words[words.index("-keyout") + 1] == serving[serving.index("--keyfile") + 1]
    assert words[words.index("-out") + 1] == serving[serving.index("--certfile") + 1]
    for name in ("users", "certificate"):
        assert compose["services"][name]["network_mode"] == "none"
        assert compose["services"][name]["volumes"] == ["private:/private"]


def test_training_has_no_network_and_writes_into_its_volume(compose):
    train = compose["services"]["train"]
    assert train["profiles"] == ["training"]
    assert train["network_mode"] == "none"
    command = typer.main.get_command(application()).commands["train"]
    given = command.make_context("train", train["command"]).params
    place = Path(train["working_dir"]) / given["config"]
    mounted = {item.split(":")[1]: item.split(":")[0] for item in train["volumes"]}
    settings = TrainingSettings.load(ROOT / mounted[str(place)])
    root = ROOT.resolve()
    for path in (settings.data.shards, settings.checkpoints.out):
        assert path.resolve().is_relative_to(root)  # in the container: of the volume


def test_commands_of_the_documentation_name_services(compose):
    text = (ROOT / "docs" / "how-to" / "docker.md").read_text(encoding="utf-8")
    lines = re.findall(r"^docker compose (.+)$", text, re.MULTILINE)
    assert len(lines) >= 7
    for line in lines:
        verb, *words = shlex.split(line)
        named = next(word for word in words if not word.startswith("-"))
        assert verb in {"build", "run", "up"}
        assert named in compose["services"], line
    known = typer.main.get_command(application()).commands["preview"]
    (preview,) = re.findall(r"landmarkdiff:cpu preview (.+)$", text, re.MULTILINE)
    assert known.make_context("preview", shlex.split(preview)).params["out"] == Path("out")
