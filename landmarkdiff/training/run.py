"""A training run: what it holds, one update, and its checkpoint.

An update takes a list of samples that depends on its number alone, in as many passes as memory
allows, on as many devices as there are. Weights, moments and average are fp32; passes may be bf16.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from landmarkdiff.errors import ModeUnavailableError, OutputError, ParameterError
from landmarkdiff.runtime.device import release_memory
from landmarkdiff.training.average import Average
from landmarkdiff.training.batches import Pairs, batches
from landmarkdiff.training.checkpoints import (
    Checkpoint,
    RunState,
    find_checkpoint,
    list_checkpoints,
    read_checkpoint,
    retain,
    write_checkpoint,
)
from landmarkdiff.training.order import seed_of
from landmarkdiff.training.placement import Placement, TrainableNetwork, whole
from landmarkdiff.training.repainting import REPAINTING
from landmarkdiff.training.settings import FitSettings
from landmarkdiff.training.task import Task

__all__ = ["Run", "learning_rate_share", "load_trained"]

#: Betas of AdamW, as diffusers trains ControlNets.
BETAS = (0.9, 0.999)
#: Go on from the latest checkpoint, or begin where there is none: for jobs that are queued again.
OR_NEW = "latest-or-new"


def learning_rate_share(settings: FitSettings, update: int) -> float:
    """Return the share of the learning rate at an update: a linear start, then half a cosine.

    Examples
    --------
    >>> settings = FitSettings(warmup_steps=10, num_train_steps=110)
    >>> [round(learning_rate_share(settings, update), 3) for update in (0, 9, 60, 110)]
    [0.1, 1.0, 0.5, 0.0]
    """
    if update < settings.warmup_steps:
        return (update + 1) / settings.warmup_steps
    if settings.lr_scheduler == "constant":
        return 1.0
    rest = max(settings.num_train_steps - settings.warmup_steps, 1)
    done = min((update - settings.warmup_steps) / rest, 1.0)
    return 0.5 * (1.0 + math.cos(math.pi * done))


class Run:
    """A training run, set up.

    Parameters
    ----------
    settings : RunSettings
        Of the task.
    pairs : Pairs
        What it learns from.
    judged : Pairs
        What it is judged by: other people.
    resume : str, optional
        ``latest``, or the path of a checkpoint.
    lineage : dict, optional
        Where the pairs are from, for the checkpoints.
    task : Task, optional
        What is trained: the repainting networks unless told otherwise.

    Raises
    ------
    LandmarkDiffError
        Models, a term's network, the checkpoint or the device are not as they must be.
    """

    def __init__(
        self,
        settings: Any,
        pairs: Pairs,
        judged: Pairs,
        resume: str | None = None,
        lineage: dict[str, Any] | None = None,
        task: Task = REPAINTING,
    ) -> None:
        self.settings = settings
        self.task = task
        self.pairs = pairs
        self.judged = judged
        self.lineage = lineage or {}
        fit = settings.training
        checkpoint = self._checkpoint(resume)
        self.place = Placement(fit)
        self.update = 0
        self.error: float | None = None
        #: Whether a state whose next update failed is written; a search for a rate writes none.
        self.keeps = True
        #: The update whose error that is.
        self.judged_at: int | None = None
        self.at_once = fit.batch_size
        #: Gives the learning rate of the next update.
        self.rate: Callable[[], float] = lambda: (
            fit.learning_rate * learning_rate_share(fit, self.update)
        )
        of_update = fit.batch_size * fit.gradient_accumulation_steps * self.place.ranks
        if checkpoint is not None:
            of_update = checkpoint.state.of_update
            self.at_once = min(self.at_once, checkpoint.state.at_once)
        self.order = task.order(pairs, of_update, settings)
        self.share = self._share(of_update)
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
        device = self.place.device
        self.networks = task.load(settings, device)
        self.objective = task.objective(settings, self.networks, device.name)
        # Of what kind its networks are, the task knows.
        self.denoiser: Any = self.networks.denoiser
        if checkpoint is not None:
            load_trained(self.denoiser, checkpoint.trained)
        self.network = self.place.placed(self.denoiser)
        weights = dict(self.denoiser.trained())
        self.optimizer = torch.optim.AdamW(
            weights.values(), fit.learning_rate, BETAS, weight_decay=fit.weight_decay
        )
        self.average = Average(weights.values(), fit)
        if checkpoint is not None:
            self._go_on(checkpoint)

    def _checkpoint(self, resume: str | None) -> Checkpoint | None:
        out = self.settings.checkpoints.out
        if resume == OR_NEW and not list_checkpoints(out):
            return None
        if resume is not None:
            return read_checkpoint(find_checkpoint(out, "latest" if resume == OR_NEW else resume))
        if list_checkpoints(out):
            raise OutputError("training_folder_taken", path=str(out))
        return None

    def _share(self, of_update: int) -> slice:
        """Return this process's part of an update, and fit the pass to it."""
        ranks = self.place.ranks
        if of_update % ranks:
            raise ParameterError("training_share_uneven", samples=of_update, devices=ranks)
        own = of_update // ranks
        while own % self.at_once:
            self.at_once -= 1
        return slice(self.place.rank * own, (self.place.rank + 1) * own)

    def _go_on(self, checkpoint: Checkpoint) -> None:
        self.update = checkpoint.state.update
        self.error = checkpoint.state.error
        self.judged_at = None if self.error is None else checkpoint.state.update
        self.place.restore_optimizer(self.denoiser, self.optimizer, checkpoint.optimizer)
        names = [name for name, _ in self.denoiser.trained()]
        self.average.restore([checkpoint.average[name] for name in names], self.update)

    def step(self, passes: Any) -> dict[str, float]:
        """Make one update and return its figures.

        Raises
        ------
        ModeUnavailableError
            The loss or a gradient is not finite; the state before this update was saved.
        """
        fit = self.settings.training
        torch.manual_seed(seed_of(fit.seed, "update", self.update, self.place.rank))
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        self.optimizer.zero_grad(set_to_none=True)
        own = self.share.stop - self.share.start
        sums: dict[str, Any] = {}
        for begin in range(0, own, self.at_once):
            batch = next(passes).to(self.place.device.name)
            last = begin + self.at_once >= own
            with self.place.gathering(self.network, last=last):
                terms = self._pass(batch, own)
            for name, value in terms.items():
                sums[name] = sums.get(name, 0.0) + value
        norm = self._clipped()
        figures = self.place.mean(sums) | {"gradient_norm": norm}
        if not all(math.isfinite(value) for value in figures.values()):
            self.optimizer.zero_grad(set_to_none=True)
            place = self.save() if self.keeps else self.settings.checkpoints.out
            raise ModeUnavailableError("training_diverged", update=self.update + 1, path=str(place))
        self.optimizer.step()
        self.average.step(weight for _, weight in self.denoiser.trained())
        figures["learning_rate"] = float(self.optimizer.param_groups[0]["lr"])
        self.update += 1
        return figures

    def _pass(self, batch: Any, own: int) -> dict[str, Any]:
        """Add the gradient of a batch; return its part of the loss and of each term."""
        draw = self.draw(batch)
        with self.place.autocast():
            terms = self.objective.terms(self.network, batch, draw)
        loss = self.objective.weighted(terms).sum() / own
        self.place.accelerator.backward(loss)
        parts = {name: value.detach().sum() / own for name, value in terms.items()}
        return {"loss": loss.detach(), **parts}

    def draw(self, batch: Any, seed: int | None = None) -> Any:
        """Return what is random about the samples of a batch, by the run's seed or another."""
        seed = self.settings.training.seed if seed is None else seed
        device = self.place.device.name
        return self.task.draw(self.settings, self.networks, seed, batch, device)

    def _clipped(self) -> float:
        weights = [weight for _, weight in self.denoiser.trained()]
        norm: Any = torch.nn.utils.clip_grad_norm_(weights, self.settings.training.max_grad_norm)
        return float(getattr(norm, "full_tensor", lambda: norm)())

    def passes(self) -> Iterator[Any]:
        """Go through the passes of this process from the present update on, without end."""
        return batches(
            self.pairs,
            self.order,
            workers=self.settings.data.workers,
            first=self.update,
            share=self.share,
            at_once=self.at_once,
            pinned=self.place.device.kind == "cuda",
            together=self.task.together,
        )

    def halve(self) -> None:
        """Take half as many pairs at once, in twice as many passes, after memory ran out."""
        self.optimizer.zero_grad(set_to_none=True)
        release_memory(self.place.device.name)
        alone = self.place.ranks == 1  # others wait in the exchange of gradients
        if self.at_once == 1 or not alone:
            raise ModeUnavailableError(
                "training_out_of_memory", device=self.place.device.title, count=self.at_once
            )
        self.at_once //= 2
        self.share = self._share(self.order.of_update)

    @contextmanager
    def judging(self) -> Iterator[None]:
        """Let the network have the averaged weights, without gradients."""
        weights = [weight for _, weight in self.denoiser.trained()]
        with self.average.shown(weights), torch.no_grad():
            yield
            self.place.forget(self.network)

    def save(self) -> Path:
        """Write a checkpoint, delete those that are not kept, and return its folder."""
        weights = dict(self.denoiser.trained())
        trained = {name: whole(weight) for name, weight in weights.items()}
        average = {
            name: whole(value) for name, value in zip(weights, self.average.values, strict=True)
        }
        optimizer = self.place.optimizer_state(self.denoiser, self.optimizer)
        kept = self.settings.checkpoints
        if not self.place.first:
            return Path(kept.out)
        state = RunState(
            update=self.update,
            of_update=self.order.of_update,
            at_once=self.at_once,
            error=self.error if self.judged_at == self.update else None,
            settings=self.settings.to_dict(),
            data={"pairs": len(self.pairs), **self.lineage},
        )
        path = write_checkpoint(
            kept.out, state, {"trained": trained, "average": average, "optimizer": optimizer}
        )
        retain(kept.out, kept.best, kept.latest)
        return path


def load_trained(denoiser: TrainableNetwork, tensors: dict[str, Any]) -> None:
    """Put weights of a checkpoint into a network of the same shape.

    Raises
    ------
    ParameterError
        They belong to another network or method.
    """
    own = dict(denoiser.trained())
    strange = [
        name
        for name in own.keys() | tensors.keys()
        if name not in own or name not in tensors or own[name].shape != tensors[name].shape
    ]
    if strange:
        raise ParameterError("checkpoint_of_other_training", name=min(strange), count=len(strange))
    with torch.no_grad():
        for name, weight in own.items():
            weight.copy_(tensors[name])
