"""Photos in and pictures out: reading, labelling, and writing with a manifest.

The public names load at first use, so importing this package costs nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
