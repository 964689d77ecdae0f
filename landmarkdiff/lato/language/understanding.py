"""The whole way from words to a plan, an expression and a turn of the head."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from landmarkdiff.arguments import checked, instance_of, optional, plain_text, truth
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.lato.language.clause import Clause, clauses_of
from landmarkdiff.lato.language.clauses import pieces
from landmarkdiff.lato.language.concepts import effect_of
from landmarkdiff.lato.language.edits import denied_signs, edits_of, kept_by
from landmarkdiff.lato.language.followers import share_agent
from landmarkdiff.lato.language.gestures import expression_of, gesture_in_words, is_turn, turned
from landmarkdiff.lato.language.instruction import (
    Expression,
    HeadTurn,
    Instruction,
    NotUnderstood,
)
from landmarkdiff.lato.language.lexicon import lexicon
from landmarkdiff.lato.language.moves import Refusal
from landmarkdiff.lato.language.planned import PlanSettings, plan_of
from landmarkdiff.lato.language.present import Edit, Present, said_side
from landmarkdiff.lato.language.spelling import MOST_LETTERS
from landmarkdiff.lato.language.words import title_of
from landmarkdiff.notices import Notice, Reason
from landmarkdiff.procedures.plan import Side, SurgicalPlan
from landmarkdiff.texts import Texts

__all__ = ["understand"]

_DESCENT = "blepharoplasty.brow_descent"


@dataclass
class _Heard:
    """What has been understood so far."""

    present: Present
    edits: dict[str, Edit] = field(default_factory=dict)
    kept: dict[str, Side] = field(default_factory=dict)
    denied: dict[str, int] = field(default_factory=dict)
    clashing: dict[str, Notice] = field(default_factory=dict)
    expression: Expression | None = None
    turn: HeadTurn = field(default_factory=HeadTurn)
    excepted: set[str] = field(default_factory=set)
    loosed: set[str] = field(default_factory=set)
    spared: bool = False
    not_understood: list[NotUnderstood] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether anything was said, understood or not."""
        said = self.edits or self.kept or self.not_understood or self.expression or self.spared
        return bool(said) or self.turn != HeadTurn()


@checked(
    words=plain_text,
    face=instance_of(FaceLandmarks),
    language=plain_text,
    present=optional(instance_of(SurgicalPlan)),
    unlock=truth,
)
def understand(
    words: str,
    face: FaceLandmarks,
    *,
    language: str = "en",
    present: SurgicalPlan | None = None,
    unlock: bool = False,
) -> Instruction:
    """Read an instruction: what it changes of the present plan, and what of it says nothing.

    Left and right are the patient's. Whatever leaves open which way or which side is meant
    changes nothing, and is returned with the reason.

    Parameters
    ----------
    words : str
        Such as "rotate the tip 4 degrees, take 1.5 mm off the hump".
    face : FaceLandmarks
        Gives the measurements that bands in percent refer to.
    language : {"en", "de", "es", "fr", "pt", "zh"}
    present : SurgicalPlan, optional
        What is planned already: the words change it, and may refer to it ("a little less").
    unlock : bool
        Allow values beyond the bands.

    Returns
    -------
    Instruction

    Raises
    ------
    ParameterError
        There are no words, too many of them, or no such language.
    """
    book = lexicon(language)
    if not words.strip():
        raise ParameterError("words_missing")
    if len(words) > MOST_LETTERS:
        raise ParameterError("words_too_long", letters=len(words), most=MOST_LETTERS)
    before = PlanSettings.of(present)
    heard = _Heard(before.present(face))
    open_: dict[int, NotUnderstood] = {}
    clauses = clauses_of(pieces(words, book))
    share_agent(clauses)
    for clause in sorted(clauses, key=lambda one: not _excepts(one)):
        try:
            _hear(clause, heard)
        except Refusal as refused:
            said = NotUnderstood(clause.words(words), refused.reason)
            heard.not_understood.append(said)
            heard.present.said = []
            open_[id(clause)] = said
        else:
            # "the chin is too high, set it back": what was found wrong is put right as it says
            found = clause.answers
            if found is not None and found.piece.remedial and clause.piece.ways:
                answered = open_.pop(id(found), None)
                heard.not_understood = [one for one in heard.not_understood if one is not answered]
    texts = Texts.load(language)
    if not heard.anything:
        whole = NotUnderstood(words.strip(), Reason.of("words_without_part"))
        heard.not_understood.append(whole)
    plan, echo, conflicts = plan_of(
        before,
        heard.edits,
        face,
        texts,
        still=_still(heard),
        clashing=heard.clashing,
        unlock=unlock,
    )
    return Instruction(
        words,
        language,
        plan,
        heard.expression,
        None if heard.turn == HeadTurn() else heard.turn,
        (*echo, *_spared(heard, texts), *gesture_in_words(heard.expression, heard.turn, texts)),
        tuple(heard.not_understood),
        tuple(conflicts),
    )


