"""Training of edits on tiny networks: what is left out, the run to the bit, the loss, surgery."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from landmarkdiff.arrays import FloatArray
from landmarkdiff.errors import OutputError, ParameterError
from landmarkdiff.training.lato.settings import LatoSettings
from landmarkdiff.training.settings import known_keys

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from tiny_edits import DrawnHeads, drawn_face, face_points, tiny_networks  # noqa: E402

from landmarkdiff.lato.data import EditExample  # noqa: E402
from landmarkdiff.lato.editing.editor import EditNetworks, EditRequest, edit_pictures  # noqa: E402
from landmarkdiff.lato.editing.weights import read_trained  # noqa: E402
from landmarkdiff.lato.transformer.guidance import Guidance  # noqa: E402
from landmarkdiff.training.checkpoints import find_checkpoint, read_checkpoint  # noqa: E402
from landmarkdiff.training.curve import read_curve  # noqa: E402
from landmarkdiff.training.lato.batches import draw_edits, edit_batch  # noqa: E402
from landmarkdiff.training.lato.export import edit_card, export_edits  # noqa: E402
from landmarkdiff.training.lato.order import MixedOrder  # noqa: E402
from landmarkdiff.training.lato.pairs import (  # noqa: E402
    FittedEdits,
    JoinedEdits,
    surgical_example,
)
from landmarkdiff.training.lato.task import LATO, made_trainable  # noqa: E402
from landmarkdiff.training.order import Order  # noqa: E402
from landmarkdiff.training.recipe import train  # noqa: E402
from landmarkdiff.training.run import Run  # noqa: E402

CONFIGS = Path(__file__).parents[2] / "configs"
SIDE = 32
#: Updates of the overfit to rendered heads, and their learning rate. The landmarks are followed in
#: part then, as by the paper's model, so that a weight can tell; at 4e-3 they are followed by
#: themselves, and a weight leads beyond them.
UPDATES, RATE = 200, 9e-4


@dataclass(frozen=True)
class DrawnEdits:
    """Faces that move sideways; the words are the same for all, so the landmarks have to tell."""

    count: int = 8
    width: int = SIDE
    height: int = SIDE

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> EditExample:
        middle = np.array([self.width / 2, self.height / 2])
        source = face_points(middle, self.width / 4)
        shift = (number - (self.count - 1) / 2) * self.width / 20
        target = source + np.array([shift, 0.0])
        seen = np.ones(68, bool)
        return EditExample(
            drawn_face(source, self.width, self.height),
            drawn_face(target, self.width, self.height),
            source, target, seen, seen, "turn", "en", f"person-{number % 2}",
        )  # fmt: skip


def tiny_load(settings: Any, device: Any) -> Any:
    return made_trainable(tiny_networks("flux2", patch=8, width=64), settings)


TINY = replace(LATO, load=tiny_load)


def settings_of(out: Path, **training: Any) -> LatoSettings:
    return LatoSettings.from_dict(
        {
            "model": {"lora_rank": 4},
            "data": {"width": SIDE, "height": SIDE, "workers": 0},
            "training": {
                "device": "cpu", "batch_size": 2, "gradient_accumulation_steps": 2,
                "warmup_steps": 2, "num_train_steps": 4, "gradient_checkpointing": False,
                "learning_rate": 1e-3, **training,
            },
            "validation": {"every": 2, "samples": 2, "pictures": 1, "inference_steps": 2},
            "checkpoints": {"out": str(out), "every": 2},
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> LatoSettings:
    settings = settings_of(tmp_path_factory.mktemp("lato") / "run")
    assert train(settings, DrawnEdits(), DrawnEdits(2), task=TINY).status == 0
    return settings


def test_what_is_trained_is_lora_adapter_and_tokens(tmp_path: Path) -> None:
    run = Run(settings_of(tmp_path), DrawnEdits(), DrawnEdits(2), task=TINY)
    names = [name for name, _ in run.denoiser.trained()]
    assert all("lora_" in name or ".landmarks." in name for name in names)
    assert "transformer.landmarks.unconditional" in names
    assert sum("lora_" in name for name in names) == 2 * (8 + 2)
    before = {name: weight.detach().clone() for name, weight in run.denoiser.named_parameters()}
    passes = run.passes()
    for _ in range(2):
        run.step(passes)
    moved = {
        name
        for name, weight in run.denoiser.named_parameters()
        if not torch.equal(weight, before[name])
    }
    assert moved <= set(names)
    assert "transformer.landmarks.project.weight" in moved


def test_a_run_that_was_stopped_goes_on_to_the_bit(whole: LatoSettings, tmp_path: Path) -> None:
    out = tmp_path / "run"
    half = whole.changed({"checkpoints.out": str(out), "training.num_train_steps": 2})
    # The learning rate of the end is part of the file: the first half is made with the whole's.
    half = half.changed({"training.lr_scheduler": "constant"})
    straight = whole.changed(
        {"checkpoints.out": str(tmp_path / "straight"), "training.lr_scheduler": "constant"}
    )
    train(half, DrawnEdits(), DrawnEdits(2), task=TINY)
    rest = half.changed({"training.num_train_steps": 4})
    train(rest, DrawnEdits(), DrawnEdits(2), "latest", task=TINY)
    train(straight, DrawnEdits(), DrawnEdits(2), task=TINY)
    ends = [
        read_checkpoint(find_checkpoint(each.checkpoints.out, "latest"))
        for each in (rest, straight)
    ]
    for part in ("trained", "average", "optimizer"):
        one, two = (getattr(end, part) for end in ends)
        assert one.keys() == two.keys()
        assert all(torch.equal(one[name], two[name]) for name in one)
    assert read_curve(out) == read_curve(straight.checkpoints.out)


def test_a_run_leaves_curve_pictures_and_an_error(whole: LatoSettings) -> None:
    out = whole.checkpoints.out
    rows = read_curve(out)
    assert [row["update"] for row in rows] == [1, 2, 3, 4]
    assert all(row["validation_error"] > 0 for row in rows[1::2])
    assert len(list((out / "pictures").glob("*.png"))) == 2


def test_what_was_trained_serves_an_edit(whole: LatoSettings, tmp_path: Path) -> None:
    found = read_checkpoint(find_checkpoint(whole.checkpoints.out, "latest"))
    path = export_edits(find_checkpoint(whole.checkpoints.out, "latest"), tmp_path / "export")
    with pytest.raises(OutputError):
        export_edits(found.path, tmp_path / "export")
    card = (tmp_path / "export" / "README.md").read_text()
    assert "phase a, 4 updates" in card
    assert "Terms: diffusion 1." in card
    assert "4 updates of 4 pairs of 32 x 32" in card
    assert "Simulation" in card
    assert "Commercial use: as the base's licence says" in card
    shards = {"photos": 2, "people": 2, "licences": {"CC BY-NC 4.0": 2}}
    unsold = replace(found.state, data={**found.state.data, "shards": shards})
    assert "Commercial use: no" in edit_card(unsold)
    research = {**found.state.settings, "licence_policy": "research"}
    assert "Commercial use: no" in edit_card(replace(found.state, settings=research))
    networks = tiny_networks("flux2", patch=8, width=64)
    example = DrawnEdits()[7]
    asked = EditRequest(example.source, example.target_points, example.target_seen, "turn", 1)
    before = edit_pictures(networks, [asked], Guidance(1.0, 1.0), steps=2)[0]
    read_trained(networks.denoiser, path)
    after = edit_pictures(networks, [asked], Guidance(1.0, 1.0), steps=2)[0]
    assert not np.array_equal(before, after)


def test_a_tenth_goes_without_landmarks_and_a_tenth_without_words(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    networks = tiny_networks("flux2", patch=32)
    count = 4000
    batch = edit_batch(range(count), [DrawnEdits()[0]] * count)
    draw = draw_edits(settings, networks, 3, batch, "cpu")
    without = ~draw.given.any(1)
    assert float(without.float().mean()) == pytest.approx(0.1, abs=0.01)
    assert float((~draw.told).float().mean()) == pytest.approx(0.1, abs=0.01)
    some = ~draw.given.all(1) & ~without
    assert float(some.float().mean()) == pytest.approx(0.09, abs=0.015)
    assert int(draw.given[some].sum(1).min()) >= 34
    assert float((draw.shape != 1.0).any(1).float().mean()) == pytest.approx(0.1, abs=0.015)
    # Each sample's own: another batch with it draws the same; another seed does not.
    again = draw_edits(settings, networks, 3, edit_batch([5], [DrawnEdits()[0]]), "cpu")
    assert torch.equal(again.noise[0], draw.noise[5])
    assert torch.equal(again.given[0], draw.given[5])
    other = draw_edits(settings, networks, 4, edit_batch([5], [DrawnEdits()[0]]), "cpu")
    assert not torch.equal(other.noise[0], draw.noise[5])
    judged = draw.evenly(0, 4)
    assert judged.given.all()
    assert judged.told.all()
    assert float(judged.shares[0]) == 0.125


@dataclass(frozen=True)
class HeadEdits:
    """A rendered head that moves to the side and turns; only the landmarks tell where to.

    ``heads`` are the head in the middle and after it the targets.
    """

    heads: DrawnHeads

    def __len__(self) -> int:
        return len(self.heads.pictures) - 1

    def __getitem__(self, number: int) -> EditExample:
        pictures, points = self.heads.pictures, self.heads.points
        seen = np.ones(68, bool)
        return EditExample(
            pictures[0], pictures[1 + number], points[0], points[1 + number], seen, seen, "turn",
            "en", f"person-{number % 2}",
        )  # fmt: skip


@dataclass(frozen=True)
class Learned:
    """A tiny transformer, all of whose weights were trained."""

    run: Run
    networks: EditNetworks
    losses: list[float]


def learned(out: Path, edits: DrawnEdits | HeadEdits, updates: int, **training: Any) -> Learned:
    """Make so many updates of pairs."""
    networks = tiny_networks("flux2", patch=4, width=64)
    networks.denoiser.requires_grad_(True)
    settings = settings_of(
        out, gradient_accumulation_steps=1, num_train_steps=updates, lr_scheduler="constant",
        **training,
    )  # fmt: skip
    task = replace(LATO, load=lambda settings, device: networks)
    run = Run(settings, edits, edits, task=task)
    passes = run.passes()
    return Learned(run, networks, [run.step(passes)["loss"] for _ in range(updates)])


def test_the_loss_falls_and_the_landmarks_are_minded(tmp_path: Path) -> None:
    edits = DrawnEdits()
    found = learned(tmp_path, edits, 90, learning_rate=4e-3)
    run, losses = found.run, found.losses
    assert np.mean(losses[-10:]) < 0.3 * np.mean(losses[:3])  # 0.1 of it
    batch = edit_batch([0, 7], [edits[0], edits[7]]).to("cpu")
    draw = run.draw(batch).evenly(7, 10)
    swapped = replace(batch, points=batch.points.flip(0))
    with torch.no_grad():
        own = run.objective.error(run.network, batch, draw)
        others = run.objective.error(run.network, swapped, draw)
    assert float(others.mean()) > 1.2 * float(own.mean())  # 1.5 times


def test_more_weight_follows_the_landmarks_closer(tmp_path: Path) -> None:
    """As in the paper's table 5: the error falls from a weight of 1 to 2 to 4.

    Words and source are the same for all eight, so nothing but the landmarks tells where the head
    shall be. Where a picture has it the likest head of a series says.
    """
    edits = HeadEdits(DrawnHeads.at([0.0, *np.linspace(-6.0, 6.0, 8)]))
    found = learned(tmp_path, edits, UPDATES, learning_rate=RATE, batch_size=1)
    assert np.mean(found.losses[-10:]) < 0.5 * np.mean(found.losses[:3])  # 0.12 of it
    series = DrawnHeads.at(np.arange(-9.0, 9.1, 0.25))
    heads, draws = series.pictures.astype(float), 3

    def errors(weight: float) -> FloatArray:
        """Mean difference of a coordinate in each draw, pixels of 512: (draws,)."""
        asked = [
            EditRequest(
                edit.source, edit.target_points, edit.target_seen, "turn", number + 8 * draw
            )
            for draw in range(draws)
            for number, edit in enumerate(edits[place] for place in range(len(edits)))
        ]
        made = edit_pictures(found.networks, asked, Guidance(1.0, weight), steps=5)
        apart = []
        for picture, request in zip(made, asked, strict=True):
            likest = np.square(heads - picture).mean(axis=(1, 2, 3)).argmin()
            apart.append(np.abs(series.points[likest] - request.points).mean() * 512 / SIDE)
        return np.reshape(apart, (draws, -1)).mean(axis=1)

    one, two, four = (errors(weight) for weight in (1.0, 2.0, 4.0))
    assert one.mean() > two.mean() > four.mean()  # 20.8, 16.5, 11.7
    fall = one - four
    assert fall.mean() > 2.0 * fall.std(ddof=1) / np.sqrt(draws) > 0.0
    blind = np.mean([np.abs(edit.target_points - edit.source_points).mean() for edit in edits])
    assert four.mean() < 0.5 * blind * 512 / SIDE  # 13.5


def test_pairs_of_another_size_are_cut_with_their_points() -> None:
    wide = DrawnEdits(width=96, height=48)
    cut = FittedEdits(wide, 32, 32)[7]
    assert cut.source.shape == (32, 32, 3)
    found = (cut.target_points[30] + 0.5) * 1.5 - 0.5 + (24.0, 0.0)
    assert np.abs(found - wide[7].target_points[30]).max() < 1e-9
    assert not cut.target_seen.all()  # the face of the last pair is at the edge
    same = FittedEdits(DrawnEdits(), SIDE, SIDE)[0]
    assert np.array_equal(same.source, DrawnEdits()[0].source)
    joined = JoinedEdits((DrawnEdits(2), DrawnEdits(3)))
    assert len(joined) == 5
    assert np.array_equal(joined[4].target, DrawnEdits(3)[2].target)
    with pytest.raises(IndexError):
        joined[5]


def test_two_sets_are_mixed_by_their_share() -> None:
    """Six of one and eighteen of another: each once in twenty-four places, one of four alike."""
    order = MixedOrder((Order(6, 4, 1), Order(18, 4, 1)), (6, 18), 4)
    for start in (0, 24, 24_000):
        numbers = [order.number(place) for place in range(start, start + 24)]
        assert sorted(numbers) == list(range(24))
        assert all(sum(n < 6 for n in numbers[at : at + 4]) == 1 for at in range(0, 24, 4))
    three = MixedOrder([Order(n, 4, 1) for n in (5, 7, 11)], (5, 7, 11), 4)
    assert sorted(three.number(place) for place in range(23)) == list(range(23))


def test_the_source_carries_the_surgery_and_the_points_do_not() -> None:
    from tiny_pairs import TinyPairs

    sample = TinyPairs(1, side=64)[0]
    turn = np.linspace(0, 2 * np.pi, 454, endpoint=False)
    ring = (32.0 + 26.0 * np.stack([np.cos(turn), np.sin(turn)], 1)).astype(np.float32)
    ends = [
        np.concatenate([ring[:100], points[100:124], ring[100:]])
        for points in (sample.points_source, sample.points_target)
    ]
    sample = replace(sample, points_source=ends[0], points_target=ends[1])
    found = surgical_example(sample, "take 1.5 mm off the hump", "en")
    assert np.array_equal(found.target, sample.target)
    assert np.array_equal(found.source_points, found.target_points)
    nose = sample.mask > 0.5
    before = np.abs(sample.source.astype(float) - sample.target)[nose].mean()
    after = np.abs(found.source.astype(float) - sample.target)[nose].mean()
    assert after < 0.5 * before
    outside = sample.mask == 0
    assert np.array_equal(found.source[outside], sample.source[outside])


def test_the_configuration_is_strict_and_the_papers() -> None:
    path = CONFIGS / "lato.yaml"
    settings = LatoSettings.load(path)
    assert settings.model.lora_rank == 64
    assert settings.training.learning_rate == 1e-4
    assert settings.data.dropout == 0.1
    assert settings.training.batch_size * settings.training.gradient_accumulation_steps == 32
    assert LatoSettings.from_dict(settings.to_dict()) == settings
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    named = {
        f"{group}.{key}" for group in data if isinstance(data[group], dict) for key in data[group]
    }
    named |= {f"losses.weights.{term}" for term in data["losses"]["weights"]}
    assert {key for key in known_keys(LatoSettings) if "." in key} <= named
    for wrong, near in (({"model": {"lora_rnk": 4}}, "model.lora_rank"), ({"dat": {}}, "data")):
        with pytest.raises(ParameterError) as caught:
            LatoSettings.from_dict(wrong)
        assert caught.value.params["near"] == near
    for wrong in (
        {"data": {"edits": None, "shards": None}},
        {"data": {"width": 512, "height": 768}},
        {"data": {"width": 500}},
    ):
        with pytest.raises(ParameterError):
            LatoSettings.from_dict(wrong)
    assert (
        LatoSettings.from_dict(
            {"data": {"shards": None, "edits": "pairs", "width": 512, "height": 768}}
        ).data.height
        == 768
    )
