"""Reads the Dockerfiles of this repository, as far as they go: one list of instructions.

Only what they use is understood, and anything else is an error, so that a check never passes
over an instruction that it did not carry out.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Context", "Copy", "Health", "Run", "Stage", "read_dockerfile"]

_FORM = "a list in the form of JSON"


@dataclass(frozen=True)
class Run:
    """A command of the build, with the surroundings it runs in."""

    command: str
    environment: dict[str, str]
    folder: str


@dataclass(frozen=True)
class Copy:
    """Files from the context, or from an earlier stage."""

    sources: tuple[str, ...]
    goal: str
    stage: str | None
    folder: str


@dataclass(frozen=True)
class Health:
    """The health check: its command, and its options as they are written."""

    command: tuple[str, ...]
    options: dict[str, str]


@dataclass
class Stage:
    """One FROM with what follows it.

    Attributes
    ----------
    image, name : str
    steps : list of Run or Copy
        In their order.
    environment : dict of str
        As it is at the end.
    folder, user : str
    entrypoint, command, ports, volumes : tuple of str
    health : Health or None
    """

    image: str
    name: str
    steps: list[Run | Copy] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "root"
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    health: Health | None = None


#: What the base images set; both put the interpreter's folder first.
BASE_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


def read_dockerfile(path: Path) -> list[Stage]:
    """Return the stages of a Dockerfile, in their order."""
    stages: list[Stage] = []
    given: dict[str, str] = {}
    for name, rest in _instructions(path.read_text(encoding="utf-8")):
        if name == "ARG" and not stages:
            key, equals, value = rest.partition("=")
            if not equals:
                raise ValueError(f"ARG without a value of its own: {rest}")
            given[key] = value
        elif name == "FROM":
            image, _, alias = rest.partition(" AS ")
            image = re.sub(r"\$\{(\w+)\}", lambda found: given[found[1]], image)
            stages.append(Stage(image, alias or str(len(stages)), environment={"PATH": BASE_PATH}))
        elif not stages:
            raise ValueError(f"{name} before FROM")
        else:
            _apply(stages[-1], name, rest)
    return stages


def _instructions(text: str) -> list[tuple[str, str]]:
    """Return name and rest of every instruction; comments go, continued lines are joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found = []
    for line in joined.splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            found.append((name, rest.strip()))
    return found


def _apply(stage: Stage, name: str, rest: str) -> None:
    flags, rest = _flags(rest) if name in {"COPY", "HEALTHCHECK"} else ({}, rest)
    match name:
        case "ENV":
            for word in shlex.split(rest):
                key, equals, value = word.partition("=")
                if not equals:
                    raise ValueError(f"ENV without '=': {rest}")
                stage.environment[key] = re.sub(
                    r"\$(\w+)", lambda found: stage.environment.get(found[1], ""), value
                )
        case "RUN":
            if rest.startswith(("[", "--")):
                raise ValueError(f"only plain commands are known: RUN {rest}")
            stage.steps.append(Run(rest, dict(stage.environment), stage.folder))
        case "COPY":
            *sources, goal = shlex.split(rest)
            stage.steps.append(Copy(tuple(sources), goal, flags.pop("from", None), stage.folder))
            if flags:
                raise ValueError(f"unknown options of COPY: {', '.join(flags)}")
        case "WORKDIR":
            stage.folder = rest
        case "USER":
            stage.user = rest
        case "EXPOSE":
            stage.ports = (*stage.ports, *rest.split())
        case "VOLUME":
            stage.volumes = (*stage.volumes, *_words(rest))
        case "ENTRYPOINT":
            stage.entrypoint = _words(rest)
        case "CMD":
            stage.command = _words(rest)
        case "HEALTHCHECK":
            word, _, command = rest.partition(" ")
            if word != "CMD":
                raise ValueError("a health check without CMD")
            stage.health = Health(_words(command), flags)
        case _:
            raise ValueError(f"unknown instruction: {name}")


def _flags(rest: str) -> tuple[dict[str, str], str]:
    flags = {}
    while found := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
        flags[found[1]] = found[2]
        rest = rest[found.end() :]
    return flags, rest


def _words(text: str) -> tuple[str, ...]:
    words = json.loads(text) if text.startswith("[") else None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"not {_FORM}: {text}")
    return tuple(words)


class Context:
    """The files that a build may see: the tree, less what ``.dockerignore`` keeps out.

    Its file has to begin with ``*``; then come ``!PATH`` to let one path in, and ``**/NAME`` to
    keep every file or folder of that name out again.
    """

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        lines = (tree / ".dockerignore").read_text(encoding="utf-8").splitlines()
        rules = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if rules[:1] != ["*"]:
            raise ValueError("the first rule of .dockerignore is not '*'")
        self.admitted = tuple(rule[1:] for rule in rules if rule.startswith("!"))
        self.refused = tuple(rule[3:] for rule in rules if rule.startswith("**/"))
        if len(self.admitted) + len(self.refused) + 1 != len(rules):
            raise ValueError("a rule of .dockerignore is of no known kind")

    def files(self, source: str) -> list[Path]:
        """Return the admitted files of a source of COPY, relative to the tree.

        Raises
        ------
        ValueError
            The build would see none.
        """
        place = self.tree / source
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        inside = [path.relative_to(self.tree) for path in found if path.is_file()]
        admitted = [path for path in inside if self._admits(path)]
        if not admitted:
            raise ValueError(f"the build would not see {source}")
        return admitted

    def _admits(self, path: Path) -> bool:
        if any(part in self.refused for part in path.parts):
            return False
        names = [str(path), *(str(parent) for parent in path.parents)]
        return any(name in self.admitted for name in names)
