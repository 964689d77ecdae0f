"""One run looked at closely: its weights, average, terms, memory, numbers; export and doctor."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_pairs import TinyPairs

from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import (
    ModeUnavailableError,
    OutputError,
    ParameterError,
    WeightsCorruptError,
)
from landmarkdiff.training.settings import FitSettings, TrainingSettings

torch = pytest.importorskip("torch")

from safetensors.torch import load_file, save_file  # noqa: E402
from torchvision.models import alexnet  # noqa: E402

from landmarkdiff.generators.modes import find_mode  # noqa: E402
from landmarkdiff.generators.stable_diffusion.selection import select_models  # noqa: E402
from landmarkdiff.losses.identity import IResNet  # noqa: E402
from landmarkdiff.losses.perceptual import PerceptualTerm  # noqa: E402
from landmarkdiff.training.average import Average  # noqa: E402
from landmarkdiff.training.batches import batch_of, batches  # noqa: E402
from landmarkdiff.training.checkpoints import (  # noqa: E402
    find_checkpoint,
    list_checkpoints,
    read_checkpoint,
    retain,
)
from landmarkdiff.training.curve import read_curve  # noqa: E402
from landmarkdiff.training.examination import examine  # noqa: E402
from landmarkdiff.training.export import export_checkpoint  # noqa: E402
from landmarkdiff.training.grid import summary_of  # noqa: E402
from landmarkdiff.training.interruption import EndSignal  # noqa: E402
from landmarkdiff.training.objective import Draw  # noqa: E402
from landmarkdiff.training.order import Order  # noqa: E402
from landmarkdiff.training.rates import find_rate  # noqa: E402
from landmarkdiff.training.recipe import fit, train  # noqa: E402
from landmarkdiff.training.run import Run  # noqa: E402

PAIRS, JUDGED = TinyPairs(24), TinyPairs(4, shift=1000)


@pytest.fixture
def settings(whole_run: TrainingSettings, tmp_path: Path) -> TrainingSettings:
    return whole_run.changed({"checkpoints.out": str(tmp_path / "run")})


def latest(out: Path) -> Path:
    return list_checkpoints(out)[-1]


def copied(whole_run: TrainingSettings, folder: Path) -> Path:
    return Path(shutil.copytree(whole_run.checkpoints.out, folder / "copy"))


def test_every_epoch_is_the_whole_set_in_another_order() -> None:
    order = Order(10, 4, seed=3)
    row = [number for update in range(5) for number in order.numbers(update)]
    assert sorted(row[:10]) == sorted(row[10:]) == list(range(10))
    assert row[:10] != row[10:]
    assert row == [number for update in range(5) for number in Order(10, 4, 3).numbers(update)]


def test_a_process_that_renders_gives_the_same_passes_and_is_deaf_to_signals() -> None:
    def some(workers: int) -> Any:
        order = Order(24, 4, seed=1)
        return batches(PAIRS, order, workers=workers, first=2, share=slice(0, 4), at_once=2)

    apart = some(1)
    here = some(0)
    for _ in range(6):
        one, two = next(apart), next(here)
        assert one.places == two.places
        assert one.prompts == two.prompts
        assert torch.equal(one.target, two.target)
        assert torch.equal(one.mask, two.mask)
        for child in multiprocessing.active_children():
            os.kill(child.pid, signal.SIGUSR1)
            os.kill(child.pid, signal.SIGTERM)


def test_the_average_is_its_closed_form() -> None:
    weight = torch.nn.Parameter(torch.zeros(3))
    average = Average([weight], FitSettings(ema_decay=0.9, ema_power=0.75))
    expected = 0.0
    for update in range(1, 60):
        weight.data.fill_(float(update))
        average.step([weight])
        decay = min(0.9, 1.0 - update**-0.75)
        expected = decay * expected + (1.0 - decay) * update
        assert float(average.values[0][0]) == pytest.approx(expected, rel=1e-5)
    with average.shown([weight]):
        assert float(weight.detach()[0]) == pytest.approx(expected, rel=1e-5)
    assert weight.tolist() == [59.0] * 3


def test_weights_move_and_the_rest_stays(settings: TrainingSettings) -> None:
    changes = {"training.batch_size": 1, "training.gradient_accumulation_steps": 1}
    run = Run(settings.changed(changes), PAIRS, JUDGED)
    frozen = (run.denoiser.unet, run.networks.vae, run.networks.text_encoder)
    before = [weight.detach().clone() for part in frozen for weight in part.parameters()]
    start = {name: weight.detach().clone() for name, weight in run.denoiser.trained()}
    assert all(name.startswith("controlnet.") for name in start)
    passes = run.passes()
    for _ in range(100):
        run.step(passes)
    moved = sum(int((weight != start[name]).sum()) for name, weight in run.denoiser.trained())
    assert moved / sum(value.numel() for value in start.values()) > 0.99
    after = [weight for part in frozen for weight in part.parameters()]
    assert all(torch.equal(one, two) for one, two in zip(before, after, strict=True))
    assert not any(weight.grad is not None for weight in after)


def test_passes_in_bf16_leave_what_is_trained_in_fp32(
    whole_run: TrainingSettings, settings: TrainingSettings
) -> None:
    run = Run(settings.changed({"training.mixed_precision": "bf16"}), PAIRS, JUDGED)
    loss = run.step(run.passes())["loss"]
    assert loss == pytest.approx(read_curve(whole_run.checkpoints.out)[0]["loss"], rel=0.02)
    assert {weight.dtype for weight in run.denoiser.unet.parameters()} == {torch.bfloat16}
    trained = [weight for _, weight in run.denoiser.trained()]
    moments = [value for state in run.optimizer.state.values() for value in state.values()]
    assert {item.dtype for item in (*trained, *moments, *run.average.values)} == {torch.float32}


def test_another_source_is_another_loss(settings: TrainingSettings) -> None:
    run = Run(settings, PAIRS, JUDGED)
    own = batch_of([0, 1], [PAIRS[0], PAIRS[1]]).to("cpu")
    other = batch_of([0, 1], [PAIRS[2], PAIRS[3]]).to("cpu")
    draw = run.draw(own)
    with torch.no_grad():
        losses = [
            run.objective.terms(run.network, batch, draw)["diffusion"]
            for batch in (own, own, replace(own, source=other.source))
        ]
    assert torch.equal(losses[0], losses[1])
    assert float((losses[2] - losses[0]).abs().min()) > 1e-5


def test_every_term_leads_to_the_weights(
    settings: TrainingSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    network = tmp_path / "iresnet.safetensors"
    save_file(IResNet((4, 4, 8, 8, 8), (1, 1, 1, 1), 16).state_dict(), network)
    phase_b = settings.changed(
        {
            "phase": "b",
            "losses.weights": {"landmark": 0.1, "identity": 0.05},
            "losses.identity_network": str(network),
            "losses.image_terms_below": 500,
            "training.learning_rate": 1e-2,
        }
    )
    run = Run(phase_b, PAIRS, JUDGED)
    run.step(run.passes())  # the ControlNet's connections leave zero
    run.objective.images.perceptual = PerceptualTerm(alexnet(weights=None).state_dict())
    batch = batch_of([0, 1], [PAIRS[0], PAIRS[2]]).to("cpu")
    drawn = run.draw(batch)
    near = Draw(torch.tensor([100, 900]), drawn.noise, drawn.spread)
    weight = run.denoiser.controlnet.controlnet_down_blocks[0].weight
    found = run.objective.terms(run.network, batch, near)
    assert set(found) == {"diffusion", "landmark", "identity", "perceptual"}
    for name, value in found.items():
        (gradient,) = torch.autograd.grad(value.sum(), weight, retain_graph=True)
        assert float(gradient.abs().max()) > 0.0, name
        if name != "diffusion":  # at much noise there is no picture to compare
            assert value.detach()[0] > 0.0
            assert value.detach()[1] == 0.0


def test_a_term_without_its_network_stops_the_run(settings: TrainingSettings) -> None:
    for term in ("identity", "perceptual"):
        lacking = settings.changed({"phase": "b", "losses.weights": {term: 0.1}})
        with pytest.raises(ModeUnavailableError) as caught:
            Run(lacking, PAIRS, JUDGED)
        assert caught.value.params["terms"] == [term]


def test_out_of_memory_halves_the_pass_and_keeps_the_update(
    whole_run: TrainingSettings, settings: TrainingSettings
) -> None:
    """The device has room for one pair alone; the curve is that of passes of two."""
    run = Run(settings, PAIRS, JUDGED)
    forward = run.denoiser.forward

    def small(noisy: Any, *rest: Any) -> Any:
        if len(noisy) > 1:
            raise torch.OutOfMemoryError("too much")
        return forward(noisy, *rest)

    run.denoiser.forward = small
    losses = []
    outcome = fit(run, EndSignal(), lambda update, figures, _: losses.append(figures["loss"]))
    assert outcome.update == 6
    assert run.at_once == 1
    expected = [row["loss"] for row in read_curve(whole_run.checkpoints.out)]
    assert losses == pytest.approx(expected, rel=1e-5)
    state = read_checkpoint(latest(settings.checkpoints.out)).state
    assert (state.at_once, state.of_update) == (1, 4)


def test_numbers_that_are_not_finite_end_the_run_and_keep_the_last_good_state(
    settings: TrainingSettings,
) -> None:
    class Broken(TinyPairs):
        def __getitem__(self, number: int) -> Any:
            sample = super().__getitem__(number)
            sample.mask[:] = np.nan if number in bad else sample.mask
            return sample

    bad = set(Order(24, 4, 0).numbers(2))
    with pytest.raises(ModeUnavailableError) as caught:
        train(settings, Broken(24), JUDGED)
    assert caught.value.code == "training_diverged"
    assert caught.value.params["update"] == 3
    kept = read_checkpoint(latest(settings.checkpoints.out))
    assert kept.state.update == 2
    assert all(bool(torch.isfinite(value).all()) for value in kept.trained.values())


def test_best_and_latest_are_kept(whole_run: TrainingSettings, tmp_path: Path) -> None:
    out = copied(whole_run, tmp_path)
    assert [path.name[-1] for path in retain(out, best=0, latest=1)] == ["6"]
    assert [path.name[-1] for path in list_checkpoints(out)] == ["6"]


def test_a_folder_with_a_run_and_another_network_are_refused(
    whole_run: TrainingSettings, settings: TrainingSettings, tmp_path: Path
) -> None:
    with pytest.raises(OutputError) as taken:
        Run(whole_run, PAIRS, JUDGED)
    assert taken.value.code == "training_folder_taken"
    with pytest.raises(ParameterError) as other:
        Run(
            settings.changed({"model.method": "lora"}),
            PAIRS,
            JUDGED,
            str(whole_run.checkpoints.out),
        )
    assert other.value.code == "checkpoint_of_other_training"
    with pytest.raises(ParameterError) as missing:
        find_checkpoint(tmp_path, "latest")
    assert missing.value.code == "checkpoint_missing"


def test_a_damaged_checkpoint_is_seen(whole_run: TrainingSettings, tmp_path: Path) -> None:
    path = latest(copied(whole_run, tmp_path))
    assert all(finding.well for finding in examine(path))
    file = path / "trained.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert [finding.subject for finding in examine(path) if not finding.well] == ["files"]
    with pytest.raises(WeightsCorruptError):
        read_checkpoint(path)


def test_a_rate_is_searched_without_a_trace(settings: TrainingSettings) -> None:
    tried = find_rate(Run(settings, PAIRS, JUDGED), tries=4)
    assert [rate for rate, _ in tried] == pytest.approx([1e-7, 4.64e-6, 2.15e-4, 1e-2], rel=0.01)
    assert not settings.checkpoints.out.exists()


def test_the_app_takes_what_is_exported(whole_run: TrainingSettings, tmp_path: Path) -> None:
    path = export_checkpoint(latest(whole_run.checkpoints.out), tmp_path / "export")
    chosen = select_models(find_mode("controlnet"), Configuration.load(path))
    (controlnet,) = chosen.controlnets
    assert controlnet.conditioning == "tessellation"
    tensors = load_file(controlnet.path / "diffusion_pytorch_model.safetensors")
    average = read_checkpoint(latest(whole_run.checkpoints.out)).average
    assert average.keys() == {f"controlnet.{name}" for name in tensors}
    assert all(torch.equal(average[f"controlnet.{name}"], tensors[name]) for name in tensors)
    card = (tmp_path / "export" / "README.md").read_text()
    assert "6 updates of 4 pairs" in card
    assert "24 pairs" in card
    with pytest.raises(OutputError):
        export_checkpoint(latest(whole_run.checkpoints.out), tmp_path / "export")


def test_a_lora_is_trained_and_becomes_part_of_its_base(
    settings: TrainingSettings, tmp_path: Path
) -> None:
    lora = settings.changed(
        {"model.method": "lora", "model.lora_rank": 2, "training.num_train_steps": 2}
    )
    train(lora, PAIRS, JUDGED)
    checkpoint = latest(settings.checkpoints.out)
    trained = read_checkpoint(checkpoint).trained
    assert trained
    assert all("lora_" in name for name in trained)
    pairs = {
        name.partition(".lora_A")[0]: (down, trained[name.replace("lora_A", "lora_B")])
        for name, down in trained.items()
        if ".lora_A" in name
    }
    assert len(pairs) * 2 == len(trained)
    assert all(down.shape[0] == up.shape[1] == 2 for down, up in pairs.values())
    path = export_checkpoint(checkpoint, tmp_path / "export", averaged=False)
    chosen = select_models(find_mode("controlnet"), Configuration.load(path))
    fused = load_file(chosen.base.path / "unet" / "diffusion_pytorch_model.safetensors")
    place = Path(str(settings.model.base.path)) / "unet" / "diffusion_pytorch_model.safetensors"
    plain = load_file(place)
    assert fused.keys() == plain.keys()
    changed = {name for name in plain if not torch.allclose(plain[name], fused[name])}
    assert changed
    assert all(".attn" in name for name in changed)
    for name, (down, up) in pairs.items():  # a product of the rank, at the share of its training
        place = name.removeprefix("unet.") + ".weight"
        torch.testing.assert_close(fused[place], plain[place] + up @ down, atol=1e-6, rtol=1e-5)
    assert (tmp_path / "export" / "lora" / "pytorch_lora_weights.safetensors").is_file()


def test_runs_stand_beside_each_other(whole_run: TrainingSettings) -> None:
    found = summary_of(whole_run.checkpoints.out)
    assert found.updates == 6
    assert found.best_update in (3, 6)
    assert found.settings["training.learning_rate"] == 1e-3
