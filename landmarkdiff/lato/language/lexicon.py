"""The words of one language, and what each of them stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from importlib import resources
from itertools import pairwise

from landmarkdiff.data_files import parse_yaml
from landmarkdiff.lato.language.compounds import compounds, verbs
from landmarkdiff.lato.language.misspellings import Corrections
from landmarkdiff.lato.language.numerals import composed
from landmarkdiff.lato.language.phrase_tree import Match, Node
from landmarkdiff.lato.language.phrases import Meaning, listed, named_by_texts
from landmarkdiff.lato.language.phrasing import asked, paired, without_closing, without_pronouns
from landmarkdiff.lato.language.spelling import Word, spell, words_of
from landmarkdiff.texts import Texts

__all__ = ["Lexicon", "Meaning", "Sign", "lexicon"]

#: Words inside a phrase that are none of it: without an end to them, a text of nothing else would
#: take a time that grows with the third power of its length.
_MOST_BETWEEN = 8
#: Kinds of words that begin a clause anew.
_ANEW = ("AND", "OR", "COMMA", "STOP", "BUT", "AMEND")
#: What before a colon is a sentence of its own, and no heading, beside what it is about.
_TOLD = {"NOT", "KEEP", "TOO", "FAULT", "COMPLAINT", "COPULA", "ADJECTIVE", "OVER"}
_ABOUT = {"PART", "NAME", "AREA", "THAT", "WAY"}
#: What a verb with pronouns at its end can stand for.
_VERBS = ("WAY", "MORE", "MAKE", "TOUCH", "KEEP", "UNDO", "COMPLAINT")
#: What stands before a number and may say which way it goes.
_SIGNS = ("MINUS", "PLUS", "DASH")
_SEPARATORS = {",": "COMMA", "、": "COMMA", ";": "STOP", ".": "STOP", "!": "STOP", "?": "STOP"}
#: What stands after "also" and can never be too much.
_NEVER_MUCH = {*_ANEW, "FILLER", "NUMBER", "UPON", "SIDE", "GOAL"}
#: The article that is a number as well, unless it is said how far: "by one".
_ONE = Meaning("NUMBER", "1")


@dataclass(frozen=True)
class Sign:
    """A phrase as it was found in a text.

    Attributes
    ----------
    meaning : Meaning
    text : str
        The number as it is read, or the words as they were written.
    start, end : int
        Where it stands in the text, letters.
    """

    meaning: Meaning
    text: str
    start: int
    end: int


class Lexicon:
    """The phrases of one language.

    Parameters
    ----------
    language : str
        Its code.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._root = Node()
        file = resources.files("landmarkdiff.lato.language") / "lexicons" / f"{language}.yaml"
        data = parse_yaml(file.read_text(encoding="utf-8"))
        self._abbreviated = frozenset(data["abbreviated"])
        self._sides = {
            phrase: Meaning("SIDE", side)
            for side, phrases in data["side"].items()
            for phrase in phrases
            if " " not in phrase
        }
        self._within = frozenset(data["within"])
        self.nay = frozenset(data.get("nay", ()))
        self._contracted: Mapping[str, str] = data["contracted"]
        self._pairs: Mapping[str, Sequence[str]] = data.get("pairs", {})
        self._asking = data.get("asking", ()), data.get("supposing", ())
        self._pronouns: Sequence[str] = data.get("pronouns", ())
        self._conjunction = str(data["and"][0])
        self._by = frozenset(data.get("by", ()))
        self._years = frozenset(data.get("years", ()))
        self._closing = frozenset(data.get("closing", ()))
        self._imperatives = frozenset(data.get("imperative", ()))
        self._nouns: dict[str, set[str]] = {}
        self._vocabulary: set[str] = set()
        for phrase, meanings in named_by_texts(language):
            self._put(phrase, meanings)
        for phrase, meanings in listed(data):
            self._put(phrase, meanings)
        for phrase, number in composed(data["number"], data["numerals"]):
            self._put(phrase, (Meaning("NUMBER", number),))
        for phrase, part, way in compounds(data.get("compounds", {})):
            self._put(phrase, (Meaning("WAY", way), Meaning("PART", part)))
        for phrase, way in verbs(data.get("verbs", {})):
            self._put(phrase, (Meaning("WAY", way),))

    def _put(self, phrase: str, meanings: tuple[Meaning, ...]) -> None:
        words = spell(phrase)
        self._put_words(words, meanings)
        if len(meanings) == 1 and meanings[0].kind in ("PART", "UNIT"):
            # "upper" is of many parts and cannot be guessed; a noun that names a part alone can.
            for word in words:
                self._nouns.setdefault(word, set()).add(
                    "" if len(words) == 1 else meanings[0].value
                )
        if len(words) > 1 and _names_a_part(meanings):
            # "tail of the brow" is found in "tail of her left brow" by what both have.
            plain = [self._contracted.get(word, word) for word in words]
            first, *rest = plain
            self._put_words((first, *(w for w in rest if w not in self._within)), meanings)

    def _put_words(self, words: Sequence[str], meanings: tuple[Meaning, ...]) -> None:
        node = self._root
        self._vocabulary.update(words)
        for word in words:
            node = node.then(word)
        node.meanings = node.meanings or meanings  # titles before the words of the list

    def signs(self, text: str) -> list[Sign]:
        """Return the phrases of a text, each the longest that begins at its place.

        What no phrase begins with is of kind ``UNKNOWN``; fillers are left out.
        """
        words = self._plainly(words_of(text))
        found: list[Sign] = []
        place = 0
        while place < len(words):
            if self._shortens(words, place):
                place += 1
                continue
            match = self._longest(words, place)
            length, meanings = max(match.length, 1), match.meanings or (_unlisted(words[place]),)
            kind = meanings[0].kind if match.length else _dash(words, place)
            if kind in _SIGNS:
                signed = self._signed(words, place, kind, found)
                if signed is not None:
                    found.append(signed)
                    place += 1 + max(self._longest(words, place + 1).length, 1)
                    continue
                plain = "FILLER" if words[place].text == "+" else "AND"
                meanings = (Meaning(plain if kind == "PLUS" else "DOUBT"),)
            else:
                hyphened = text[: words[place].start].endswith("-")
                meanings = self._in_place(meanings, words, place, length, found, hyphened)
            if words[place].text in self._years:  # "at sixty": an age is no amount
                while found and found[-1].meaning.kind in ("NUMBER", "TO"):
                    found.pop()
            inner = words[place : place + length]
            by = place > 0 and words[place - 1].text in self._by and meanings == (_ONE,)
            spelled = " ".join(word.text for word in words[place - by : place + length])
            written = text[inner[0].start : inner[-1].end]
            found += [
                Sign(
                    meaning,
                    spelled if meaning.kind == "NUMBER" else written,
                    inner[0].start,
                    inner[-1].end,
                )
                for meaning in meanings
                if meaning.kind != "FILLER"
            ]
            found += [
                Sign(self._sides[words[at].text], words[at].text, words[at].start, words[at].end)
                for at in match.between
                if words[at].text in self._sides
            ]
            place += length
        return found

    def _in_place(
        self,
        meanings: tuple[Meaning, ...],
        words: Sequence[Word],
        place: int,
        length: int,
        before: Sequence[Sign],
        hyphened: bool,
    ) -> tuple[Meaning, ...]:
        """Return what a phrase means where it stands."""
        kind = meanings[0].kind
        if kind == "GOAL":  # Portuguese "baixe-a 2 mm" is a pronoun
            return (Meaning("FILLER") if hyphened else self._goal(words, place + length),)
        if kind == "ALSO":
            return (self._also(words, place + length, before),)
        if words[place].text == ":" and _is_told(before):
            return (Meaning("COMMA"),)  # "the tip is too wide: narrow it"
        if kind == "ADJECTIVE" and self._commands(words, place, before):
            return (replace(meanings[0], kind="WAY"),)
        return meanings

    def _plainly(self, words: list[Word]) -> list[Word]:
        """Return the words without turns of speech that say nothing of their own."""
        if any(self._asking):
            words = asked(words, *self._asking)
        if self._pairs:
            read = words
            words = paired(
                read, self._pairs, self._conjunction, lambda at: self._longest(read, at).length > 1
            )
        words = [
            self._corrected(word) if not self._longest(words, at).length else word
            for at, word in enumerate(words)
        ]
        if self._closing:
            words = without_closing(words, self._closing, partial(self._goes_on, words))
        if self._pronouns:
            words = [
                self._verb(word) if not self._longest(words, at).length else word
                for at, word in enumerate(words)
            ]
        return words

    def _goes_on(self, words: Sequence[Word], place: int) -> bool:
        place = self._past_fillers(words, place)
        named = self._longest(words, place).meanings or map(_unlisted, words[place : place + 1])
        return any(one.kind not in _NEVER_MUCH for one in named)

    @cached_property
    def _corrections(self) -> Corrections:
        return Corrections(
            word for word, named in self._nouns.items() if "" in named or len(named) == 1
        )

    def _corrected(self, word: Word) -> Word:
        """Return the noun for a misspelled one."""
        if word.kind != "word" or word.text in self._vocabulary:
            return word
        noun = self._corrections.of(word.text)
        return word if noun is None else replace(word, text=noun)

    def _verb(self, word: Word) -> Word:
        """Return an unknown verb without its pronouns, if it is known so: "avánceme"."""
        for stem in without_pronouns(word.text, self._pronouns):
            bare = replace(word, text=stem)
            if any(one.kind in _VERBS for one in self._longest([bare], 0).meanings):
                return bare
        return word

    def _goal(self, words: Sequence[Word], place: int) -> Meaning:
        """Tell whether "to" names a value to reach: effects are changes."""
        number = words[place : place + 1]
        counts = bool(number) and number[0].kind == "number"
        counts |= any(
            meaning.kind in (("NUMBER", "FRACTION") if at == place else ("FRACTION",))
            for at in (place, place + 1)[: 1 + self._is_filler(words, place)]  # "to a third"
            for meaning in self._longest(words, at).meanings
        )
        return Meaning("TO" if counts else "FILLER")

    def _is_filler(self, words: Sequence[Word], place: int) -> bool:
        return [one.kind for one in self._longest(words, place).meanings] == ["FILLER"]

    def _past_fillers(self, words: Sequence[Word], place: int) -> int:
        while place < len(words) and self._is_filler(words, place):
            place += self._longest(words, place).length
        return place

    def _also(self, words: Sequence[Word], place: int, before: Sequence[Sign]) -> Meaning:
        """Tell whether "too" only follows a part that has its amount after it."""
        place = self._past_fillers(words, place)
        kinds = {one.kind for one in self._longest(words, place).meanings}
        number = words[place : place + 1]
        counts = (bool(number) and number[0].kind == "number") or bool(kinds & {"NUMBER", "GRADE"})
        last = before[-1].meaning.kind if before else ""
        named = counts and last in ("PART", "NAME", "SIDE")
        named |= "UPON" in kinds and last in ("WAY", "ADJECTIVE")  # "narrower, too, at the base"
        named |= bool(kinds & {"PART", "NAME"}) and last in ("WAY", "GIVE", "MAKE")
        return Meaning("FILLER" if named else "AND")

    def _commands(self, words: Sequence[Word], place: int, before: Sequence[Sign]) -> bool:
        """Whether a word that is an adjective too is a verb here: "estreita bem a base"."""
        begins = not before or before[-1].meaning.kind in _ANEW
        begins |= place > 0 and words[place - 1].text == ":"
        onward = [word for word in words[place + 1 : place + 2] if word.text != self._conjunction]
        listed = words[place].text in self._imperatives
        return listed and begins and any(word.kind != "sign" for word in onward)

    def _signed(
        self, words: Sequence[Word], place: int, kind: str, before: Sequence[Sign]
    ) -> Sign | None:
        """Return the number with a sign that is said in words: "hump minus 2 mm"."""
        names = ("PART", "NAME", "DIMENSION", "SIDE", "ZONE")
        headed = place > 0 and words[place - 1].text == ":" and before[-1:] and before[:-1]
        nearest = before[-2 if headed and before[-1].meaning.kind == "COMMA" else -1 :][:1]
        named = nearest and nearest[0].meaning.kind in names
        if place + 1 >= len(words) or not named or kind == "DASH":
            return None
        match = self._longest(words, place + 1)
        mark = "-" if kind == "MINUS" else "+"
        last = words[place + max(match.length, 1)]
        if match.meanings and match.meanings[0].kind == "NUMBER" and len(match.meanings) == 1:
            value = match.meanings[0].value
            return Sign(Meaning("NUMBER", mark + value), mark + value, words[place].start, last.end)
        if match.length or last.kind != "number" or last.text[0] in "+-":
            return None
        return Sign(Meaning("NUMBER"), mark + last.text, words[place].start, last.end)

    def _shortens(self, words: Sequence[Word], place: int) -> bool:
        """Whether a stop belongs to an abbreviation: "li. Braue"."""
        if words[place].text != "." or not 0 < place < len(words) - 1:
            return False
        before = words[place - 1]
        return before.text in self._abbreviated and before.end == words[place].start

    def _longest(self, words: Sequence[Word], place: int) -> Match:
        best = Match()
        ways: list[tuple[Node, tuple[int, ...]]] = [(self._root, ())]
        for at in range(place, len(words)):
            word = words[at].text
            onward = [(after, between) for node, between in ways for after in node.after(word)]
            if at > place and (word in self._within or word in self._sides):
                onward += [
                    (node, (*between, at)) for node, between in ways if len(between) < _MOST_BETWEEN
                ]
            ways = onward
            if not ways:
                break
            for node, between in ways:
                whole = at not in between and (not between or _names_a_part(node.meanings))
                # "double the chin" is no double chin: two words have a side between them alone.
                short = at - place + 1 - len(between) < 3
                whole &= not short or all(words[one].text in self._sides for one in between)
                if node.meanings and whole:
                    best = Match(at - place + 1, node.meanings, between)
                    break
        return best


