"""Things drawn on a face in the frame of the face: tape, ruler, splint, pad, tube, bar, mosaic."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.landmarks.face import FaceLandmarks

WHITE = (245.0, 243.0, 238.0)
CREAM = (226.0, 205.0, 172.0)
METAL = (175.0, 178.0, 182.0)
PLASTIC = (205.0, 222.0, 214.0)
BLACK = (8.0, 8.0, 8.0)


def to_photo(face: FaceLandmarks, mm: np.ndarray) -> np.ndarray:
    """Points (n, 2) in millimetres from the eyes, x right and y down, in the photo."""
    roll = np.radians(face.pose.roll)
    turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    return face.origin_px[:2] + np.asarray(mm, float) @ turn.T / face.scale.mm_per_px


def place(face: FaceLandmarks, landmark: int) -> np.ndarray:
    """A landmark in millimetres from the eyes, x right and y down."""
    roll = np.radians(face.pose.roll)
    back = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    return (face.points[landmark, :2] - face.origin_px[:2]) @ back.T * face.scale.mm_per_px


def bar(centre: np.ndarray, width: float, height: float, degrees: float = 0.0) -> np.ndarray:
    """Corners of a rectangle, mm."""
    angle = np.radians(degrees)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return corners @ turn.T + centre


def oval(centre: np.ndarray, a: float, b: float, degrees: float = 0.0) -> np.ndarray:
    """Outline of an ellipse with these half axes, mm."""
    angle = np.linspace(0.0, 2.0 * np.pi, 80)
    turn = np.radians(degrees)
    points = np.stack([a * np.cos(angle), b * np.sin(angle)], axis=1)
    return points @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + centre


def tube(path: np.ndarray, width: float) -> np.ndarray:
    """Outline of a tube along a path (n, 2), mm."""
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    return np.concatenate([path + across * width / 2, (path - across * width / 2)[::-1]])


def paste(image, face, outlines, colour, softness=1.0):
    """Lay outlines (mm) of one colour on a photo, with a little grain and a soft border."""
    height, width = image.shape[:2]
    mask = np.zeros((height * 2, width * 2), np.uint8)
    for outline in outlines:
        points = np.round(to_photo(face, outline) * 2).astype(np.int32)
        cv2.fillPoly(mask, [points], 255, cv2.LINE_AA)
    mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA) / 255.0
    mask = cv2.GaussianBlur(mask, (0, 0), max(0.5, 0.3 * softness / face.scale.mm_per_px))
    grain = np.random.default_rng(0).normal(0.0, 3.0, (height, width, 1))
    grain = cv2.GaussianBlur(grain, (0, 0), 1.0)[..., None]
    mixed = image * (1.0 - mask[..., None]) + (np.array(colour) + grain) * mask[..., None]
    return np.clip(mixed, 0, 255).astype(np.uint8)


def skin_of(image, face):
    """Colour of the cheeks: (3,) float."""
    cheeks = face.points[[50, 280, 117, 346], :2].astype(int)
    return np.median([image[y - 2 : y + 3, x - 2 : x + 3].mean(axis=(0, 1)) for x, y in cheeks], 0)


def strip(image, face):
    """A white strip across the bridge of the nose."""
    tip = place(face, 4)
    return paste(image, face, [bar(tip - (0, 9), 34, 10, 4)], WHITE)


def ruler(image, face):
    """A ruler with ticks under the nose."""
    middle = 0.5 * (place(face, 2) + place(face, 0))
    photo = paste(image, face, [bar(middle, 96, 11, 1)], WHITE)
    ticks = [bar(middle + np.array([x, -3.5]), 0.6, 4) for x in range(-46, 47, 4)]
    return paste(photo, face, ticks, (30, 30, 30), softness=0.5)


def splint(image, face, colour=CREAM):
    """A splint on the nose."""
    half = np.array([[6, -2], [8, 14], [18, 30], [15, 36], [9, 36], [8, 44]], float)
    outline = np.concatenate([half, (half * (-1, 1))[::-1]])
    tip, root = place(face, 4), place(face, 9)
    outline = outline * (1, (tip[1] + 6) / 44) + ((tip[0] + root[0]) / 2, 0)
    return paste(image, face, [outline], colour)


def metal_splint(image, face):
    """The same of metal."""
    return splint(image, face, METAL)


def eye_pad(image, face):
    """A pad over the patient's left eye."""
    return paste(image, face, [oval(place(face, 473) + np.array([2, 0]), 27, 20, 10)], WHITE)


