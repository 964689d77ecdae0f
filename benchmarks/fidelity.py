"""Does the picture do what the plan says: planned, applied and achieved, effect by effect.

Every procedure at intensity 60 and 100, and every effect that acts only by name at 60, on the
two portraits and on the further photos where they are there. Then the ruler itself: pictures
warped by a known field, blurred, toned and made noisy, and what registration finds of the warp.

    python benchmarks/fidelity.py [--json FILE] [--markdown FILE] [--quick]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from tables import ImageArray, Table, arguments, deliver, median, photo_files, portraits

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace
from landmarkdiff.photo import read_photo
from landmarkdiff.procedures import photo_procedure_names, procedure
from landmarkdiff.verification import (
    EffectCheck,
    landmark_weights,
    plan_amplitude,
    register,
    register_picture,
)

#: What the picture may miss of the plan, by unit, and what the field may miss.
ACHIEVED_LIMIT = {"mm": 0.2, "deg": 1.5, "percent": 5.0}
APPLIED_LIMIT = {"mm": 0.05, "deg": 0.3, "percent": 5.0}
#: On a face of this width (pixels) the limits are in the effect's unit; on a smaller one a shift
#: may miss this many pixels.
SHARP_FACE_PX = 400.0
SMALL_FACE_LIMIT_PX = 0.3
#: Landmarks that move less than this in a known warp do not count for its gain (pixels).
LEAST_MOVE_PX = 0.3


@dataclass(frozen=True)
class Finding:
    """One effect on one photo."""

    photo: str
    setting: str
    face_px: float
    px_per_mm: float
    check: EffectCheck

    @property
    def applied_error(self) -> float:
        """Applied minus planned times factor, in the effect's unit."""
        return self.check.applied - self.check.planned * self.check.factor

    @property
    def achieved_error(self) -> float | None:
        """Achieved minus the visible part of what was applied, in the effect's unit."""
        if self.check.achieved is None:
            return None
        return self.check.achieved - self.check.applied * self.check.visible

    @property
    def kept(self) -> bool:
        """Whether the picture does what was applied, within the limit for this face."""
        limit = ACHIEVED_LIMIT[self.check.unit]
        if self.face_px < SHARP_FACE_PX and self.check.unit == "mm":
            limit = SMALL_FACE_LIMIT_PX / self.px_per_mm
        return abs(self.achieved_error or 0.0) <= limit


def plans(name: str) -> Iterator[tuple[str, str | None, dict[str, object]]]:
    """Yield the settings of a procedure: a label, the effect meant, arguments of ``generate``."""
    for intensity in (60, 100):
        yield str(intensity), None, {"intensity": float(intensity)}
    for effect in procedure(name).effects:
        if not effect.by_intensity:
            # What a coupled effect follows has to be on too.
            drivers = [] if effect.coupled_to is None else [effect.coupled_to.driver]
            effects = dict.fromkeys([*drivers, effect.name], "on")
            yield "60, by name", effect.name, {"effects": effects}


def findings(
    pipeline: LandmarkDiffPipeline, photo: str, prepared: PreparedFace, name: str
) -> Iterator[Finding]:
    """Yield every effect of every plan of a procedure on one photo."""
    face = prepared.landmarks
    scale = 1.0 / face.scale.mm_per_px
    for setting, meant, options in plans(name):
        result = pipeline.generate(prepared, procedure=name, **options)  # type: ignore[arg-type]
        for check in result.effects:
            if meant in (None, check.name):
                yield Finding(photo, setting, face.box[2], scale, check)


