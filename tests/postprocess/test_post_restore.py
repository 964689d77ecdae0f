from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import checkpoints
import cv2
import numpy as np
import painted
import pytest
import torch
import yaml

from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import WeightsCorruptError, WeightsMissingError
from landmarkdiff.postprocess import Canvas, StepContext, networks
from landmarkdiff.postprocess.alignment import AlignedSquare
from landmarkdiff.postprocess.region import MaskRegion
from landmarkdiff.postprocess.restore import as_far_as_the_plan, choose, restore
from landmarkdiff.weights import catalogue, sha256_of


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    folder = tmp_path_factory.mktemp("restoration")
    yield {
        "gfpgan": checkpoints.gfpgan(folder / "gfpgan.pth"),
        "codeformer": checkpoints.codeformer(folder / "codeformer.safetensors"),
    }
    networks.release_networks()
    for path in folder.iterdir():
        path.unlink()


@pytest.fixture
def canvas(nose: tuple) -> Canvas:
    return painted.with_painting(nose[0], painted.repainted(nose[0].warped), pixel=1.5)


@pytest.fixture
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    return tmp_path / "weights"


def own(path: Path, **more: object) -> dict[str, object]:
    return {"path": str(path), "commercial_use": True, **more}


@dataclass
class Call:
    """A call of a network: what it was given, and what it answered."""

    given: torch.Tensor
    options: dict[str, object]
    answer: torch.Tensor

    @property
    def restored(self) -> np.ndarray:
        """The answer as a picture: (H, W, 3) float32, 0 to 255."""
        return (self.answer.clamp(-1, 1)[0].permute(1, 2, 0).numpy() + 1) * 127.5

    def is_as_its_makers_call_it(self, square: np.ndarray, **options: object) -> bool:
        """Whether it got the square as RGB from -1 to 1, and the options."""
        planes = np.ascontiguousarray(square.transpose(2, 0, 1)[None])
        wanted = torch.from_numpy(planes) / 127.5 - 1
        return self.options == options and bool(torch.allclose(self.given, wanted, atol=1e-6))


@contextmanager
def overheard(network: networks.Network) -> Iterator[list[Call]]:
    """The calls of a network; one of full size takes seconds, so none is made twice."""
    calls: list[Call] = []

    def hear(module: torch.nn.Module, given: tuple, options: dict, answer: tuple) -> None:
        assert not module.training
        calls.append(Call(given[0].clone(), options, answer[0].clone()))

    handle = network.module.register_forward_hook(hear, with_kwargs=True)
    yield calls
    handle.remove()


def expected_picture(canvas: Canvas, restored: np.ndarray, effect: float) -> np.ndarray:
    square = AlignedSquare.of(canvas.face)
    change = restored - square.cut(canvas.picture)
    height, width = canvas.picture.shape[:2]
    placed = square.carry_back(change.astype(np.float32), slice(0, height), slice(0, width))
    placed[canvas.mask.full() == 0] = 0
    return np.clip(canvas.picture + effect * placed, 0, 255)


def test_gfpgan_restores_inside_the_mask_as_when_called_directly(
    canvas: Canvas, files: dict[str, Path]
) -> None:
    context = painted.context_of(restore=own(files["gfpgan"]))
    network = networks.load_network(files["gfpgan"], "cpu", ("GFPGAN",))
    with overheard(network) as calls:
        outcome = restore(canvas, context)
    square = AlignedSquare.of(canvas.face).cut(canvas.picture)
    (call,) = calls
    assert call.is_as_its_makers_call_it(square, return_rgb=False, randomize_noise=False)
    wanted = expected_picture(canvas, call.restored, 1.0)
    outside = canvas.mask.full() == 0
    assert outcome.report.applied
    assert outcome.report.model == "GFPGAN (gfpgan.pth)"
    assert outcome.report.reason is None
    assert np.abs(outcome.picture - wanted).max() <= 1.0
    assert np.array_equal(outcome.picture[outside], canvas.picture[outside])
    assert np.abs(outcome.picture.astype(int) - canvas.picture)[~outside].mean() > 5
    assert outcome.effect == 1.0
    assert len(outcome.weights["GFPGAN (gfpgan.pth)"]) == 64
    # The square's pixel is finer here than the first network's.
    assert outcome.pixel == AlignedSquare.of(canvas.face).pixel


