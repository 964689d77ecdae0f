"""One head in three dimensions: its model, its fit to photos, and what is drawn of it.

Importing this package loads neither OpenCV nor LiteRT; the names load at first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
