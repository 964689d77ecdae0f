"""``python -m landmarkdiff.cli``."""

from __future__ import annotations

import sys

from landmarkdiff.cli import main

sys.exit(main())
