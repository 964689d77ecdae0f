"""Clinical conditions that change how a plan may act on a face.

The names load at first use, so that only the vitiligo detector loads OpenCV.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
