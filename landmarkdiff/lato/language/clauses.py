"""From signs to pieces of a sentence: the grammar, and what a piece holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any, cast

from lark import Lark, Token, Tree
from lark.lexer import Lexer

from landmarkdiff.lato.language.amends import amended
from landmarkdiff.lato.language.circumstances import without_circumstances
from landmarkdiff.lato.language.complaints import settle
from landmarkdiff.lato.language.counts import count_ones
from landmarkdiff.lato.language.headings import without_operation
from landmarkdiff.lato.language.items import Item, Said, kind_of, meaning_of, tokens_of
from landmarkdiff.lato.language.lexicon import Lexicon, Sign
from landmarkdiff.lato.language.piece import MARKS, Amount, Piece
from landmarkdiff.lato.language.run_on import split
from landmarkdiff.lato.language.side_headings import SideHeadings

__all__ = ["Amount", "Piece", "pieces"]

_ALONE = ("keep", "not", "undo", "all", "that", "doubt", "head", "let")
_LISTED = {"PART": "parts", "NAME": "names", "DIMENSION": "dimensions", "SIDE": "sides",
           "GRADE": "grades", "TURN": "turns", "EXPRESSION": "expressions",
           "PROCEDURE": "procedures"}  # fmt: skip


#: Ways of verbs after which "down", "up" and "out" name no direction.
_PARTICLES = {
    "down": ("narrow", "soft", "reduce", "short"),
    "up": ("tight", "fill", "augment", "soft", "straighten"),
    "forward": ("augment", "fill", "soft", "straighten", "long", "narrow"),
}


class _Signs(Lexer):
    """Hands the signs of a lexicon to the parser."""

    def __init__(self, conf: Any) -> None:
        """Take the parser's settings, of which none is needed."""

    def lex(self, data: Sequence[Sign]) -> Iterator[Token]:  # type: ignore[override]
        """Yield a token for each sign; the sign is its value."""
        for sign in data:
            token = Said(sign.meaning.kind, sign.text, start_pos=sign.start, end_pos=sign.end)
            token.meaning = sign.meaning
            yield token


@cache
def _parser() -> Lark:
    grammar = resources.files("landmarkdiff.lato.language") / "clauses.lark"
    return Lark(grammar.read_text(encoding="utf-8"), parser="lalr", lexer=_Signs)


def pieces(text: str, lexicon: Lexicon) -> list[Piece]:
    """Return the pieces of a text that say something.

    Parameters
    ----------
    text : str
    lexicon : Lexicon
        Of the language of the text.
    """
    tree = _parser().parse(lexicon.signs(text))
    found: list[Piece] = []
    before, amends, colon = "START", "", False
    leading = SideHeadings(text, lexicon)
    for branch in cast(list[Tree[Token]], tree.children):
        if branch.data == "separator":
            kind = _token(branch).type
            amends = str(_token(branch)) if kind == "AMEND" else amends
            colon = str(_token(branch)) in (":", "：")
            before = kind if _outweighs(kind, before) else before
            before = "START" if not found else before
            continue
        if len(branch.children) == 1 and found and _is_nay(branch.children[0], lexicon):
            before, amends = "AMEND", str(branch.children[0])  # "3 mm, no, 2 mm"
            continue
        children = _upon(without_circumstances(branch.children))
        for items in split(children) if children else ():
            found.append(_piece(without_operation(items, text), before))
            found[-1].amends = amends if before == "AMEND" else ""
            found[-1].detailed, colon = colon, False
            leading.lead(found[-1])
            before = "COMMA"
    if before == "AMEND":
        found[-1].doubt.append(amends)
    _tell_apiece(found)
    count_ones(found)
    return amended(found)


def _upon(items: Sequence[Item]) -> list[Item]:
    """Return items without words such as "on", which are noted by the part or side after them."""
    kept: list[Item] = []
    upon = False
    for item in items:
        told = isinstance(item, Token) and item.type
        if upon and told in ("PART", "NAME", "SIDE", "DIMENSION"):
            cast(Said, item).upon = True
        upon = told == "UPON"
        if not upon:
            kept.append(item)
    return kept


