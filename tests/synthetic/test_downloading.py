"""A public set of photos: from a server of this machine, its licence asked for first."""

from __future__ import annotations

import csv
import hashlib
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from landmarkdiff.cli import main
from landmarkdiff.errors import PhotoError
from landmarkdiff.synthetic.downloading import data_set, download_set

IMAGES = {f"images1024x1024/00000/{number:05d}.png": bytes([number]) * 900 for number in range(3)}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # the name of the base
        """Say nothing."""


def _entry(name: str, account: str) -> dict[str, object]:
    data = IMAGES[name]
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return {
        "image": {
            "file_url": "https://nowhere.invalid/",
            "file_path": name,
            "file_size": len(data),
            "file_md5": md5,
        },
        "metadata": {
            "photo_url": f"https://photos.invalid/photos/{account}/1/",
            "author": f"the owner of {account}",
            "license": "Attribution License",
        },
    }


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    folder = tmp_path / "served"
    for name, data in IMAGES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    accounts = ("anna", "ben", "anna")
    listed = {
        str(number): _entry(name, account)
        for number, (name, account) in enumerate(zip(IMAGES, accounts, strict=True))
    }
    (folder / "ffhq-dataset-v2.json").write_text(json.dumps(listed))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    thread.join()
    server.server_close()


def test_photos_come_with_their_list(served: tuple[str, Path], tmp_path: Path) -> None:
    address, _ = served
    out = tmp_path / "out"
    told: list[str] = []
    path = download_set(
        data_set("ffhq"), out, mirror=address, progress=lambda *done: told.append(done[2])
    )
    assert {name: (out / name).read_bytes() for name in IMAGES} == IMAGES
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["person"] for row in rows] == ["account anna", "account ben", "account anna"]
    assert {row["licence"] for row in rows} == {"Attribution License; the set CC BY-NC-SA 4.0"}
    assert rows[1]["author"] == "the owner of ben"
    assert sorted(told) == sorted(IMAGES)


def test_what_is_here_is_not_fetched_again(served: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = served
    first, second, third = IMAGES
    download_set(data_set("ffhq"), tmp_path / "out", mirror=address, first=2)
    assert not (tmp_path / "out" / third).exists()
    for name in (first, second):
        (folder / name).unlink()
    download_set(data_set("ffhq"), tmp_path / "out", mirror=address)
    assert (tmp_path / "out" / third).read_bytes() == IMAGES[third]


def test_another_sum_is_refused(served: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = served
    name = next(iter(IMAGES))
    (folder / name).write_bytes(b"x" * len(IMAGES[name]))
    with pytest.raises(PhotoError, match="its sum is"):
        download_set(data_set("ffhq"), tmp_path / "out", mirror=address)
    assert not (tmp_path / "out" / name).exists()
    assert not (tmp_path / "out" / "photos.csv").exists()


def test_a_path_out_of_the_folder_is_refused(served: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = served
    listed = json.loads((folder / "ffhq-dataset-v2.json").read_text())
    listed["0"]["image"]["file_path"] = "../../evil.png"
    (folder / "ffhq-dataset-v2.json").write_text(json.dumps(listed))
    with pytest.raises(PhotoError, match="list of photos cannot be read"):
        download_set(data_set("ffhq"), tmp_path / "out", mirror=address)


def test_licence_is_shown_and_has_to_be_accepted(
    served: tuple[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address, _ = served
    command = ["data", "download", "ffhq", "--out", str(tmp_path / "out"), "--from", address]
    assert main(command) == 2
    printed = capsys.readouterr()
    assert "BY-NC-SA 4.0" in printed.out
    assert "was not accepted" in printed.err
    assert not (tmp_path / "out").exists()
    assert main([*command, "--accept-licence"]) == 0
    assert (tmp_path / "out" / "photos.csv").exists()


def test_unknown_sets_are_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["data", "download", "celebs", "--out", str(tmp_path)]) == 2
    assert "ffhq" in capsys.readouterr().err
