"""Step 6: whether the picture is still like its photo. It only reports."""

from __future__ import annotations

from landmarkdiff.identity import check_identity
from landmarkdiff.notices import Reason
from landmarkdiff.postprocess.step import Canvas, StepContext, StepOutcome, StepReport

__all__ = ["NAME", "identify"]

NAME = "identity"


def identify(canvas: Canvas, context: StepContext) -> StepOutcome:
    """Compare the raw picture and the composite with the photo.

    Returns
    -------
    StepOutcome
        The picture as it was. Applied only when the check ran; what it found is in ``identity``.
    """
    if not context.configuration.postprocess.identity.enabled:
        return StepOutcome.skipped(canvas, NAME, Reason("switched_off"))
    check = check_identity(
        canvas.photo,
        context.photo_landmarks,
        canvas.face,
        context.configuration,
        raw=canvas.raw,
        composite=canvas.picture,
    )
    reasons = () if check.reason is None else (check.reason,)
    report = StepReport(NAME, check.verdict is not None, check.model, reasons)
    return StepOutcome(canvas.picture, report, check, check.weights)
