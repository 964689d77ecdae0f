"""Phase B of edits: terms of pictures through a frozen autoencoder, of surgical pairs alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from landmarkdiff.errors import ModeUnavailableError, ParameterError
from landmarkdiff.training.lato.settings import LatoSettings

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")

from safetensors.torch import save_file  # noqa: E402
from tiny_edits import tiny_autoencoder, tiny_networks, tiny_transformer  # noqa: E402
from tiny_pairs import TinyPairs  # noqa: E402
from torchvision.models import alexnet  # noqa: E402

from landmarkdiff.lato.data import EditExample  # noqa: E402
from landmarkdiff.lato.editing.codecs import Flux2Codec  # noqa: E402
from landmarkdiff.lato.editing.denoiser import EditDenoiser  # noqa: E402
from landmarkdiff.lato.editing.flow import (  # noqa: E402
    add_noise,
    clean_latents,
    share_below,
    shares_of_noise,
)
from landmarkdiff.losses.identity import IResNet  # noqa: E402
from landmarkdiff.losses.perceptual import PerceptualTerm  # noqa: E402
from landmarkdiff.training.curve import read_curve  # noqa: E402
from landmarkdiff.training.image_terms import ImageTerms  # noqa: E402
from landmarkdiff.training.lato.batches import EditBatch, draw_edits, edit_batch  # noqa: E402
from landmarkdiff.training.lato.objective import EditObjective  # noqa: E402
from landmarkdiff.training.lato.pairs import fitted_example, surgical_example  # noqa: E402
from landmarkdiff.training.lato.preflight import preflight_edits  # noqa: E402
from landmarkdiff.training.lato.task import LATO, made_trainable  # noqa: E402
from landmarkdiff.training.recipe import train  # noqa: E402

CONFIGS = Path(__file__).parents[2] / "configs"
SIDE = 64


class Operated:
    """Tiny surgical pairs; the last one is told without its surgery, as an expression is."""

    def __init__(self, count: int) -> None:
        self._pairs = TinyPairs(count, side=SIDE)

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, number: int) -> EditExample:
        found = surgical_example(self._pairs[number], "reduce the nose", "en")
        return replace(found, surgery=None) if number == len(self) - 1 else found


def tiny_load(settings: Any, device: Any) -> Any:
    """A transformer on the latents of FLUX.2's autoencoder, both tiny."""
    vae = tiny_autoencoder(diffusers.AutoencoderKLFlux2).requires_grad_(False)
    codec = Flux2Codec(vae)
    denoiser = EditDenoiser(tiny_transformer("flux2", codec.channels))
    return made_trainable(replace(tiny_networks(), denoiser=denoiser, codec=codec), settings)


@pytest.fixture(scope="module")
def phase_b(tmp_path_factory: pytest.TempPathFactory) -> LatoSettings:
    folder = tmp_path_factory.mktemp("phase-b")
    torch.manual_seed(0)
    network = folder / "iresnet.safetensors"
    save_file(IResNet((4, 4, 8, 8, 8), (1, 1, 1, 1), 16).state_dict(), network)
    return LatoSettings.from_dict(
        {
            "phase": "b",
            "model": {"lora_rank": 4},
            "data": {"width": SIDE, "height": SIDE, "workers": 0},
            "training": {
                "device": "cpu", "batch_size": 2, "gradient_accumulation_steps": 2,
                "warmup_steps": 0, "num_train_steps": 2, "gradient_checkpointing": False,
            },
            "losses": {
                "weights": {"landmark": 0.1, "identity": 0.05},
                "identity_network": str(network),
            },
            "validation": {"every": 2, "samples": 2, "pictures": 0},
            "checkpoints": {"out": str(folder / "run"), "every": 2},
        }
    )  # fmt: skip


def objective_of(settings: LatoSettings, networks: Any) -> EditObjective:
    """The loss with all terms; AlexNet's numbers are drawn by chance."""
    found = EditObjective(settings, networks, "cpu")
    torch.manual_seed(0)
    found.images.perceptual = PerceptualTerm(alexnet(weights=None).state_dict())
    return found


def batch_of(numbers: list[int]) -> EditBatch:
    pairs = Operated(4)
    return edit_batch(numbers, [pairs[number] for number in numbers]).to("cpu")


@pytest.fixture
def drawn(phase_b: LatoSettings) -> Callable[[Any, EditBatch, list[float]], Any]:
    def draw(networks: Any, batch: EditBatch, shares: list[float]) -> Any:
        found = draw_edits(phase_b, networks, 3, batch, "cpu").evenly(0, 1)
        return replace(found, shares=torch.tensor(shares))

    return draw


def test_every_term_leads_to_the_weights(phase_b: LatoSettings, drawn: Any) -> None:
    """Samples: at little noise, at much, and at little without a surgery."""
    networks = tiny_load(phase_b, None)
    objective = objective_of(phase_b, networks)
    for name, weight in networks.denoiser.named_parameters():
        if "lora_B" in name:  # zero until the first update
            torch.nn.init.normal_(weight, std=0.1)
    batch = batch_of([0, 2, 3])
    assert batch.surgical.tolist() == [True, True, False]
    found = objective.terms(networks.denoiser, batch, drawn(networks, batch, [0.1, 0.9, 0.1]))
    assert set(found) == {"diffusion", "landmark", "identity", "perceptual"}
    trained = [weight for weight in networks.denoiser.parameters() if weight.requires_grad]
    for name, value in found.items():
        gradients = torch.autograd.grad(value.sum(), trained, retain_graph=True, allow_unused=True)
        most = max(float(each.abs().max()) for each in gradients if each is not None)
        assert most > 0.0, name
        if name != "diffusion":
            assert value.detach()[0] > 0.0
            assert value.detach()[1:].tolist() == [0.0, 0.0]
    objective.weighted(found).sum().backward()
    assert all(weight.grad is None for weight in networks.codec.vae.parameters())


