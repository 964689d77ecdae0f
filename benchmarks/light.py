"""How near the relit picture of a moved surface comes to the picture of that surface.

Heads of the embedded family, and heads that it does not hold, are drawn before and after a plan
in the same light; the photo before is simulated. What is compared is the mean difference from the
drawing after, in levels of 255, over the mask: of the warp alone, and of the warp with its light.

    python benchmarks/light.py [--json FILE] [--markdown FILE] [--quick]
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

import cv2
import numpy as np
from tables import REPOSITORY, Table, arguments, deliver

sys.path.insert(0, str(REPOSITORY / "tests"))

from head_portraits import SKINS, Look, portrait

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.head import HeadCamera, HeadModel, HeadSurface, head_model
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.landmarks.face import Scale
from landmarkdiff.light import lit
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import warp_plan
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.procedures.planning import Setting, make_plan
from landmarkdiff.runtime.clock import StageClock

SIZE, PX = (640, 560), 2.7
CAMERA = HeadCamera.turned(0.0, px_per_mm=PX, shift=(SIZE[1] / 2, SIZE[0] * 0.42))
#: Direction in the camera frame, and what comes from all around.
LIGHTS = {
    "side": ((0.75, 0.25, 0.6), 0.3),
    "above": ((-0.15, 0.8, 0.6), 0.35),
    "front": ((0.2, 0.2, 0.96), 0.35),
    "soft": ((-0.4, 0.5, 0.75), 0.65),
}
#: Gloss of skin in linear light, and its exponent.
SHINE = {"matt": (0.0, 24.0), "glossy": (0.12, 16.0)}
PLANS: dict[str, dict[str, Setting]] = {
    "rhinoplasty": {"dorsal_hump": -3.0},
    "mentoplasty": {},
    "malar_augmentation": {},
}
SPREAD, PEOPLE_SPREAD = 1.0, 2.5
#: Differences are smoothed over this, pixels: the resampling of pores and noise is no light.
SMOOTHED_PX = 2.5
#: Of the noise of the photo before, levels.
NOISE = 1.0
#: Two heads beyond the family to one of it.
HEADS = 6
#: Tones of skin are compared on the same heads in the same lights, without noise: what the sensor
#: adds is a greater share of what a dark skin shows, and no fault of the light.
TONED_HEADS, TONED_LIGHTS = (2, 3), ("side", "front")
TONED_PLANS = ("rhinoplasty", "malar_augmentation")


@dataclass(frozen=True)
class Case:
    """One comparison: mean difference in levels, without and with the light."""

    plan: str
    light: str
    shine: str
    skin: int
    family: bool
    warp: float
    lit: float
    toned: bool = False

    @property
    def gain(self) -> float:
        """Share of the warp's error that the light takes away."""
        return 1.0 - self.lit / self.warp


def drawn_head(model: HeadModel, number: int, *, family: bool) -> HeadSurface:
    """Return a random head; one that the family does not hold is crooked and uneven."""
    rng = np.random.default_rng(23 + number)
    people = [name for name in model.identity_names if name.count("-") == 2]
    people = [name for name in people if name.startswith("macrodetails/")]
    shares = rng.normal(0.0, SPREAD, len(model.identity_names))
    shares[model.identity_names.index(people[number % len(people)])] += PEOPLE_SPREAD
    surface = model.surface(shares)
    if family:
        return surface
    x, y, _ = surface.vertices.T
    uneven = 0.7 * np.sin(x / 3.1 + rng.uniform(0, 6)) * np.sin(y / 3.7 + rng.uniform(0, 6))
    crooked = np.exp(-(((y + 30.0) / 14.0) ** 2)) * np.exp(-((x / 16.0) ** 2)) * 2.0
    moved = surface.normals * uneven[:, None]
    moved[:, 0] += crooked
    return surface.moved(moved)


def plan_of(name: str, prepared: PreparedFace) -> SurgicalPlan:
    """Return the plan to simulate: single effects in depth where some are named."""
    effects = PLANS[name]
    if not effects:
        return make_plan(name, prepared.landmarks, intensity=60)
    return make_plan(name, prepared.landmarks, intensity=0, effects=effects)


def photographed(
    detector: LandmarkDetector, model: HeadModel, truth: HeadSurface, look: Look
) -> PreparedFace:
    """Return the photo of a head, read once for all plans."""
    photo = portrait(model, truth, CAMERA, look, SIZE)
    face = detector.extract(photo, passes=8).with_scale(Scale(1.0 / PX, 0.02, "ruler"))
    return PreparedFace(photo, face)


