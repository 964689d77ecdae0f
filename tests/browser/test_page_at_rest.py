"""A page that nobody touches draws nothing."""

from __future__ import annotations

from chromium import new_page
from playwright.sync_api import Browser
from running_app import Served

#: Before any script of the page: whoever asks the browser for a frame is counted, but for the test.
COUNTED = """
  window.ownFrame = window.requestAnimationFrame.bind(window);
  window.asked = 0;
  window.requestAnimationFrame = (draw) => { window.asked += 1; return window.ownFrame(draw); };
"""
#: Frames in a row for which nobody else asked, within so many.
QUIET = """async () => {
  let still = 0;
  for (let frame = 0, before = -1; frame < 2000 && still < 60; frame++) {
    await new Promise((drawn) => window.ownFrame(drawn));
    still = window.asked === before ? still + 1 : 0;
    before = window.asked;
  }
  return [still, window.asked];
}"""


def test_no_frame_is_asked_for_while_nothing_changes(browser: Browser, app: Served) -> None:
    context = browser.new_context()
    page = new_page(context)
    page.add_init_script(COUNTED)
    page.goto(f"{app.url}/en/")
    page.wait_for_selector(".ld-intake-start")
    still, asked = page.evaluate(QUIET)
    assert asked > 0  # it does count
    assert still == 60
    assert page.evaluate("window.requestAnimationFrame !== window.ownFrame")
    context.close()