def _names_a_part(meanings: Sequence[Meaning]) -> bool:
    """Tell whether a phrase names what is changed, so that sides may stand inside it."""
    return bool(meanings) and all(one.kind in ("PART", "NAME") for one in meanings)


def _is_told(before: Sequence[Sign]) -> bool:
    """Whether the words before a colon say something: "the tip is too wide: narrow it"."""
    kinds: set[str] = set()
    for sign in reversed(before):
        joins = sign.meaning.kind in ("AND", "COMMA") and kinds & _TOLD and not kinds & _ABOUT
        if sign.meaning.kind in _ANEW and not joins:  # "the chin is too long and too wide: ..."
            break
        kinds.add(sign.meaning.kind)
    # what is to be done before a colon is said in detail after it: "open the eyes: upper lid ..."
    done = {"WAY", "PART"} <= kinds and not kinds & {"PROCEDURE", "NUMBER"}
    return done or bool(kinds & _TOLD and kinds & _ABOUT)


def _dash(words: Sequence[Word], place: int) -> str:
    """Return what a sign before a number is: a minus may be a dash, "tip rotation - 4 degrees".

    It is none where a plus is written in the same way: "upper lid + 0.4 mm, lower lid - 0.4 mm".
    """
    if place + 1 >= len(words) or words[place + 1].kind != "number":
        return ""
    if words[place].text == "+":
        return "PLUS"
    written = any(one.text == "+" and other.kind == "number" for one, other in pairwise(words))
    return "" if words[place].text != "-" else "MINUS" if written else "DASH"


def _unlisted(word: Word) -> Meaning:
    if word.kind == "number":
        return Meaning("NUMBER")
    if word.kind == "sign":
        return Meaning(_SEPARATORS.get(word.text, "FILLER"))
    return Meaning("UNKNOWN")


@cache
def lexicon(language: str) -> Lexicon:
    """Return the lexicon of a language; ParameterError when there is no such language."""
    Texts.load(language)
    return Lexicon(language)