def compared(
    prepared: PreparedFace, model: HeadModel, truth: HeadSurface, look: Look, name: str
) -> tuple[float, float]:
    """Return the two differences."""
    plan = plan_of(name, prepared)
    moved = truth.moved(HeadPlan(truth, plan).displacement())
    after = portrait(model, moved, CAMERA, replace(look, noise=0.0), SIZE)
    warp = warp_plan(prepared, plan, ClinicalFlags(), clock=StageClock(), pause=lambda: None)
    relit = lit(prepared, warp)
    inside = warp.mask.full() > 0
    off = [
        float(np.abs(cv2.GaussianBlur(picture - after, (0, 0), SMOOTHED_PX))[inside].mean())
        for picture in (warp.warped.astype(np.float32), relit.warped.astype(np.float32))
    ]
    return off[0], off[1]


def of_family(number: int) -> bool:
    """Return whether a head is one of the family."""
    return number % 3 == 0


def cases(heads: int, names: tuple[str, ...], lights: tuple[str, ...]) -> list[Case]:
    """Compare heads of both kinds in these lights, each in a tone of its own."""
    detector, model = LandmarkDetector(), head_model()
    found = []
    for number in range(heads):
        truth = drawn_head(model, number, family=of_family(number))
        for place, light in enumerate(lights):
            skin = (number + place) % len(SKINS)
            look = look_of(light, skin, NOISE, number)
            for shine, (strength, sharpness) in SHINE.items():
                own = replace(look, shine=strength, sharpness=sharpness)
                prepared = photographed(detector, model, truth, own)
                for name in names:
                    off = compared(prepared, model, truth, own, name)
                    found.append(Case(name, light, shine, skin, of_family(number), *off))
    return found


def toned_cases(heads: tuple[int, ...], lights: tuple[str, ...], skins: range) -> list[Case]:
    """Compare tones of skin on the same heads in the same lights, without gloss or noise."""
    detector, model = LandmarkDetector(), head_model()
    found = []
    for number in heads:
        family = of_family(number)
        truth = drawn_head(model, number, family=family)
        for light in lights:
            for skin in skins:
                look = replace(look_of(light, skin, 0.0, number), shine=0.0)
                prepared = photographed(detector, model, truth, look)
                for name in TONED_PLANS:
                    off = compared(prepared, model, truth, look, name)
                    found.append(Case(name, light, "matt", skin, family, *off, toned=True))
    return found


def look_of(light: str, skin: int, noise: float, seed: int) -> Look:
    """Return how a head looks in a light."""
    direction, ambient = LIGHTS[light]
    return Look(SKINS[skin], light=direction, ambient=ambient, noise=noise, seed=seed, power=None)


def summary(found: list[Case]) -> Table:
    """Tabulate the gains."""
    table = Table(
        "light", ["pictures", "number", "warp", "with light", "less by, median %", "least %"]
    )
    groups: dict[str, list[Case]] = {}
    for case in found:
        if case.toned:
            groups.setdefault(f"same heads and lights, skin {case.skin + 1}", []).append(case)
            continue
        kind = "heads of the family" if case.family else "heads beyond the family"
        for key in (case.plan, f"light: {case.light}", kind):
            groups.setdefault(f"{case.shine}, {key}", []).append(case)
    for key, members in sorted(groups.items()):
        gains = 100.0 * np.array([case.gain for case in members])
        table.add(
            key,
            len(members),
            float(np.mean([case.warp for case in members])),
            float(np.mean([case.lit for case in members])),
            float(np.median(gains)),
            float(gains.min()),
        )
    table.notes.append(
        "Mean difference in levels of 255 from the drawing of the moved head, over the mask; the "
        "head of each photo is fitted to its landmarks and its light."
    )
    table.notes.append(
        "Skin 1 is the fairest of six tones, 6 the darkest: the same heads in the same lights, "
        "without gloss and noise. The other pictures have noise of one level, and every light "
        "another tone."
    )
    return table


def main() -> None:
    options = arguments(__doc__ or "").parse_args()
    if options.quick:
        found = cases(1, ("rhinoplasty",), ("side", "above"))
        deliver(options, summary(found + toned_cases((2,), ("side",), range(0, 6, 5))))
        return
    found = cases(HEADS, tuple(PLANS), tuple(LIGHTS))
    toned = toned_cases(TONED_HEADS, TONED_LIGHTS, range(len(SKINS)))
    deliver(options, summary(found + toned))


if __name__ == "__main__":
    main()
