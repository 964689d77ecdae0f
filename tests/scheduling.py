"""How the tests are given to the workers."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling


class RoomScheduling(LoadScopeScheduling):
    """Gives whole files to a worker, in their order, and the browser's files together."""

    def __init__(self, config, log):
        # Else the files with most tests come first, which are not those that take longest.
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "browser" if "browser" in file.split("/") else file
