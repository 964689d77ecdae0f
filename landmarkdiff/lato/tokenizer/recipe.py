"""How the tokenizer is trained: one function, resumed to the bit, and its figures."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from landmarkdiff.errors import ParameterError
from landmarkdiff.lato.tokenizer.model import LandmarkTokenizer, Similarity, TokenizerShape
from landmarkdiff.lato.tokenizer.samples import PointSampler
from landmarkdiff.photo import write_bytes, write_json

__all__ = ["STATE", "TokenizerFigures", "TokenizerRecipe", "measured", "train_tokenizer"]

#: What a run leaves: the state to go on from, the weights, and what they are.
STATE, WEIGHTS, CARD = "state.safetensors", "tokenizer.safetensors", "tokenizer.json"
#: Of the samples that the figures are taken on: no training seed comes near.
_HELD_OUT_SEED = 2**40
#: Pixels of a frame that figures are told in, as the paper has them.
_SIDE = 512.0
#: Samples that the mean face is taken from.
_MEAN_FACES = 1024
#: Clips the norm of the gradient.
_LARGEST_GRADIENT = 1.0


@dataclass(frozen=True)
class TokenizerRecipe:
    """A training run.

    Attributes
    ----------
    seed : int
        Of the first weights and of the samples.
    steps, batch : int
    learning_rate, least_rate : float
        At the end of the warm-up, and at the end of the cosine that follows.
    warm_up : int
        Steps.
    weight_decay : float
    save_every : int
        Steps from one saved state to the next.
    """

    seed: int = 0
    steps: int = 4000
    batch: int = 64
    learning_rate: float = 1.5e-3
    least_rate: float = 1e-5
    warm_up: int = 200
    weight_decay: float = 1e-3
    save_every: int = 250

    def rate(self, step: int) -> float:
        """Learning rate of a step, the first of which is 0."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        share = (step - self.warm_up) / max(self.steps - self.warm_up, 1)
        cosine = (1.0 + math.cos(math.pi * share)) / 2.0
        return self.least_rate + (self.learning_rate - self.least_rate) * cosine


@dataclass(frozen=True)
class TokenizerFigures:
    """What a tokenizer does to points, in pixels of a frame of 512.

    Attributes
    ----------
    faces : int
    round_trip_l1, round_trip_largest : float
        Mean and largest difference of a coordinate after codes and back, all points given.
    missing_l1 : float
        Mean difference of a coordinate of the missing points.
    missing_l1_of_mean : float
        The same where they are put at the mean face, moved and scaled onto the points given:
        what is reached without learning.
    codes_used : tuple of float
        Share of the codes of each level that occur.
    """

    faces: int
    round_trip_l1: float
    round_trip_largest: float
    missing_l1: float
    missing_l1_of_mean: float
    codes_used: tuple[float, ...]


def train_tokenizer(
    out: Path,
    recipe: TokenizerRecipe | None = None,
    shape: TokenizerShape | None = None,
    on_step: Callable[[int, float], None] | None = None,
) -> TokenizerFigures:
    """Train a tokenizer, or go on where an interrupted run of the same recipe was.

    Parameters
    ----------
    out : Path
        Folder of the run.
    recipe : TokenizerRecipe, optional
    shape : TokenizerShape, optional
    on_step : callable, optional
        Hears of each step's number and loss.

    Raises
    ------
    ParameterError
        The folder holds a run of another recipe or shape.
    """
    recipe, shape = recipe or TokenizerRecipe(), shape or TokenizerShape()
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    model = LandmarkTokenizer(shape)
    sampler = PointSampler(recipe.seed)
    model.mean.copy_(_mean_face(torch.from_numpy(sampler.batch(0, _MEAN_FACES)[0])))
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    told = json.dumps({"recipe": asdict(recipe), "shape": asdict(shape)}, sort_keys=True)
    start = _resumed(out / STATE, told, model, optimizer)
    for step in range(start, recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate(step)
        points, present = map(torch.from_numpy, sampler.batch(step * recipe.batch, recipe.batch))
        loss = _missing_error(model.complete(points, present), points, present)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), _LARGEST_GRADIENT)
        optimizer.step()
        if on_step is not None:
            on_step(step, float(loss.detach()))
        if (step + 1) % recipe.save_every == 0 or step + 1 == recipe.steps:
            _keep(out / STATE, told, step + 1, model, optimizer)
    figures: TokenizerFigures = measured(model)
    write_bytes(out / WEIGHTS, save({name: one.half() for name, one in _weights(model).items()}))
    write_json(
        out / CARD, {"shape": asdict(shape), "recipe": asdict(recipe), "figures": asdict(figures)}
    )
    return figures


