"""A procedure of one's own: a lip augmentation, defined in a YAML file and used like the others.

python examples/custom_procedure.py [PHOTO] [--preset FILE] [--intensity 60] [--out DIR]

The command line takes such a file too: ``landmarkdiff preview PHOTO --preset-file FILE``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from landmarkdiff import weights
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.measurements import measure
from landmarkdiff.photo import draw_label, read_photo, write_json, write_png
from landmarkdiff.procedures import load_procedure_file

PRESET = Path(__file__).with_name("lip_augmentation.yaml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", help="default: a public-domain portrait")
    parser.add_argument("--preset", type=Path, default=PRESET)
    parser.add_argument("--intensity", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("output/custom_procedure"))
    options = parser.parse_args()

    procedure = load_procedure_file(options.preset)  # a PresetError names key and value
    photo = read_photo(options.photo or weights.obtain("grace_hopper"))
    pipeline = LandmarkDiffPipeline().load()
    prepared = pipeline.prepare(photo.pixels)
    result = pipeline.generate(prepared, procedure=procedure, intensity=options.intensity)

    options.out.mkdir(parents=True, exist_ok=True)
    labelled, _ = draw_label(result.image, mask=result.mask)
    pair = np.hstack([photo.pixels, labelled])
    write_png(options.out / "before_after.png", pair, manifest=result.to_dict())
    write_json(options.out / "plan.json", result.plan.to_dict())

    print(f"{procedure.title}: {procedure.summary}")
    print(f"{'effect':18}{'planned':>9}{'visible':>9}{'achieved':>10}{'noise':>7}  unit")
    for effect in result.effects:
        achieved = "-" if effect.achieved is None else f"{effect.achieved:.2f}"
        noise = "-" if effect.noise is None else f"{effect.noise:.2f}"
        print(
            f"{effect.name:18}{effect.planned:9.2f}{effect.visible:9.0%}"
            f"{achieved:>10}{noise:>7}  {effect.unit}"
        )
    for name in ("upper_vermilion", "lower_vermilion"):
        before = measure(prepared.landmarks, f"{name}_height").value
        after = measure(result.target, f"{name}_height").value
        print(f"{name} height: {before:.1f} mm before, {after:.1f} mm planned")


if __name__ == "__main__":
    main()
