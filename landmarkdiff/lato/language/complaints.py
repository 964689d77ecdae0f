"""What is said to be wrong, and what puts it right: "the tip is too wide", "a droopy tip"."""

from __future__ import annotations

import re

from landmarkdiff.lato.language.concepts import can_go, concepts
from landmarkdiff.lato.language.piece import Piece

__all__ = ["place", "settle"]

#: French, Spanish and Portuguese words for what has been done.
_HAN = re.compile("[\u3400-\u9fff]")
_PARTICIPLE = re.compile(r"(ée?s?|[ai]d[oa]s?)$")


def settle(piece: Piece) -> None:
    """Decide what the adjectives of a piece ask for, once all of it was heard.

    An adjective asks for what it says where something is to be made so; it asks for the contrary
    where it is too much or complained of. What is only described ("the tip is wide") is put right
    if that is what the operation usually does; what is negated as well is left open.

    Parameters
    ----------
    piece : Piece
        Its ways are completed, and its doubts.
    """
    marks = piece.marks
    if "NE" in marks and not {"ONLY", "HEDGE"} & marks.keys():  # "ne pas trop" is a little
        piece.not_ = True
    _wear(piece)
    _overdo(piece)
    table = concepts()
    _add(piece)
    if "SKIN" in marks and set(piece.parts) & table.skin_folds.keys():
        # "too much skin over my eyes" is of the fold, not of the lid's edge
        piece.parts = [table.skin_folds.get(part, part) for part in piece.parts]
    place(piece)
    _hedge(piece)
    _enough(piece)
    _take_away(piece)
    _have(piece)
    held = piece.remedial or {"MAKE", "COMPARATIVE"} & marks.keys()
    if "HAVE" in marks and piece.ways and not held:  # "I have the chin set back" is no order
        piece.doubt.append(marks["HAVE"])
    _soften(piece)
    _sort_adjectives(piece)
    _read_share(piece)
    if "RETRACT" in marks:  # "zurücknehmen" is to set back, or to undo
        if piece.amounts and piece.targets:
            piece.ways.append("back")
        else:
            piece.doubt.append(marks["RETRACT"])
    if "up" in piece.remedies:
        areas = [] if piece.targets else piece.areas  # "my nose droops"
        parts = [*piece.parts, *(area for area in areas if area in table.drooping)]
        piece.parts = [table.drooping.get(part, part) for part in parts]
    felt = piece.felt and not piece.wrong  # "I hate the hump a lot"
    severe = piece.described or ((piece.remedies or felt) and not piece.ways)
    if severe:  # "very droopy" says how it is, not how much is to be done
        piece.grades = [grade for grade in piece.grades if grade != "strong"]
    _descend(piece)
    only_found = not ({"TOO", "COMPLAINT"} & marks.keys() or {*piece.ways} - {"move"})
    if piece.remedies and only_found and ("MAKE" in marks or piece.amounts or piece.ways):
        # "the brow should be dropped", "chin recessed 2 mm": found, or asked for?
        piece.doubt.append(marks["FAULT"])
    piece.ways += [table.remedy(way) for way in piece.wrong]
    piece.ways += piece.remedies
    if piece.remedial and not piece.ways and piece.targets:
        if table.faults.intersection(piece.parts):
            piece.ways.append("reduce")
        elif "TOO" in marks:
            piece.plaint = piece.plaint or marks["TOO"]  # until something is to come off it
        else:
            piece.plaint = piece.plaint or marks["COMPLAINT"]
    if piece.remedial and (piece.not_ or piece.keep or "more" in piece.relatives):
        kinds = ("EXCESS", "FAULT", "TOO", "COMPLAINT")
        piece.doubt += [marks[kind] for kind in kinds if kind in marks]


def _wear(piece: Piece) -> None:
    """Let "my angry look bothers me" complain of how one looks, and ask for no expression."""
    if piece.expressions and "COMPLAINT" in piece.marks and "MAKE" not in piece.marks:
        piece.expressions, piece.grades, piece.head = [], [], False
        piece.order = [kind for kind in piece.order if kind not in ("EXPRESSION", "HEAD")]


