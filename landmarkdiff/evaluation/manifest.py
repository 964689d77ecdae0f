"""Which files make a case: the rows of a manifest, or files of one name in several folders."""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Self

from landmarkdiff.clinical import parse_flags
from landmarkdiff.data_files import read_foreign_text
from landmarkdiff.errors import ClinicalFlagError, EvaluationError

__all__ = ["COLUMNS", "FACTS", "Case", "Folders", "digest", "pair_by_name", "read_cases"]

#: Columns that name a file, and the field of :class:`Case` that each fills.
FILES: Mapping[str, str] = MappingProxyType(
    {
        "pred": "prediction",
        "target": "target",
        "source": "source",
        "raw": "raw",
        "mask": "mask",
        "plan": "plan",
    }
)
#: Columns that cases are sorted by, in the order of reports.
FACTS = ("procedure", "view", "tone", "monk", "sex", "age")
#: Every column that a manifest may have; ``pred`` is the only one that it must have.
COLUMNS = (*FILES, "name", "person", "seed", "flags", *FACTS)
#: Steps of the Monk Skin Tone scale (Monk 2019), given by hand; a photo does not tell them.
MONK_STEPS = range(1, 11)
#: Ends of age groups in years; a manifest may give groups of its own as text.
AGE_ENDS = (18, 30, 45, 60)
OLDEST = 130
_MOST_BYTES = 1 << 28


@dataclass(frozen=True)
class Case:
    """The files of one pair and what is known of it.

    Attributes
    ----------
    name : str
        Unique in the evaluation.
    person : str
    prediction : Path
    target, source, raw, mask, plan : Path or None
    seed : str
        Of the prediction; empty where none is given.
    facts : mapping of str to str
        Those of :data:`FACTS` that were given.
    flags : mapping
        Clinical flags that the plan was carried out with, as
        :meth:`~landmarkdiff.clinical.ClinicalFlags.to_dict` gives them; empty without any.
    refusal : str
        Why there is no prediction; empty where there is one.
    """

    name: str
    person: str
    prediction: Path
    target: Path | None = None
    source: Path | None = None
    raw: Path | None = None
    mask: Path | None = None
    plan: Path | None = None
    seed: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, Any] = field(default_factory=dict)
    refusal: str = ""

    def to_dict(self, base: Path) -> dict[str, Any]:
        """Return the case as JSON-ready data, its paths as seen from a folder."""
        told = ("name", "person", "seed", "refusal")
        record: dict[str, Any] = {name: getattr(self, name) for name in told}
        for name in FILES.values():
            path = getattr(self, name)
            record[name] = None if path is None else os.path.relpath(path, base)
        return {**record, "facts": dict(self.facts), "flags": dict(self.flags)}

    def absolute(self) -> Self:
        """Return the case with paths that mean the same in another working directory."""
        paths = {name: getattr(self, name) for name in FILES.values()}
        found: dict[str, Any] = {name: path and path.absolute() for name, path in paths.items()}
        return replace(self, **found)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], base: Path) -> Self:
        """Return the case that :meth:`to_dict` wrote into a folder."""
        known = {item.name for item in fields(cls)}
        values = {name: value for name, value in record.items() if name in known}
        for name in FILES.values():
            if values.get(name) is not None:
                values[name] = base / values[name]
        return cls(**values)


@dataclass(frozen=True)
class Folders:
    """Where the files of a manifest's columns lie.

    Attributes
    ----------
    prediction, target, source : Path or None
        Folders of these columns; by default, and for all others, the manifest's own.
    """

    prediction: Path | None = None
    target: Path | None = None
    source: Path | None = None

    def of(self, field_name: str, manifest: Path) -> Path:
        """Return the folder of a field of :class:`Case`."""
        chosen: Path | None = getattr(self, field_name, None)
        return chosen or manifest.parent


def read_cases(manifest: Path, folders: Folders | None = None) -> tuple[Case, ...]:
    """Read the rows of a manifest.

    Parameters
    ----------
    manifest : Path
        CSV with a line of names: ``pred``, and any other of :data:`COLUMNS`.
    folders : Folders, optional

    Returns
    -------
    tuple of Case
        In the manifest's order. Without ``person``, each case counts as another person's.

    Raises
    ------
    EvaluationError
        A column is unknown or ``pred`` is not there, a file does not exist or lies outside its
        folder, a prediction is there twice, or a value is none of its column.
    """
    folders = folders or Folders()
    cases: list[Case] = []
    seen: dict[str, int] = {}
    for line, row in manifest_rows(manifest, COLUMNS):
        case = _case(row, line, manifest, folders)
        for what in {case.name, str(case.prediction)}:
            if what in seen:
                raise EvaluationError(
                    "evaluation_case_twice", name=case.name, lines=[seen[what], line]
                )
            seen[what] = line
        cases.append(case)
    if not cases:
        raise EvaluationError("evaluation_manifest_empty", name=manifest.name)
    return tuple(cases)


