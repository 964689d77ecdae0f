"""A folder of photos, one plan each: one photo that fails does not stop the rest.

python examples/batch_inference.py [FOLDER] [--procedure NAME] [--intensity 60] [--out DIR]

``landmarkdiff batch FOLDER`` does the same with a progress bar, and resumes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from landmarkdiff import weights
from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.photo import draw_label, read_photo, write_png


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="default: two public-domain portraits")
    parser.add_argument("--procedure", default="blepharoplasty")
    parser.add_argument("--intensity", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("output/batch_inference"))
    options = parser.parse_args()

    if options.folder is None:
        files = [weights.obtain(name) for name in ("grace_hopper", "astronaut")]
    else:
        files = sorted(path for path in options.folder.iterdir() if path.is_file())
    options.out.mkdir(parents=True, exist_ok=True)
    pipeline = LandmarkDiffPipeline().load()

    failed = 0
    print(f"{'photo':28}{'face':>6}{'mm/px':>8}{'changed outside':>17}{'ms':>8}  note")
    for file in files:
        try:
            photo = read_photo(file)
            result = pipeline.generate(
                photo.pixels, procedure=options.procedure, intensity=options.intensity
            )
            labelled, _ = draw_label(result.image, mask=result.mask)
            write_png(options.out / f"{file.name}.png", labelled, manifest=result.to_dict())
        except LandmarkDiffError as error:  # bad input, in one sentence
            failed += 1
            print(f"{file.name:28}{'-':>6}{'-':>8}{'-':>17}{'-':>8}  {error}")
            continue
        print(
            f"{file.name:28}{result.source.face_count:>6}{result.source.scale.mm_per_px:8.3f}"
            f"{result.outside_mask_changed_pixels:>17}{result.timings_ms['total']:8.0f}"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
