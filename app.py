"""Start the browser app: ``python app.py`` does what ``landmarkdiff app`` does."""

from __future__ import annotations

import sys

from landmarkdiff.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["app", *sys.argv[1:]]))
