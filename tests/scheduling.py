"""How the tests are given to the workers."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling


class FileScheduling(LoadFileScheduling):
    """Gives whole files to a worker, in their order.

    Each worker that gets files of the browser starts a Chromium and an app of its own: some
    seconds, where a worker that had the whole room worked on alone for minutes.
    """

    def __init__(self, config, log):
        # Else the files with most tests come first, which are not those that take longest.
        config.option.loadscopereorder = False
        super().__init__(config, log)
