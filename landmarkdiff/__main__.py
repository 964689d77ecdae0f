"""``python -m landmarkdiff``: the command line."""

from __future__ import annotations

from landmarkdiff.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
