"""Folds of the skin that soften: found in a photo, in a plan, softened in its picture, live.

Importing this package loads no OpenCV; the names load at first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
