"""Draws the app's icon, one half of a face as landmarks and the other as their outline.

Run it after a change: ``python scripts/draw_icons.py``.
"""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image, ImageDraw

ICONS = Path(__file__).parents[1] / "landmarkdiff" / "ui" / "static" / "icons"
BLUE, WHITE = "#0b5c8a", "#ffffff"
SIDE = 512
#: Half axes of the face and its centre, in a square of 512.
FACE = (128, 168, 256, 256)
STROKE = 22
DOTS = 9
DOT = 15
OVERSAMPLING = 4


def face_point(angle: float) -> tuple[float, float]:
    """Point of the outline; 0 is the forehead's middle, growing toward the left of the icon."""
    across, down, x, y = FACE
    return x - across * math.sin(angle), y - down * math.cos(angle)


def dots() -> list[tuple[float, float]]:
    """Landmarks of the left half: the outline, the eye, the nose, the mouth."""
    outline = [face_point(math.pi * step / (DOTS - 1)) for step in range(DOTS)]
    return [*outline, (206, 226), (256, 290), (216, 344), (256, 352)]


def write_svg(path: Path) -> None:
    """Write the icon as SVG."""
    across, down, x, y = FACE
    circles = "".join(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="{DOT}"/>' for cx, cy in dots())
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">'
        f'<rect width="{SIDE}" height="{SIDE}" rx="96" fill="{BLUE}"/>'
        f'<path d="M{x} {y - down}A{across} {down} 0 0 1 {x} {y + down}" fill="none" '
        f'stroke="{WHITE}" stroke-width="{STROKE}"/>'
        f'<g fill="{WHITE}">{circles}</g></svg>\n',
        encoding="utf-8",
    )


def draw_png(side: int) -> Image.Image:
    """Return the icon with a side in pixels."""
    scale = side * OVERSAMPLING / SIDE
    image = Image.new("RGBA", (side * OVERSAMPLING,) * 2)
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, image.width - 1, image.height - 1), 96 * scale, BLUE)
    across, down, x, y = FACE
    half = STROKE / 2
    outer = [value * scale for value in (x - across - half, y - down - half)]
    outer += [value * scale for value in (x + across + half, y + down + half)]
    pen.arc(outer, -90, 90, WHITE, round(STROKE * scale))
    for cx, cy in dots():
        pen.ellipse([value * scale for value in (cx - DOT, cy - DOT, cx + DOT, cy + DOT)], WHITE)
    return image.resize((side, side), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    ICONS.mkdir(parents=True, exist_ok=True)
    write_svg(ICONS / "icon.svg")
    for pixels in (192, 512):
        draw_png(pixels).quantize(64).save(ICONS / f"icon-{pixels}.png", optimize=True)
