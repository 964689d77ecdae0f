"""Every code that the program tells has words in every language, and every word a code."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

import landmarkdiff
from landmarkdiff import errors
from landmarkdiff.texts import languages
from landmarkdiff.texts.tables import templates
from landmarkdiff.wording import Template, english_messages, fields_of, in_parts

PACKAGE = Path(landmarkdiff.__file__).parent
SECTIONS = ("notices", "reasons", "errors", "terminal")
#: Classes that make a message, and the section its code is of.
MAKERS = {"Notice": ("notices",), "Reason": ("reasons",)}


#: All nodes of a module.
Nodes = list[ast.AST]


@cache
def modules() -> dict[str, Nodes]:
    return {
        path.relative_to(PACKAGE).as_posix(): list(
            ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def called(node: ast.expr) -> str:
    """Name of what is called: ``Reason`` of ``Reason(...)`` and of ``Reason.of(...)``."""
    if isinstance(node, ast.Attribute) and node.attr == "of":
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def error_classes() -> dict[str, ast.ClassDef]:
    """All classes of the package that descend from LandmarkDiffError, by name."""
    defined = [n for nodes in modules().values() for n in nodes if isinstance(n, ast.ClassDef)]
    found: dict[str, ast.ClassDef] = {}
    while True:
        more = {
            node.name: node
            for node in defined
            if node.name not in found
            and {called(base) for base in node.bases} & {"LandmarkDiffError", *found}
        }
        if not more:
            return found
        found |= more


@cache
def messages() -> list[tuple[str, tuple[str, ...], ast.Call, Nodes]]:
    """Every call that makes a message: where, the sections of its code, the call, its module."""
    raised = error_classes()
    # These words are made by the class itself.
    own = {name for name, node in raised.items() if any(map(is_init, node.body))}
    plain = {"LandmarkDiffError", *raised} - own
    found = []
    for place, nodes in modules().items():
        for node in nodes:
            if not isinstance(node, ast.Call):
                continue
            name = called(node.func)
            if name in MAKERS:
                found.append((f"{place}:{node.lineno}", MAKERS[name], node, nodes))
            elif name in plain or is_super_init(node, nodes, own):
                found.append((f"{place}:{node.lineno}", ("errors", "terminal"), node, nodes))
    return found


def is_init(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == "__init__"


def is_super_init(call: ast.Call, nodes: Nodes, own: set[str]) -> bool:
    """Whether a class of ``own`` hands its code up."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "__init__"):
        return False
    return any(
        isinstance(node, ast.ClassDef) and node.name in own and call in ast.walk(node)
        for node in nodes
    )


def codes_of(code: ast.expr, nodes: Nodes) -> set[str]:
    """What the code of a message can be; ``title_*`` for one that is put together.

    One that another record carries is ``*``.
    """
    if isinstance(code, ast.Constant):
        return {str(code.value)}
    if isinstance(code, ast.IfExp):
        return codes_of(code.body, nodes) | codes_of(code.orelse, nodes)
    if isinstance(code, ast.JoinedStr):
        first = code.values[0]
        return {f"{first.value}*"} if isinstance(first, ast.Constant) else set()
    if isinstance(code, ast.Name):
        return set().union(*(strings(value, nodes) for value in assigned(code.id, nodes)))
    if isinstance(code, ast.Call) and called(code.func) == "str":
        code = code.args[0]
    return {"*"} if isinstance(code, ast.Attribute) else strings(code, nodes)


def assigned(name: str, nodes: Nodes) -> Iterator[ast.expr]:
    """What is assigned to a name, or handed over under it in a call of the same module."""
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    for node in nodes:
        if isinstance(node, ast.Assign) and any(called(t) == name for t in node.targets):
            yield node.value
        elif isinstance(node, ast.Call):
            for function in functions:
                parameters = [argument.arg for argument in function.args.args]
                if called(node.func) == function.name and name in parameters:
                    yield from node.args[parameters.index(name) :][:1]


def strings(node: ast.expr, nodes: Nodes) -> set[str]:
    """Texts in an expression, and in the tables of its module that it looks into."""
    found = constants(ast.walk(node))
    tables = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id.isupper()}
    for table in tables:
        for value in assigned(table, nodes):
            found |= constants(value.values if isinstance(value, ast.Dict) else [])
    return found


