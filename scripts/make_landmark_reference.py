"""Write ``tests/data/landmark_reference.json``: what MediaPipe itself finds on two portraits.

Each portrait is run at full size and shrunk to 512 pixels on its longer side (OpenCV, area).
Points are kept in pixels, rounded to 0.001.

    python scripts/make_landmark_reference.py
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import cv2
from mediapipe_venv import MEDIAPIPE_VERSION, run

from landmarkdiff import weights

GOAL = Path(__file__).parents[1] / "tests" / "data" / "landmark_reference.json"

DETECT = """
import json, sys
import mediapipe as mp
from mediapipe.tasks import python as tasks
from mediapipe.tasks.python import vision

answer, bundle, *photos = sys.argv[1:]
options = vision.FaceLandmarkerOptions(
    base_options=tasks.BaseOptions(model_asset_path=bundle),
    output_face_blendshapes=True,
    num_faces=1,
)
found = []
with vision.FaceLandmarker.create_from_options(options) as landmarker:
    for photo in photos:
        image = mp.Image.create_from_file(photo)
        result = landmarker.detect(image)
        size = image.width, image.height, image.width
        found.append({
            "width": image.width,
            "height": image.height,
            "points": [
                [round(v * s, 3) for v, s in zip((p.x, p.y, p.z), size)]
                for p in result.face_landmarks[0]
            ],
            "blendshapes": {
                c.category_name: round(c.score, 5) for c in result.face_blendshapes[0]
            },
        })
json.dump(found, open(answer, "w"))
"""


def shrunk(image: cv2.typing.MatLike, longest: int) -> cv2.typing.MatLike:
    """Return the image with its longer side shrunk to ``longest`` pixels."""
    factor = longest / max(image.shape[:2])
    size = round(image.shape[1] * factor), round(image.shape[0] * factor)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def main() -> None:
    """Run both portraits at both sizes and write the file."""
    bundle = weights.obtain("face_landmarker")
    portraits = [("grace_hopper", "full"), ("grace_hopper", "512"), ("astronaut", "full")]
    with tempfile.TemporaryDirectory() as folder:
        photos = []
        for name, size in portraits:
            image = cv2.imread(str(weights.obtain(name)))
            if size != "full":
                image = shrunk(image, int(size))
            photos.append(str(Path(folder) / f"{name}_{size}.png"))
            cv2.imwrite(photos[-1], image)
        found = run(DETECT, str(bundle), *photos)
    record = {
        "mediapipe": MEDIAPIPE_VERSION,
        "photos": [
            {"portrait": name, "size": size, **result}
            for (name, size), result in zip(portraits, found, strict=True)
        ],
    }
    GOAL.parent.mkdir(parents=True, exist_ok=True)
    GOAL.write_text(json.dumps(record, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
