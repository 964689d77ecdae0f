"""Photos from the side: which view a photo shows, and the contour of a profile in it.

Importing this package loads neither OpenCV nor LiteRT; the names load at first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
