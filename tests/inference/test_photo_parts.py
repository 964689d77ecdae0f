"""What a photo's pictures need is made beside other work, once, and ends with the program."""

from __future__ import annotations

from landmarkdiff.inference.photo_parts import begin_photo_parts
from landmarkdiff.light.photo import photo_light
from landmarkdiff.manipulation.prepared import PreparedFace


def test_parts_are_made_beside_other_work_and_waited_for(
    prepared_portraits: dict[str, PreparedFace],
) -> None:
    prepared = prepared_portraits["grace_hopper"]
    threads = begin_photo_parts(prepared)
    # While Python ends, daemon threads in compiled code abort it.
    assert [thread.daemon for thread in threads] == [False] * 2
    for thread in threads:
        thread.join()
    assert photo_light(prepared) is photo_light(prepared)
