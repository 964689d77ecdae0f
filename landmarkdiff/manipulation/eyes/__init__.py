"""Eyes as rigid layers behind the lids.

:func:`eye_layers` takes the eyes out of a photo, once; :meth:`EyeLayer.put_behind` puts them behind
the warped skin.
"""

from landmarkdiff.manipulation.eyes.layer import EyeLayer, eye_layer
from landmarkdiff.manipulation.eyes.layers import eye_layers, is_covered

__all__ = ["EyeLayer", "eye_layer", "eye_layers", "is_covered"]