def test_the_velocity_amounts_to_the_picture() -> None:
    torch.manual_seed(0)
    picture, noise = torch.randn(2, 2, 12, 4, 4)
    shares = torch.tensor([0.05, 0.95])
    noisy = add_noise(picture, noise, shares)
    torch.testing.assert_close(clean_latents(noisy, noise - picture, shares), picture)


def test_the_right_velocity_is_no_loss_and_another_is(phase_b: LatoSettings, drawn: Any) -> None:
    networks = tiny_networks(patch=8)
    objective = objective_of(phase_b, networks)
    batch = batch_of([0, 2])
    draw = drawn(networks, batch, [0.1, 0.3])
    target = networks.codec.encode(batch.target)
    source = networks.codec.encode(batch.source)

    def terms(picture: Any) -> dict[str, Any]:
        """Of a network that knows the noise and takes this for the picture."""
        share = draw.shares[:, None, None, None]
        velocity = (add_noise(target, draw.noise, draw.shares) - picture) / share
        return objective.terms(lambda *_: velocity, batch, draw)

    right, unchanged = terms(target), terms(source)
    for name in right:
        assert right[name].max() == pytest.approx(0.0, abs=1e-6), name
    # Nothing outside the mask differs between source and target.
    assert set(right) == {"diffusion", "landmark", "identity", "perceptual"}
    assert float(unchanged["landmark"].min()) > 1e-5
    assert float(unchanged["identity"].min()) > 1e-6
    assert float(unchanged["perceptual"].max()) < 1e-9
    aside = terms(networks.codec.encode(1.0 - batch.target))
    assert float(aside["perceptual"].min()) > 0.0


def test_so_many_shares_of_noise_are_below_a_limit(phase_b: LatoSettings) -> None:
    torch.manual_seed(0)
    normal = torch.randn(200_000)
    for tokens in (64, 1024, 4096):
        shares = shares_of_noise(normal, tokens)
        for limit in (0.2, 0.364, 0.8):
            below = float((shares < limit).float().mean())
            assert share_below(limit, tokens) == pytest.approx(below, abs=0.004)
    assert share_below(1.0, 1024) == 1.0
    # The mean over all is that over those that are near.
    near = shares_of_noise(normal, 1024) < 0.364
    values = {name: torch.rand(int(near.sum())) + 0.5 for name in ("landmark", "identity")}
    found = ImageTerms(phase_b, "cpu").spread(near, values, share_below(0.364, 1024))
    for name, value in values.items():
        assert float(found[name].mean()) == pytest.approx(float(value.mean()), rel=0.02)


def test_a_run_of_phase_b_keeps_every_term_in_its_curve(phase_b: LatoSettings) -> None:
    settings = phase_b.changed({"losses.image_terms_below": 900})
    task = replace(LATO, load=tiny_load)
    train(settings, Operated(4), Operated(4), task=task)
    rows = read_curve(settings.checkpoints.out)
    assert all(row["landmark"] > 0.0 for row in rows)
    assert all(row["identity"] >= 0.0 for row in rows)
    weights = settings.losses.weights
    for row in rows:
        terms = ("diffusion", "landmark", "identity")
        total = sum(getattr(weights, name) * row[name] for name in terms)
        assert row["loss"] == pytest.approx(total, rel=1e-5)


def test_points_and_mask_of_a_surgery_are_cut_with_the_pictures() -> None:
    pair = Operated(2)[0]
    assert pair.surgery is not None
    found = fitted_example(pair, 32, 32).surgery
    assert found is not None
    assert found.mask.shape == (32, 32)
    assert found.points == pytest.approx((pair.surgery.points + 0.5) / 2 - 0.5, abs=1e-4)
    with pytest.raises(ValueError, match="a mask of the pictures' size"):
        replace(pair, surgery=found)


def test_the_configuration_of_phase_b_says_what_it_lacks(
    phase_b: LatoSettings, tmp_path: Path
) -> None:
    told = LatoSettings.load(CONFIGS / "lato_phase_b.yaml")
    assert told.image_terms == ("landmark", "identity", "perceptual")
    assert told.losses.image_terms_below == 364
    data = phase_b.to_dict()
    for change in (
        {"phase": "a"},
        {"losses": {}},
        {"data": {"shards": None, "edits": "pairs"}},
    ):
        with pytest.raises(ParameterError):
            LatoSettings.from_dict({**data, **change})
    lacking = phase_b.changed({"losses.identity_network": str(tmp_path / "none.safetensors")})
    (finding,) = [each for each in preflight_edits(lacking) if each.subject == "terms"]
    assert not finding.well
    assert "identity unavailable" in finding.text
    with pytest.raises(ModeUnavailableError) as caught:
        EditObjective(lacking, tiny_networks(), "cpu")
    assert caught.value.params["terms"] == ["identity"]
