"""Photograph every tab of the running app, at three widths, light and dark.

    python scripts/make_screenshots.py [--all FOLDER]

Without ``--all`` the pictures of the documentation are made, from a public-domain portrait and a
rendered head only. With it, each tab is photographed at 390, 768 and 1440 pixels in both colour
schemes into a folder, to be looked at. Needs the packages of the tests and Debian's Chromium.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from landmarkdiff import weights

ROOT = Path(__file__).parents[1]
sys.path += [str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

from make_pictures import IMAGES, save  # noqa: E402
from running_app import add_photo, go_to_tab, serving  # noqa: E402
from turned_heads import turned_head  # noqa: E402

Scheme = Literal["light", "dark"]
TABS = {
    "single": "Single procedure",
    "compare": "Comparison",
    "sweep": "Intensity sweep",
    "analysis": "Face analysis",
    "views": "Multiple angles",
}
WIDTHS = (390, 768, 1440)
PATIENCE = 120_000
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


@contextmanager
def visiting(browser: Browser, url: str, width: int, scheme: Scheme) -> Iterator[Page]:
    """A page with a photo in its first tab."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{url}/en/")
    page.wait_for_selector(".ld-intake-start")
    add_photo(page, Path(weights.obtain("astronaut")))
    yield page
    context.close()


def prepare(page: Page, key: str) -> None:
    """Go to a tab and let it do its job."""
    go_to_tab(page, TABS[key])
    if key == "single":
        page.evaluate("scrollTo(0, 0)")
    elif key in ("compare", "sweep"):
        part = page.locator("[data-tab=comparison]" if key == "compare" else "[data-tab=sweep]")
        expect(part).to_have_attribute("data-state", "ready")
        if key == "compare":
            for name in ("rhinoplasty", "brow_lift", "lip_lift", "mentoplasty"):
                part.locator(f"input[value={name}]").check()
        before = int(part.get_attribute("data-answered") or "0")
        ask = "Compare" if key == "compare" else "Compute the sweep"
        part.get_by_role("button", name=ask, exact=True).click()
        expect(part).to_have_attribute("data-answered", str(before + 1))
    elif key == "analysis":
        # A phone folds the tables.
        page.wait_for_selector("[data-tab=analysis] table", state="attached")
    elif key == "views":
        heads = [
            {"name": f"{yaw}.png", "mimeType": "image/png", "buffer": turned_head(yaw)}
            for yaw in (45, -80, 0, 80, -45)
        ]
        page.locator(".ld-views-bar input[type=file]").set_input_files(heads)
        page.wait_for_selector('.ld-views[data-count="5"]:not(.ld-working)')
        page.get_by_role("button", name="Apply the plan to all views").click()
        page.wait_for_selector(".ld-views:not(.ld-working) .ld-view-pair")
    # Pictures below the fold would wait until somebody scrolls there.
    page.evaluate("for (const image of document.images) image.loading = 'eager'")
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    page.wait_for_timeout(500)


def shot(page: Page, path: Path, *, whole: bool = True) -> None:
    """Write a screenshot, PNG or JPEG by its name."""
    data = page.screenshot(full_page=whole)
    if path.suffix == ".png":
        path.write_bytes(data)
    else:
        save(path, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def every_tab(browser: Browser, url: str, folder: Path) -> None:
    """Photograph all tabs at all widths in both schemes."""
    folder.mkdir(parents=True, exist_ok=True)
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme in schemes:
        for width in WIDTHS:
            with visiting(browser, url, width, scheme) as page:
                for key in TABS:
                    prepare(page, key)
                    shot(page, folder / f"{key}-{width}-{scheme}.png")


def for_the_documentation(browser: Browser, url: str, folder: Path) -> None:
    """Photograph what the documentation shows."""
    with visiting(browser, url, 1440, "light") as page:
        for key in TABS:
            prepare(page, key)
            shot(page, folder / f"app_{key}.jpg", whole=key != "single")
        go_to_tab(page, TABS["single"])
        page.get_by_role("button", name="Patient view").click()
        page.wait_for_timeout(800)
        shot(page, folder / "app_patient.jpg", whole=False)
    with visiting(browser, url, 390, "dark") as page:
        prepare(page, "single")
        shot(page, folder / "app_phone.jpg", whole=False)


def main() -> None:
    """Make the screenshots that were asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every tab, width and scheme")
    options = parser.parse_args()
    expect.set_options(timeout=PATIENCE)
    with serving() as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        if options.all:
            every_tab(browser, app.url, options.all)
        else:
            for_the_documentation(browser, app.url, IMAGES)
        browser.close()


if __name__ == "__main__":
    main()
