"""A whole repaint under strace: no socket is opened, whatever was imported before."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

TRACED = "socket,connect,sendto,sendmsg,bind"

REPAINT = """
import sys
import huggingface_hub.constants as constants  # as the user interface does
import numpy as np
from landmarkdiff.configuration import Configuration
from landmarkdiff.generators import create_generator
from landmarkdiff.inference import LandmarkDiffPipeline

folder, photo = sys.argv[1:]
image = np.load(photo)
pipeline = LandmarkDiffPipeline("controlnet_ip", configuration=Configuration.load(folder))
generator = create_generator("controlnet_ip", Configuration.load(folder))
generator.load()

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.runtime.clock import StageClock
from landmarkdiff.manipulation.warp import warp_plan
from landmarkdiff.generators import GenerationRequest, PaintNumbers
from landmarkdiff.procedures.planning import make_plan

prepared = pipeline.prepare(image, passes=1)
plan = make_plan("rhinoplasty", prepared.landmarks, intensity=60.0)
warp = warp_plan(prepared, plan, ClinicalFlags(), clock=StageClock(), pause=lambda: None)
request = GenerationRequest(
    image, warp.warped, warp.mask, prepared.landmarks, warp.target, plan, 1,
    PaintNumbers(10, 7.5, 1.0, 0.1),
)
(painting,) = generator([request])
assert painting.record.steps_run == 1
import huggingface_hub
print(constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY)
print(huggingface_hub.is_offline_mode())
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_whole_repaint_opens_no_socket(tiny: Path, astronaut, tmp_path: Path):
    photo, log = tmp_path / "photo.npy", tmp_path / "trace"
    np.save(photo, astronaut)
    command = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", f"trace={TRACED}", "-o", str(log)]
    command += [sys.executable, "-c", REPAINT, str(tiny / "models.yaml"), str(photo)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "True", "True"]
    assert re.findall(r"AF_INET6?|connect\(|sendto\(|sendmsg\(", log.read_text()) == []