def cannula(image, face):
    """A nasal cannula: a thin tube over the lip with two prongs."""
    middle = 0.5 * (place(face, 2) + place(face, 0))
    across = np.linspace(-1, 1, 60)
    path = middle + np.stack([62 * across, 1 + 3 * np.abs(across)], axis=1)
    prongs = [bar(middle + np.array([x, -5]), 3.5, 9) for x in (-6, 6)]
    return paste(image, face, [tube(path, 4.5), *prongs], PLASTIC)


def breathing_tube(image, face):
    """A tube from the corner of the mouth."""
    share = np.linspace(0, 1, 50)
    lip = place(face, 17)
    path = np.stack([lip[0] + 12 + 45 * share, place(face, 0)[1] + 6 + 30 * share**1.5], axis=1)
    return paste(image, face, [tube(path, 9)], (200, 225, 230))


def chin_patch(image, face):
    """A plaster on the chin."""
    return paste(image, face, [bar(place(face, 152) - (10, 14), 30, 22, 12)], WHITE)


def finger(image, face):
    """A finger of another tone beside the nose."""
    light = skin_of(image, face).mean() > 120
    colour = (130, 90, 70) if light else (215, 170, 150)
    return paste(image, face, [oval(place(face, 4) - (25, 0), 30, 8, -30)], colour)


def black_bar(image, face):
    """A black bar over the eyes."""
    middle = 0.5 * (place(face, 468) + place(face, 473))
    return paste(image, face, [bar(middle, 110, 24)], BLACK)


def _eyes(image, face):
    low = np.floor(to_photo(face, np.array([[-55, -16]]))[0]).astype(int)
    high = np.ceil(to_photo(face, np.array([[55, 16]]))[0]).astype(int)
    return np.s_[low[1] : high[1], low[0] : high[0]]


def mosaic(image, face, square_mm=7.0):
    """Eyes made of squares."""
    photo = image.copy()
    part = _eyes(image, face)
    height, width = photo[part].shape[:2]
    square = max(1, round(square_mm / face.scale.mm_per_px))
    small = cv2.resize(
        photo[part], (width // square, height // square), interpolation=cv2.INTER_AREA
    )
    photo[part] = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
    return photo


def blurred_eyes(image, face):
    """Eyes that were blurred."""
    photo = image.copy()
    part = _eyes(image, face)
    photo[part] = cv2.GaussianBlur(photo, (0, 0), 4.0 / face.scale.mm_per_px)[part]
    return photo


def closed_lids(image, face, sides=("right", "left")):
    """Lids drawn closed over the eyes, a line of lashes at their lower margin."""
    photo = image.copy()
    rings = {
        "right": ((33, 246, 161, 160, 159, 158, 157, 173, 133), (155, 154, 153, 145, 144, 163, 7)),
        "left": (
            (263, 466, 388, 387, 386, 385, 384, 398, 362),
            (382, 381, 380, 374, 373, 390, 249),
        ),
    }
    for side in sides:
        upper, lower = (face.points[list(ids), :2] for ids in rings[side])
        opening = np.round(np.concatenate([upper, lower]) * 16).astype(np.int32)
        lid = face.points[[223, 443], :2].astype(int)
        colour = np.median(
            [image[y - 1 : y + 2, x - 1 : x + 2].mean(axis=(0, 1)) for x, y in lid], 0
        )
        cv2.fillPoly(photo, [opening], colour.tolist(), cv2.LINE_AA, 4)
        cv2.polylines(photo, [opening], True, colour.tolist(), 3, cv2.LINE_AA, 4)
        corners = np.concatenate([upper[-1:], lower, upper[:1]])
        line = np.round(corners * 16).astype(np.int32)
        cv2.polylines(photo, [line], False, (40, 28, 26), 1, cv2.LINE_AA, 4)
    return photo


def strands(image, face, seed, colour=(40, 28, 22)):
    """Loose strands of hair from the forehead down over the brows."""
    random = np.random.default_rng(seed)
    top, down = place(face, 10), np.linspace(0, 1, 60)
    hairs = []
    for _ in range(8):
        along = random.uniform(-35, 35) + random.uniform(-15, 15) * down
        waved = along + 3 * np.sin(down * random.uniform(3, 7) + random.uniform(0, 6))
        length = random.uniform(50, 80)
        path = np.stack([waved, top[1] - 5 + length * down], axis=1)
        hairs.append(tube(path, random.uniform(0.6, 1.2)))
    return paste(image, face, hairs, colour, softness=0.5)


def freckles(image, face):
    """Freckles all over the cheeks and nose."""
    random = np.random.default_rng(5)
    dots = [
        oval(
            np.array([random.uniform(-45, 45), random.uniform(5, 50)]), *random.uniform(0.4, 1.2, 2)
        )
        for _ in range(60)
    ]
    return paste(image, face, dots, skin_of(image, face) * 0.6)


def mole(image, face):
    """A mole on the cheek."""
    return paste(image, face, [oval(np.array([25.0, 28.0]), 3, 2.6)], skin_of(image, face) * 0.35)


def scar(image, face):
    """A pale scar across the cheek."""
    share = np.linspace(0, 1, 20)
    path = np.stack([-30 + 22 * share, 18 + 16 * share + 2 * np.sin(6 * share)], axis=1)
    return paste(image, face, [tube(path, 1.6)], np.minimum(skin_of(image, face) * 1.1, 250))


def _washed(image, face, outlines, colour, strength, soft_mm):
    mask = np.zeros(image.shape[:2], np.float32)
    for outline in outlines:
        cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 1.0)
    mask = strength * cv2.GaussianBlur(mask, (0, 0), soft_mm / face.scale.mm_per_px)[..., None]
    return np.clip(image * (1 - mask) + np.array(colour) * mask, 0, 255).astype(np.uint8)


