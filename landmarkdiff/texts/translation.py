"""One language: every word of the app by its key, notice, error or identifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from landmarkdiff.errors import LandmarkDiffError, ParameterError
from landmarkdiff.notices import Notice
from landmarkdiff.texts.identifiers import Names
from landmarkdiff.texts.languages import SOURCE, language_codes, languages
from landmarkdiff.wording import Message, MessageFormatter, Template, Wording, english

if TYPE_CHECKING:
    from landmarkdiff.texts.language import Language

__all__ = ["Texts"]

#: Keys of ``error`` by which the parts of an error become a sentence.
_FRAME = ("sentence", "got", "allowed", "separator")
#: Measurements that are taken on each side carry the side at the end of their name.
_SIDES = ("_right", "_left")


class _LocalFormatter(MessageFormatter):
    """Fields with the decimal sign of a language for floats, and lists with commas."""

    def __init__(self, decimal_sign: str) -> None:
        self._decimal_sign = decimal_sign

    def format_field(self, value: Any, format_spec: str) -> str:
        """Format one field."""
        if isinstance(value, float):
            said = super().format_field(value, format_spec or ".6g")
            return said.replace(".", self._decimal_sign)
        if isinstance(value, list | tuple):
            return ", ".join(self.format_field(item, format_spec) for item in value)
        return super().format_field(value, format_spec)


class _LocalWording(Wording):
    """Puts messages into the words of a language: identifiers by their titles."""

    def __init__(self, texts: Texts, templates: Mapping[str, Template]) -> None:
        frame = {name: texts._words[f"error.{name}"] for name in _FRAME}
        frame["list_separator"] = frame["or_separator"] = texts("common.list_separator")
        super().__init__(templates, frame, {}, texts._formatter)
        self._titles: dict[str, Callable[[str], str]] = {
            "effect": texts.effect_label,
            "measurement": texts.measurement,
            "network": texts.network,
            "procedure": texts.procedure,
            "unit": texts.unit,
        }
        self._texts = texts

    def sentence(self, message: Message) -> str:
        """Return the words of a message; English ones of what only the terminal shows."""
        known = message.code in self._templates
        return super().sentence(message) if known else english().sentence(message)

    def clause(self, message: Message) -> str:
        """Return the words of a message as they stand within others."""
        known = message.code in self._templates
        return super().clause(message) if known else english().clause(message)

    def parts(self, message: Message) -> dict[str, str]:
        """Return the parts; a degree sign touches its number."""
        known = message.code in self._templates
        parts = super().parts(message) if known else english().parts(message)
        return {part: text.replace(" °", "°") for part, text in parts.items()}

    def word(self, kind: str, identifier: str) -> str:
        """Return the title of an identifier."""
        if kind == "reason":  # of a preset: an effect that follows another
            return self._texts.data(identifier)
        if kind in self._titles:
            return self._titles[kind](identifier)
        return self._texts._words.get(f"names.{kind}.{identifier}", identifier)


class Texts(Names):
    """The words of one language.

    Use :meth:`load`. A text that a language lacks is shown in English.

    Attributes
    ----------
    language : str
        Its code: the name of its file.
    facts : Language
    """

    def __init__(
        self,
        language: str,
        facts: Language,
        *,
        words: Mapping[str, str],
        english: Mapping[str, str],
        templates: Mapping[str, Template],
    ) -> None:
        self.language = language
        self.facts = facts
        self._words = {**english, **words}
        self._english = english
        self._formatter = _LocalFormatter(facts.decimal_sign)
        self._templates = templates
        # Sentences of the data files, found by their English: the first key wins.
        self._by_english: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        for key, text in english.items():
            if key.startswith(("procedure.", "effect.", "measurement.", "population.", "source.")):
                self._by_english.setdefault(text, self._words[key])
            if key.startswith("effect."):
                _, procedure, effect, _ = key.split(".")
                self._owners.setdefault(effect, procedure)

    @cached_property
    def _wording(self) -> _LocalWording:
        return _LocalWording(self, self._templates)

    @staticmethod
    def load(language: str) -> Texts:
        """Return the texts of a language; the file is read once per process.

        Raises
        ------
        ParameterError
            There is no such language.
        """
        if language not in language_codes():
            raise ParameterError("unknown_language", language=language, languages=list(languages()))
        return _load(language)

    @property
    def html_language(self) -> str:
        """Value of HTML's ``lang`` attribute."""
        return self.facts.tag

    def __call__(self, key: str, /, **params: Any) -> str:
        """Return the text of ``area.key`` with its fields filled.

        Raises
        ------
        KeyError
            There is no such key, or a field is not given.
        """
        return self._formatter.format(self._words[key], **params)

    def table(self, prefixes: Sequence[str]) -> dict[str, str]:
        """Return the raw templates of some areas, for the browser.

        Parameters
        ----------
        prefixes : sequence of str
            Areas (``"live"``), kinds of names (``"names.unit"``) or single keys.

        Raises
        ------
        KeyError
            A prefix fits nothing.
        """
        texts: dict[str, str] = {}
        for prefix in prefixes:
            hits = {
                key: text
                for key, text in self._words.items()
                if key == prefix or key.startswith(f"{prefix}.")
            }
            if not hits:
                raise KeyError(prefix)
            texts |= hits
        return texts

    # -- numbers -------------------------------------------------------------------------------

    def number(self, value: float, digits: int = 1, *, signed: bool = False) -> str:
        """Return a number with the decimal sign of the language; ``signed`` shows a plus too.

        What rounds to nothing has no sign.

        >>> Texts.load("fr").number(-3.25, 2)
        '-3,25'
        >>> Texts.load("en").number(0.004, 2, signed=True)
        '0.00'
        """
        rounded = round(value, digits) + 0.0  # no minus before a zero
        text = f"{rounded:+.{digits}f}" if signed and rounded else f"{rounded:.{digits}f}"
        return text.replace(".", self.facts.decimal_sign)

    def quantity(self, value: float, unit: str, digits: int = 1, *, signed: bool = False) -> str:
        """Return a number with its unit (``mm``, ``deg``, ``ratio``, ``percent``)."""
        sign = self.unit(unit)
        touches = sign in ("", "°") or (sign == "%" and self.facts.percent_touches)
        space = "" if touches else " "
        return f"{self.number(value, digits, signed=signed)}{space}{sign}"

    # -- what the program tells ----------------------------------------------------------------

    def notice(self, notice: Notice) -> str:
        """Return the sentence of a notice."""
        return self._wording.sentence(notice)

    def reason(self, reason: Message) -> str:
        """Return the clause of a reason, or of an error that is one."""
        return self._wording.clause(reason)

    def error(self, error: LandmarkDiffError) -> str:
        """Return one sentence: what is wrong, the value, what is allowed and how to mend it."""
        sentence = self._wording.sentence(error)
        if "_" in sentence.partition(" ")[0]:  # the name of a model or a file, without capitals
            return sentence
        return sentence[:1].upper() + sentence[1:]

    def data(self, english: str) -> str:
        """Return the words for a sentence of a preset or a definition, given in English.

        What a file of the user's own says otherwise stays as it says it.
        """
        return self._by_english.get(english, english)

    def progress(self, what: str) -> str:
        """Return what a workflow is doing: the text of ``progress.simulate`` and the like.

        Other steps are named after what comes next: a procedure, a view or a file.
        """
        if what.startswith("progress."):
            return self(what)
        return self.procedure(what, self._words.get(f"names.view.{what}", what))

    # -- names ---------------------------------------------------------------------------------

    def procedure(self, name: str, default: str | None = None) -> str:
        """Title of a procedure; ``default`` is the title of a preset of the user's own."""
        return self._words.get(f"procedure.{name}.title", default or name.replace("_", " "))

    def summary(self, procedure: str, default: str = "") -> str:
        """One sentence on a procedure."""
        return self._words.get(f"procedure.{procedure}.summary", default)

    def limits(self, procedure: str, default: Sequence[str] = ()) -> tuple[str, ...]:
        """What the pictures of a procedure cannot show; ``default`` for a preset of one's own."""
        stem = f"procedure.{procedure}.limit."
        own = tuple(text for key, text in self._words.items() if key.startswith(stem))
        return own or tuple(self.data(sentence) for sentence in default)

    def effect(self, procedure: str, effect: str, default: str | None = None) -> str:
        """Title of an effect."""
        known = self._words.get(f"effect.{procedure}.{effect}.title")
        return known or default or effect.replace("_", " ")

    def effect_label(self, label: str) -> str:
        """Title of an effect named as in reports: ``effect``, or ``procedure.effect``.

        >>> Texts.load("en").effect_label("lip_lift.alar_width")
        'Alar width (Subnasal lip lift)'
        """
        procedure, dot, effect = label.rpartition(".")
        if not dot:
            return self.effect(self._owners.get(effect, ""), effect)
        return f"{self.effect(procedure, effect)} ({self.procedure(procedure)})"

    def sign(self, procedure: str, effect: str, default: str = "") -> str:
        """What positive and negative values of an effect do."""
        return self._words.get(f"effect.{procedure}.{effect}.sign", default)

    def goal(self, procedure: str, goal: str, default: str = "") -> str:
        """Title of a goal of a procedure."""
        return self._words.get(f"goal.{procedure}.{goal}", default)

    def source(self, procedure: str, effect: str, default: str = "") -> str:
        """Where the numbers of an effect come from, with its note when there is one."""
        stem = f"effect.{procedure}.{effect}"
        source = self._words.get(f"{stem}.source", default)
        note = self._words.get(f"{stem}.note")
        return source if note is None else f"{self('error.sentence', what=source)} {note}"

    def measurement(self, name: str, default: str | None = None) -> str:
        """Title of a measurement, with its side when the name ends in one."""
        known = self._words.get(f"measurement.{name}.title")
        if known is not None:
            return known
        stem = next((name.removesuffix(end) for end in _SIDES if name.endswith(end)), None)
        title = self._words.get(f"measurement.{stem}.title")
        if stem is None or title is None:
            return default or name.replace("_", " ")
        return f"{title}, {self.side(name.removeprefix(stem + '_'))}"

    def population(self, name: str) -> str:
        """Whom a published range describes."""
        return self._words.get(f"population.{name}", name)

    # -- the statement -------------------------------------------------------------------------

    @property
    def simulation_statement(self) -> str:
        """What every picture is: a simulation of a discussed goal, not a prediction."""
        return self("app.simulation_statement")

    @property
    def statements(self) -> tuple[str, ...]:
        """The statement, with the English one beside it until the translation is reviewed."""
        english = self._english["app.simulation_statement"]
        if self.facts.reviewed or self.language == SOURCE:
            return (self.simulation_statement,)
        return (self.simulation_statement, english)


@cache
def _load(language: str) -> Texts:
    # Here, because reading YAML and checking it costs more than all else at import.
    from landmarkdiff.texts.tables import english_table, read_table, templates

    english = english_table()
    own = english if language == SOURCE else read_table(language)
    return Texts(
        language,
        own.language,
        words=dict(own.flat()),
        english=dict(english.flat()),
        templates=templates(language),
    )
