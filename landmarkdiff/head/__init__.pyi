from .camera import HeadCamera as HeadCamera
from .fit.fit_head import HeadPhoto as HeadPhoto, fit_head as fit_head
from .fitted import (
    FittedHead as FittedHead,
    FittedView as FittedView,
    SurfacePoint as SurfacePoint,
)
from .model import HeadModel as HeadModel, head_model as head_model
from .surface import HeadSurface as HeadSurface
from .texture import (
    HeadTexture as HeadTexture,
    TexturePhoto as TexturePhoto,
    head_texture as head_texture,
)
from .topology import HeadTopology as HeadTopology