def blusher(image, face):
    """Blusher on both cheeks."""
    spots = [to_photo(face, oval(np.array([x, 26.0]), 12, 12)) for x in (-36.0, 36.0)]
    return _washed(image, face, spots, (205, 60, 75), 0.4, 5.0)


def dark_lips(image, face):
    """Dark lipstick."""
    ring = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40)
    lips = face.points[[*ring, 185], :2]
    return _washed(image, face, [lips], (60, 20, 30), 0.75, 0.5)


def eye_shadow(image, face):
    """Blue eye shadow up to the brows."""
    lids = (
        (33, 246, 161, 160, 159, 158, 157, 173, 133, 221, 222, 223, 224, 225, 113),
        (263, 466, 388, 387, 386, 385, 384, 398, 362, 441, 442, 443, 444, 445, 342),
    )
    outlines = [face.points[list(ids), :2] for ids in lids]
    return _washed(image, face, outlines, (60, 50, 110), 0.6, 0.8)


def side_shadow(image, face):
    """The shadow of something beside the face, with an edge."""
    half = to_photo(face, np.array([[-80, -90], [-12, -90], [-6, 110], [-80, 110]]))
    return _washed(image, face, [half], (0, 0, 0), 0.45, 1.5)


def beard(image, face, colour=(35, 28, 24)):
    """A beard: grain on jaw, lip and chin."""
    ring = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361)
    jaw = face.points[[*ring, 287, 410, 322, 164, 92, 186, 57], :2]
    mask = np.zeros(image.shape[:2], np.float32)
    cv2.fillPoly(mask, [np.round(jaw).astype(np.int32)], 1.0)
    mask = cv2.GaussianBlur(mask, (0, 0), 1.5 / face.scale.mm_per_px)
    grain = np.random.default_rng(5).normal(0, 1, mask.shape).astype(np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), max(0.6, 0.5 / face.scale.mm_per_px))
    share = (mask * np.clip(0.62 + 0.28 * grain / grain.std(), 0, 1))[..., None]
    return np.clip(image * (1 - share) + np.array(colour) * share, 0, 255).astype(np.uint8)


def white_beard(image, face):
    """A white beard."""
    return beard(image, face, (205, 203, 200))