def _still(heard: _Heard) -> set[str]:
    """Return what would follow what is done, and is to stay: "the upper lip does not follow"."""
    still = set()
    for key, side in heard.kept.items():
        coupled = effect_of(key).coupled_to
        driver = "" if coupled is None else f"{key.partition('.')[0]}.{coupled.driver}"
        done = driver in heard.edits or (key in heard.loosed and driver in heard.present.values)
        if done and side == "both" and key not in heard.edits:
            still.add(key)
    return still


def _excepts(clause: Clause) -> bool:
    """Whether it names what stays as it is of something else: it holds for what is before it."""
    return "EXCEPT" in clause.piece.marks and clause.piece.keep and clause.refused is None


def _hear(clause: Clause, heard: _Heard) -> None:
    piece = clause.piece
    if clause.refused is not None:
        raise Refusal(clause.refused)
    done = piece.ways or piece.relatives or piece.fraction or piece.undo or piece.keep
    heard.spared |= "EXCEPT" in piece.marks
    sized = piece.dimensions and piece.amounts  # of a part that is not named
    if clause.refers and not (done or piece.resets or sized):
        return  # it completed the clause before
    if piece.expressions:
        expression = expression_of(piece)
        if heard.expression not in (None, expression):
            raise Refusal(Reason.of("words_contradict"))
        heard.expression = expression
    elif is_turn(piece):
        heard.turn = turned(heard.turn, piece)
    elif piece.keep or piece.not_:
        keys = kept_by(piece)
        denied = piece.not_ and not (piece.keep or piece.ways or "TOUCH" in piece.marks)
        if denied and any(key in heard.present.values for key in keys):  # "not the chin"
            raise Refusal(Reason.of("words_absence_open"))
        signs = denied_signs(piece)
        heard.excepted |= set(keys) if _excepts(clause) else set()
        heard.loosed |= set(keys) if "follow" in piece.ways else set()
        for key in keys:
            side = said_side(piece) or "both"
            heard.kept[key] = side if heard.kept.get(key, side) == side else "both"
            heard.denied[key] = signs.get(key, 0)
            if key in heard.edits and _changes_kept(heard.edits[key], heard):
                heard.clashing[key] = Notice.of("words_kept_and_changed", effect=key)
        heard.spared = True
    else:
        edits = _without_exceptions(edits_of(clause, heard.present), heard)
        if piece.before == "COMMA" and not piece.sides:
            edits = [_on_its_side(edit, heard.edits.get(edit.key)) for edit in edits]
        _set(edits, heard)


def _on_its_side(edit: Edit, earlier: Edit | None) -> Edit:
    """Let "a malar implant on the right only, 3.5 mm forward" be of the right."""
    if earlier is None or edit.loose or edit.side != "both":
        return edit
    same = (earlier.value or 0.0) * (edit.value or 0.0) > 0.0
    same &= earlier.loose or earlier.value == edit.value
    return replace(edit, side=earlier.side) if same else edit


def _without_exceptions(edits: list[Edit], heard: _Heard) -> list[Edit]:
    """Leave out what was excepted, or the side that was: "brows up, except the left one"."""
    left = []
    for edit in edits:
        kept = heard.kept.get(edit.key) if edit.key in heard.excepted else None
        if kept is None or not _meet(kept, edit.side):
            left.append(edit)
        elif kept in ("left", "right") and edit.side == "both":
            left.append(replace(edit, side="left" if kept == "right" else "right"))
    return left or edits


