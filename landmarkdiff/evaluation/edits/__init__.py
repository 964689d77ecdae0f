"""Edits of expression and pose, scored as LaTo scores them, beside the paper's numbers."""

from __future__ import annotations

from landmarkdiff.evaluation.edits.amplitude import moved_amplitude, ssim_amplitude
from landmarkdiff.evaluation.edits.formulas import landmark_error, rectified_identity
from landmarkdiff.evaluation.edits.judge import EditJudge, JudgedEdit, LocalJudge, read_marks
from landmarkdiff.evaluation.edits.report import EditReport, report_edits, report_page
from landmarkdiff.evaluation.edits.scores import Edit, EditScores, score_edit

__all__ = [
    "Edit",
    "EditJudge",
    "EditReport",
    "EditScores",
    "JudgedEdit",
    "LocalJudge",
    "landmark_error",
    "moved_amplitude",
    "read_marks",
    "rectified_identity",
    "report_edits",
    "report_page",
    "score_edit",
    "ssim_amplitude",
]
