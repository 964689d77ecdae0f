"""What a command or a tab does, without widgets: photos and a request in, files out.

Every workflow reads its photos, simulates through the pipeline, and writes one folder of
results, whole or not at all. The names load at first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