def _add(piece: Piece) -> None:
    """Let "add 2 mm" and "give the tip 1 mm of width" make it more."""
    given = "GIVE" in piece.marks and piece.dimensions and piece.amounts and not piece.relatives
    if ("ADD" in piece.marks or given) and not (piece.ways or piece.positives):
        piece.ways.append("enlarge")  # but "add a hump reduction"


def _descend(piece: Piece) -> None:
    """Let "the brow sinks 1 mm after the ptosis repair" be what the repair brings."""
    told = piece.amounts or "show" in piece.ways
    of_it = "blepharoplasty" in piece.procedures and "COMPLAINT" not in piece.marks
    if piece.parts == ["brow"] and piece.remedies == ["up"] and told and of_it:
        piece.ways, piece.remedies = ["down"], []


def _overdo(piece: Piece) -> None:
    """Let "the hump is overdone" wait for what goes back."""
    if "OVER" in piece.marks:
        piece.marks.pop("COPULA", None)
        piece.plaint = piece.marks["OVER"] if piece.targets or piece.dimensions else ""


def _take_away(piece: Piece) -> None:
    """Tell what is to go from the face from what is to go from the plan."""
    if "AWAY" in piece.marks and piece.let:  # "lassen wir weg"
        piece.undo, piece.keep, piece.let = True, False, False
    elif "AWAY" in piece.marks:
        piece.ways.append("reduce")
    if "OUT" in piece.marks:
        _take_out(piece)
    if {"PLANNED", "REMOVE"} <= piece.marks.keys():  # "take the tip out of the plan"
        piece.undo, piece.ways = True, [way for way in piece.ways if way != "reduce"]


def _take_out(piece: Piece) -> None:
    """Tell "take the hump out" from "take the advancement out again" and "the chin out 3 mm"."""
    percent = any(amount.unit == "percent" for amount in piece.amounts)
    if percent or concepts().faults.issuperset(piece.parts or [""]):
        piece.ways.append("reduce")
    elif piece.amounts:
        piece.ways.append("forward")
    elif piece.names or piece.dimensions or piece.ways:
        piece.undo = True
        piece.relatives = [one for one in piece.relatives if one != "more"]  # "again"
    else:
        piece.doubt.append(piece.marks["OUT"])


def _have(piece: Piece) -> None:
    """Let "I have jowls" complain of them, and what one side has against the other be a finding."""
    marks = piece.marks
    _lack(piece)
    if "REMOVE" in marks and set(piece.ways) == {"reduce", "forward"}:
        piece.ways = ["forward"]  # "saque la barbilla hacia delante" brings it forward
        marks.pop("REMOVE")
    if "EVERY" in marks and "both" in piece.sides:
        piece.sides.append("each")
    beside = "COPULA" in marks and "COMPARATIVE" in marks and len(set(piece.sides)) == 1
    if beside and not (piece.amounts or piece.not_ or {"MAKE", "TOO", "COMPLAINT"} & marks.keys()):
        marks.setdefault("THAN", marks["COPULA"])  # "the left groove is deeper"
    if "THAN" in marks:  # "the left brow is lower than the right": which of the two is to go?
        piece.plaint = marks["THAN"]
        if "up" in piece.remedies:  # "my left lid droops more than the right"
            drooping = concepts().drooping
            piece.parts = [drooping.get(part, part) for part in piece.parts]
        piece.ways, piece.positives, piece.amounts, piece.remedies = [], [], [], []
        piece.grades, piece.relatives, piece.sides = [], [], piece.sides[:1]
        marks.pop("COMPARATIVE", None)
        marks.pop("COPULA", None)
        return
    said = (
        piece.ways or piece.positives or piece.amounts or piece.relatives or piece.remedies
        or piece.not_ or piece.keep or piece.undo or piece.fraction or piece.dimensions
        or piece.opposites or "MAKE" in marks
    )  # fmt: skip
    if "HAVE" in marks and not said and concepts().faults.intersection(piece.parts):
        marks.setdefault("COMPLAINT", marks["HAVE"])


