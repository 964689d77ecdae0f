"""Write the shell of the app's page as the installed Gradio renders it.

    python scripts/make_shell.py

To run whenever another version of Gradio is pinned, a tab comes or goes, or its theme changes; a
test holds the file against Gradio.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from landmarkdiff.ui.server.isolation import isolate


def main() -> None:
    """Render and write."""
    with tempfile.TemporaryDirectory() as folder:
        isolate(Path(folder))
        from landmarkdiff.ui.page.load_shell import SHELL_FILE
        from landmarkdiff.ui.page.render_shell import render_shell
        from landmarkdiff.ui.tabs.registry import find_tabs

        shell = render_shell([tab.name for tab in find_tabs()])
        text = json.dumps(shell.to_dict(), indent=1, sort_keys=True)
        SHELL_FILE.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
