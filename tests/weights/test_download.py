from __future__ import annotations

from pathlib import Path

import pytest
from tiny_hub import CHECKPOINT, Hub, serving

from landmarkdiff.weights import download as downloading
from landmarkdiff.weights.download import (
    DiskFullError,
    DownloadError,
    download,
    is_safe_address,
    open_address,
)

NAME = "sub/model.fp16.safetensors"
SIZE = len(CHECKPOINT)


def far(hub: Hub) -> str:
    return f"{hub.url}/far/{NAME}"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a", True),
        ("http://127.0.0.1:80/a", True),
        ("http://localhost/a", True),
        ("http://[::1]:8/a", True),
        ("http://example.org/a", False),
        ("http://127.0.0.1.example.org/a", False),
        ("http://192.168.1.5/a", False),
        ("ftp://example.org/a", False),
        ("file:///etc/passwd", False),
        ("https:///a", False),
    ],
)
def test_only_https_or_this_machine(url: str, safe: bool) -> None:
    assert is_safe_address(url) is safe
    if not safe:
        with pytest.raises(DownloadError, match="not https"):
            open_address(url, timeout=1)


def test_a_file_comes_whole(hub: Hub, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    download(far(hub), tmp_path / "goal", SIZE, lambda done, total: seen.append((done, total)))
    assert (tmp_path / "goal").read_bytes() == CHECKPOINT
    assert seen[-1] == (SIZE, SIZE)
    download(far(hub), tmp_path / "goal", SIZE)
    assert hub.received(NAME) == [None]  # what is there is not asked for again


def test_the_servers_word_on_the_size_will_do(hub: Hub, tmp_path: Path) -> None:
    download(far(hub), tmp_path / "goal", None)
    assert (tmp_path / "goal").read_bytes() == CHECKPOINT


def test_a_broken_connection_goes_on_where_it_stopped(hub: Hub, tmp_path: Path) -> None:
    hub.breaks = [1000, 5000]
    download(far(hub), tmp_path / "goal", SIZE)
    assert (tmp_path / "goal").read_bytes() == CHECKPOINT
    assert hub.received(NAME) == [None, "bytes=1000-", "bytes=6000-"]


def test_a_broken_connection_of_unknown_size_too(hub: Hub, tmp_path: Path) -> None:
    hub.breaks = [1000]
    download(far(hub), tmp_path / "goal", None)
    assert (tmp_path / "goal").read_bytes() == CHECKPOINT


def test_a_server_without_ranges_begins_again(hub: Hub, tmp_path: Path) -> None:
    hub.ranges = False
    hub.breaks = [1000]
    download(far(hub), tmp_path / "goal", SIZE)
    assert (tmp_path / "goal").read_bytes() == CHECKPOINT
    assert hub.received(NAME) == [None, "bytes=1000-"]


def test_a_first_part_of_an_earlier_call_is_used(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "goal").write_bytes(CHECKPOINT[:3000])
    download(far(hub), tmp_path / "goal", SIZE)
    assert (tmp_path / "goal").read_bytes() == CHECKPOINT
    assert hub.received(NAME) == ["bytes=3000-"]


@pytest.mark.parametrize("size", [SIZE, None])
def test_a_first_part_longer_than_the_file_is_dropped(
    size: int | None, hub: Hub, tmp_path: Path
) -> None:
    (tmp_path / "goal").write_bytes(CHECKPOINT + b"more")
    download(far(hub), tmp_path / "goal", size)
    assert (tmp_path / "goal").read_bytes() == CHECKPOINT


def test_a_connection_that_brings_nothing_is_given_up(hub: Hub, tmp_path: Path) -> None:
    hub.breaks = [1000, 0]
    with pytest.raises(DownloadError, match=f"only 1000 of {SIZE} bytes came"):
        download(far(hub), tmp_path / "goal", SIZE)
    assert (tmp_path / "goal").stat().st_size == 1000


def test_a_short_and_a_long_answer_are_refused(hub: Hub, tmp_path: Path) -> None:
    hub.sends[NAME] = CHECKPOINT[:-7]
    with pytest.raises(DownloadError, match=f"only {SIZE - 7} of {SIZE} bytes came"):
        download(far(hub), tmp_path / "goal", SIZE)
    hub.sends[NAME] = CHECKPOINT + b"x" * 100
    with pytest.raises(DownloadError, match=f"more than the expected {SIZE} bytes"):
        download(far(hub), tmp_path / "other", SIZE)


def test_an_error_of_the_server_is_said(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:\d+ answered 404 Not Found"):
        download(f"{hub.url}/nothing", tmp_path / "goal", SIZE)
    assert not (tmp_path / "goal").exists()


def test_nobody_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:9 did not answer"):
        download("https://127.0.0.1:9/file", tmp_path / "goal", SIZE)


def test_a_redirect_away_from_https_is_not_followed(hub: Hub, tmp_path: Path) -> None:
    hub.redirect_to = "http://example.org/model"
    url = f"{hub.url}/people/tiny/resolve/{hub.commit}/{NAME}"
    with pytest.raises(DownloadError, match="an address that is not https"):
        download(url, tmp_path / "goal", SIZE)


def test_ranges_survive_a_redirect(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "goal").write_bytes(CHECKPOINT[:3000])
    url = f"{hub.url}/people/tiny/resolve/{hub.commit}/{NAME}"
    download(url, tmp_path / "goal", SIZE)
    assert (tmp_path / "goal").read_bytes() == CHECKPOINT
    assert hub.received(NAME) == ["bytes=3000-"]


def test_what_a_progress_raises_ends_it_and_the_part_stays(hub: Hub, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(far(hub), tmp_path / "goal", SIZE, stop)
    assert 0 < (tmp_path / "goal").stat().st_size <= SIZE


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no device that is always full")
    with full.open("wb", buffering=0) as goal, pytest.raises(DiskFullError, match="disk is full"):
        downloading._write(goal, b"numbers")


def test_a_folder_that_cannot_be_written_is_said(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="cannot be written"):
        download(far(hub), tmp_path / "absent" / "goal", SIZE)


def test_the_hub_ends_with_its_block() -> None:
    with serving(Hub()) as hub:
        url = hub.url
    with pytest.raises(DownloadError, match="did not answer"):
        download(f"{url}/x", Path("unused"), 1)
