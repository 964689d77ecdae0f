"""Where a profile lies in a photo: the outline of a head from many proposals.

Proposals come from the full-range detector, which errs on profiles by half a face now and then,
and from what sticks out of the silhouette to the left and to the right. All are fitted together
over a silhouette of the whole scene; the best ones again over silhouettes of the head alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray
from landmarkdiff.profile.backdrop import Backdrop, plain_backdrop
from landmarkdiff.profile.faces import SeenFace
from landmarkdiff.profile.networks import SILHOUETTE_PIXELS, ProfileNetworks
from landmarkdiff.profile.outline import OutlineFit, Scene, fit_outlines, outline_model, starts_at
from landmarkdiff.profile.windows import PhotoPyramid, Window

__all__ = ["LEAST_PX_PER_MM", "FoundOutline", "find_outlines", "head_scene"]


#: Width of the detector's box on profiles, and of a head from nose to occiput, mm.
_BOX_MM = 120.0
_DEPTH_MM = 220.0
#: The box in the outline's frame (a head that looks to the left, tip at zero, mm): on rendered
#: profiles its centre lay so far behind and above the tip.
_BOX_BEHIND_MM = 42.0
_BOX_ABOVE_MM = 12.0
#: Detections that proposals are made of, and protrusions of the silhouette on each side.
_FACES = 3
_PROTRUSIONS = 4
#: A face smaller than this share of the photo is looked at in a window of its own, so wide in
#: sizes of the face.
_SMALL_FACE = 0.18
_SCENE_SIDES = 5.0
#: Rounds over the whole scene, and over the head alone: reach in mm, modes that may change.
_FIRST = (26.0, 22.0, 18.0), (0, 0, 1)
_FURTHER = (14.0, 11.0, 9.0), (2, 4, 4)
_SECOND = (12.0, 10.0, 8.0, 7.0, 6.0, 5.0, 5.0, 5.0), (1, 4, 6, 10, 10, 10, 10, 10)
_FIRST_PIXELS, _SECOND_PIXELS = 256, 448
#: Windows of the second silhouettes: side in mm, and centre behind and below the tip, mm.
_HEAD_WINDOWS = ((300.0, 85.0, 0.0), (430.0, 90.0, 20.0))
#: A head that is smaller than this, pixels per mm, shows no contour worth the name.
LEAST_PX_PER_MM = 0.4
#: Outlines that go on after the first rounds, and that are looked at a second time; those that
#: are worse by so much are not.
_SEMIFINALISTS = 10
_FINALISTS = 3
_BEHIND = 0.12
#: Starts over the head alone, in scales of the outline that was found.
_SCALES_AGAIN = (0.87, 1.15)
#: Starts at the detector's tip of the nose: scales, in those that its box tells, and how far from
#: the outline's it may be, in boxes.
_NOSE_SCALES, _NOSE_REACH = (0.85, 1.0), 0.6


@dataclass(frozen=True, eq=False)
class FoundOutline:
    """An outline in the photo.

    Attributes
    ----------
    points : (n, 2) float64 array
        Of the model's outline, image frame, pixels, from the hairline to the neck.
    facing : int
        1 looks to the left of the picture, -1 to the right.
    px_per_mm : float
        Rough scale: that of a head of average size, give or take a tenth.
    roll : float
        Turn in the image plane, degrees, clockwise as seen.
    quality : float
        0 to about 0.7; what it takes to be a profile says :mod:`landmarkdiff.profile.view`.
    offsets : (n,) float64 array
        Distance of the border of the silhouette from the outline, outward, mm.
    strengths : (n,) float64 array
        How clear that border is, 0 to 1.
    scene : Scene
        Silhouette and colours of the head.
    """

    points: FloatArray
    facing: int
    px_per_mm: float
    roll: float
    quality: float
    offsets: FloatArray
    strengths: FloatArray
    scene: Scene

    @property
    def tip(self) -> FloatArray:
        """Tip of the nose, (2,), pixels."""
        return np.asarray(self.points[outline_model().tip])


def find_outlines(
    networks: ProfileNetworks, pyramid: PhotoPyramid, faces: list[SeenFace]
) -> list[FoundOutline]:
    """Return the outlines that fit best, the best first.

    Parameters
    ----------
    networks : ProfileNetworks
    pyramid : PhotoPyramid
    faces : list of SeenFace
        What the detector saw, if anything.

    Returns
    -------
    list of FoundOutline
        At most one for each finalist; empty where nothing sticks out and no face was seen.
    """
    window = _whole(pyramid, faces)
    backdrop = plain_backdrop(pyramid)
    scene = _scene(networks, pyramid, (window,), window, _FIRST_PIXELS, backdrop)
    starts = _proposals(scene, faces)
    if starts is None:
        return []
    fit = fit_outlines(scene, starts, *_FIRST)
    worth = fit.quality + _support(scene, fit, faces)
    fit = fit_outlines(scene, fit.chosen(np.argsort(-worth)[:_SEMIFINALISTS]), *_FURTHER)
    worth = fit.quality + _support(scene, fit, faces)
    order = np.argsort(-worth)
    finalists = _apart(fit, order[worth[order] > worth[order[0]] - _BEHIND])
    found = [
        _again(networks, pyramid, scene, fit.chosen([index]), faces, backdrop)
        for index in finalists
    ]
    found = [outline for outline in found if outline.px_per_mm > LEAST_PX_PER_MM]
    bonus = [_support_of(outline, faces) for outline in found]
    totals = [outline.quality + more for outline, more in zip(found, bonus, strict=True)]
    return [found[index] for index in np.argsort(totals)[::-1]]


def head_scene(
    networks: ProfileNetworks,
    pyramid: PhotoPyramid,
    tip: FloatArray,
    facing: float,
    px_per_mm: float,
    backdrop: Backdrop | None,
) -> Scene:
    """Return the scene of a head whose tip of the nose, side and scale are known.

    Parameters
    ----------
    networks : ProfileNetworks
    pyramid : PhotoPyramid
    tip : (2,) float64 array
        Image frame, pixels.
    facing : float
        1 looks to the left of the picture, -1 to the right.
    px_per_mm : float
    backdrop : Backdrop, optional
        Of a photo with a plain one.
    """
    windows = tuple(
        Window(
            float(tip[0]) + facing * behind * px_per_mm,
            float(tip[1]) + below * px_per_mm,
            side * px_per_mm,
        )
        for side, behind, below in _HEAD_WINDOWS
    )
    return _scene(networks, pyramid, windows, windows[-1], _SECOND_PIXELS, backdrop)


def _whole(pyramid: PhotoPyramid, faces: list[SeenFace]) -> Window:
    height, width = pyramid.photo.shape[:2]
    longest = float(max(height, width))
    if faces and faces[0].size < _SMALL_FACE * longest:
        x, y = faces[0].centre
        return Window(float(x), float(y), _SCENE_SIDES * faces[0].size)
    return Window((width - 1) / 2, (height - 1) / 2, longest)


def _scene(
    networks: ProfileNetworks,
    pyramid: PhotoPyramid,
    windows: tuple[Window, ...],
    frame: Window,
    pixels: int,
    backdrop: Backdrop | None,
) -> Scene:
    """Silhouettes of windows and what differs from a plain backdrop, in one frame, averaged."""
    corner = np.array([frame.x - frame.side / 2 + 0.5, frame.y - frame.side / 2 + 0.5])
    total = np.zeros((pixels, pixels), np.float32)
    count = np.zeros((pixels, pixels), np.float32)
    for window in windows:
        mask = _both_ways(networks, pyramid, window)
        step = frame.side / pixels * SILHOUETTE_PIXELS / window.side
        start = (corner - 0.5 - (window.x - window.side / 2, window.y - window.side / 2)) / (
            window.side / SILHOUETTE_PIXELS
        )
        matrix = np.array(
            [
                [step, 0.0, start[0] + 0.5 * step - 0.5],
                [0.0, step, start[1] + 0.5 * step - 0.5],
            ]
        )
        laid = cv2.warpAffine(
            mask,
            matrix,
            (pixels, pixels),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderValue=-1.0,
        )
        total += np.where(laid >= 0, laid, 0)
        count += laid >= 0
    colours = pyramid.sample(frame, pixels).astype(np.float32) / 255
    lab = cv2.GaussianBlur(cv2.cvtColor(colours, cv2.COLOR_RGB2LAB), (0, 0), 1.0)
    person = total / np.maximum(count, 1)
    if backdrop is not None:
        ticks = (np.arange(pixels) + 0.5) * frame.side / pixels
        x, y = corner[0] - 0.5 + ticks, corner[1] - 0.5 + ticks
        height, width = pyramid.photo.shape[:2]
        inside = ((y > 0) & (y < height - 1))[:, None] & ((x > 0) & (x < width - 1))
        other = backdrop.foreign(np.asarray(lab, np.float32), x, y)
        person = np.where(inside, (person + other) / 2, person)
    return Scene(
        np.asarray(person, np.float32),
        np.asarray(lab, np.float32),
        corner,
        frame.side / pixels,
        backdrop,
    )


def _both_ways(
    networks: ProfileNetworks, pyramid: PhotoPyramid, window: Window
) -> NDArray[np.float32]:
    """Silhouette of a window and of its mirror image, averaged: free of a preferred side."""
    size = SILHOUETTE_PIXELS
    plain = networks.silhouette(pyramid.sample(window, size))
    mirrored = networks.silhouette(pyramid.sample(window.mirror(), size))
    return np.asarray((plain + mirrored[:, ::-1]) / 2, np.float32)


def _proposals(scene: Scene, faces: list[SeenFace]) -> OutlineFit | None:
    """Starts from detections and from what sticks out of the silhouette."""
    tips: list[tuple[float, float]] = []
    facing: list[float] = []
    scales: list[float] = []
    for face in faces[:_FACES]:
        x, y = face.centre
        for side in (1.0, -1.0):
            for factor in (0.85, 1.0, 1.18):
                scale = face.size / _BOX_MM * factor
                tips.append((x - side * _BOX_BEHIND_MM * scale, y + _BOX_ABOVE_MM * scale))
                facing.append(side)
                scales.append(scale)
    for side in (1.0, -1.0):
        for x, y, depth in _protrusions(scene, side):
            for factor in (0.88, 1.08):
                tips.append((x, y))
                facing.append(side)
                scales.append(depth / _DEPTH_MM * factor)
    if not tips:
        return None
    return starts_at(scene, np.array(tips), np.array(facing), np.array(scales))


def _protrusions(scene: Scene, facing: float) -> list[tuple[float, float, float]]:
    """Photo x, y and depth of the head (pixels) where the silhouette sticks out to one side."""
    sure = max(float(np.percentile(scene.mask, 98)), 0.1)
    mask = (scene.mask > 0.5 * sure).astype(np.uint8)
    if facing < 0:
        mask = np.ascontiguousarray(mask[:, ::-1])
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return []
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    body = labels == largest
    rows = np.flatnonzero(body.any(axis=1))
    first = body.argmax(axis=1).astype(np.float64)
    width = body.sum(axis=1).astype(np.float64)
    found = []
    for row in rows[4:-4]:
        reach = max(6, int(0.16 * width[row]))
        low, high = max(rows[0], row - reach), min(rows[-1], row + reach)
        near = first[low : high + 1]
        if first[row] > near.min() or first[row] <= 1:
            continue
        out = min(first[low], first[high]) - first[row]
        found.append((out / max(width[row], 1.0), row))
    found.sort(reverse=True)
    side = mask.shape[0]
    chosen: list[int] = []
    for _, row in found:
        if all(abs(row - other) > 0.1 * width[row] for other in chosen):
            chosen.append(row)
    result = []
    for row in chosen[:_PROTRUSIONS]:
        x = first[row] if facing > 0 else side - 1 - first[row]
        place = scene.to_photo(np.array([x + 1j * row]))[0]
        result.append((float(place[0]), float(place[1]), float(width[row]) * scene.step))
    return result


def _support(scene: Scene, fit: OutlineFit, faces: list[SeenFace]) -> FloatArray:
    """What the detector adds for each outline: up to 0.25 where it saw a face there."""
    side = scene.mask.shape[0]
    tips = scene.to_photo(fit.in_square(side)[:, outline_model().tip])
    scales = np.abs(fit.factor) * scene.step
    rows = zip(tips, fit.facing, scales, strict=True)
    return np.array([_seen_there(tip, facing, scale, faces) for tip, facing, scale in rows])


def _support_of(outline: FoundOutline, faces: list[SeenFace]) -> float:
    return _seen_there(outline.tip, outline.facing, outline.px_per_mm, faces)


def _seen_there(tip: FloatArray, facing: float, scale: float, faces: list[SeenFace]) -> float:
    best = 0.0
    for face in faces:
        way = face.centre - tip - scale * np.array([facing * _BOX_BEHIND_MM, -_BOX_ABOVE_MM])
        far = float(np.hypot(*way)) / (0.35 * _BOX_MM * scale)
        size = np.log(face.size / (_BOX_MM * scale)) / 0.25
        looks = 0.5 + 0.5 * np.clip(-facing * face.turn / 0.4, -1.0, 1.0)
        seen = min(face.score / 2.0, 1.0) * np.exp(-0.5 * (far**2 + size**2))
        best = max(best, float(seen * (0.5 + 0.5 * looks)))
    return 0.25 * best


def _apart(fit: OutlineFit, order: NDArray[np.intp]) -> list[int]:
    """The first of the order that lie apart from each other or look another way."""
    chosen: list[int] = []
    for index in order:
        scale = abs(fit.factor[index])
        for other in chosen:
            same = fit.facing[other] == fit.facing[index]
            if same and abs(fit.place[other] - fit.place[index]) < 25.0 * scale:
                break
        else:
            chosen.append(int(index))
        if len(chosen) == _FINALISTS:
            break
    return chosen


def _again(
    networks: ProfileNetworks,
    pyramid: PhotoPyramid,
    scene: Scene,
    fit: OutlineFit,
    faces: list[SeenFace],
    backdrop: Backdrop | None,
) -> FoundOutline:
    """Fit one outline again, over silhouettes of the head that it found."""
    facing = float(fit.facing[0])
    tip = scene.to_photo(fit.in_square(scene.mask.shape[0])[:, outline_model().tip])[0]
    scale = float(abs(fit.factor[0])) * scene.step
    close = head_scene(networks, pyramid, tip, facing, scale, backdrop)
    tips, scales = _starts_again(tip, facing, scale, faces)
    count = len(tips)
    start = starts_at(close, np.array(tips), np.full(count, facing), np.array(scales))
    turn = np.exp(1j * np.angle(fit.factor[0]))
    shape = np.concatenate([fit.shape, np.zeros((count - 1, fit.shape.shape[1]))])
    start = replace(start, factor=start.factor * turn, shape=shape)
    fits = fit_outlines(close, start, *_SECOND)
    worth = fits.quality + _support(close, fits, faces)
    final = fits.chosen([int(np.argmax(worth))])
    return FoundOutline(
        points=close.to_photo(final.in_square(_SECOND_PIXELS))[0],
        facing=int(facing),
        px_per_mm=float(abs(final.factor[0])) * close.step,
        roll=float(np.degrees(np.angle(final.factor[0]))) * facing,
        quality=float(final.quality[0]),
        offsets=final.offsets[0],
        strengths=final.strengths[0],
        scene=close,
    )


def _starts_again(
    tip: FloatArray, facing: float, scale: float, faces: list[SeenFace]
) -> tuple[list[FloatArray], list[float]]:
    """Tips and scales of the starts over the head alone: those of the outline come first.

    The first rounds may have taken the edge of a beard for the chin, or lips for the nose. The
    detector sees the tip of the nose, though half a face off on some profiles.
    """
    tips = [tip] * (1 + len(_SCALES_AGAIN))
    scales = [scale, *(scale * factor for factor in _SCALES_AGAIN)]
    for face in faces[:_FACES]:
        nose = face.keypoints[2]
        if -facing * face.turn > 0 and np.hypot(*(nose - tip)) < _NOSE_REACH * face.size:
            tips += [nose, nose]
            scales += [face.size / _BOX_MM * factor for factor in _NOSE_SCALES]
    return tips, scales
