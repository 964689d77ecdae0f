from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import tiny_hub

from landmarkdiff.weights.catalogue import Archive, Carrier, Source, entry
from landmarkdiff.weights.download import DownloadError
from landmarkdiff.weights.sources import _from_archive, _unzip, receive


def test_a_dead_address_fails_fast(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:9 did not answer"):
        receive(Source(url="https://127.0.0.1:9/file"), tmp_path / "goal", 10)


def test_an_unknown_carrier_says_what_pip_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    carrier = Carrier(package="landmarkdiff-carrier", version="1.0", member="a")
    with pytest.raises(DownloadError, match=r"package landmarkdiff-carrier 1\.0: pip said"):
        receive(Source(carrier=carrier), tmp_path / "goal", 10)


def local_wheel(folder: Path) -> None:
    with zipfile.ZipFile(folder / "carrier-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("carrier/data.bin", b"0123456789")
        wheel.writestr(
            "carrier-1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n",
        )
        wheel.writestr("carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("carrier-1.0.dist-info/RECORD", "")


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package mirror of our own, as a hospital would have: pip is told by its environment."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    local_wheel(folder)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_carrier_comes_from_the_configured_mirror(mirror: Path, tmp_path: Path) -> None:
    carrier = Carrier(package="carrier", version="1.0", member="carrier/data.bin")
    receive(Source(carrier=carrier), tmp_path / "goal", 10)
    assert (tmp_path / "goal").read_bytes() == b"0123456789"


def test_a_carrier_without_the_member_is_refused(mirror: Path, tmp_path: Path) -> None:
    carrier = Carrier(package="carrier", version="1.0", member="carrier/other.bin")
    with pytest.raises(DownloadError, match=r"carrier/other\.bin is not inside"):
        receive(Source(carrier=carrier), tmp_path / "goal", 10)


@pytest.mark.parametrize(("size", "said"), [(9, "more than"), (11, "only 10 of 11")])
def test_a_wrong_length_is_refused(size: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "held.zip").write_bytes(zipped(net=b"0123456789"))
    with pytest.raises(DownloadError, match=said):
        _unzip(tmp_path / "held.zip", "net", tmp_path / "goal", size)


# --- a file out of a zip archive at an address


def zipped(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()


def take(hub: tiny_hub.Hub, data: bytes, target: Path, sha256: str = "", size: int = 10) -> None:
    """Take the member ``net`` out of an archive that the hub serves."""
    hub.files["models.zip"] = data
    archive = Archive(member="net", size=len(data), sha256=sha256 or tiny_hub.sha256(data))
    _from_archive(f"{hub.url}/far/models.zip", archive, target, size, None)


def test_a_member_is_taken_out_of_an_archive(hub: tiny_hub.Hub, tmp_path: Path) -> None:
    take(hub, zipped(other=b"x", net=b"0123456789"), tmp_path / "goal")
    assert (tmp_path / "goal").read_bytes() == b"0123456789"
    assert [path.name for path in tmp_path.iterdir()] == ["goal"]


def test_an_archive_is_checked_before_it_is_opened(hub: tiny_hub.Hub, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="another archive than the one pinned"):
        take(hub, zipped(net=b"0123456789"), tmp_path / "goal", sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (zipped(other=b"x"), "net is not in the archive"),
        (b"no archive", "net is not in the archive"),
        (zipped(net=b"0" * 1_000_000), "more than the expected 10 bytes"),
        (zipped(net=b"012"), "only 3 of 10"),
    ],
)
def test_an_archive_without_the_file_is_refused(
    data: bytes, said: str, hub: tiny_hub.Hub, tmp_path: Path
) -> None:
    with pytest.raises(DownloadError, match=said):
        take(hub, data, tmp_path / "goal")


def test_a_recipe_makes_a_file_of_the_whole_wheel_and_wants_the_pinned_one() -> None:
    carrier = entry("makehuman_head").files[0].sources[0].carrier
    assert carrier is not None and carrier.recipe == "head" and carrier.member is None
    with pytest.raises(ValueError, match="a member of its carrier or made by a recipe"):
        Carrier(package="a", version="1")
    with pytest.raises(ValueError, match="pinned"):
        Carrier(package="a", version="1", recipe="head")
