"""The PDF report of a consultation: pictures, plan, measurements, sources, signatures.

Needs reportlab, which comes with the ``app`` extra; import this package when a report is asked
for.
"""

from __future__ import annotations

from landmarkdiff.report.details import (
    MAX_NAME,
    MAX_NOTE,
    MAX_NOTE_LINES,
    MAX_VIEWS,
    ReportDetails,
    ReportView,
)
from landmarkdiff.report.document import write_report

__all__ = [
    "MAX_NAME",
    "MAX_NOTE",
    "MAX_NOTE_LINES",
    "MAX_VIEWS",
    "ReportDetails",
    "ReportView",
    "write_report",
]
