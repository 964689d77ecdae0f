"""Training on tiny networks and drawn pairs, in a process of its own.

``python tests/training/tiny_run.py train --config FILE... [--resume latest] [--die-after N]``
runs one configuration after the other, prints a line for each update, and ends as the command
``landmarkdiff train`` does. ``--die-after`` kills the process with SIGKILL after update N.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path

import torch
from tiny_pairs import TinyPairs

from landmarkdiff.training.recipe import train
from landmarkdiff.training.settings import TrainingSettings


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["train"])
    parser.add_argument("--config", type=Path, nargs="+")
    parser.add_argument("--resume")
    parser.add_argument("--die-after", type=int, default=int(os.environ.get("DIE_AFTER", "0")))
    chosen = parser.parse_args()
    torch.set_num_threads(1)

    def told(update: int, figures: dict[str, float]) -> None:
        print(update, figures["loss"], flush=True)
        if update == chosen.die_after:
            os.kill(os.getpid(), signal.SIGKILL)

    status = 0
    for path in chosen.config:
        settings = TrainingSettings.from_dict(json.loads(path.read_text()))
        judged = TinyPairs(4, shift=1000)
        status = train(settings, TinyPairs(24), judged, chosen.resume, told).status
    return status


if __name__ == "__main__":
    sys.exit(main())