def _tell_apiece(found: Sequence[Piece]) -> None:
    """Let "each" after a list be of its parts, and after one part of its two sides."""
    for at, piece in enumerate(found):
        if "apiece" not in piece.sides:
            continue
        listed = len(piece.parts) + len(piece.names)
        for earlier in reversed(found[:at]):
            if not earlier.bare:
                break
            listed += len(earlier.parts) + len(earlier.names)
        piece.sides = [side for side in piece.sides if side != "apiece"]
        piece.sides += ["each"] if listed < 2 else []


def _outweighs(kind: str, before: str) -> bool:
    """Whether a separator decides how pieces hang together, and not those read before it."""
    if before == "AMEND":
        return kind in ("AND", "OR")
    return before in ("START", "COMMA", kind) or kind in ("STOP", "AMEND")


def _is_nay(item: Item, lexicon: Lexicon) -> bool:
    kinds = ("NOT", "COMPLAINT")
    return isinstance(item, Token) and item.type in kinds and item.lower() in lexicon.nay


def _piece(items: Sequence[Item], before: str) -> Piece:
    piece = Piece(before)  # type: ignore[arg-type]  # the grammar's separators
    lone: Sequence[Token] = ()
    for item in items:
        tokens, kind = tokens_of(item), kind_of(item)
        if _noted(piece, kind, tokens[0]):
            continue
        if getattr(tokens[0], "upon", False):
            piece.marks["UPON"] = ""
        if kind == "PART" and piece.last_mark == ("COPULA", len(piece.order)):
            _unmark_this(piece)
        _put(piece, kind, tokens)
        percent = bool(piece.amounts) and piece.amounts[-1].unit == "percent"  # "un 40 %"
        counted = kind == "amount" and _lone_one(lone) and not _article_of(lone, tokens)
        if counted and not percent:
            piece.doubt.append(str(tokens[0]))  # "one point two", "one to two", "un à deux"
        piece.single |= kind == "PART" and _lone_one(lone)
        of_side = bool(piece.order) and piece.order[-1] == "SIDE"  # "the left one by 2 mm"
        lone = tokens if kind == "amount" and not of_side else ()
        starts = [token.start_pos or 0 for token in tokens]
        ends = [token.end_pos or 0 for token in tokens]
        piece.start = min(starts) if piece.start < 0 else min(piece.start, *starts)
        piece.end = max(piece.end, *ends)
        piece.order.append("KEEP" if kind == "LET" else kind)
        piece.side_end = max(ends) if kind == "SIDE" and piece.side_end < 0 else piece.side_end
    if _lone_one(lone) and " " in lone[0]:
        piece.one = str(lone[0])  # "by one", of the unit that its neighbour names
    elif _lone_one(lone) and piece.order[-2:] == ["PART", "amount"]:
        piece.doubt.append(str(lone[0]))
    if piece.start < 0:
        piece.start, piece.end = _span(items)
    # "die Spitze lassen" keeps it; "deixe a ponta mais fina" does not.
    said = piece.ways or piece.opposites or piece.positives or piece.wrong or piece.remedies
    share = "half" in piece.relatives or piece.fraction  # "déjalo en la mitad"
    named = piece.names or piece.dimensions
    if piece.let and named and piece.amounts and not said:  # "leave the rotation at 5 degrees"
        piece.marks["INSTEAD"], piece.let = "LET", False
    made = piece.expressions and (piece.head or piece.grades)  # "deixa o rosto muito feliz"
    piece.keep |= piece.let and not (said or share or made or "COMPLAINT" in piece.marks)
    if piece.undo and not piece.not_:  # "put the tip back as it was"
        piece.keep = False
    faulty = piece.remedies or piece.wrong  # "I look sleepy"
    piece.head |= "LOOK" in piece.marks and not (piece.targets or faulty)
    _swap(piece)
    _face(piece)
    settle(piece)
    return piece


