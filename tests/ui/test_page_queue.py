"""A page that nobody asks computes nothing."""

from __future__ import annotations

import asyncio

from event_loops import run_in_thread

from landmarkdiff.ui.page.build import mount_page
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.settings import AppSettings
from landmarkdiff.ui.tabs.registry import find_tabs


def test_gradios_queue_ends_once_the_page_is_open() -> None:
    """Its loops would look for events a thousand times a second as long as the app runs."""

    async def left() -> set[str]:
        app = mount_page("en", AppServices.from_settings(AppSettings()), find_tabs())
        async with app.router.lifespan_context(app):
            loops = [task for task in asyncio.all_tasks() if "Queue." in repr(task.get_coro())]
            names = {getattr(task.get_coro(), "__qualname__", "") for task in loops}
            await asyncio.wait(loops, timeout=60)
            running = {task for task in loops if not task.done()}
            assert "Queue.start_processing" in names
            return {repr(task) for task in running}

    assert run_in_thread(left()) == set()
