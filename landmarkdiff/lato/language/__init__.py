"""Words in, millimetres out: a grammar with lexicons for six languages, offline.

Examples
--------
>>> from landmarkdiff.lato.language import understand
>>> understand("rotate the tip 4 degrees", face).echo
('Tip rotation +4.0°, typical is 4.9°',)
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