def _noted(piece: Piece, kind: str, token: Token) -> bool:
    """Note what is no item of its own: marks, regions, ends of a part, what is swapped."""
    if kind in MARKS:
        if kind == "COMPLAINT" and meaning_of(token).value != "mend":
            _feel(piece)
        _mark(piece, kind, str(token))
    elif kind == "AREA":
        piece.areas.append(meaning_of(token).value)
    elif kind == "FACE":
        piece.face = str(token)
        piece.order.append("HEAD")
    elif kind == "ZONE":
        piece.zones[meaning_of(token).value] = str(token)
    elif kind == "amount" and piece.last_mark == ("SWAP", len(piece.order)):
        piece.last_mark = ("SWAP", -1)  # "4 mm instead of 5 mm"
    else:
        return kind == "GRADE" and _belongs_before(piece, meaning_of(token).value)
    return True


def _swap(piece: Piece) -> None:
    """Let "instead of raising the brow" say nothing until another way is said."""
    if "SWAP" not in piece.marks or piece.last_mark == ("SWAP", -1):
        return
    if piece.ways:
        piece.plaint, piece.ways = piece.marks["SWAP"], []
    else:
        piece.doubt.append(piece.marks["SWAP"])


def _span(items: Sequence[Item]) -> tuple[int, int]:
    """Return where items begin and end in the text."""
    tokens = [token for item in items for token in tokens_of(item)]
    return min(token.start_pos or 0 for token in tokens), max(
        token.end_pos or 0 for token in tokens
    )


def _face(piece: Piece) -> None:
    """Let the face be the head where it is turned, and nothing beside one of its parts."""
    sided = set(piece.sides) in ({"left"}, {"right"}) and not piece.targets
    degrees = all(amount.unit in ("", "deg") for amount in piece.amounts)
    piece.head |= piece.ways == ["rotate"] and sided and degrees  # "turn to the left"
    if not piece.face or piece.targets or piece.expressions:
        return
    turned = piece.turns or piece.sides or "rotate" in piece.ways or "LOOK" in piece.marks
    done = piece.ways or piece.positives or piece.remedies
    if done and not turned and not any(amount.unit == "deg" for amount in piece.amounts):
        piece.doubt.append(piece.face)  # "lift the face": a facelift, or a look upward?
    else:
        piece.head = True


def _mark(piece: Piece, kind: str, text: str) -> None:
    """Note a word that decides how others are read."""
    if kind == "ONLY" and "NE" not in piece.marks:
        return  # French "que" limits what is negated only after "ne"
    piece.marks[kind] = text
    if kind not in ("JUST", "AGENT"):  # "to only 2 mm" is to 2 mm
        piece.last_mark = (kind, len(piece.order))


def _feel(piece: Piece) -> None:
    """Let "it really bothers me" say how much it is felt, and not how much is to be done."""
    piece.felt = True
    if piece.order[-1:] == ["GRADE"] and not piece.ways:
        piece.order.pop()
        piece.grades.pop()


def _unmark_this(piece: Piece) -> None:
    """Let "esta" before a part be "this": "is" has an accent and stands after it, "está"."""
    if piece.marks["COPULA"].casefold() in ("esta", "estas"):
        del piece.marks["COPULA"]


def _belongs_before(piece: Piece, grade: str) -> bool:
    """Whether a grade is of the word before it: "a less pronounced hump", "bothers me a lot"."""
    if piece.felt and piece.last_mark == ("COMPLAINT", len(piece.order)):
        return True
    too = piece.last_mark == ("TOO", len(piece.order))
    return grade == "strong" and (piece.order[-1:] == ["less"] or too)


def _lone_one(tokens: Sequence[Token]) -> bool:
    """Whether these are nothing but the word "one", which is an article as well."""
    return len(tokens) == 1 and tokens[0].type == "NUMBER" and meaning_of(tokens[0]).value == "1"


def _article_of(lone: Sequence[Token], tokens: Sequence[Token]) -> bool:
    """Whether digits follow the word "one" at once: "einem 4-mm-Implantat"."""
    gap = (tokens[0].start_pos or 0) - (lone[0].end_pos or 0)
    return tokens[0][:1].isdigit() and gap == 1