def _lack(piece: Piece) -> None:
    """Let "the chin lacks 3 mm" ask for them; "the tip is missing" says nothing of it."""
    if "LACK" not in piece.marks or piece.ways or piece.positives or piece.remedies:
        return
    if piece.amounts or piece.dimensions:
        piece.ways.append("forward/augment/up/show")
    else:
        piece.doubt.append(piece.marks["LACK"])


def _hedge(piece: Piece) -> None:
    """Let "don't take too much off" be a little of it, until an amount is said."""
    if "TOO" in piece.marks and "double" in piece.relatives:
        piece.doubt.append(piece.marks["TOO"])
    said = piece.ways and not (piece.positives or piece.wrong or piece.remedies or piece.keep)
    if piece.not_ and "TOO" in piece.marks and said:
        piece.not_ = False
        piece.marks["HEDGE"] = piece.marks.pop("TOO")
        piece.grades, piece.last_mark = ["slight"], ("", -1)
    plain = not (piece.ways or piece.positives or piece.remedies or piece.not_ or piece.keep)
    if "HEDGE" in piece.marks and plain and concepts().faults.intersection(piece.parts):
        piece.ways.append("reduce")  # "not too much of the hump"
    kinds = [kind for kind in piece.order if kind in ("NOT", "KEEP")]
    if kinds == ["NOT", "KEEP"] and not piece.ways:  # "don't leave the tip"
        piece.doubt.append(piece.marks["NOT"])


def _enough(piece: Piece) -> None:
    """Let what is "not high enough" ask for more of it, and "not enough chin" for a chin."""
    if "ENOUGH" not in piece.marks:
        return
    table = concepts()
    if not piece.not_ and piece.amounts:
        return  # "2 mm is enough"
    if not piece.not_ or piece.keep or piece.wrong:
        piece.doubt.append(piece.marks["ENOUGH"])
        return
    piece.not_ = False
    piece.order = [kind for kind in piece.order if kind != "NOT"]
    more = [
        "/".join(table.opposites[one] for one in way.split("/") if one in table.opposites)
        for way in piece.remedies
    ]
    piece.ways += [*piece.positives, *more]
    piece.positives, piece.remedies = [], []
    piece.marks.pop("COPULA", None)
    if not (piece.targets or piece.dimensions):
        piece.relatives.append("more")  # of what is planned
    elif not piece.ways:
        piece.ways.append(
            "enlarge" if piece.names or piece.dimensions else "forward/augment/up/show"
        )


def place(piece: Piece) -> None:
    """Let "the brow at its outer end" be the tail of the brow.

    Parameters
    ----------
    piece : Piece
        One without parts keeps its ends until it has taken them from its neighbour.
    """
    if not piece.targets:
        return
    table = concepts()
    if "lid_hood" in piece.parts and piece.zones:  # "hooded lids at the outer corners"
        piece.parts = [part for part in piece.parts if part not in table.skin_folds]
    for zone, words in piece.zones.items():
        ends = table.zones.get(zone, {})
        if piece.parts and not piece.names and all(part in ends for part in piece.parts):
            piece.parts = [ends[part] for part in piece.parts]
        elif zone == "outer" and set(piece.parts) <= table.skin_folds.keys() and piece.remedies:
            piece.parts = [table.skin_folds[part] for part in piece.parts]
        else:
            piece.doubt.append(words)
    piece.zones = {}


def _soften(piece: Piece) -> None:
    """Let "a soft brow lift" be a little of it, where the part itself cannot be soft."""
    table = concepts()
    if piece.ways and piece.targets and set(piece.positives) == {"augment"}:
        piece.positives = []  # German "kräftig anheben"
        piece.grades.append("strong")
    if piece.order == ["way", "way"] and piece.ways and piece.positives == ["deep"]:
        piece.positives = []
        piece.grades.append("strong")  # "hump, a marked reduction"
    softens = any("soft" in table.cells(part) for part in piece.parts)
    if piece.ways and piece.targets and set(piece.positives) == {"soft"} and not softens:
        piece.positives = []
        piece.grades.append("slight")


