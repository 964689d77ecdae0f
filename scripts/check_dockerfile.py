"""Carries out a Dockerfile without a container engine, in copies of a Debian root, as root.

Every COPY and RUN is carried out in order; then the entry point is started as compose.yaml says:
its user, no capabilities, a read-only root, its volumes and files in memory, and a network of
its own without any interface but the loopback. The health check has to fail before and to
succeed after, and SIGTERM has to end it. The base images are stood in for by Debian roots:

    debootstrap --variant=minbase --include=python-is-python3,python3-venv,ca-certificates \
        trixie ROOT/python
    python scripts/check_dockerfile.py Dockerfile.cpu app --base ROOT/python --work ROOT

Needs util-linux, iproute2 and the rights of root. It is no proof of what an engine does
differently: layers, the registry's images, seccomp, the graphics card.
"""

from __future__ import annotations

import argparse
import os
import pty
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from dockerfile import Context, Copy, Run, Stage, read_dockerfile

TREE = Path(__file__).resolve().parents[1]
PASSWORD = "a password for the check"  # noqa: S105  # of no one
AS_USER = ["--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]


def step(*words: object) -> None:
    """Say what comes next."""
    print("--", *words, flush=True)


def expect(what: str, found: object, wanted: object) -> None:
    """Say what was found, and stop when it is not what was wanted."""
    print(f"   {what}: {found}", flush=True)
    if found != wanted:
        raise SystemExit(f"{what}: {found!r} instead of {wanted!r}")


@dataclass(frozen=True)
class Room:
    """A root folder and what is mounted in it while a command runs there.

    Attributes
    ----------
    root : Path
    user : str
        ``UID:GID``, or root.
    environment : dict of str
    folder : str
    read_only, network : bool
    memory : tuple of str
        Folders in memory, ``PATH:OPTIONS``.
    volumes : tuple of (Path, str, bool)
        Place outside, place inside, whether it can be written.
    """

    root: Path
    environment: dict[str, str]
    folder: str = "/"
    user: str = "root"
    read_only: bool = False
    network: bool = True
    memory: tuple[str, ...] = ()
    volumes: tuple[tuple[Path, str, bool], ...] = ()

    def command(self, words: list[str]) -> list[str]:
        """Return a command that runs words in this room."""
        inside = [*self._become(), "--", *words]
        script = [*self._mounts(), f"cd {shlex.quote(str(self.root))}"]
        if not self.network:
            script.append("ip link set lo up")
        move = f'cd {shlex.quote(self.folder)} && exec "$@"'
        script.append(
            f"exec chroot . env -i {self._environment()} sh -c {shlex.quote(move)} sh "
            + shlex.join(inside)
        )
        spaces = [
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            *([] if self.network else ["--net"]),
        ]
        return ["unshare", *spaces, "sh", "-euc", "\n".join(script)]

    def beside(self, process: int, words: list[str]) -> list[str]:
        """Return a command that runs words where a process of this room runs."""
        spaces = ["--mount", "--net", "--pid", "--root", "--wd"]
        within = ["env", "-i", *shlex.split(self._environment()), *self._become(), "--", *words]
        return ["nsenter", f"--target={process}", *spaces, "--", *within]

    def _become(self) -> list[str]:
        if self.user == "root":
            return ["env"]
        user, _, group = self.user.partition(":")
        return ["setpriv", f"--reuid={user}", f"--regid={group}", *AS_USER]

    def _environment(self) -> str:
        return shlex.join(f"{name}={value}" for name, value in self.environment.items())

    def _mounts(self) -> list[str]:
        root = shlex.quote(str(self.root))
        lines = [f"mount --bind {root} {root}", f"mount -t proc proc {root}/proc"]
        lines.append(f"mount --rbind /dev {root}/dev")
        if self.read_only:
            lines.append(f"mount -o remount,ro,bind {root}")
        for place in self.memory:
            path, _, options = place.partition(":")
            lines.append(f"mount -t tmpfs -o noexec,nosuid,nodev,{options} tmpfs {root}{path}")
        for outside, inside, writable in self.volumes:
            lines.append(f"mount --bind {shlex.quote(str(outside))} {root}{inside}")
            if not writable:
                lines.append(f"mount -o remount,ro,bind {root}{inside}")
        return lines


@dataclass
class Check:
    """One Dockerfile, carried out."""

    work: Path
    base: Path
    certificates: Path | None = None
    roots: dict[str, Path] = field(default_factory=dict)

    def build(self, path: Path, keep: bool) -> Stage:
        """Carry out every stage and return the last."""
        context = Context(TREE)
        stages = read_dockerfile(path)
        for stage in stages:
            root = self.work / f"{path.suffix[1:]}-{stage.name}"
            self.roots[stage.name] = root
            if keep and root.exists():
                step("keeping", root)
                continue
            step("FROM", stage.image, "- here", self.base)
            shutil.rmtree(root, ignore_errors=True)
            subprocess.run(["cp", "-a", str(self.base), str(root)], check=True)
            shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
            for item in stage.steps:
                (root / item.folder.strip("/")).mkdir(parents=True, exist_ok=True)
                if isinstance(item, Copy):
                    self._copy(item, root, context)
                else:
                    self._run(item, root)
            (root / stage.folder.strip("/")).mkdir(parents=True, exist_ok=True)
        return stages[-1]

    def _copy(self, item: Copy, root: Path, context: Context) -> None:
        step("COPY", *item.sources, item.goal)
        goal = root / (Path(item.folder) / item.goal).as_posix().strip("/")
        if item.stage is not None:
            for source in item.sources:
                goal.parent.mkdir(parents=True, exist_ok=True)
                place = self.roots[item.stage] / source.strip("/")
                subprocess.run(["cp", "-aT", str(place), str(goal)], check=True)
            return
        for source in item.sources:
            for file in context.files(source):
                within = file.relative_to(source) if file != Path(source) else Path()
                into = item.goal.endswith("/") and not within.parts
                place = goal / file.name if into else goal / within
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(TREE / file, place)

    def _run(self, item: Run, root: Path) -> None:
        step("RUN", item.command)
        build_step(root, item.command, item.environment, item.folder, self.certificates)


def build_step(
    root: Path,
    command: str,
    environment: dict[str, str],
    folder: str = "/",
    certificates: Path | None = None,
) -> None:
    """Run a command of a build in a root, and stop when it fails.

    ``certificates`` are those that pip trusts there; its own by default.
    """
    volumes: tuple[tuple[Path, str, bool], ...] = ()
    trusted = root / "trusted.pem"
    if certificates is not None:
        trusted.touch()
        volumes = ((certificates, "/trusted.pem", False),)
        environment = environment | {"PIP_CERT": "/trusted.pem"}
    room = Room(root, environment, folder, volumes=volumes)
    started = time.monotonic()
    subprocess.run(room.command(["sh", "-c", command]), check=True)
    trusted.unlink(missing_ok=True)
    print(f"   {time.monotonic() - started:.0f} s", flush=True)


def room_of(service: dict[str, Any], stage: Stage, root: Path, work: Path) -> Room:
    """Return where compose.yaml lets a service run."""
    home = next(
        line.split(":")[5]
        for line in (root / "etc/passwd").read_text().splitlines()
        if line.split(":")[2] == stage.user.partition(":")[0]
    )
    volumes = []
    for text in service.get("volumes", []):
        source, inside, *mode = text.split(":")
        outside = TREE / source if source.startswith("./") else work / "volumes" / source
        if not outside.exists():  # a new volume takes over what the image has in its place
            shutil.copytree(root / inside[1:], outside)
            subprocess.run(["chown", "-R", stage.user, str(outside)], check=True)
            outside.chmod((root / inside[1:]).stat().st_mode)
        if not (root / inside[1:]).exists():
            (root / inside[1:]).touch()
        volumes.append((outside, inside, mode != ["ro"]))
    return Room(
        root,
        stage.environment | {"HOME": home} | service.get("environment", {}),
        stage.folder,
        stage.user,
        read_only=service["read_only"],
        network=False,
        memory=tuple(service["tmpfs"]),
        volumes=tuple(volumes),
    )


def type_password(command: list[str]) -> int:
    """Run a command at a terminal of its own and type the password twice; return its status."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)  # noqa: S606  # a shell would stand between
    for _ in range(2):
        prompt = b""
        while not prompt.endswith(b": "):  # the blank comes once nothing is shown any more
            prompt += os.read(terminal, 1024)
        os.write(terminal, PASSWORD.encode() + b"\n")
    try:
        while os.read(terminal, 1024):
            pass
    except OSError:
        pass  # how a terminal says that its other end has gone
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def serve(room: Room, stage: Stage, health: list[str], seconds: float) -> None:
    """Start the entry point, ask the health check, look at the process, stop it."""
    words = [*stage.entrypoint, *stage.command]
    step("ENTRYPOINT", shlex.join(words))
    started = time.monotonic()
    outer = subprocess.Popen(
        room.command(words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        process = _child(outer.pid)
        healthy = None
        while time.monotonic() - started < seconds and outer.poll() is None and healthy != 0:
            time.sleep(0.5)
            asked = room.beside(process, health)
            healthy = subprocess.run(asked, check=False).returncode
        if outer.poll() is not None and outer.stdout is not None:
            print(outer.stdout.read())
        expect("health check", healthy, 0)
        print(f"   after {time.monotonic() - started:.1f} s")
        facts = dict(
            line.split(":\t", 1)
            for line in Path(f"/proc/{process}/status").read_text().splitlines()
            if ":\t" in line
        )
        expect("user", facts["Uid"].split()[0], stage.user.partition(":")[0])
        expect("capabilities", (facts["CapEff"], facts["CapBnd"]), ("0" * 16, "0" * 16))
        expect("no new privileges", facts["NoNewPrivs"], "1")
        doctor = room.beside(process, ["landmarkdiff", "doctor"])
        step("landmarkdiff doctor:", subprocess.run(doctor, check=False).returncode)
        for place in ("/opt/x", "/photos/x", "/private/x"):
            touched = room.beside(process, ["touch", place])
            done = subprocess.run(touched, check=False, capture_output=True, text=True)
            expect(f"{place} cannot be written", "Read-only" in done.stderr, True)
        os.kill(process, signal.SIGTERM)
        stopped = time.monotonic()
        output, _ = outer.communicate(timeout=20)
        print(f"   ended {time.monotonic() - stopped:.1f} s after SIGTERM; it had said:\n{output}")
        expect("status", outer.returncode, 0)
    finally:
        outer.kill()


def _child(parent: int) -> int:
    """Return the process that a parent forked, once it is what was asked for."""
    for _ in range(200):
        time.sleep(0.05)
        listed = Path(f"/proc/{parent}/task/{parent}/children")
        if listed.exists() and listed.read_text().split():
            child = int(listed.read_text().split()[0])
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if b"landmarkdiff" in words[0] or b"python" in words[0]:
                return child
    raise SystemExit("the entry point did not start")


def main() -> None:
    """Build, set up, serve."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dockerfile", type=Path)
    parser.add_argument("service", help="of compose.yaml")
    parser.add_argument("--base", type=Path, required=True, help="root in place of the base image")
    parser.add_argument("--work", type=Path, required=True, help="where the copies are made")
    parser.add_argument("--keep", action="store_true", help="keep roots that are there already")
    parser.add_argument(
        "--certificates", type=Path, help="file (PEM) of those that pip trusts; by default its own"
    )
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    check = Check(work, options.base.resolve(), options.certificates)
    stage = check.build(options.dockerfile, options.keep)
    root = check.roots[stage.name]
    services = yaml.safe_load((TREE / "compose.yaml").read_text(encoding="utf-8"))["services"]
    shutil.rmtree(work / "volumes", ignore_errors=True)
    (work / "volumes").mkdir()

    if stage.health is None:
        raise SystemExit("the last stage has no health check")
    health = list(stage.health.command)
    room = room_of(services[options.service], stage, root, work)
    step("without users and certificate")
    refused = subprocess.run(room.command([*stage.entrypoint, *stage.command]), check=False)
    expect("status", refused.returncode, 2)
    silent = subprocess.run(room.command(health), check=False)
    expect("health check of nothing", silent.returncode, 1)
    for name, more in (("certificate", []), ("users", ["anna"])):
        words = [*services[name]["entrypoint"], *more]
        step("service", name, shlex.join(words))
        command = room_of(services[name], stage, root, work).command(words)
        status = type_password(command) if more else subprocess.run(command, check=False).returncode
        expect("status", status, 0)
    for file in sorted((work / "volumes" / "private").iterdir()):
        print(f"   {file.name}: {file.stat().st_uid} {file.stat().st_mode & 0o777:04o}")
    serve(room, stage, health, seconds=120.0)


if __name__ == "__main__":
    sys.exit(main())
