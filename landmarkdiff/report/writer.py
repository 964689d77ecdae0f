"""Words on paper: paragraphs in one language, numbers with units, numbered notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from reportlab.lib.colors import Color
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Paragraph

from landmarkdiff.report.styles import ACCENT, CONTENT, FAINT, INK
from landmarkdiff.report.typeface import SANS, STRONG, markup
from landmarkdiff.texts import Texts

__all__ = ["Notes", "Writer"]

_LEADING = 1.3
#: As reportlab counts them.
_ALIGNMENTS: Mapping[str, Literal[0, 1, 2]] = {"left": 0, "centre": 1, "right": 2}


@dataclass
class Notes:
    """Notes in small print, numbered in the order in which they are first referred to."""

    texts: list[str] = field(default_factory=list)

    def number(self, note: str) -> int:
        """Return the number of a note; the same note has the same number."""
        if note not in self.texts:
            self.texts.append(note)
        return self.texts.index(note) + 1


@dataclass(frozen=True)
class Writer:
    """Writes paragraphs and numbers in the language of its texts.

    Attributes
    ----------
    texts : Texts
    notes : Notes
    """

    texts: Texts
    notes: Notes = field(default_factory=Notes)

    def paragraph(
        self,
        words: str,
        size: float = 7.6,
        *,
        strong: bool = False,
        colour: Color = INK,
        align: Literal["left", "centre", "right"] = "left",
        marked: bool = False,
        **more: Any,
    ) -> Paragraph:
        """Return a paragraph.

        Parameters
        ----------
        words : str
            Plain text, or reportlab's markup when ``marked``.
        size : float
            Points.
        **more
            Further fields of reportlab's ParagraphStyle (``spaceBefore``, ``leftIndent``, ...).
        """
        style = ParagraphStyle(
            "report",
            fontName=STRONG if strong else SANS,
            bulletFontName=SANS,
            bulletFontSize=size,
            fontSize=size,
            leading=_LEADING * size,
            textColor=colour,
            alignment=_ALIGNMENTS[align],
            # Chinese has no spaces; it is broken between any two characters.
            wordWrap="CJK" if self.texts.facts.script == "han" else None,
            **more,
        )
        return Paragraph(words if marked else markup(words), style)

    def faint(self, words: str, size: float = 6.6, **more: Any) -> Paragraph:
        """Return a paragraph of the second rank."""
        return self.paragraph(words, size, colour=FAINT, **more)

    def two_ranks(self, words: str, fainter: str, size: float = 7.6) -> Paragraph:
        """Return words with others of the second rank behind them, on the same line."""
        said = f"<b>{markup(words)}</b>"
        if fainter:
            colour = f"#{FAINT.hexval()[2:]}"
            said += f' <font color="{colour}" size="{size - 1}">{markup(fainter)}</font>'
        return self.paragraph(said, size, marked=True)

    def bullet(self, words: str, size: float = 7.4) -> Paragraph:
        """Return an entry of a list."""
        marked = f"<bullet>\u2022</bullet>{markup(words)}"
        return self.paragraph(marked, size, marked=True, leftIndent=8, spaceAfter=1.5)

    def heading(self, words: str, *, bound: bool = True) -> Paragraph:
        """Return the heading of a section; ``bound`` to what follows, which is then not divided."""
        return self.paragraph(
            words,
            10.0,
            strong=True,
            colour=ACCENT,
            spaceBefore=10,
            spaceAfter=3.5,
            keepWithNext=int(bound),
        )

    def head(self, words: str, width: float = CONTENT) -> Paragraph:
        """Return a cell of a table's head, so small that its longest word fits the width."""
        longest = max((stringWidth(word, STRONG, 6.8) for word in words.split()), default=0.0)
        size = 6.8 * min(1.0, width / max(longest, 1.0))
        return self.paragraph(words, size, strong=True, colour=FAINT)

    def number(self, value: float, digits: int = 1, *, signed: bool = False) -> str:
        """Return a number with a true minus sign; zero has no sign."""
        signed = signed and round(value, digits) != 0
        return self.texts.number(value, digits, signed=signed).replace("-", "\u2212")

    def quantity(self, value: float, unit: str, digits: int = 1, *, signed: bool = False) -> str:
        """Return a number with its unit, which stays on its line."""
        signed = signed and round(value, digits) != 0
        said = self.texts.quantity(value, unit, digits, signed=signed)
        return said.replace("-", "\u2212").replace(" ", "\u00a0")

    def span(self, low: float, high: float, unit: str, digits: int = 1) -> str:
        """Return a range with its unit, from one end to the other."""
        return f"{self.number(low, digits)} \u2026 {self.quantity(high, unit, digits)}"

    def reference(self, note: str) -> str:
        """Return the markup of a raised number that refers to a note."""
        return f'<super size="4.8" rise="2.6">{self.notes.number(note)}</super>'