def _read_share(piece: Piece) -> None:
    """Let "reduce it by half" and "cut that in half" be half of what is planned."""
    if (
        piece.targets
        or piece.ways != ["reduce"]
        or not ("half" in piece.relatives or piece.fraction)
    ):
        return
    piece.ways = []
    if piece.fraction and "TO" not in piece.marks:
        piece.relatives.append("less")


def _ordered(piece: Piece) -> bool:
    """Whether an operation was named of which a participle says what it does."""
    return piece.order[:1] == ["PROCEDURE"] and bool(_PARTICIPLE.search(piece.marks["ADJECTIVE"]))


def _find_impossible(piece: Piece) -> None:
    """Let an adjective that nobody can ask for be a finding: "flat cheekbones", "deep grooves"."""
    open_ = piece.positives and piece.parts and not (piece.remedial or piece.expressions)
    table = concepts()
    cells = [table.cells(part) for part in piece.parts]

    def possible(way: str) -> bool:
        known = [cell[one] for cell in cells for one in way.split("/") if one in cell]
        return not known or any(can_go(move) for cell in known for move in cell.moves)

    if not open_ or any(map(possible, piece.positives)):
        return
    if piece.ways or piece.amounts:  # "the deep groove reduced by 40 %" says which
        piece.positives = []
    elif "MAKE" not in piece.marks:
        piece.wrong, piece.positives = [*piece.wrong, *piece.positives], []
        piece.described = True
        piece.marks.setdefault("COPULA", piece.marks["ADJECTIVE"])


def _counted(piece: Piece) -> bool:
    """Whether an adjective is said with how far it goes, so that it asks for that."""
    word = piece.marks["ADJECTIVE"]
    if piece.amounts and piece.amounts[0].unit and _PARTICIPLE.search(word):
        return True
    after = [piece.order[at + 1 : at + 2] for at, kind in enumerate(piece.order) if kind == "way"]
    return bool(_HAN.search(word)) and after in ([["amount"]], [["half"]], [["fraction"]])


def _sort_adjectives(piece: Piece) -> None:
    """Tell adjectives that are asked for from those that are complained of."""
    marks = piece.marks
    if piece.expressions and piece.positives:  # "a big smile"
        sizes = {"enlarge": "strong", "wide": "strong", "reduce": "slight", "soft": "slight"}
        piece.grades += [sizes[way] for way in piece.positives if way in sizes]
        piece.positives = [way for way in piece.positives if way not in sizes]
    if "LOOK" in marks and piece.targets:  # "the bridge looks wide"
        marks.setdefault("COPULA", marks["LOOK"])
    _find_impossible(piece)
    last = piece.order[-1:] == ["way"] and piece.ways
    if last and piece.last_mark == ("TOO", len(piece.order)):  # French "avance trop"
        piece.wrong.append(piece.ways.pop())
    if "COMPLAINT" in marks and "COMPARATIVE" in marks:
        piece.doubt.append(marks["COMPARATIVE"])
    if "HEDGE" in marks and piece.positives:  # "make it not too wide", "it is not too wide"
        piece.doubt.append(marks["HEDGE"])
    if piece.remedial:
        piece.wrong += piece.positives
    elif piece.ways and {concepts().remedy(way) for way in piece.positives} & set(piece.ways):
        pass  # "the short chin is made longer" says how it is
    elif "MAKE" in marks or piece.ways or not piece.positives or _ordered(piece):
        piece.ways += piece.positives
    elif {"COPULA", "HAVE"} & marks.keys():
        piece.found = list(piece.positives)
        piece.wrong += piece.positives
        piece.described = True
        told = marks.setdefault("COPULA", marks.get("HAVE", ""))
        piece.doubt += [told] if piece.amounts else []  # "the tip is 2 mm wide"
    elif _counted(piece):  # "pointe projetée de 3 mm", "木偶纹浅15%", as a plan is written
        piece.ways += piece.positives
    else:  # "a wide tip" is found, or asked for
        piece.found = list(piece.positives)
        piece.doubt.append(marks["ADJECTIVE"])
    settled = piece.remedial or piece.expressions or piece.described or "MAKE" in marks
    if "COPULA" in marks and not settled:
        piece.doubt.append(marks["COPULA"])