def test_codeformer_gets_its_fidelity(canvas: Canvas, files: dict[str, Path]) -> None:
    context = painted.context_of(
        restore={"path": str(files["codeformer"]), "fidelity": 0.25}, policy="research"
    )
    network = networks.load_network(files["codeformer"], "cpu", ("CodeFormer",))
    with overheard(network) as calls:
        outcome = restore(canvas, context)
    square = AlignedSquare.of(canvas.face).cut(canvas.picture)
    (call,) = calls
    assert call.is_as_its_makers_call_it(square, weight=0.25)
    assert outcome.report.model == "CodeFormer (codeformer.safetensors)"
    assert np.abs(outcome.picture - expected_picture(canvas, call.restored, 1.0)).max() <= 1.0
    # Its own default is 0.5; here the fused features differ, and with them the answer.
    fuse = [block.scale[0].weight.abs().max() for block in network.module.fuse_convs_dict.values()]
    assert len(fuse) == 4
    assert all(weight > 0 for weight in fuse)


@pytest.mark.parametrize(
    ("allowed", "effect", "asked"), [(80, 1.0, 1), (45, 0.5, 2), (20, 0.25, 3), (10, 0.0, 3)]
)
def test_a_change_goes_only_as_far_as_the_guard_allows(
    allowed: int, effect: float, asked: int
) -> None:
    """The guard here allows so many grey levels of a change of eighty."""
    picture = np.full((90, 70, 3), 100, np.uint8)
    mask = painted.disc(90, 70, 20)
    canvas = painted.canvas_of(np.zeros_like(picture), picture, mask)
    region = MaskRegion.of(canvas, margin=4)
    seen = []

    def keeps_plan(changed: np.ndarray) -> bool:
        seen.append(changed)
        return int(changed.max()) - 100 <= allowed

    change = np.full((*region.share.shape, 3), 80.0, np.float32)
    context = painted.context_of(keeps_plan=keeps_plan)
    found, share = as_far_as_the_plan(picture, region, change, context)
    assert (share, len(seen)) == (effect, asked)
    assert (found[mask > 0] == 100 + 80 * effect).all()
    assert (found[mask == 0] == 100).all()
    assert (found is picture) == (effect == 0.0)


