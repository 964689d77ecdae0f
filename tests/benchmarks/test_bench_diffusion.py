"""The benchmark of the repainting modes: it runs on small networks, and it counts right.

What is counted of the full-size networks is compared with what is published of them.
"""

from __future__ import annotations

import pytest
from benchmark_runs import run

#: Parameters in millions: Stable Diffusion 1.5 (UNet, autoencoder, CLIP ViT-L/14 text), a
#: ControlNet for it, and OpenCLIP ViT-H/14.
UNET, VAE, TEXT, CONTROLNET, EYE = 859.5, 83.7, 123.1, 361.3, 632.1


def test_small_networks_run_on_the_processor(tmp_path):
    cases = ("--modes", "controlnet_ip", "--steps", "4", "--batches", "1", "2")
    extra = ("--tiny", "--device", "cpu", "--peak-tflops", "0.5", "--profile", "5")
    printed, record, page = run("diffusion", tmp_path, *cases, *extra)
    rows = record["tables"]["diffusion"]["rows"]
    assert [(row["mode"], row["steps"], row["batch"]) for row in rows] == [
        ("controlnet_ip", 4, 1),
        ("controlnet_ip", 4, 2),
    ]
    for row in rows:
        assert row["s/image"] > 0
        assert row["TFLOP/s"] == pytest.approx(row["TFLOP/image"] / row["s/image"])
        assert row["% of peak"] == pytest.approx(row["TFLOP/s"] / 0.5 * 100)
        # Aims are those of one card, and a processor has no memory of its own.
        assert row["aim s"] is row["GB"] is None
        assert (row["time"], row["memory"]) == ("-", "-")
    # The photo is read once for a batch.
    assert 0 < rows[1]["TFLOP/image"] < rows[0]["TFLOP/image"]
    notes = " ".join(record["tables"]["diffusion"]["notes"])
    assert "fp32, autoencoder in fp32" in notes
    assert "small networks of the tests" in notes
    assert "controlnet_ip, 4 steps, batch 2" in printed
    assert "Self CPU time total" in printed
    assert page.count("<!-- diffusion: begin -->") == 1


def test_full_size_is_counted_without_a_device(tmp_path):
    _, record, page = run("diffusion", tmp_path, "--estimate", "--batches", "1")
    rows = {(row["mode"], row["steps"]): row for row in record["tables"]["diffusion_cost"]["rows"]}
    plain, painted, read = (rows[mode, 30] for mode in ("img2img", "controlnet", "controlnet_ip"))
    # 0.80 TFLOP a pass of the UNet and 0.28 of a ControlNet; guidance takes two passes.
    step = (painted["TFLOP/image"] - rows["controlnet", 8]["TFLOP/image"]) / 22
    assert step == pytest.approx(2 * (0.803 + 2 * 0.283), rel=0.01)
    assert painted["H200 ms"] == pytest.approx(painted["TFLOP/image"] / 989 * 1e3)
    # Two bytes for a parameter, four in the autoencoder.
    assert plain["weights GB"] == pytest.approx((2 * (UNET + TEXT) + 4 * VAE) / 1e3, rel=1e-3)
    more = painted["weights GB"] - plain["weights GB"]
    assert more == pytest.approx(2 * 2 * CONTROLNET / 1e3, rel=1e-3)
    eye = read["weights GB"] - painted["weights GB"]
    assert eye == pytest.approx(2 * EYE / 1e3, rel=1e-3)
    # A picture in 32 bits in the widest layers of the decoder: three of 256 channels.
    assert painted["working GB"] == pytest.approx(3 * 256 * 512**2 * 4 / 1e9, rel=0.02)
    assert "Measured on" not in page
