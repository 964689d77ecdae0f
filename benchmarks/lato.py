"""Whether landmark tokens are learned, and how closely an edit follows them at each weight.

A tiny transformer learns eight pairs of one drawn head: it looks ahead in the middle, and moves to
eight places, turned to that side; the words are the same for all, so only the landmarks can tell.
After so many updates it paints all eight at several weights of the landmarks, from the same draws
of noise; the head of a finer series that is likest to a picture says where its landmarks are. So
many starts are learned from. ``--rate`` is the learning rate: the lower, the less of a movement is
followed without a weight. The paper's own numbers (LaTo, table 5) stand beside.

    python benchmarks/lato.py [--updates N ...] [--starts N] [--rate R] [--markdown FILE]

``--klein`` measures the shape of FLUX.2 klein 4B with random weights instead, on a graphics card:
what 68 tokens cost, an edit of four steps at 512 pixels, and the memory of a LoRA's training with
eight pairs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tables import Table, arguments, deliver

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import head_model
from landmarkdiff.lato.editing.codecs import PixelCodec
from landmarkdiff.lato.editing.condition import coder_of, landmark_tokens
from landmarkdiff.lato.editing.denoiser import EditDenoiser, Words
from landmarkdiff.lato.editing.editor import EditNetworks, EditRequest, edit_pictures
from landmarkdiff.lato.editing.flow import add_noise, shares_of_noise
from landmarkdiff.lato.editing.weights import add_lora
from landmarkdiff.lato.tokenizer.model import CODE_WIDTH
from landmarkdiff.lato.tokenizer.points import landmarks_68
from landmarkdiff.lato.tokenizer.shipped import shipped_tokenizer
from landmarkdiff.lato.transformer.adapter import dropped
from landmarkdiff.lato.transformer.flux import LandmarkFlux2Transformer, LandmarkTokens
from landmarkdiff.lato.transformer.guidance import Guidance
from landmarkdiff.synthetic.portraits import Look, portrait

SIDE, PATCH, PAIRS, FARTHEST_PX, DRAWS = 32, 4, 8, 6.0, 8
#: Degrees that the head turns for each pixel that it moves.
YAW_PER_PX = 3.0
WEIGHTS, PUBLISHED = (1, 2, 4, 7, 10), {1: 9.63, 4: 2.34, 7: 1.94, 10: 1.82}
#: Of klein 4B: 5 double blocks and 20 single ones of 24 heads of 128, words of 7680 numbers.
KLEIN = {
    "in_channels": 128, "num_layers": 5, "num_single_layers": 20, "attention_head_dim": 128,
    "num_attention_heads": 24, "joint_attention_dim": 7680, "guidance_embeds": False,
}  # fmt: skip


@dataclass(frozen=True)
class Heads:
    """One head, drawn at places: pictures (n, S, S, 3) and their 68 points (n, 68, 2)."""

    pictures: ImageArray
    points: FloatArray

    @classmethod
    def drawn(cls, places: FloatArray) -> Heads:
        """Draw it moved to the side by some pixels, and turned with it."""
        model = head_model()
        surface = model.surface(np.zeros(len(model.identity_names)), {})
        wall = np.full((SIDE, SIDE, 3), (120, 130, 140), np.uint8)
        look = Look(
            skin=(214, 172, 148), hair=(60, 42, 32), iris=(86, 62, 42), light=(0.3, 0.4, 0.8),
            ambient=0.5, shine=0.0, background=wall, noise=0.0, seed=0,
        )  # fmt: skip
        pictures, points = [], []
        mesh = model.landmarks.points(surface.vertices)
        for place in places.tolist():
            camera = HeadCamera.turned(
                YAW_PER_PX * place, px_per_mm=SIDE / 360, shift=(SIDE / 2 + place, 0.46 * SIDE),
                distance_mm=1200.0,
            )  # fmt: skip
            pictures.append(portrait(model, surface, camera, look, (SIDE, SIDE)))
            points.append(np.asarray(camera.project(landmarks_68(mesh)))[:, :2])
        return cls(np.stack(pictures), np.stack(points))


def tiny_networks(start: int) -> EditNetworks:
    """A transformer of a quarter of a million weights on pixels."""
    torch.manual_seed(start)
    codec = PixelCodec(PATCH)
    model = LandmarkFlux2Transformer(
        in_channels=codec.channels, num_layers=1, num_single_layers=1, attention_head_dim=32,
        num_attention_heads=2, joint_attention_dim=12, axes_dims_rope=(8, 8, 8, 8),
        guidance_embeds=False,
    )  # fmt: skip
    model.add_landmarks(CODE_WIDTH)

    def read(texts: list[str]) -> Words:
        return Words(torch.stack([torch.full((2, 12), float(bool(text))) for text in texts]))

    return EditNetworks(EditDenoiser(model), codec, read, coder_of(shipped_tokenizer()))


class Learning:
    """Updates of four pairs each, all weights."""

    def __init__(
        self, networks: EditNetworks, ahead: Heads, turned: Heads, start: int, rate: float
    ) -> None:
        self.networks, self.points = networks, torch.from_numpy(turned.points)
        self.targets = networks.codec.encode(_tensor(turned.pictures))
        self.source = networks.codec.encode(_tensor(ahead.pictures))
        self.chance = torch.Generator().manual_seed(start)
        self.optimizer = torch.optim.AdamW(networks.denoiser.parameters(), rate)

    def step(self, count: int = 4) -> float:
        """Make an update and return its loss."""
        networks, drawn = self.networks, self.chance
        chosen = torch.randint(0, PAIRS, (count,), generator=drawn)
        target = self.targets[chosen]
        noise = torch.randn(target.shape, generator=drawn)
        shares = shares_of_noise(torch.randn(count, generator=drawn), target[0, 0].numel())
        given = dropped(torch.ones(count, 68, dtype=torch.bool), drawn)
        tokens = landmark_tokens(self.points[chosen], given, (SIDE, SIDE), PATCH, 4, networks.coder)
        found = networks.denoiser(
            add_noise(target, noise, shares), shares, networks.read(["turn"] * count),
            (self.source.expand(count, -1, -1, -1),), tokens,
        )  # fmt: skip
        loss = (found - (noise - target)).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(networks.denoiser.parameters(), 1.0)
        self.optimizer.step()
        return float(loss.detach())


def landmark_errors(
    networks: EditNetworks, ahead: Heads, turned: Heads, steps: int, draws: int
) -> dict[int, FloatArray]:
    """Return the mean difference of a coordinate in each draw, pixels of 512, at each weight."""
    series = Heads.drawn(np.arange(-9.0, 9.1, 0.25))
    seen = np.ones(68, np.bool_)
    asked = [
        EditRequest(ahead.pictures[0], points, seen, "turn", number + PAIRS * draw)
        for draw in range(draws)
        for number, points in enumerate(turned.points)
    ]
    found = {}
    for weight in WEIGHTS:
        made = edit_pictures(networks, asked, Guidance(1.0, float(weight)), steps)
        apart = []
        for picture, request in zip(made, asked, strict=True):
            far = np.square(series.pictures.astype(float) - picture).mean(axis=(1, 2, 3))
            apart.append(np.abs(series.points[far.argmin()] - request.points).mean())
        found[weight] = np.reshape(apart, (draws, PAIRS)).mean(axis=1) * 512 / SIDE
    return found


def learn(stops: list[int], starts: int, rate: float, steps: int, draws: int) -> Table:
    """Measure tiny transformers after so many updates, painting in some steps."""
    torch.set_num_threads(1)
    ahead = Heads.drawn(np.zeros(1))
    turned = Heads.drawn(np.linspace(-FARTHEST_PX, FARTHEST_PX, PAIRS))
    columns = ("start", "updates", "loss at first", "loss", "CPU s")
    columns += (*(f"w = {w}" for w in WEIGHTS), "w = 4 less w = 1", "+-")
    table = Table("lato", columns)
    for start in range(starts):
        networks = tiny_networks(start)
        learning = Learning(networks, ahead, turned, start, rate)
        losses: list[float] = []
        spent = 0.0
        for update in range(1, max(stops) + 1):
            started = time.process_time()
            losses.append(learning.step())
            spent += time.process_time() - started
            if update in stops:
                errors = landmark_errors(networks, ahead, turned, steps, draws)
                gain = errors[4] - errors[1]
                sure = 1.96 * float(gain.std(ddof=1)) / draws**0.5
                first, last = (float(np.mean(part)) for part in (losses[:5], losses[-10:]))
                means = (float(errors[weight].mean()) for weight in WEIGHTS)
                table.add(start, update, first, last, spent, *means, float(gain.mean()), sure)
    published = (PUBLISHED.get(weight) for weight in WEIGHTS)
    table.add(None, None, None, None, None, *published, PUBLISHED[4] - PUBLISHED[1], None)
    table.notes.append(
        "w is the weight of the landmarks: mean difference of a coordinate, pixels of 512; the "
        f"difference of two weights draw by draw, {draws} draws, with its 95 % interval. The "
        "last row is the paper's table 5, of its own model and pictures. "
        f"Learning rate {rate:g}."
    )
    return table


def klein() -> Table:
    """Measure the shape of klein with random weights on a card."""
    with torch.device("cuda"):
        model = LandmarkFlux2Transformer(**KLEIN).to(torch.bfloat16)
        model.add_landmarks(CODE_WIDTH)
        model.to(torch.bfloat16)
    denoiser = EditDenoiser(model)
    latents = torch.randn(1, 128, 32, 32, device="cuda")
    words = Words(torch.randn(1, 128, 7680, device="cuda"))
    with torch.no_grad():
        with_tokens, without = (_seconds(denoiser, latents, words, n) for n in (True, False))
    cost = 100.0 * (with_tokens / without - 1.0)
    add_lora(denoiser, 64, 0)
    model.enable_gradient_checkpointing()
    torch.cuda.reset_peak_memory_stats()
    eight = latents.expand(8, -1, -1, -1)
    with torch.autocast("cuda", torch.bfloat16):
        told = Words(words.states.expand(8, -1, -1))
        found = denoiser(eight, torch.full((8,), 0.5, device="cuda"), told, (eight,), _tokens(8))
    found.square().mean().backward()
    memory = torch.cuda.max_memory_allocated() / 1e9
    table = Table("lato-klein", ("what", "value", "at most"))
    table.add("68 tokens, % of a step", cost, 5.0)
    table.add("four steps at 512 px, s", 4.0 * with_tokens, 1.0)
    table.add("LoRA of 64, eight pairs, GB", memory, 80.0)
    return table


def _seconds(denoiser: EditDenoiser, latents: Any, words: Words, tokens: bool) -> float:
    """Return the seconds of a call, the best of ten."""
    times = torch.full((1,), 0.5, device="cuda")
    best = float("inf")
    for _ in range(10):
        torch.cuda.synchronize()
        started = time.perf_counter()
        denoiser(latents, times, words, (latents,), _tokens(1) if tokens else None)
        torch.cuda.synchronize()
        best = min(best, time.perf_counter() - started)
    return best


def _tokens(count: int) -> LandmarkTokens:
    given = torch.ones(count, 68, dtype=torch.bool, device="cuda")
    values = torch.randn(count, 68, CODE_WIDTH, device="cuda")
    return LandmarkTokens(values, 32.0 * torch.rand(count, 68, 4, device="cuda"), given)


def _tensor(pictures: ImageArray) -> torch.Tensor:
    return torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy()).float() / 255.0


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--updates", type=int, nargs="+", default=[200], metavar="N")
    parser.add_argument("--starts", type=int, default=1, metavar="N")
    parser.add_argument("--rate", type=float, default=8e-4, metavar="R")
    parser.add_argument("--klein", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.updates = [2]
    steps, draws = (2, 2) if options.quick else (8, DRAWS)
    table = (
        klein()
        if options.klein
        else learn(options.updates, options.starts, options.rate, steps, draws)
    )
    deliver(options, table)


if __name__ == "__main__":
    main()
