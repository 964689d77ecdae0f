"""The report's typefaces: embedded, so that a report reads alike on every machine.

Roboto sets Latin, Greek and Cyrillic; WenQuanYi Micro Hei sets Chinese, in a Chinese report and
in a name in any other. Both are Apache-2.0 and lie beside this module.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources
from itertools import groupby
from threading import Lock
from xml.sax.saxutils import escape

from reportlab import rl_config
from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from landmarkdiff.errors import ParameterError

__all__ = ["HAN", "SANS", "STRONG", "clean", "markup", "register", "require_printable"]

SANS, STRONG, HAN = "Report-Sans", "Report-Strong", "Report-Han"
_FILES = {
    SANS: "Roboto-Regular.ttf",
    STRONG: "Roboto-Medium.ttf",
    HAN: "WenQuanYiMicroHei.ttf",
}
_MINUS = re.compile(r"(?<![\w.)-])-(?=\d)")
_lock = Lock()


@cache
def _characters(name: str) -> frozenset[int]:
    """Register a typeface with reportlab; return the code points it has."""
    with resources.as_file(
        resources.files(__package__).joinpath("typefaces", _FILES[name])
    ) as path:
        font = TTFont(name, str(path))
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


def _loaded(name: str) -> frozenset[int]:
    with _lock:  # two reports may be made at once
        return _characters(name)


def register() -> None:
    """Make the typefaces known to reportlab; further calls do nothing."""
    # Pictures as they are: as text they are a quarter larger, and take longer than all the rest.
    rl_config.useA85 = 0
    _loaded(SANS)
    _loaded(STRONG)
    for name, bold in ((SANS, STRONG), (STRONG, STRONG), (HAN, HAN)):
        for italic in (0, 1):
            addMapping(name, 0, italic, name)
            addMapping(name, 1, italic, bold)


def clean(text: str) -> str:
    """Return typed text composed (NFC), without control characters, with single spaces.

    >>> clean(" Ana\\tPe\\u0301rez\\x00 ")
    'Ana Pérez'
    """
    composed = unicodedata.normalize("NFC", text)
    lines = ("".join(c if c.isprintable() else " " for c in line) for line in composed.splitlines())
    return "\n".join(" ".join(line.split()) for line in lines).strip()


def require_printable(field: str, text: str) -> None:
    """Raise ParameterError where no typeface of the report has a character of ``text``."""
    missing = {c for c in text if ord(c) not in _loaded(SANS) and c != "\n"}
    if missing:
        missing = {c for c in missing if ord(c) not in _loaded(HAN)}
    if missing:
        raise ParameterError("report_letters", field=field, letters=" ".join(sorted(missing)))


def markup(text: str) -> str:
    """Return text as reportlab's paragraph markup: escaped, Chinese in its own typeface.

    A hyphen before a number is a minus sign.

    >>> register()
    >>> markup("Li 李 < 3")
    'Li <font name="Report-Han">李</font> &lt; 3'
    """
    sans = _loaded(SANS)
    pieces = []
    for known, run in groupby(
        _MINUS.sub("\u2212", text), key=lambda c: ord(c) in sans or c == "\n"
    ):
        words = escape("".join(run)).replace("\n", "<br/>")
        if not known:
            _loaded(HAN)
            words = f'<font name="{HAN}">{words}</font>'
        pieces.append(words)
    return "".join(pieces)
