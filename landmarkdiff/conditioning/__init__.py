"""The drawings that a ControlNet reads: mesh, contours or depth of the (moved) landmarks, edges.

``tessellation`` is the whole mesh, for ControlNets trained by this project. ``mediapipe_face``
repeats, pixel for pixel, the drawing that CrucibleAI's ControlNetMediaPipeFace was trained on:
contours in fixed colours, no nose, no mesh. The two share about an eighth of their pixels, so
neither can stand in for the other. ``depth`` is the mesh as inverse depth, for depth
ControlNets; it alone carries the nose. Left and right are always the patient's.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