def _put(piece: Piece, kind: str, tokens: Sequence[Token]) -> None:
    """Add one item of the grammar to a piece."""
    meaning = meaning_of(tokens[-1])
    if kind in _LISTED:
        getattr(piece, _LISTED[kind]).append(meaning.value)
    elif kind == "amount":
        amount = _amount(tokens)
        if amount is not None:
            at = piece.last_mark == ("TO", len(piece.order))
            piece.amounts.append(replace(amount, to=piece.marks["TO"]) if at else amount)
    elif kind == "way" and meaning.value == "remove":  # "take the hump off", "out of the plan"
        piece.ways.append("reduce")
        piece.marks["REMOVE"] = str(tokens[-1])
    elif kind == "way" and meaning.value == "add":
        piece.marks["ADD"] = str(tokens[-1])
    elif kind == "way":
        if tokens[-1].type == "PARTICLE" and meaning.value == "forward" and "TAKE" in piece.marks:
            piece.marks["OUT"] = str(tokens[-1])
            return
        if tokens[-1].type == "PARTICLE" and piece.ways[-1:] and _completes(tokens[-1], piece):
            return  # "slim it down", "plump the cheeks up"
        alone = len(tokens) == 1 and tokens[0].type == "ADJECTIVE"
        (piece.positives if alone else piece.ways).append(meaning.value)
        if tokens[-1].type not in ("WAY", "PARTICLE"):
            piece.marks["ADJECTIVE" if alone else "COMPARATIVE"] = str(tokens[-1])
    elif kind == "excess":
        sizes = {"remove": "reduce", "add": "enlarge"}
        piece.wrong.append(sizes.get(meaning.value, meaning.value))
        piece.marks["EXCESS"] = " ".join(tokens)
    elif kind == "fault":
        piece.remedies.append(meaning.value)
        piece.marks["FAULT"] = str(tokens[-1])
    elif kind == "fraction":
        count = _amount(tokens[:-1]) if len(tokens) > 1 else None
        piece.fraction = float(meaning.value) * (count.value if count else 1.0)
    elif kind == "less" and len(tokens) > 1:
        piece.opposites.append(meaning.value)
    elif kind in ("less", "more", "half", "double"):
        piece.relatives.append(kind)
    elif kind == "DOUBT":
        piece.doubt.append(str(tokens[-1]))
        piece.hedged = True
    elif kind.lower() in _ALONE:
        name = kind.lower() + ("_" if kind in ("NOT", "ALL") else "")
        setattr(piece, name, True)
        if kind == "NOT":
            piece.marks.setdefault(kind, str(tokens[-1]))
    else:
        piece.unknown.extend(str(token) for token in tokens)


def _completes(particle: Token, piece: Piece) -> bool:
    """Whether a particle only completes the verb before it: "slim the jaw down"."""
    return piece.ways[-1] in _PARTICLES.get(meaning_of(particle).value, ())


def _amount(tokens: Sequence[Token]) -> Amount | None:
    """Return a number with its unit; None for the article that is also a number."""
    value, unit, signed, scale, fraction = 0.0, "", False, 1.0, 0.0
    for token in tokens:
        if token.type == "NUMBER":
            spelled = meaning_of(token).value
            if spelled == "1" and len(tokens) == 1:  # "a", "the right one"
                return None
            signed |= token[0] in "+-"
            number = float(spelled) if spelled else _number(token)
            value = value * number if fraction else value + number
        elif token.type == "FRACTION":
            fraction = float(meaning_of(token).value)
            value = max(value, 1.0) * fraction
        elif token.type in ("UNIT", "ONE_UNIT"):  # "a lift of a millimetre", "half of a millimetre"
            unit = meaning_of(token).value
            value += token.type == "ONE_UNIT" and len(tokens) == 1
            if unit == "cm":
                unit, scale = "mm", 10.0
        elif token.type == "HALF":
            value += 0.5
        else:  # "a millimetre and a half"
            value += 0.5 if any(other.type == "NUMBER" for other in tokens) else 1.5
    return Amount(value * scale, unit, signed)


def _number(text: str) -> float:
    """Return a written number: a decimal point or comma, or a fraction.

    >>> _number("1 1/2")
    1.5
    """
    whole, _, fraction = text.rpartition(" ")
    if "/" not in fraction:
        return float(fraction.replace(",", "."))
    above, _, below = fraction.partition("/")
    if not float(below):
        return float("inf")
    return float(whole or 0) + float(above) / float(below)


def _token(branch: Tree[Token]) -> Token:
    return cast(Token, branch.children[0])