def pair_by_name(
    predictions: Mapping[str, Path],
    targets: Mapping[str, Path] | None = None,
    sources: Mapping[str, Path] | None = None,
    *,
    facts: Mapping[str, str] = MappingProxyType({}),
) -> tuple[tuple[Case, ...], tuple[str, ...]]:
    """Pair files that have the same name in several folders.

    Parameters
    ----------
    predictions : mapping of str to Path
        By name, which is the path below the folder without its ending.
    targets, sources : mapping of str to Path, optional
        Those of another folder; each prediction needs its own there.
    facts : mapping of str to str, optional
        Of all of them.

    Returns
    -------
    tuple of Case
    tuple of str
        What the report has to say of it: targets that have no prediction.

    Raises
    ------
    EvaluationError
        A prediction has no partner.
    """
    for role, others in (("target", targets), ("source", sources)):
        lacking = sorted(predictions.keys() - others.keys()) if others is not None else []
        if lacking:
            raise EvaluationError("evaluation_no_partner", role=role, name=lacking[0])
    cases = tuple(
        Case(
            name=name,
            person=name,
            prediction=path,
            target=None if targets is None else targets[name],
            source=None if sources is None else sources[name],
            facts=facts,
        )
        for name, path in sorted(predictions.items())
    )
    notes = []
    left = len((targets or {}).keys() - predictions.keys())
    if left:
        notes.append(f"{left} of {len(targets or {})} targets have no prediction.")
    return cases, tuple(notes)


def digest(cases: Sequence[Case]) -> str:
    """Return a sum over what is evaluated: names, persons, seeds and facts, in any order."""
    told = sorted([case.name, case.person, case.seed, sorted(case.facts.items())] for case in cases)
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def manifest_rows(manifest: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number and the cells of each line of a table, empty cells left out.

    Parameters
    ----------
    manifest : Path
        CSV in UTF-8, its first line the names of its columns.
    columns : sequence of str
        Those that it may have; ``pred`` is needed.

    Raises
    ------
    EvaluationError
    """
    try:
        text = read_foreign_text(manifest, _MOST_BYTES)
        reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
        _check_columns(reader.fieldnames or (), columns, manifest)
        for row in reader:
            if None in row or None in row.values():
                raise EvaluationError(
                    "evaluation_manifest_ragged", name=manifest.name, line=reader.line_num
                )
            yield (
                reader.line_num,
                {name: cell.strip() for name, cell in row.items() if cell.strip()},
            )
    except (OSError, UnicodeDecodeError, csv.Error) as failure:
        problem = getattr(failure, "strerror", None) or str(failure)
        raise EvaluationError(
            "evaluation_manifest_unreadable", name=manifest.name, problem=problem
        ) from failure


def _check_columns(names: Sequence[str], columns: Sequence[str], manifest: Path) -> None:
    for name in names:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, 1)
            raise EvaluationError(
                "evaluation_column_unknown",
                name=name,
                columns=columns,
                near=near[0] if near else None,
            )
        if names.count(name) > 1:
            raise EvaluationError("evaluation_column_twice", name=name)
    if "pred" not in names:
        raise EvaluationError("evaluation_column_missing", name=manifest.name)


def _case(row: Mapping[str, str], line: int, manifest: Path, folders: Folders) -> Case:
    files: dict[str, Any] = {
        field_name: _file(row[column], column, line, folders.of(field_name, manifest))
        for column, field_name in FILES.items()
        if column in row
    }
    prediction = files.pop("prediction", None)
    if prediction is None:
        raise EvaluationError(
            "evaluation_cell", column="pred", line=line, value="", allowed="a file"
        )
    name = row.get("name") or PurePosixPath(row["pred"]).with_suffix("").as_posix()
    facts = {key: _fact(key, row[key], line) for key in FACTS if key in row}
    return Case(
        name=name,
        person=row.get("person", name),
        prediction=prediction,
        seed=row.get("seed", ""),
        facts=facts,
        flags=_flags(row["flags"], line) if "flags" in row else {},
        **files,
    )


def _file(cell: str, column: str, line: int, folder: Path) -> Path:
    inside = os.path.normpath(cell)
    if Path(inside).is_absolute() or Path(inside).parts[:1] == ("..",):
        raise EvaluationError("evaluation_file_outside", column=column, line=line, name=cell)
    path = folder / inside
    if not path.is_file():
        raise EvaluationError("evaluation_file_missing", column=column, line=line, name=cell)
    return path


def _fact(key: str, cell: str, line: int) -> str:
    """Return a cell as the stratum it is in."""
    if key == "monk":
        if not cell.isdecimal() or int(cell) not in MONK_STEPS:
            raise EvaluationError(
                "evaluation_cell", column=key, line=line, value=cell, allowed="1 to 10"
            )
        return str(int(cell))
    if key == "age":
        return _age(cell, line)
    return cell


def _flags(cell: str, line: int) -> dict[str, Any]:
    """Return the flags that a cell names as a command line does, with spaces between them."""
    try:
        return parse_flags(cell.split()).to_dict()
    except ClinicalFlagError as failure:
        raise EvaluationError(
            "evaluation_cell", column="flags", line=line, value=cell, allowed=failure.what
        ) from failure


def _age(cell: str, line: int) -> str:
    """Return the group of a number of years; another text is a group by itself."""
    try:
        years = float(cell)
    except ValueError:
        return cell
    if not 0.0 <= years <= OLDEST:
        raise EvaluationError(
            "evaluation_cell", column="age", line=line, value=cell, allowed=f"0 to {OLDEST} years"
        )
    return age_group(years)


def age_group(years: float) -> str:
    """Return the group of an age in years.

    Examples
    --------
    >>> age_group(17), age_group(30), age_group(71.5)
    ('below 18', '30 to 44', '60 and above')
    """
    if years < AGE_ENDS[0]:
        return f"below {AGE_ENDS[0]}"
    for low, high in pairwise(AGE_ENDS):
        if years < high:
            return f"{low} to {high - 1}"
    return f"{AGE_ENDS[-1]} and above"
