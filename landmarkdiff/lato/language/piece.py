"""What is said between two separators of a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

__all__ = ["MARKS", "Amount", "Piece"]

#: Words that say nothing by themselves and decide how the others are read.
MARKS = ("TOO", "COMPLAINT", "COPULA", "MAKE", "TOUCH", "HEDGE", "NE", "ONLY", "LOOK", "RETRACT",
         "SKIN", "AWAY", "HAVE", "LACK", "TO", "INSTEAD", "ENOUGH",
         "THAN", "EVERY", "GIVE", "PLANNED", "SWAP", "OVER", "UPON", "JUST", "EXCEPT",
         "TAKE", "AGENT", "BEYOND")  # fmt: skip


@dataclass(frozen=True)
class Amount:
    """A number with its unit.

    Attributes
    ----------
    value : float
    unit : {"mm", "deg", "percent", ""}
        Empty where only a number was said.
    signed : bool
        Whether a plus or a minus was written.
    to : str
        The word by which a value is to be reached, "to 6 degrees"; empty where it is a change.
    """

    value: float
    unit: str
    signed: bool
    to: str = ""


@dataclass
class Piece:
    """What is said between two separators.

    Attributes
    ----------
    before : {"START", "AND", "OR", "COMMA", "STOP", "BUT", "AMEND"}
        The separator before it.
    start, end : int
        Where it stands in the text, letters.
    order : list of str
        Kinds of its items in the order in which they were said.
    fraction : float
        Such as 0.333 of "a third"; 0 where none was said.
    positives, wrong, remedies : list of str
        Ways of adjectives ("wide"), of what is too much ("too wide"), and of words that name what
        is wrong, the way that puts it right ("droopy": up). They become ways.
    marks : dict of str to str
        Of :data:`MARKS` those that were said, with their words; and the words of adjectives,
        comparatives and complaints.
    zones : dict of str to str
        Of a part, which end of it ("at the outer end"), with its words.
    face : str
        The word for the face, which is the head where no part of it was named.
    areas : list of str
        Procedures whose whole region was named: it can be kept or taken back as a whole.
    amends : str
        The word by which it takes back what was said before it: "sorry", "no".
    found : list of str
        Ways of adjectives of which it is open whether they are found or asked for: "a wide tip".
    described : bool
        Whether it only says how something is: "the tip is wide".
    side_end : int
        Where its first side ends in the text, letters.
    side_before : str
        The side that was put before it, where it names none: "left: brow up 2 mm, lid up 1 mm".
    announced : bool
        Whether the side in ``side_before`` was put before all that follows: "on the left: ...".
    one : str
        The words of a "by one" without a unit.
    topics : list of str
        Procedures that were named as what brings this about: "after the Le Fort, ...".
    detailed : bool
        Whether a colon stands before it: it says in detail what was said.
    hedged : bool
        Whether a word of doubt was said: "if", "instead of", "in the photo".
    plaint : str
        The words of a complaint that does not say what is wrong: "I hate the tip".
    """

    before: Literal["START", "AND", "OR", "COMMA", "STOP", "BUT", "AMEND"]
    start: int = -1
    end: int = -1
    order: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    dimensions: list[str] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)
    opposites: list[str] = field(default_factory=list)
    sides: list[str] = field(default_factory=list)
    grades: list[str] = field(default_factory=list)
    turns: list[str] = field(default_factory=list)
    expressions: list[str] = field(default_factory=list)
    procedures: list[str] = field(default_factory=list)
    amounts: list[Amount] = field(default_factory=list)
    relatives: list[str] = field(default_factory=list)
    fraction: float = 0.0
    positives: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    remedies: list[str] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)
    last_mark: tuple[str, int] = ("", -1)
    zones: dict[str, str] = field(default_factory=dict)
    face: str = ""
    areas: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    described: bool = False
    plaint: str = ""
    unknown: list[str] = field(default_factory=list)
    keep: bool = False
    not_: bool = False
    undo: bool = False
    all_: bool = False
    that: bool = False
    doubt: list[str] = field(default_factory=list)
    head: bool = False
    let: bool = False
    single: bool = False
    side_before: str = ""
    amends: str = ""
    hedged: bool = False
    side_end: int = -1
    announced: bool = False
    one: str = ""
    topics: list[str] = field(default_factory=list)
    detailed: bool = False
    felt: bool = False

    @property
    def targets(self) -> bool:
        """Whether it names what it is about."""
        return bool(self.parts or self.names)

    @property
    def remedial(self) -> bool:
        """Whether it says what is wrong, and so what is to be done."""
        return bool(self.wrong or self.remedies or {"TOO", "COMPLAINT"} & self.marks.keys())

    @property
    def resets(self) -> bool:
        """Whether it gives what is planned another value: "make it 3 mm", "to 6 degrees"."""
        moved = "SWAP" in self.marks and self.ways == ["move"]  # "put 4 mm instead of 5"
        said = (
            (self.ways and not moved)
            or self.opposites
            or self.relatives
            or self.fraction
            or self.grades
        )
        whole = self.that and "MAKE" in self.marks and not (self.targets or self.dimensions)
        return len(self.amounts) == 1 and (
            bool(self.amounts[0].to)
            or (not said and (whole or not {"INSTEAD", "SWAP"}.isdisjoint(self.marks)))
        )

    @property
    def bare_but_doubtful(self) -> bool:
        """Whether it names a side and a doubt, and says nothing else."""
        return bool(self.sides and self.doubt) and not (
            self.targets or self.ways or self.amounts or self.head or self.expressions
        )

    @property
    def limits(self) -> bool:
        """Whether it leaves what is planned to one side: "that only on the left"."""
        plain = self.bare and len(set(self.sides)) == 1 and self.sides[0] in ("left", "right")
        return plain and (self.that or "JUST" in self.marks)

    def without_amount(self) -> Piece:
        """Return the piece as if it named no amount."""
        return replace(self, amounts=[])

    @property
    def bare(self) -> bool:
        """Whether it names parts or sides and says nothing else."""
        return bool(self.targets or self.sides) and not (
            self.ways or self.opposites or self.amounts or self.grades or self.relatives
            or self.keep or self.not_ or self.undo or self.head or self.expressions
            or self.unknown or self.doubt or self.dimensions or self.turns or self.fraction
            or self.remedial
        )  # fmt: skip
