"""Light that follows the surface: what a photo's light does when the surface below it changes.

Importing this package loads no OpenCV; the names load at first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
