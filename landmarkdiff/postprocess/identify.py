"""Step 6: whether the picture still shows the same person. It only reports."""

from __future__ import annotations

from landmarkdiff.identity import check_identity
from landmarkdiff.postprocess.step import Canvas, StepContext, StepOutcome, StepReport

__all__ = ["NAME", "identify"]

NAME = "identity"


def identify(canvas: Canvas, context: StepContext) -> StepOutcome:
    """Compare the raw picture and the composite with the photo.

    Returns
    -------
    StepOutcome
        The picture as it was. Applied only when the check ran; what it found is in ``facts``.
    """
    if not context.configuration.postprocess.identity.enabled:
        return StepOutcome(canvas.picture, StepReport(NAME, False, None, "switched_off"))
    pictures = {"composite": canvas.picture}
    if canvas.raw is not None:
        pictures = {"raw": canvas.raw, **pictures}
    check = check_identity(
        canvas.photo, context.photo_landmarks, pictures, canvas.face, context.configuration
    )
    return StepOutcome(
        canvas.picture,
        StepReport(NAME, check.verdict is not None, check.model, check.reason),
        {**check.to_dict(), "weights": dict(check.weights)},
    )
