"""Repainting in a real browser, with tiny complete models: what is shown, stopped, refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from chromium import PATIENCE
from installed import need
from playwright.sync_api import Browser, BrowserContext, Locator, expect
from running_app import Served, add_photo, go_to_tab, serving
from visits import Visit, faults, new_context

from landmarkdiff.photo import read_photo
from landmarkdiff.photo.manifest import read_manifest

need("torch", "diffusers", "transformers", "peft")

# Each app imports torch and loads its networks first, which takes minutes on a busy machine.
pytestmark = pytest.mark.timeout(900)
LOADING = 4 * PATIENCE

STEP = r"Repainting, step \d+ of 100"


def config(folder: Path, network: str, retries: int) -> Path:
    """Tiny models whose one step of ten is soon done."""
    import tiny_models

    path = tiny_models.build(folder, network)
    data = yaml.safe_load(path.read_text("utf-8"))
    data["diffusion"] |= {"strength": 0.1, "step_preview": {"path": "taesd"}}
    data["guard"] = {"retries": retries}
    path.write_text(yaml.safe_dump(data), "utf-8")
    return path


@pytest.fixture(scope="module")
def faithful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An app whose network returns its start."""
    path = config(tmp_path_factory.mktemp("faithful"), "identity", 0)
    with serving("--config", str(path)) as served:
        yield served


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An app whose network paints noise."""
    path = config(tmp_path_factory.mktemp("noisy"), "random", 1)
    with serving("--config", str(path), "--device", "cpu", "--policy", "research") as served:
        yield served


class PaintingVisit(Visit):
    """A visit with a photo."""

    def __init__(self, context: BrowserContext, url: str, portrait: Path) -> None:
        super().__init__(context, url)
        add_photo(self.page, portrait)
        self.painting = self.page.locator(".ld-painting")
        self.button = self.page.get_by_role("button", name="Repaint", exact=True)
        self.status = self.page.locator(".ld-stage .ld-status")

    def choose(self, mode: str) -> None:
        """Choose a mode by keyboard and open its advanced settings."""
        summary = self.page.locator("[data-section=mode] > summary")
        summary.press("Enter")
        self.page.get_by_role("radio", name=mode).press(" ")
        expect(self.button).to_be_visible()
        self.page.locator("[data-section=advanced] > summary").press("Enter")
        self.settle()

    def set_number(self, name: str, value: str) -> None:
        """Fill in one of the advanced settings."""
        field = self.page.locator(f"[data-paint={name}]")
        field.fill(value)
        field.press("Enter")
        self.settle()

    def repaint(self) -> None:
        self.button.press("Enter")
        expect(self.painting).to_be_visible(timeout=LOADING)
        expect(self.button).to_be_enabled()
        self.settle()

    def simulated(self) -> np.ndarray:
        """The middle of what the canvas shows of the simulation, (160, 160, 3) int."""
        self.tab("tab.preview.setDivider(0)")
        return self.drawn(160)


@pytest.fixture
def visits(browser: Browser, portrait: Path) -> Iterator[Callable[..., PaintingVisit]]:
    """Make visits of an app; none of them may have complained or asked elsewhere."""
    made = []

    def visit(served: Served, **look: object) -> PaintingVisit:
        made.append(PaintingVisit(new_context(browser, **look), served.url, portrait))
        return made[-1]

    yield visit
    for one in made:
        one.end()


def fact(visit: PaintingVisit, name: str) -> Locator:
    return visit.painting.locator(f"[data-fact={name}]")


def test_three_pictures_their_facts_and_what_a_slider_does(visits, faithful, tmp_path) -> None:
    visit = visits(faithful)
    page = visit.page
    expect(visit.button).to_be_hidden()  # the warp needs no network
    visit.choose("Guided by the wireframe")
    expect(page.locator("[data-paint=strength]")).to_have_attribute("placeholder", "0.1")
    visit.set_number("strength", "0.2")
    warp = visit.simulated()
    visit.listen(".ld-stage .ld-status")
    visit.button.press("Enter")
    visit.hear(r"Loading model \d of \d|Repainting, step")
    expect(visit.painting).to_be_visible(timeout=LOADING)
    visit.settle()
    expect(visit.page.locator(".ld-told")).to_contain_text("of the plan.")
    figures = visit.painting.locator("figure")
    expect(figures.locator("strong")).to_have_text(["Warp", "Raw painting", "Final picture"])
    for name, figure in zip(("Warp", "Raw painting", "Final picture"), figures.all(), strict=True):
        expect(figure.get_by_role("img")).to_have_attribute(
            "alt", f"Simulation, {name}: show it in the preview"
        )
        expect(figure.locator(".ld-label").first).to_have_text("SIMULATION")
    expect(fact(visit, "guard")).to_contain_text("accepted")
    expect(fact(visit, "guard")).to_contain_text(
        re.compile(r"deviation .* mm of at most 0\.\d+ mm")
    )
    expect(fact(visit, "identity")).to_contain_text("kept")
    expect(fact(visit, "identity")).to_contain_text("threshold 0.363, published 0.363")
    expect(fact(visit, "finishing")).to_contain_text("Face restoration: left out, ")
    expect(fact(visit, "models")).to_contain_text("ControlNet: controlnet_depth")
    assert faults(page) == []
    laid_over_and_saved(visit, figures, tmp_path)
    # Another plan: the painting stays to be seen, but no longer as what is planned.
    intensity = page.get_by_role("slider", name="Intensity", exact=True)
    intensity.fill("61")
    expect(visit.painting).to_have_class(re.compile("ld-outdated"))
    expect(visit.painting.get_by_role("status")).to_contain_text("have changed since")
    expect(visit.painting.get_by_text("outdated").first).to_be_visible()
    expect(figures.nth(1).get_by_role("button").first).to_be_disabled()
    visit.settle()
    assert np.abs(visit.simulated() - warp).mean() < 1.0
    assert faults(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def laid_over_and_saved(visit: PaintingVisit, figures: Locator, folder: Path) -> None:
    """Each picture can be laid over the preview, and saved as it is."""
    page = visit.page
    final = visit.simulated()
    raw = figures.nth(1).get_by_role("button").first
    raw.press("Enter")
    expect(raw).to_have_attribute("aria-pressed", "true")
    assert np.abs(visit.simulated() - final).max() > 0
    with page.expect_download() as waiting:
        figures.nth(1).get_by_role("button", name="Raw painting (PNG)").press("Enter")
    saved = folder / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    assert saved.name == "astronaut-simulation-raw.png"
    manifest = read_manifest(saved)
    assert manifest is not None
    assert (manifest["picture"], manifest["mode"]) == ("raw", "controlnet")
    assert read_photo(saved).pixels.shape == (512, 512, 3)


def test_cancel_stops_it_and_so_does_another_plan(visits, faithful) -> None:
    visit = visits(faithful)
    page = visit.page
    visit.choose("Guided by the wireframe")
    for name, value in (("steps", "100"), ("strength", "1")):
        visit.set_number(name, value)
    visit.button.press("Enter")
    expect(visit.status).to_have_text(re.compile(STEP), timeout=LOADING)
    unfinished = page.get_by_role("img", name="Unfinished simulation")
    expect(unfinished).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    # What is there only now; the longer it is looked at, the more steps are painted meanwhile.
    assert faults(page, ".ld-stage") == []
    page.get_by_role("button", name="Cancel").press("Enter")
    expect(visit.status).to_have_text("Stopped. The last result is kept.")
    expect(visit.painting).to_be_hidden()
    expect(page.get_by_role("progressbar")).to_be_hidden()
    visit.button.press("Enter")  # the network is free again
    expect(visit.status).to_have_text(re.compile(STEP))
    page.get_by_role("slider", name="Intensity", exact=True).fill("70")
    expect(unfinished).to_be_hidden()
    visit.settle()
    expect(visit.page.locator(".ld-told")).to_contain_text("of the plan.")
    expect(visit.painting).to_be_hidden()


def test_a_refused_painting_is_not_shown_as_the_result(visits, noisy) -> None:
    visit = visits(noisy, viewport={"width": 390, "height": 800}, color_scheme="dark")
    page = visit.page
    visit.choose("Refined texture")
    expect(page.locator("[data-paint=conditioning_scale]")).to_have_count(0)  # no ControlNet
    warp = visit.simulated()
    visit.repaint()
    expect(visit.status).to_have_text("The painting was refused; the warp is shown.")
    expect(visit.painting.get_by_role("status")).to_have_text(
        "The painting was refused; the warp is shown."
    )
    final = visit.painting.locator("figure[data-picture=final]")
    expect(final).to_contain_text("the warp, since the painting was refused")
    expect(fact(visit, "guard")).to_have_class("ld-wrong-fact")
    expect(fact(visit, "guard")).to_contain_text("refused: it ")
    expect(page.locator("[data-results] .ld-notices")).to_contain_text("was refused because")
    assert np.abs(visit.simulated() - warp).mean() < 1.0
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_comparison_is_repainted_and_shows_what_it_came_from(visits, faithful) -> None:
    visit = visits(faithful)
    page = visit.page
    visit.choose("Guided by the wireframe")
    go_to_tab(page, "Comparison")
    form = page.locator("[data-tab=comparison]")
    expect(form).to_have_attribute("data-state", "ready")
    expect(form.get_by_text("Mode of the first tab: Guided by the wireframe")).to_be_visible()
    form.get_by_role("checkbox", name="Mentoplasty").check()
    visit.listen("[data-tab=comparison] form .ld-status")
    form.get_by_role("button", name="Compare", exact=True).click()
    visit.hear("Repainting|Checking and finishing")
    expect(form.locator("form")).to_have_attribute("aria-busy", "false", timeout=LOADING)
    gallery = form.locator("[data-part=gallery]")
    expect(gallery.locator("figure")).to_have_count(2)
    tile = gallery.locator("figure").first
    layers = gallery.get_by_role("group", name="Pictures")
    expect(layers.get_by_role("button")).to_have_text(["Warp", "Raw painting", "Final picture"])
    warp = tile.get_by_role("img", name=re.compile("^Simulation, Warp: "))
    expect(warp).to_have_count(0)
    final = tile.get_by_role("link").last.get_attribute("href")
    layers.get_by_role("button", name="Warp").press("Enter")
    expect(warp).to_be_visible()
    assert tile.get_by_role("link").last.get_attribute("href") != final
    expect(layers.get_by_role("button", name="Warp")).to_have_attribute("aria-pressed", "true")
    tile.get_by_text("Details").click()
    expect(tile).to_contain_text("Geometry: accepted; deviation from the plan")
    expect(tile).to_contain_text("Likeness to the photo: kept")
    assert faults(page) == []


def test_what_cannot_run_here_is_greyed_with_its_reason(visits, app) -> None:
    visit = visits(app)
    visit.page.locator("[data-section=mode] > summary").press("Enter")
    radio = visit.page.get_by_role("radio", name=re.compile("^Guided by the wireframe"))
    expect(radio).to_be_disabled()
    greyed = visit.page.locator("label.ld-greyed", has=radio)
    expect(greyed).to_contain_text("Ask whoever looks after the program here")
    expect(visit.button).to_be_hidden()
    assert faults(visit.page) == []
