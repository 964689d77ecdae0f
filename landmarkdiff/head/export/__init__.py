"""The head as files of other programs: GLB to look at, STL and OBJ to print and to work with.

All return bytes; whoever writes them writes them whole. Each says in its metadata that it is a
simulation, and carries nothing of the photos but the texture.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
