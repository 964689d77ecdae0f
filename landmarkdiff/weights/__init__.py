"""Model weights and example portraits: a catalogue as data, and a store on this machine.

Single files lie in the weights folder itself; models of several files lie in ``models/<name>/``
below it, in the layout of ``from_pretrained``. Nothing is fetched but by :func:`pull` and
:func:`obtain`. The names load at first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
