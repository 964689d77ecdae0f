"""The browser app: a Gradio page inside a server of our own.

Nothing is imported here, because :mod:`landmarkdiff.ui.server.isolation` has to set the
environment before Gradio is: it reads most of its switches once, while it is imported.
"""

from __future__ import annotations
