"""One photo, one procedure: the simulated picture, and a table of what it shows.

python examples/basic_inference.py [PHOTO] [--procedure NAME] [--intensity 60] [--out DIR]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from landmarkdiff import weights
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.photo import draw_label, read_photo, write_json, write_png


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", help="default: a public-domain portrait")
    parser.add_argument("--procedure", default="rhinoplasty")
    parser.add_argument("--intensity", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("output/basic_inference"))
    options = parser.parse_args()

    photo = read_photo(options.photo or weights.obtain("grace_hopper"))
    pipeline = LandmarkDiffPipeline(mode="tps")
    pipeline.load()
    result = pipeline.generate(
        photo.pixels, procedure=options.procedure, intensity=options.intensity
    )

    # `result["output"]` carries no label; whatever a patient may see is labelled first.
    labelled, _ = draw_label(result["output"], mask=result["mask"])
    options.out.mkdir(parents=True, exist_ok=True)
    write_png(options.out / "before.png", photo.pixels)
    write_png(options.out / "after.png", labelled, manifest=result.to_dict())
    write_json(options.out / "result.json", result.to_dict())

    print(f"{'effect':24}{'planned':>9}{'applied':>9}{'achieved':>10}{'visible':>9}  unit")
    for effect in result.effects:
        achieved = "-" if effect.achieved is None else f"{effect.achieved:.2f}"
        print(
            f"{effect.name:24}{effect.planned:9.2f}{effect.applied:9.2f}{achieved:>10}"
            f"{effect.visible:9.0%}  {effect.unit}"
        )
    for notice in result.notices:
        print(f"note: {notice.text}")


if __name__ == "__main__":
    main()
