from .glb import encode_glb as encode_glb
from .obj import encode_obj as encode_obj
from .stl import encode_stl as encode_stl
