"""``landmarkdiff``, and ``python -m landmarkdiff``: the command line."""

from __future__ import annotations

import sys


def main() -> int:
    """Load the command line and run it; Ctrl-C ends it also while it loads."""
    try:
        from landmarkdiff.cli import main as run

        return run()
    except KeyboardInterrupt:  # before the command line listens, or when it no longer does
        print("landmarkdiff: interrupted; nothing is left half-written", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
