"""Colours and measures of the report: one accent, thin rules, white space."""

from __future__ import annotations

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm

from landmarkdiff.report.typeface import SANS

__all__ = ["ACCENT", "CONTENT", "FAINT", "INK", "MARGIN", "PALE", "PLAIN", "RULE", "ruled"]

INK = HexColor("#1a2327")
FAINT = HexColor("#58656b")
RULE = HexColor("#cfd7da")
PALE = HexColor("#eef3f4")
ACCENT = HexColor("#0b5a6b")

MARGIN = 17 * mm
#: Width of the text, points: A4 less the margins.
CONTENT = 210 * mm - 2 * MARGIN

#: Style of a table without rules and padding. Each cell sets its typeface, empty or not, and
#: reportlab's own is not embedded.
PLAIN: list[Any] = [
    ("FONTNAME", (0, 0), (-1, -1), SANS),
    ("FONTSIZE", (0, 0), (-1, -1), 6),
    ("LEADING", (0, 0), (-1, -1), 6),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]


def ruled(*more: tuple[Any, ...], space: float = 2.6) -> list[Any]:
    """Return the style of a table with a line under its head and light rules between rows.

    Parameters
    ----------
    *more : tuple
        Further commands of reportlab's TableStyle.
    space : float
        Above and below the words of a row, points.
    """
    return [
        *PLAIN,
        ("LEFTPADDING", (1, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-2, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), space),
        ("BOTTOMPADDING", (0, 0), (-1, -1), space),
        ("LINEBELOW", (0, 0), (-1, 0), 0.7, ACCENT),
        ("LINEBELOW", (0, 1), (-1, -1), 0.3, RULE),
        *more,
    ]