def test_no_share_is_taken_of_what_shows_something_else() -> None:
    """A quarter of noise would keep the plan; a softer face is tried by halves."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:160, :140]
    shade = 120 + 40 * np.sin(x / 17) + 30 * np.cos(y / 23)
    picture = np.repeat(shade[..., None], 3, axis=2).astype(np.uint8)
    canvas = painted.canvas_of(np.zeros_like(picture), picture, painted.disc(160, 140, 60))
    region = MaskRegion.of(canvas)
    noise = random.uniform(0, 255, (*region.share.shape, 3))
    soft = cv2.GaussianBlur(region.of_picture(picture), (0, 0), 4.0) * 0.8 + 30
    for wanted, asked in ((noise, 1), (soft, 3)):
        seen = []
        context = painted.context_of(keeps_plan=lambda p, seen=seen: bool(seen.append(p)))
        change = (wanted - region.of_picture(picture)).astype(np.float32)
        found, effect = as_far_as_the_plan(picture, region, change, context)
        assert found is picture
        assert (effect, len(seen)) == (0.0, asked)


def test_missing_weights_are_named_with_the_command_that_fetches_them(
    canvas: Canvas, empty_store: Path
) -> None:
    for policy, names in (("commercial", ["gfpgan"]), ("research", ["codeformer", "gfpgan"])):
        outcome = restore(canvas, painted.context_of(policy=policy))
        assert outcome.picture is canvas.picture
        assert not outcome.report.applied
        for name in names:
            assert f"run 'landmarkdiff weights pull {name}'" in outcome.report.reason
        assert ("codeformer" in outcome.report.reason) == (policy == "research")


def test_a_licence_is_refused_with_what_is_used_instead(
    canvas: Canvas, empty_store: Path, files: dict[str, Path]
) -> None:
    named = restore(canvas, painted.context_of(restore={"model": "codeformer"}))
    assert "not for commercial use" in named.report.reason
    assert "gfpgan" in named.report.reason
    assert "landmarkdiff weights pull gfpgan" in named.report.reason
    mine = restore(canvas, painted.context_of(restore={"path": str(files["gfpgan"])}))
    assert not mine.report.applied
    assert "of your own is not for commercial use" in mine.report.reason


def catalogued(monkeypatch: pytest.MonkeyPatch, store: Path, name: str, path: Path) -> None:
    """Put a file into the store under a catalogue name, with its own sum pinned."""
    data = yaml.safe_load(catalogue._FILE.read_text(encoding="utf-8"))
    ((file,),) = [one["files"] for one in data["entries"] if one["name"] == name]
    file |= {"size": path.stat().st_size, "sha256": sha256_of(path)}
    own_catalogue = path.with_name(f"{name}.yaml")
    own_catalogue.write_text(yaml.safe_dump(data), encoding="utf-8")
    monkeypatch.setattr(catalogue, "_FILE", own_catalogue)
    store.mkdir(parents=True, exist_ok=True)
    (store / file["path"]).hardlink_to(path)


def test_the_catalogues_gfpgan_is_used_where_policy_or_store_lack_codeformer(
    empty_store: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogued(monkeypatch, empty_store, "gfpgan", files["gfpgan"])
    refused = choose(painted.context_of(restore={"model": "codeformer"}).configuration)
    assert refused.name == "gfpgan"
    assert refused.path == empty_store / "GFPGANv1.4.pth"
    assert str(refused.notes[0]).startswith("codeformer is not for commercial use")
    for policy, model in (("commercial", "auto"), ("research", "auto"), ("commercial", "gfpgan")):
        choice = choose(painted.context_of(policy=policy, restore={"model": model}).configuration)
        assert (choice.name, choice.notes) == ("gfpgan", ())
    catalogued(monkeypatch, empty_store, "codeformer", files["codeformer"])
    for policy, name in (("commercial", "gfpgan"), ("research", "codeformer")):
        assert choose(painted.context_of(policy=policy).configuration).name == name


def test_a_damaged_catalogue_file_stops_the_work(canvas: Canvas, empty_store: Path) -> None:
    empty_store.mkdir(parents=True)
    (empty_store / "GFPGANv1.4.pth").write_bytes(b"cut short")
    with pytest.raises(WeightsCorruptError, match="GFPGANv1"):
        restore(canvas, painted.context_of())


def test_a_configured_file_that_is_wrong_or_missing_stops_the_work(
    canvas: Canvas, files: dict[str, Path], tmp_path: Path
) -> None:
    wrong = painted.context_of(restore=own(files["gfpgan"], model="codeformer"))
    with pytest.raises(WeightsCorruptError, match="another network: GFPGAN"):
        restore(canvas, wrong)
    upscaler = checkpoints.rrdbnet(tmp_path / "upscaler.pth")
    with pytest.raises(WeightsCorruptError, match="another network: ESRGAN"):
        restore(canvas, painted.context_of(restore=own(upscaler)))
    with pytest.raises(WeightsMissingError):
        restore(canvas, painted.context_of(restore=own(tmp_path / "nothing.pth")))


def test_switched_off_or_nothing_painted_needs_no_weights(nose: tuple, canvas: Canvas) -> None:
    off = restore(canvas, painted.context_of(restore={"enabled": False}))
    assert (off.report.applied, off.report.reason) == (False, "switched_off")
    same = restore(nose[0], painted.context_of())
    assert (same.report.applied, same.report.reason) == (False, "nothing_painted")


def test_without_spandrel_it_says_what_to_install(
    canvas: Canvas, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "spandrel" else found(name)
    )
    configuration = Configuration.from_dict({"postprocess": {"restore": own(files["gfpgan"])}})
    context = StepContext(configuration, "cpu", lambda _: True, canvas.face)
    outcome = restore(canvas, context)
    assert not outcome.report.applied
    assert "the package spandrel is not installed" in outcome.report.reason
    assert "pip install landmarkdiff[diffusion]" in outcome.report.reason
