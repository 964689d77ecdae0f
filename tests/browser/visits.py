"""Visits to the running app: a page, what it asked for, and what it complained about."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import numpy as np
from axe_playwright_python.sync_playwright import Axe
from chromium import new_page
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
)
from running_app import add_photo

from landmarkdiff.texts import Texts

__all__ = ["SCHEMES", "TAB", "VIEW", "Visit", "faults", "new_context", "show_in", "visiting"]

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
#: The window of most visits.
VIEW: ViewportSize = {"width": 1280, "height": 900}
#: Of a screen whose pixels are two of the page's each way: places and sizes are asserted in the
#: page's own, and a picture costs the emulated graphics card a quarter of the processor.
COARSE = 0.5

#: The first tab's script, and the tab itself.
TAB = (
    "(await import('/ld/static/tabs/single/single.js')).mount(document.querySelector('#ld-single'))"
)


class Visit:
    """A page of the app.

    Attributes
    ----------
    page : Page
    texts : Texts
    requests : list of str
        Every address that was asked for.
    complaints : list of str
        Errors and warnings of the console, and errors of the page.
    expected : list of str
        Parts of complaints that a test provokes.
    """

    def __init__(self, context: BrowserContext, url: str, language: str = "en") -> None:
        self.url = url
        self.context = context
        self.page = new_page(context)
        self.texts = Texts.load(language)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.expected: list[str] = []
        self.page.on("request", self._asked)
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self.page.on("console", self._heard)
        self.page.goto(f"{url}/{language}/")
        self.page.wait_for_selector(".ld-intake-start")

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)

    def _heard(self, message: ConsoleMessage) -> None:
        # The driver notes each time that a test reads the canvas.
        if message.type in ("error", "warning") and "GL Driver Message" not in message.text:
            # Where it happened too: of a file that is not there the text names no address.
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def end(self) -> None:
        """Close the page, which may not have complained or asked another host."""
        self.context.close()
        self.check()

    def check(self) -> None:
        """Nothing may have been complained about or asked of another host."""
        complaints = [
            text for text in self.complaints if not any(one in text for one in self.expected)
        ]
        assert complaints == [], complaints
        hosts = {urlsplit(url).netloc for url in self.requests if url.startswith("http")}
        assert hosts == {urlsplit(self.url).netloc}

    # -- the first tab ---------------------------------------------------------------------------

    def tab(self, expression: str, *arguments: Any) -> Any:
        """Evaluate an expression of the first tab, which it knows as ``tab``."""
        script = f"async (values) => {{ const tab = {TAB}; return {expression}; }}"
        return self.page.evaluate(script, list(arguments))

    def settle(self) -> None:
        """Wait until the server has drawn and checked what belongs to the present settings."""
        self.page.wait_for_selector(".ld-single[data-state=settled]")

    def reset(self) -> None:
        """Make the first tab what it is with its photo and the typical change."""
        self.page.mouse.up()
        self.page.locator("#ld-tab-single-button").click()
        self.tab(
            """await (async () => {
                const { settings: first, intensity } =
                    (await import('/ld/static/page.js')).config();
                const levels = first.procedures.map((name) => [name, intensity]);
                const settings = { ...first, intensity: Object.fromEntries(levels) };
                if (tab.patient.shown) tab.patient.toggle(false);
                if (tab.nudging.on) tab.nudging.toggle();
                if (tab.brush.on) tab.brush.set(false);
                if (tab.preview.view.mirrored) tab.preview.looking.setMirrored(false);
                if (tab.plans.kept) tab.plans.dropPlan();
                for (const details of document.querySelectorAll('details[open]')) {
                    details.open = false;
                }
                const same = JSON.stringify(tab.settings) === JSON.stringify(settings);
                tab.history.reset({ ...settings });
                if (!same) tab.apply(true);
            })()"""
        )
        self.settle()

    def listen(self, selector: str) -> None:
        """Keep from now on whatever an element says, however short a time it stands there."""
        self.page.evaluate(
            """(selector) => {
                const element = document.querySelector(selector);
                window.said = [];
                new MutationObserver(() => window.said.push(element.textContent))
                    .observe(element, { childList: true, characterData: true, subtree: true });
            }""",
            selector,
        )

    def hear(self, pattern: str) -> None:
        """Wait until the element that is listened to has said something."""
        self.page.wait_for_function(
            "(pattern) => window.said.some((text) => new RegExp(pattern).test(text))", arg=pattern
        )

    @property
    def values(self) -> dict[str, float]:
        """What the sliders stand at."""
        values: dict[str, float] = self.tab("tab.effects.values")
        return values

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the plan."""
        settings: dict[str, Any] = self.tab("tab.settings")
        return settings

    def drawn(self, side: int | None = None) -> np.ndarray[Any, Any]:
        """What the canvas shows, or the middle of it, as (H, W, 3) int."""
        width, height, data = self.tab(
            """await (async () => {
                tab.preview.flush();
                const image = await createImageBitmap(await tab.preview.toBlob());
                const [width, height] = values[0] ? [values[0], values[0]]
                    : [image.width, image.height];
                const pen = new OffscreenCanvas(width, height).getContext('2d');
                pen.drawImage(image, (width - image.width) / 2, (height - image.height) / 2);
                const data = pen.getImageData(0, 0, width, height).data;
                // As a text: a list is taken apart number by number on its way.
                let text = '';
                for (let at = 0; at < data.length; at += 32768) {
                    text += String.fromCharCode(...data.subarray(at, at + 32768));
                }
                return [width, height, btoa(text)];
            })()""",
            side,
        )
        pixels = np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)
        return pixels[..., :3].astype(int)


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Make a context whose window is that of most visits, where no option says otherwise."""
    return browser.new_context(**{"viewport": VIEW, "device_scale_factor": COARSE, **options})


@contextmanager
def visiting(browser: Browser, url: str, photo: Path, **options: Any) -> Iterator[Visit]:
    """Give a page with a photo and the typical change; what it complained of fails at its end."""
    visit = Visit(new_context(browser, **options), url)
    add_photo(visit.page, photo)
    yield visit
    visit.end()


def show_in(page: Page, scheme: Scheme) -> None:
    """Show the page in light or in dark; return once no colour is on its way to another."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(
        "(dark) => document.body.classList.contains('dark') === dark", arg=scheme == "dark"
    )
    page.evaluate(
        """() => Promise.allSettled(document.getAnimations()
            .filter((animation) => animation instanceof CSSTransition)
            .map((transition) => transition.finished))"""
    )


#: Only what fails is told at length, and the page's styles are not fetched again: the only rules
#: that read them are one that axe-core itself leaves out and one whose faults are moderate.
AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False}


def faults(page: Page, context: str | None = None, *, every: bool = False) -> list[str]:
    """What keeps people from using the page, as axe-core finds it, with the elements concerned.

    With ``every`` also what it calls minor or moderate.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(
        "async ([context, options]) => (await axe.run(context ?? document, options)).violations",
        [context, AXE_OPTIONS],
    )
    return [
        f"{fault['id']}: {node['target']}"
        for fault in found
        for node in fault["nodes"]
        if every or fault["impact"] in ("serious", "critical")
    ]
