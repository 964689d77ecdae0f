"""Edits on tiny networks: places of the tokens, guidance, masks, missing points, bases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

import tiny_edits  # noqa: E402
from diffusers import AutoencoderKLFlux2  # noqa: E402
from published_flux import AXES, published_state  # noqa: E402
from tiny_edits import face_points, request, tiny_networks  # noqa: E402

from landmarkdiff.errors import (  # noqa: E402
    ModeUnavailableError,
    ParameterError,
    WeightsCorruptError,
    WeightsError,
    WeightsMissingError,
)
from landmarkdiff.lato.editing.bases import klein_networks, released_networks  # noqa: E402
from landmarkdiff.lato.editing.codecs import Flux2Codec, PixelCodec  # noqa: E402
from landmarkdiff.lato.editing.condition import drawn_landmarks  # noqa: E402
from landmarkdiff.lato.editing.crossing import cross_identity  # noqa: E402
from landmarkdiff.lato.editing.editor import edit_pictures  # noqa: E402
from landmarkdiff.lato.editing.flow import add_noise, schedule, shares_of_noise  # noqa: E402
from landmarkdiff.lato.editing.folder import BASE_PARTS  # noqa: E402
from landmarkdiff.lato.editing.weights import add_lora, read_trained, write_trained  # noqa: E402
from landmarkdiff.lato.transformer.guidance import Guidance  # noqa: E402

ONE = Guidance(1.0, 1.0)


@pytest.fixture(scope="module", params=["flux", "flux2"])
def networks(request):
    return tiny_networks(request.param)


def noted(networks):
    """Every call of the transformer, as it is made."""
    calls = []

    def note(_, args, told):
        calls.append(told)

    hook = networks.denoiser.transformer.register_forward_pre_hook(note, with_kwargs=True)
    return calls, hook


def test_every_token_of_a_tall_picture_stands_at_its_row_and_column(networks):
    """512 x 768: 32 columns, 48 rows, for noise, source and landmarks alike."""
    small = tiny_networks(networks.denoiser.family, patch=16)
    asked = request(512, 768)
    calls, hook = noted(small)
    found = edit_pictures(small, [asked], ONE, steps=1)
    hook.remove()
    assert found[0].shape == (768, 512, 3)
    (told,) = calls
    count = 32 * 48
    assert told["hidden_states"].shape[1] == 2 * count  # noise, then source
    ids = told["img_ids"]
    grid = np.stack(np.meshgrid(range(48), range(32), indexing="ij"), -1).reshape(-1, 2)
    for part in (ids[:count], ids[count:]):
        assert np.array_equal(part[:, 1:3].numpy(), grid)
    assert ids[:count, 0].unique().tolist() == [0.0]
    apart = 10.0 if small.denoiser.family == "flux2" else 0.0
    assert ids[count:, 0].unique().tolist() == [apart]
    wanted = asked.points[:, ::-1] / 16.0 - 0.5  # row by the height, column by the width
    assert np.abs(told["landmarks"].ids[0, :, 1:3].numpy() - wanted).max() < 1e-5
    words = told["txt_ids"]
    assert words[:, :3].abs().max() == 0.0
    if small.denoiser.family == "flux2":
        assert words[:, 3].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_a_weight_of_one_is_the_conditional_and_costs_one_call(networks):
    calls, hook = noted(networks)
    one = edit_pictures(networks, [request()], ONE, steps=2)[0]
    assert len(calls) == 2
    by_hand = request()
    source = networks.codec.encode(
        torch.from_numpy(by_hand.picture).permute(2, 0, 1)[None].float() / 255
    )
    noise = torch.randn(source.shape[1:], generator=torch.Generator().manual_seed(7))[None]
    steps = schedule(networks.denoiser.family, 2, source[0, 0].numel())
    latents, sigmas = noise, steps.sigmas.tolist()
    for number in range(2):
        with torch.no_grad():
            velocity = networks.denoiser(
                latents, torch.tensor([sigmas[number]]), networks.read(["smile"]), (source,),
                calls[0]["landmarks"],
            )  # fmt: skip
        latents = latents + (sigmas[number + 1] - sigmas[number]) * velocity
    hook.remove()
    wanted = networks.codec.decode(latents)[0].clamp(0, 1).permute(1, 2, 0).numpy()
    assert np.abs(one - 255.0 * wanted).max() <= 0.51
    calls, hook = noted(networks)
    four = edit_pictures(networks, [request()], Guidance(4.0, 7.0), steps=1)[0]
    assert [bool(call["landmarks"].given.any()) for call in calls] == [True, False, False]
    calls.clear()  # with equal weights the words alone have none
    edit_pictures(networks, [request()], Guidance(), steps=1)
    assert [bool(call["landmarks"].given.any()) for call in calls] == [True, False]
    hook.remove()
    assert not np.array_equal(four, edit_pictures(networks, [request()], ONE, steps=1)[0])


def test_outside_the_mask_are_the_bytes_of_the_source(networks):
    mask = np.zeros((64, 64), np.float32)
    mask[20:40, 16:50] = 1.0
    asked = request(mask=mask)
    found = edit_pictures(networks, [asked], ONE, steps=2)[0]
    assert np.array_equal(found[mask == 0], asked.picture[mask == 0])
    assert (found[mask == 1] != asked.picture[mask == 1]).mean() > 0.5
    # A mask of nothing, and no step to work, leave the picture as it is.
    nothing = edit_pictures(networks, [replace(asked, mask=0 * mask)], ONE, steps=2)[0]
    assert np.array_equal(nothing, asked.picture)
    still = edit_pictures(networks, [request(strength=0.0)], ONE, steps=2)[0]
    assert np.array_equal(still, asked.picture)


def test_a_batch_is_each_edit_alone(networks):
    two = [request(), request(seed=8, instruction="frown", points=request().points - 5.0)]
    both = edit_pictures(networks, two, Guidance(2.0, 3.0), steps=2)
    for number, one in enumerate(two):
        alone = edit_pictures(networks, [one], Guidance(2.0, 3.0), steps=2)[0]
        assert np.abs(both[number].astype(int) - alone).max() <= 1


def test_half_of_the_points_may_be_missing_and_leave_no_trace(networks):
    seen = np.ones(68, bool)
    seen[::2] = False
    some = request(seen=seen)
    lost = np.where(seen[:, None], some.points, np.nan)
    found = edit_pictures(networks, [some], ONE, steps=1)[0]
    assert np.array_equal(
        found, edit_pictures(networks, [replace(some, points=lost)], ONE, steps=1)[0]
    )
    assert not np.array_equal(found, edit_pictures(networks, [request()], ONE, steps=1)[0])
    seen[1] = False
    with pytest.raises(ParameterError, match="33"):
        edit_pictures(networks, [request(seen=seen)], ONE, steps=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": np.zeros((67, 2))},
        {"points": np.full((68, 2), np.nan)},
        {"mask": np.zeros((3, 3), np.float32)},
        {"strength": 1.5},
    ],
)
def test_a_wrong_request_is_refused(networks, wrong):
    with pytest.raises(ParameterError):
        edit_pictures(networks, [request(**wrong)], ONE, steps=1)
    with pytest.raises(ParameterError):
        edit_pictures(networks, [], ONE)
    with pytest.raises(ParameterError):
        edit_pictures(networks, [request(), request(80, 64)], ONE, steps=1)


def test_a_size_that_is_no_multiple_of_a_token_comes_back_as_it_is(networks):
    asked = request(70, 53, mask=np.zeros((53, 70), np.float32))
    assert np.array_equal(edit_pictures(networks, [asked], ONE, steps=1)[0], asked.picture)


def test_the_drawing_stands_in_place_of_the_tokens(networks):
    calls, hook = noted(networks)
    edit_pictures(networks, [request()], Guidance(4.0, 3.0), steps=1, drawn=True)
    hook.remove()
    counts = [call["hidden_states"].shape[1] for call in calls]
    assert counts == [3 * 16, 2 * 16, 2 * 16]
    assert not any(call["landmarks"].given.any() for call in calls)
    points = request().points
    seen = np.ones(68, bool)
    whole = drawn_landmarks(points, seen, 64, 64)
    seen[48:] = False
    without = drawn_landmarks(points, seen, 64, 64)
    mouth = tuple(np.rint(points[48]).astype(int))
    assert whole[mouth[1], mouth[0]].any()
    assert not without[mouth[1], mouth[0]].any()


def test_a_movement_crosses_over_and_the_shape_does_not():
    own = face_points(np.array([100.0, 120.0]), 60.0)
    rest = face_points(np.array([40.0, 50.0]), 30.0, wide=1.3)
    moved = rest.copy()
    moved[48:] += (1.0, 3.0)
    seen = np.ones(68, bool)
    found = cross_identity(own, moved, seen, rest)
    assert np.abs(found[48:] - own[48:] - (2.0, 6.0)).max() < 1e-9  # twice the driver's size
    assert np.abs(found[:48] - own[:48]).max() < 1e-9
    laid = cross_identity(own, moved, seen)
    assert np.abs(laid[36:48] - own[36:48]).max() < 1e-9
    assert np.abs(laid[0] - own[0]).max() > 5.0  # the driver's wide jaw came with it
    seen[:60] = False
    with pytest.raises(ParameterError):
        cross_identity(own, moved, seen)


def test_the_way_from_noise_to_a_picture_is_straight():
    picture, noise = torch.zeros(2, 1, 1, 1), torch.ones(2, 1, 1, 1)
    assert add_noise(picture, noise, torch.tensor([0.25, 1.0])).flatten().tolist() == [0.25, 1.0]
    steps = schedule("flux2", 4, 1024)
    assert steps.sigmas[0] == 1.0
    assert steps.sigmas[-1] == 0.0
    # More tokens, more of the steps at much noise.
    assert schedule("flux", 4, 4096).sigmas[2] > schedule("flux", 4, 256).sigmas[2]
    shares = shares_of_noise(torch.randn(20_000, generator=torch.Generator().manual_seed(0)), 256)
    assert 0.0 < shares.min() < 0.1
    assert 0.9 < shares.max() < 1.0
    assert float(shares.median()) == pytest.approx(np.exp(0.5) / (1 + np.exp(0.5)), abs=0.01)


@pytest.mark.parametrize(
    "codec",
    [
        pytest.param(lambda: PixelCodec(8), id="pixels"),
        pytest.param(tiny_edits.flux_codec, id="flux"),
        pytest.param(
            lambda: Flux2Codec(tiny_edits.tiny_autoencoder(AutoencoderKLFlux2)), id="flux2"
        ),
    ],
)
def test_latents_have_the_shape_of_the_tokens(codec):
    codec = codec()
    picture = torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(0))
    latents = codec.encode(picture)
    assert latents.shape == (1, codec.channels, 16 // codec.patch, 24 // codec.patch)
    back = codec.decode(latents)
    assert back.shape == picture.shape
    if isinstance(codec, PixelCodec):
        assert torch.allclose(back, picture, atol=1e-6)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_edits.tiny_klein(tmp_path_factory.mktemp("klein"))


def test_a_base_in_the_layout_of_klein_paints_offline(base, tmp_path):
    told = {"most_tokens": 16, "layers": (1, 2, 3)}
    networks = klein_networks(base, **told)
    assert networks.codec.patch == 4
    found = edit_pictures(networks, [request(32, 48)], Guidance(2.0, 2.0), steps=1)[0]
    assert found.shape == (48, 32, 3)
    other = edit_pictures(networks, [request(32, 48, instruction="frown")], ONE, steps=1)[0]
    assert not np.array_equal(other, edit_pictures(networks, [request(32, 48)], ONE, steps=1)[0])
    # What is trained on it is written, and read onto another copy of it.
    add_lora(networks.denoiser, rank=2, seed=1)
    with torch.no_grad():
        for _, weight in networks.denoiser.trained():
            weight.add_(0.05)
    changed = edit_pictures(networks, [request(32, 48)], ONE, steps=1)[0]
    path = tmp_path / "lato.safetensors"
    write_trained(path, dict(networks.denoiser.trained()), rank=2)
    again = klein_networks(base, trained=path, **told)
    assert np.array_equal(edit_pictures(again, [request(32, 48)], ONE, steps=1)[0], changed)
    with pytest.raises(WeightsCorruptError, match="does not fit"):
        read_trained(tiny_networks("flux2", width=48).denoiser, path)
    path.write_bytes(b"nothing")
    with pytest.raises(WeightsCorruptError):
        read_trained(tiny_networks("flux2").denoiser, path)


def test_a_base_that_is_not_there_is_named(base, tmp_path):
    with pytest.raises(ModeUnavailableError, match="transformer"):
        klein_networks(tmp_path)
    for part in BASE_PARTS:
        (tmp_path / part).mkdir()
    with pytest.raises(WeightsMissingError):
        klein_networks(tmp_path)
    write_trained(tmp_path / "vae" / "one.safetensors", {"one": torch.zeros(1)}, rank=1)
    with pytest.raises(WeightsCorruptError, match="cannot be loaded"):
        klein_networks(tmp_path)
    pickle = tmp_path / "transformer" / "diffusion_pytorch_model.bin"
    pickle.write_bytes(b"PK")  # it would be unpickled
    with pytest.raises(WeightsError, match="pickle"):
        klein_networks(tmp_path)


def test_the_published_layout_paints_as_well():
    from landmarkdiff.lato.tokenizer.released import ReleasedShape, ReleasedTokenizer

    state = published_state()
    width = state["landmark_in.weight"].shape[1]
    channels, words = state["img_in.weight"].shape[1], state["txt_in.weight"].shape[1]
    pooled = state["vector_in.in_layer.weight"].shape[1]
    tokenizer = ReleasedTokenizer(ReleasedShape(channels=(32, 32), codes=16, width=width)).eval()

    class Grey(PixelCodec):
        """As many channels as the published tiny layout has."""

        def encode(self, pictures):
            return super().encode(pictures)[:, :channels]

        def decode(self, latents):
            more = latents.new_zeros(len(latents), self.channels - channels, *latents.shape[2:])
            return super().decode(torch.cat([latents, more], 1))

    def read(texts):
        found = tiny_edits.letters(texts)
        states = torch.nn.functional.pad(found.states, (0, max(0, words - tiny_edits.TEXT)))
        return tiny_edits.Words(states[..., :words], torch.zeros(len(texts), pooled))

    networks, connector = released_networks(
        {**state, "connector.one": torch.ones(1)}, tokenizer.state_dict(), Grey(16), read, AXES
    )
    assert list(connector) == ["one"]
    found = edit_pictures(networks, [request(64, 96)], Guidance(2.0, 1.0), steps=2)[0]
    assert found.shape == (96, 64, 3)
    moved = edit_pictures(
        networks,
        [request(64, 96, points=request(64, 96).points + 9.0)],
        Guidance(2.0, 1.0),
        steps=2,
    )[0]
    assert not np.array_equal(found, moved)