def _set(edits: list[Edit], heard: _Heard) -> None:
    present = heard.present
    for said in edits:
        edit = said
        earlier = heard.edits.get(edit.key)
        if _changes_kept(edit, heard):
            heard.clashing[edit.key] = Notice.of("words_kept_and_changed", effect=edit.key)
        elif earlier is not None and _says_again(earlier, edit):
            edit = earlier if edit.loose else edit
        elif earlier is not None and not edit.relative and earlier != edit:
            if {earlier.side, edit.side} == {"left", "right"} and earlier.value == edit.value:
                edit = Edit(edit.key, edit.value, "both")
            elif {earlier.side, edit.side} == {"left", "right"}:
                heard.clashing[edit.key] = Notice.of("words_two_sides", effect=edit.key)
            else:
                heard.clashing[edit.key] = Notice.of("words_set_twice", effect=edit.key)
        planned = present.sides.get(edit.key) if edit.key in present.values else None
        if earlier is None and edit.value and edit.side in ("left", "right") and not edit.relative:
            other = planned in ("left", "right") and planned != edit.side
            if other and present.values[edit.key] == edit.value:
                edit = Edit(edit.key, edit.value, "both", edit.relative)
            elif other or planned == "both":
                heard.clashing[edit.key] = Notice.of("words_two_sides", effect=edit.key)
        for key in _opposed(edit, heard):
            for one in (key, edit.key):
                heard.clashing[one] = Notice.of("words_set_twice", effect=one)
        heard.edits[edit.key] = edit
        if edit.value:
            present.values[edit.key], present.sides[edit.key] = edit.value, edit.side
        else:
            present.values.pop(edit.key, None)
    present.said = [edit.key for edit in edits]
    present.edited.update(present.said)
    present.loose = {key for key in heard.edits if _first_said(heard.edits[key], present)}


def _opposed(edit: Edit, heard: _Heard) -> list[str]:
    """Return what was said that goes the other way: brows are raised and let down by two effects.

    One side up and the other down is no contradiction.
    """
    keys = {edit.key, *heard.edits}
    if not edit.value or _DESCENT not in keys:
        return []
    others = [key for key in heard.edits if (key == _DESCENT) != (edit.key == _DESCENT)]
    return [
        key
        for key in others
        if key.startswith(("brow_lift.", _DESCENT))
        and edit.key.startswith(("brow_lift.", _DESCENT))
        and heard.edits[key].value
        and _meet(heard.edits[key].side or "both", edit.side)
    ]


def _first_said(edit: Edit, present: Present) -> bool:
    """Whether words plan an effect that was not planned, with neither a number nor a degree."""
    item = present.planned.get(edit.key)
    return edit.loose and not (item is not None and item.value)


def _says_again(earlier: Edit, edit: Edit) -> bool:
    """Whether one of two says the other with its amount: "too wide, narrow it by 2 mm"."""
    same = earlier.side == edit.side and (earlier.value or 0.0) * (edit.value or 0.0) > 0.0
    return same and not edit.relative and (earlier.loose or edit.loose)


def _changes_kept(edit: Edit, heard: _Heard) -> bool:
    """Whether an edit changes what is to stay: "don't lower the tip" lets it be raised."""
    if edit.key not in heard.kept or not _meet(heard.kept[edit.key], edit.side):
        return False
    return heard.denied[edit.key] * (edit.value or 0.0) >= 0.0


def _meet(kept: Side, side: Side | None) -> bool:
    """Whether what is kept on one side is changed there, and not on the other alone."""
    return {kept, side} != {"left", "right"}


def _spared(heard: _Heard, texts: Texts) -> list[str]:
    kept = [key for key in heard.kept if key not in heard.edits]
    if not kept:
        return [texts("words.kept_all")] if heard.spared and not heard.kept else []
    titles = dict.fromkeys(title_of(key, texts) for key in kept)
    return [texts("words.kept", effects=list(titles))]
