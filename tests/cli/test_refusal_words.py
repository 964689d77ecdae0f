"""What the command line says of a refused painting."""

from __future__ import annotations

import pytest
from painting_records import network_record

from landmarkdiff.cli.painting import painting_lines, painting_notices
from landmarkdiff.configuration import GuardSettings
from landmarkdiff.identity import IdentityCheck
from landmarkdiff.inference.prediction import PaintingRecord
from landmarkdiff.verification import GuardAttempt, GuardReading, GuardRecord

GENERATOR = network_record()
IDENTITY = IdentityCheck("sface", 0.363, 0.363, "passed", None, 0.9, 0.95)
MOVED = GuardReading(1.204, 0.1, 0.5, "moved", altered_levels=12.0, altered_landmark=4)
ALTERED = GuardReading(0.2, 0.1, 0.5, "altered", altered_levels=61.3, altered_landmark=4)
KEPT = GuardReading(0.2, 0.1, 0.5, "kept", altered_levels=12.0, altered_landmark=4)


def painting(reading: GuardReading, refused_for: str | None) -> PaintingRecord:
    attempt = GuardAttempt(0.75, reading, 0.9, refused_for)
    guard = GuardRecord.of(reading, (attempt,), GuardSettings())
    return PaintingRecord(GENERATOR, (), IDENTITY, guard)


@pytest.mark.parametrize(
    ("reading", "refused_for", "said"),
    [
        (MOVED, "moved", "left the plan by 1.20 mm"),
        (
            ALTERED,
            "altered",
            "shows something that the warp does not, by 61 grey levels near landmark 4",
        ),
        # The raw picture was kept, and the finished one was not.
        (KEPT, "altered", "shows something that the warp does not"),
        (KEPT, "outside", "changed the picture outside the mask"),
    ],
)
def test_why_the_warp_is_shown(reading: GuardReading, refused_for: str, said: str) -> None:
    record = painting(reading, refused_for)
    assert list(painting_notices(record)) == [f"the warp, because the painting {said}"]
    limit = "34 grey levels" if refused_for == "altered" else "0.50 mm"
    line = next(painting_lines(record))
    assert line == (
        f"Painted with controlnet: refused on attempt 1, because it {said} "
        f"(limit {limit}); the warp is the result."
    )


def test_a_painting_that_was_kept_says_how_near_it_is() -> None:
    assert list(painting_notices(painting(KEPT, None))) == ["painted, within 0.20 mm of the plan"]
