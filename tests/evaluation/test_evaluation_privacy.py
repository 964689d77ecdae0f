"""Nothing that is measured opens a socket or fetches a network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
from installed import need

from landmarkdiff.weights import locate

need("torch_fidelity")

CODE = """
import sys
import cv2, numpy as np, torch
from torchvision.models import alexnet
from landmarkdiff.evaluation import Pair, SetFeatures, fid, kid, load_networks, score_pair
from landmarkdiff.evaluation.perceptual import Lpips, lpips_score
from landmarkdiff.procedures.planning import make_plan

photo = np.ascontiguousarray(cv2.imread(sys.argv[1])[..., ::-1])
networks = load_networks(passes=2)
prepared = networks.pipeline.prepare(photo, passes=2)
plan = make_plan("brow_lift", prepared.landmarks)
made = networks.pipeline.generate(prepared, plan=plan, verify=False)
pair = Pair("a", "b", made.image, target=made.image, source=photo, mask=made.mask, plan=plan)
found = score_pair(pair, networks)
assert found.scores["lpips"].value is None, found.scores["lpips"]
assert found.scores["identity"].value is not None, found.scores["identity"]
lpips = Lpips(alexnet(weights=None).state_dict())
assert lpips_score(lpips, photo, photo, made.mask, "whole").value == 0.0
rows = np.random.default_rng(0).random((8, 4), np.float32)
assert abs(fid(SetFeatures.of(rows), SetFeatures.of(rows)).value) < 1e-6
assert kid(SetFeatures.of(rows), SetFeatures.of(rows)).value is not None
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_no_metric_opens_a_network_socket(pipeline, tmp_path):
    portrait, recognition = locate("astronaut"), locate("sface")
    assert portrait is not None and recognition is not None
    environment = {
        **os.environ,
        "LANDMARKDIFF_WEIGHTS": str(portrait.parent),
        "TORCH_HOME": str(tmp_path / "torch"),
    }
    log = tmp_path / "trace"
    trace = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=socket,connect,sendto,sendmsg"]
    done = subprocess.run(
        [*trace, "-o", str(log), sys.executable, "-W", "ignore", "-c", CODE, str(portrait)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.findall(r"AF_INET6?|connect\(|sendto\(|sendmsg\(", log.read_text()) == []
    assert not (tmp_path / "torch").exists()