def constants(nodes: Iterable[ast.AST | None]) -> set[str]:
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def english_templates() -> dict[str, Template]:
    sections = english_messages()
    return {**sections["notices"], **sections["reasons"], **all_errors()}


def all_errors() -> dict[str, Template]:
    sections = english_messages()
    return {**in_parts(sections["errors"]), **in_parts(sections["terminal"])}


@cache
def fields(code: str) -> frozenset[str]:
    """Fields of the words of a code, in any language."""
    tables = [english_templates(), *(templates(language) for language in languages())]
    found = (table[code] for table in tables if code in table)
    parts = [p for t in found for p in ([t] if isinstance(t, str) else t.values())]
    return frozenset(name for part in parts for name in fields_of(part))


def test_a_code_stands_in_one_section() -> None:
    sections = english_messages()
    codes = [code for section in SECTIONS for code in sections[section]]
    assert len(codes) == len(set(codes))
    assert all(code.isidentifier() and code.islower() for code in codes)


def test_the_scan_finds_messages() -> None:
    assert sum("errors" in sections for _, sections, *_ in messages()) > 200
    assert sum("reasons" in sections for _, sections, *_ in messages()) > 40
    assert {name for name, kind in vars(errors).items() if isinstance(kind, type)} >= {
        "PhotoError",
        "WorkCancelled",
    }


def test_every_code_has_words_and_gets_their_fields() -> None:
    known = english_messages()
    wrong = []
    for place, sections, call, nodes in messages():
        if not call.args:
            wrong.append(f"{place}: no code")
            continue
        allowed = {code for section in sections for code in known[section]}
        codes = codes_of(call.args[0], nodes)
        given = {keyword.arg for keyword in call.keywords}
        for code in codes - {"*"}:
            stem = code.removesuffix("*")
            hits = {c for c in allowed if c.startswith(stem)} if stem != code else {code} & allowed
            if not hits:
                wrong.append(f"{place}: {code} is not among {sections}")
            mapped = len(call.args) > 1 or None in given  # the fields come as a mapping
            wrong += [
                f"{place}: {hit} needs {sorted(fields(hit))}, gets {sorted(map(str, given))}"
                for hit in hits
                if not mapped and not fields(hit) <= given
            ]
        if not codes:
            wrong.append(f"{place}: the code cannot be found")
    assert not wrong


def test_the_tabs_raise_nothing_that_has_no_translation() -> None:
    terminal = set(english_messages()["terminal"])
    tabs = [entry for entry in messages() if entry[0].startswith(("ui/tabs/", "ui/page/"))]
    assert len(tabs) > 5
    for place, _, call, nodes in tabs:
        assert not codes_of(call.args[0], nodes) & terminal, place


def test_no_code_is_unused() -> None:
    used = constants(node for nodes in modules().values() for node in nodes)
    made = (codes_of(call.args[0], nodes) for _, _, call, nodes in messages() if call.args)
    stems = {code[:-1] for codes in made for code in codes if code.endswith("*")} - {""}
    codes = {code for section in SECTIONS for code in english_messages()[section]}
    left = {code for code in codes - used if not code.startswith(tuple(stems))}
    assert not left, "remove these codes from all files, or use them"


@pytest.mark.parametrize("language", [code for code in languages() if code != "en"])
def test_what_only_the_terminal_shows_is_not_translated(language: str) -> None:
    assert not set(english_messages()["terminal"]) & set(templates(language))


#: How a language would speak of the effects before a colon as of a single one.
OF_ONE = {
    "en": (": it ", "moves in"),
    "de": (": bewegt sich", ": endet"),
    "es": (": se mueve", ": termina", "reducido"),
    "fr": (": se déplace", "s'arrête", "réduit"),
    "pt": (": move-se", ": termina", "reduzido"),
}


@pytest.mark.parametrize("language", OF_ONE)
def test_a_cause_is_said_of_one_effect_and_of_several_in_the_same_words(language: str) -> None:
    known = templates(language)
    named = [code for code in english_messages()["reasons"] if code.startswith("shown_")]
    causes = [str(known[code]) for code in named if "effects" in fields_of(str(known[code]))]
    assert len(causes) > 15
    assert [said for said in causes if any(words in said for words in OF_ONE[language])] == []
