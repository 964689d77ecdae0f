"""The published architecture: its names, and a codebook that neither dies nor turns to NaN."""

from __future__ import annotations

import pytest
import torch

from landmarkdiff.lato.tokenizer.released import (
    ReleasedShape,
    ReleasedTokenizer,
    VectorQuantizer,
    released_tokenizer,
)

SMALL = ReleasedShape((32, 64), 64, 16)


@pytest.fixture
def small():
    torch.manual_seed(0)
    return ReleasedTokenizer(SMALL)


def published(model):
    """What the published checkpoint has of a model: everything but the sums of the training."""
    ours = {"vq.code_sum", "vq.code_count", "vq.unused", "vq.filled"}
    return {name: one for name, one in model.state_dict().items() if name not in ours}


def test_the_sizes_are_the_papers():
    with torch.device("meta"):
        model = ReleasedTokenizer()
    names = dict(model.named_parameters())
    assert names["encoder.conv_in.weight"].shape == (128, 2, 3)
    assert names["encoder.resnet1.2.block.2.weight"].shape == (128, 128, 3)
    assert names["encoder.resnet2.conv_short.weight"].shape == (512, 128, 1)
    assert names["decoder.attn1.proj_out.weight"].shape == (512, 512, 1)
    assert names["decoder.conv_out.bias"].shape == (2,)
    assert model.vq.codebook.shape == (8192, 3072)
    floats = sum(one.numel() for one in names.values()) + model.vq.codebook.numel()
    assert round(floats / 1e6) == 44


def test_a_checkpoint_gives_what_it_gave(small):
    points = torch.rand(3, 68, 2) * 2 - 1
    small(points)  # the codebook is filled
    small.eval()
    back, codes, _ = small(points)
    again, codes_again, _ = released_tokenizer(published(small))(points)
    assert torch.equal(codes, codes_again)
    assert torch.equal(back, again)
    assert torch.equal(small.tokens(points), small.vq.codebook[codes])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: state.pop("vq.codebook"), "vq.codebook"),
        (lambda state: state.pop("decoder.attn2.q.bias"), "decoder.attn2.q.bias"),
        (lambda state: state.update({"encoder.more": torch.zeros(1)}), "encoder.more"),
    ],
)
def test_another_checkpoint_is_refused(small, change, said):
    state = published(small)
    change(state)
    with pytest.raises(ValueError, match=said):
        released_tokenizer(state)


def test_two_faces_at_once_are_each_alone(small):
    points = torch.rand(2, 68, 2) * 2 - 1
    small(points)
    small.eval()
    both = small(points)[0]
    alone = torch.cat([small(points[:1])[0], small(points[1:])[0]])
    assert torch.allclose(both, alone, atol=1e-5)


def test_codes_that_nothing_is_near_come_back_to_life():
    """Counts that only fall reach 0 after about 10,300 steps, as in the released code."""
    torch.manual_seed(1)
    book = VectorQuantizer(32, 8, patience=10)
    for step in range(20_000):  # what is encoded jumps, so that half the codes die again and again
        book(torch.randn(64, 8) * 0.1 + (5.0 if step % 200 < 100 else -5.0))
        assert torch.isfinite(book.codebook).all()
    rows = torch.randn(2000, 8) * 0.1 - 5.0
    assert len(book.nearest(rows).unique()) >= 0.8 * 32
    assert (book.code_count > 0).all()


def test_training_goes_on_where_it_was():
    torch.manual_seed(2)
    first = VectorQuantizer(16, 4)
    for _ in range(30):
        first(torch.randn(40, 4))
    second = VectorQuantizer(16, 4)
    second.load_state_dict(first.state_dict())
    rows = torch.randn(40, 4)
    first(rows)
    second(rows)
    assert all(
        torch.equal(one, second.state_dict()[name]) for name, one in first.state_dict().items()
    )
    assert not any(one.requires_grad for one in first.buffers())
