"""A preview in the mode of landmark tokens, with a tiny base, from the command to its files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from repainting import ignore_diffusers_on_numpy, outside_is_untouched, record_of, run

pytestmark = ignore_diffusers_on_numpy


def test_what_landmark_tokens_paint_is_judged_like_any_painting(
    photo: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("torch", "diffusers", "transformers"):
        pytest.importorskip(package)
    import tiny_edits

    from landmarkdiff.lato.editing.bases import klein_networks
    from landmarkdiff.lato.editing.weights import add_lora, write_trained

    folder = tmp_path_factory.mktemp("lato_models")
    tiny_edits.tiny_klein(folder / "klein", blocks=4)
    networks = klein_networks(folder / "klein", most_tokens=16, layers=(1, 2, 3))
    add_lora(networks.denoiser, 2, seed=0)
    write_trained(folder / "lato.safetensors", dict(networks.denoiser.trained()), rank=2)
    lato = {
        "base": {"path": "klein"},
        "trained": {"path": "lato.safetensors"},
        "most_tokens": 16,
        "text_layers": [1, 2, 3],
    }
    diffusion = {"device": "cpu", "strength": 0.1, "guidance_scale": 1.0}
    config = folder / "models.yaml"
    config.write_text(yaml.safe_dump({"diffusion": diffusion, "lato": lato}), "utf-8")
    wanted = ["preview", "photo.png", "-p", "lip_lift", "--mode", "lato", "--passes", "1"]
    capsys.readouterr()  # what writing the models has shown
    done = run(*wanted, "--config", config, "--out", "o")
    printed = capsys.readouterr()
    assert (done, printed.err) == (0, "")
    (result,) = (photo.parent / "o").iterdir()
    record = record_of(result)
    assert record["mode"] == record["generator"]["mode"] == "lato"
    # A network that learned nothing paints what cannot be compared with the plan: it is not shown.
    assert record["guard"]["verdict"] == "refused"
    assert "the warp is the result" in printed.out
    assert record["outside_mask_changed_pixels"] == 0
    assert outside_is_untouched(result)
    assert str(folder) not in (result / "result.json").read_text("utf-8")