@torch.no_grad()  # type: ignore[untyped-decorator]
def measured(model: LandmarkTokenizer, faces: int = 512) -> TokenizerFigures:
    """Return the figures of a tokenizer on samples that no training sees."""
    points, present = map(torch.from_numpy, PointSampler(_HELD_OUT_SEED).batch(0, faces))
    codes = model.encode(points)
    apart = (model.decode(codes) - points).abs() * (_SIDE / 2.0)
    found = model.complete(points, present)
    gone = present <= 0
    fit = Similarity.of(model.mean, points, (present > 0)[..., None])
    return TokenizerFigures(
        faces=faces,
        round_trip_l1=float(apart.mean()),
        round_trip_largest=float(apart.max()),
        missing_l1=float((found - points).abs()[gone].mean()) * _SIDE / 2.0,
        missing_l1_of_mean=float((fit.done(model.mean) - points).abs()[gone].mean()) * _SIDE / 2.0,
        codes_used=tuple(
            codes[..., level].unique().numel() / model.shape.code_count
            for level in range(model.shape.levels)
        ),
    )


def _missing_error(found: Tensor, points: Tensor, present: Tensor) -> Tensor:
    """Mean difference of the missing points' coordinates, as a share of their face's size."""
    size = (points - points.mean(dim=1, keepdim=True)).square().mean(dim=(1, 2)).sqrt()
    gone = 1.0 - present
    apart = ((found - points).abs().sum(-1) * gone).sum(-1) / (2.0 * size)
    return apart.sum() / gone.sum()


def _mean_face(points: Tensor) -> Tensor:
    """The mean of faces that were moved, turned and scaled onto one another: (68, 2)."""
    own = points - points.mean(dim=1, keepdim=True)
    own = own / own.square().mean(dim=(1, 2), keepdim=True).sqrt()
    mean, all_given = own.mean(dim=0), torch.ones(*points.shape[:2], 1, dtype=torch.bool)
    for _ in range(3):
        mean = Similarity.of(mean, points, all_given).undone(points).mean(dim=0)
    return mean


def _weights(model: LandmarkTokenizer) -> dict[str, Tensor]:
    return {name: one.detach().clone() for name, one in model.state_dict().items()}


def _keep(
    path: Path, told: str, step: int, model: LandmarkTokenizer, optimizer: torch.optim.Optimizer
) -> None:
    """Write the state of a run whole, so that a kill leaves this one or the one before."""
    tensors = {f"model.{name}": one for name, one in _weights(model).items()}
    for number, held in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": one.clone() for name, one in held.items()}
    # One entry alone: safetensors does not keep the order of several.
    write_bytes(path, save(tensors, {"run": json.dumps({"step": step, "told": told})}))


def _resumed(
    path: Path, told: str, model: LandmarkTokenizer, optimizer: torch.optim.Optimizer
) -> int:
    """Take up the state of an earlier run, if there is one; return how many steps it has."""
    if not path.exists():
        return 0
    with safe_open(path, "pt") as file:
        about = json.loads(file.metadata()["run"])
        if about["told"] != told:
            raise ParameterError("run_of_another_recipe", path=str(path))
        held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    model.load_state_dict(
        {name.removeprefix("model."): one for name, one in held.items() if name[0] == "m"}
    )
    state: dict[int, dict[str, Tensor]] = {}
    for name, one in held.items():
        if name.startswith("optimizer."):
            _, number, moment = name.split(".")
            state.setdefault(int(number), {})[moment] = one
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return int(about["step"])
