"""Terms of the training loss: what they read, and that they lead somewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import save_file  # noqa: E402

from landmarkdiff.errors import WeightsCorruptError  # noqa: E402
from landmarkdiff.losses.diffusion import (  # noqa: E402
    clean_latents,
    diffusion_loss,
    expected_prediction,
    noised,
)
from landmarkdiff.losses.identity import IdentityTerm, IResNet, rows_shown  # noqa: E402
from landmarkdiff.losses.landmark import displacements, landmark_loss  # noqa: E402
from landmarkdiff.losses.perceptual import PerceptualTerm  # noqa: E402

SIDE = 128


@pytest.fixture(scope="module")
def texture():
    """Two smooth pictures (2, 3, S, S) in [0, 1], as a function of where they are looked at."""
    rng = torch.Generator().manual_seed(3)
    waves = torch.rand((24, 3), generator=rng)

    def look(dx: float = 0.0, dy: float = 0.0):
        y, x = torch.meshgrid(torch.arange(SIDE) + 0.0, torch.arange(SIDE) + 0.0, indexing="ij")
        total = torch.zeros(SIDE, SIDE)
        for across, down, phase in waves:
            angle = 0.5 * (across - 0.5) * (x - dx) + 0.5 * (down - 0.5) * (y - dy) + 6.3 * phase
            total = total + torch.sin(angle)
        grey = 0.5 + 0.04 * total
        return torch.stack([grey, 0.9 * grey, 0.8 * grey]).expand(2, 3, SIDE, SIDE)

    return look


@pytest.fixture(scope="module")
def points():
    """Landmarks within the picture, the eyes 90 pixels apart."""
    found = 24 + 80 * torch.rand((1, 478, 2), generator=torch.Generator().manual_seed(1))
    found[:, 33], found[:, 263] = torch.tensor([19.0, 50.0]), torch.tensor([109.0, 50.0])
    return found.expand(2, 478, 2)


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
def test_what_is_expected_gives_the_clean_latents_back(kind: str) -> None:
    rng = torch.Generator().manual_seed(0)
    clean, noise = torch.randn((2, 3, 4, 8, 8), generator=rng)
    kept = torch.tensor([0.9, 0.5, 0.01])
    noisy = noised(clean, noise, kept)
    expected = expected_prediction(kind, clean, noise, kept)
    found = clean_latents(kind, noisy, expected, kept)
    torch.testing.assert_close(found, clean, rtol=0, atol=1e-5)


def test_the_diffusion_term_is_the_mean_square_of_each_sample() -> None:
    prediction = torch.zeros(2, 4, 8, 8)
    expected = torch.stack([torch.full((4, 8, 8), 2.0), torch.full((4, 8, 8), 3.0)])
    assert diffusion_loss(prediction, expected).tolist() == [4.0, 9.0]
    mask = torch.zeros(2, 1, 8, 8)
    mask[:, :, 2:4] = 1.0
    expected[:, :, 4:] = 100.0
    assert diffusion_loss(prediction, expected, mask).tolist() == [4.0, 9.0]


def test_landmarks_read_how_far_a_picture_is_moved(texture, points) -> None:
    moved = displacements(texture(0.8, -0.5), texture(), points)
    assert moved.shape == (2, 478, 2)
    median = moved.flatten(0, 1).median(dim=0).values
    np.testing.assert_allclose(median, [0.8, -0.5], atol=0.1)
    lighter = displacements(texture() + 0.1, texture(), points)
    assert float(lighter.abs().max()) < 1e-3


def test_the_landmark_term_is_in_shares_of_the_eyes_and_inside_the_mask(texture, points) -> None:
    mask = torch.ones(2, 1, SIDE, SIDE)
    mask[1] = 0.0
    loss = landmark_loss(texture(0.6, 0.0), texture(), mask, points)
    assert float(loss[0]) ** 0.5 * 90.0 == pytest.approx(0.6, abs=0.15)
    assert float(loss[1]) == 0.0
    assert float(landmark_loss(texture(), texture(), mask, points).max()) < 1e-10


def test_fewest_rows_of_any_procedure_count() -> None:
    assert rows_shown("blepharoplasty") == rows_shown("brow_lift") == 112
    assert rows_shown("rhinoplasty+rhytidectomy") == rows_shown("rhinoplasty")
    assert rows_shown("rhytidectomy+orthognathic") == 0


@pytest.fixture(scope="module")
def iresnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny network in the layout of ArcFace, depths 1, 2, 1, 1."""
    torch.manual_seed(0)
    network = IResNet((4, 4, 8, 8, 8), (1, 2, 1, 1), 16)
    path = tmp_path_factory.mktemp("iresnet") / "tiny.safetensors"
    save_file(network.state_dict(), path)
    return path


def test_identity_is_off_where_the_procedure_changes_it(texture, points, iresnet: Path) -> None:
    term = IdentityTerm(iresnet)
    picture = texture(3.0, 2.0).clone().requires_grad_()
    loss = term(picture, texture(), points, ["rhinoplasty", "orthognathic"])
    assert float(loss[0].detach()) > 1e-4
    assert float(loss[1].detach()) == 0.0
    loss.sum().backward()
    assert float(picture.grad[0].abs().max()) > 0.0
    assert float(picture.grad[1].abs().max()) == 0.0
    # Below the rows that are compared, and only there, anything may change.
    low = points[0, :, 1].clone()
    assert low.max() < SIDE
    changed = texture().clone()
    changed[:, :, 120:] = 0.0
    same = term(changed, texture(), points, ["rhinoplasty", "rhinoplasty"])
    assert float(same.abs().max()) < 1e-5


def test_a_file_that_is_no_iresnet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"conv1.weight": torch.zeros(4, 3, 3, 3)}, path)
    with pytest.raises(WeightsCorruptError) as caught:
        IdentityTerm(path)
    assert caught.value.code == "iresnet_unreadable"


def test_the_perceptual_term_sees_the_outside_alone(texture) -> None:
    from torchvision.models import alexnet

    torch.manual_seed(0)
    term = PerceptualTerm(alexnet(weights=None).state_dict())
    mask = torch.zeros(2, 1, SIDE, SIDE)
    mask[:, :, 40:80, 40:80] = 1.0
    inside = texture().clone()
    inside[:, :, 40:80, 40:80] = 0.0
    assert float(term(inside, texture(), mask).max()) == 0.0
    picture = texture(4.0, 0.0).clone().requires_grad_()
    loss = term(picture, texture(), mask)
    assert float(loss.detach().min()) > 0.0
    loss.sum().backward()
    assert float(picture.grad[:, :, 50:70, 50:70].abs().max()) == 0.0
    assert float(picture.grad[:, :, :30].abs().max()) > 0.0
