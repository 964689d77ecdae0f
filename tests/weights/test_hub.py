from __future__ import annotations

from pathlib import Path

import pytest
from tiny_hub import CHECKPOINT, CONFIG, Hub, entry, git_object, sha256

from landmarkdiff import weights
from landmarkdiff.errors import ParameterError
from landmarkdiff.weights import CatalogueEntry
from landmarkdiff.weights.download import DownloadError
from landmarkdiff.weights.hub import ENDPOINT_VARIABLE, address, endpoint, look_up

TINY = CatalogueEntry.model_validate(entry(pinned=False))


def test_the_address_of_a_file_at_its_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENDPOINT_VARIABLE, raising=False)
    base = weights.entry("stable_diffusion_15")
    assert address(base, "unet/config.json") == (
        "https://huggingface.co/stable-diffusion-v1-5/stable-diffusion-v1-5/resolve/"
        "451f4fe16113bff5a5d2269ed5ad43b0592e9a14/unet/config.json"
    )
    monkeypatch.setenv(ENDPOINT_VARIABLE, "https://mirror.example.org/hub/")
    assert address(base, "a b").startswith("https://mirror.example.org/hub/stable-diffusion-v1-5/")
    assert address(base, "a b").endswith("/a%20b")


@pytest.mark.parametrize("url", ["http://mirror.example.org", "ftp://x", "mirror.example.org"])
def test_a_mirror_is_https_or_this_machine(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT_VARIABLE, url)
    with pytest.raises(ParameterError, match="HF_ENDPOINT is not an https address"):
        endpoint()
    monkeypatch.setenv(ENDPOINT_VARIABLE, "http://localhost:8080/")
    assert endpoint() == "http://localhost:8080"


def test_the_sum_of_a_large_file_is_asked_without_fetching_it(hub: Hub, tmp_path: Path) -> None:
    said = look_up(TINY, "sub/model.fp16.safetensors")
    assert (said.size, said.sha256, said.git_object) == (
        len(CHECKPOINT),
        sha256(CHECKPOINT),
        None,
    )
    assert [asked[0] for asked in hub.asked] == ["HEAD"]
    path = tmp_path / "x"
    path.write_bytes(CHECKPOINT)
    assert said.fits(path)
    path.write_bytes(CHECKPOINT[:-1] + b"\0")
    assert not said.fits(path)
    path.write_bytes(CHECKPOINT[:-1])
    assert not said.fits(path)


def test_the_git_object_of_a_small_file(hub: Hub, tmp_path: Path) -> None:
    said = look_up(TINY, "sub/config.json")
    assert (said.size, said.sha256, said.git_object) == (len(CONFIG), None, git_object(CONFIG))
    path = tmp_path / "x"
    path.write_bytes(CONFIG)
    assert said.fits(path)
    path.write_bytes(CONFIG.upper())
    assert not said.fits(path)


def test_git_names_the_empty_file_like_this() -> None:
    # the object id that git itself gives to an empty file
    assert git_object(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def test_a_moved_repository_is_followed_on_the_same_host(hub: Hub) -> None:
    old = TINY.model_copy(update={"repository": "moved/tiny"})
    said = look_up(old, "sub/config.json")
    assert said.git_object == git_object(CONFIG)
    assert [asked[0] for asked in hub.asked] == ["HEAD", "HEAD"]


def test_no_such_file_another_commit_and_no_sum_are_said(hub: Hub) -> None:
    with pytest.raises(DownloadError, match="answered 404 Not Found"):
        look_up(TINY, "sub/absent.json")
    hub.commit = "f" * 40
    with pytest.raises(DownloadError, match=f"answered with the commit {'f' * 40}, not 0123"):
        look_up(TINY, "sub/config.json")
    hub.commit = TINY.revision
    hub.states_sums = False
    with pytest.raises(DownloadError, match="states no sum"):
        look_up(TINY, "sub/model.fp16.safetensors")


def test_nobody_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT_VARIABLE, "http://127.0.0.1:9")
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:9 did not answer"):
        look_up(TINY, "sub/config.json")
