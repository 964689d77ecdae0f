"""The folder of a result appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from result_files import tree

from landmarkdiff.errors import (
    OutputError,
)
from landmarkdiff.workflows.output.folder import check_output, staged_folder


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OutputError])
def test_an_interrupted_result_leaves_nothing(tmp_path: Path, failure: type[BaseException]) -> None:
    target = tmp_path / "new" / "deep" / "result"
    with pytest.raises(failure), staged_folder(target, ("a.txt",)) as staging:
        (staging / "a.txt").write_text("half")
        raise failure("now")
    assert list(tmp_path.iterdir()) == []


def test_a_result_replaces_an_earlier_one_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "result"
    for text, names in (("one", ("a.txt", "b.txt")), ("two", ("a.txt",))):
        with staged_folder(target, ("a.txt", "b.txt")) as staging:
            for name in names:
                (staging / name).write_text(text)
    assert tree(tmp_path) == {"result/a.txt": b"two"}


def test_an_output_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="a file has its name"):
            check_output(out)
    check_output(tmp_path / "may" / "be" / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_link_in_the_place_of_the_result_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "result").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="file or link"), staged_folder(tmp_path / "result", ()):
        pass