def add_effects(table: Table, found: list[Finding]) -> None:
    """Add one row for each effect and setting."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for item in found:
        groups.setdefault((item.check.procedure, item.check.name, item.setting), []).append(item)
    for (name, effect, setting), items in groups.items():
        unit = items[0].check.unit
        errors = [error for item in items if (error := item.achieved_error) is not None]
        kept = [item.kept for item in items if item.achieved_error is not None]
        table.add(
            name,
            effect,
            setting,
            unit,
            len(items),
            median(item.check.planned for item in items),
            median(item.check.applied for item in items),
            max(abs(item.applied_error) for item in items),
            median(item.check.visible for item in items),
            median(item.check.achieved for item in items if item.check.achieved is not None)
            if errors
            else None,
            median(errors) if errors else None,
            float(np.std(errors)) if errors else None,
            max(errors, key=abs) if errors else None,
            f"{sum(kept)}/{len(kept)}",
        )


def degraded(image: ImageArray) -> ImageArray:
    """Blur, shift in tone, and noise: what a repainted or recompressed picture may add."""
    random = np.random.default_rng(0)
    soft = cv2.GaussianBlur(image, (0, 0), 0.8).astype(np.float32)
    noisy = 1.05 * soft + 4.0 + random.normal(0.0, 2.0, image.shape).astype(np.float32)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def gain(
    pipeline: LandmarkDiffPipeline, result: Prediction
) -> tuple[float, float, float, float | None] | None:
    """Read a known warp: its share by registration, the error (mm), by the mesh, and fitted.

    None where the plan moves no landmark: there is nothing to compare with.
    """
    face = result.source
    grid = result.displacement_field.grid
    points = face.points[:, :2]
    moves = result.displacement_field.forward(points) - points
    moved = np.hypot(*moves.T) > LEAST_MOVE_PX
    if not moved.any():
        return None
    after = degraded(result.image)
    box = (grid.x, grid.y, grid.width, grid.height)
    seen = register(result.before, after, box).at(points)[moved]
    known = moves[moved]
    error = float(np.sqrt(((seen - known) ** 2).sum(axis=1).mean() / 2)) * face.scale.mm_per_px
    again = pipeline.prepare(after).landmarks.points[moved, :2] - points[moved]
    whole = (known**2).sum()
    weight = landmark_weights(face, result.warp.readable) * (np.hypot(*moves.T) > LEAST_MOVE_PX)
    flow = register_picture(result.before, result.warp, after)
    fitted = plan_amplitude(result.before, face, result.warp, after, flow, weight)
    shares = ((each * known).sum() / whole for each in (seen, again))
    return float(next(shares)), error, float(next(shares)), fitted.value


def main() -> None:
    """Measure everything and deliver the tables."""
    options = arguments(__doc__ or "").parse_args()
    names = ("rhinoplasty", "brow_lift") if options.quick else photo_procedure_names()
    pipeline = LandmarkDiffPipeline().load()
    photos = portraits()
    files = photo_files()[: 1 if options.quick else None]
    photos |= {path.stem: read_photo(path).pixels for path in files}

    found: list[Finding] = []
    gains: dict[str, list[tuple[float, float, float, float | None]]] = {name: [] for name in names}
    refused: list[str] = []
    for photo, pixels in photos.items():
        prepared = pipeline.prepare(pixels)
        for name in names:
            try:
                found += findings(pipeline, photo, prepared, name)
                result = pipeline.generate(prepared, procedure=name, intensity=100, verify=False)
            except LandmarkDiffError as error:  # a region cut off by the border, for example
                refused.append(f"{photo}, {name}: {error}")
                continue
            read = gain(pipeline, result)
            if read is None:
                refused.append(f"{photo}, {name}: no landmark moves by {LEAST_MOVE_PX:g} px")
            else:
                gains[name].append(read)

    table = Table(
        "fidelity",
        (
            "procedure",
            "effect",
            "at",
            "unit",
            "n",
            "planned",
            "applied",
            "off plan",
            "visible",
            "achieved",
            "error",
            "SD",
            "worst",
            "within",
        ),
    )
    add_effects(table, found)
    table.notes += [
        f"Medians over n photos ({len(photos)} in all, the two portraits among them).",
        "'off plan': the largest difference between applied and planned times the factor of what "
        f"limits it (asked: {APPLIED_LIMIT['mm']} mm, {APPLIED_LIMIT['deg']} degrees).",
        "'error': achieved minus applied times visible, with its SD and its worst over photos; "
        f"'within': on how many photos it is at most {ACHIEVED_LIMIT['mm']} mm or "
        f"{ACHIEVED_LIMIT['deg']} degrees, or {SMALL_FACE_LIMIT_PX} px where the face is under "
        f"{SHARP_FACE_PX:.0f} px wide. Effects of which this view shows less than 30 % are not "
        "measured.",
        *refused,
    ]
    ruler = Table(
        "registration",
        (
            "known warp",
            "n",
            "fitted",
            "least",
            "gain of flow",
            "least of flow",
            "error mm",
            "gain of landmarks found again",
        ),
    )
    for name, values in gains.items():
        if not values:
            continue
        shares, errors, again, fits = zip(*values, strict=True)
        fitted = [share for share in fits if share is not None]
        ruler.add(
            f"{name} at 100",
            len(values),
            median(fitted) if fitted else None,
            min(fitted, default=None),
            median(shares),
            min(shares),
            median(errors),
            median(again),
        )
    ruler.notes += [
        "What dense registration finds of a known warp after blur (0.8 px), a shift in tone "
        "(5 %, 4 levels) and noise (2 levels): share found, median and least over n photos, and "
        f"root mean square error per axis. Landmarks that move by {LEAST_MOVE_PX} px or more. "
        "'fitted': the same share, fitted to the known field where the skin has texture, as "
        "evaluation's magnitude is.",
        "Last column: what the landmark network finds of the same warp when it looks again. It "
        "pulls toward faces it knows, so it is no check.",
    ]
    singles = [
        {
            "photo": item.photo,
            "at": item.setting,
            "off_plan": item.applied_error,
            "error": item.achieved_error,
            **item.check.to_dict(),
        }
        for item in found
    ]
    deliver(options, table, ruler, findings=singles)


if __name__ == "__main__":
    main()
