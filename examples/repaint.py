"""Repaint the warp with a network, and see whether the result may be shown.

The models come from a configuration (YAML), or from the weights folder after
'landmarkdiff weights pull --set controlnet'. What leaves the plan, or no longer looks like the
patient, is refused, and the warp is the result.

python examples/repaint.py [PHOTO] [--config FILE] [--mode controlnet] [--procedure NAME]
    [--intensity 60] [--strength 0.75] [--seed 0] [--out DIR]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from landmarkdiff import weights
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.generators import StepProgress
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.photo import draw_label, read_photo, write_json, write_png


def tell(step: StepProgress) -> None:
    print(f"{step.stage} {step.done} of {step.total}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", help="default: a public-domain portrait")
    parser.add_argument("--config", type=Path, help="models, finishing steps, guard (YAML)")
    parser.add_argument("--mode", default="controlnet", help="img2img, controlnet, controlnet_ip")
    parser.add_argument("--procedure", default="rhinoplasty")
    parser.add_argument("--intensity", type=float, default=60.0)
    parser.add_argument("--strength", type=float, help="how much is painted over, 0 to 1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("output/repaint"))
    options = parser.parse_args()

    try:
        pipeline = LandmarkDiffPipeline(
            options.mode, configuration=Configuration.load(options.config)
        )
        pipeline.load(on_step=tell)
        photo = read_photo(options.photo or weights.obtain("astronaut"))
        result = pipeline.generate(
            photo.pixels,
            procedure=options.procedure,
            intensity=options.intensity,
            strength=options.strength,
            seed=options.seed,
            on_step=tell,
        )
    except LandmarkDiffError as error:
        parser.exit(2, f"{error}\n")

    options.out.mkdir(parents=True, exist_ok=True)
    write_png(options.out / "before.png", photo.pixels)
    pictures = {"warp": result.warped, "raw": result.raw, "after": result.image}
    for name, pixels in pictures.items():
        labelled, _ = draw_label(pixels, mask=result.changeable, text=result.label)
        write_png(options.out / f"{name}.png", labelled, manifest=result.to_dict())
    write_json(options.out / "result.json", result.to_dict())

    for attempt in result.guard.history:
        print(f"attempt: {attempt.to_dict()}")
    print(f"guard: {result.guard.verdict} ({result.guard.reason})")
    print(f"identity: {result.identity.verdict} ({result.identity.similarity})")
    for step in result.postprocess:
        done = "applied" if step.applied else "left out"
        print(f"{step.name:12}{done:10}{step.reason or ''}")
    for notice in result.notices:
        print(f"note: {notice.text}")


if __name__ == "__main__":
    main()
