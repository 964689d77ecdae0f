"""LandmarkDiff: simulation of discussed facial procedures from one photo.

Importing the package loads nothing heavy; the public names load at first use.

>>> import landmarkdiff
>>> photo = landmarkdiff.read_photo("portrait.jpg")  # doctest: +SKIP
>>> pipeline = landmarkdiff.LandmarkDiffPipeline().load()  # doctest: +SKIP
>>> result = pipeline.generate(photo.pixels, "rhinoplasty", 60)  # doctest: +SKIP
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
