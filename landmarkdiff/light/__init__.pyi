from .fit import LightFit as LightFit, fit_light as fit_light
from .harmonics import harmonics as harmonics
from .lamps import Gloss as Gloss, Lamp as Lamp
from .warped import (
    light_of_effects as light_of_effects,
    light_of_plan as light_of_plan,
    lit as lit,
)
from .live import live_light as live_light
from .photo import PhotoLight as PhotoLight, photo_light as photo_light
from .lit_nodes import LightEffect as LightEffect
from .ratio import PlanLight as PlanLight, plan_light as plan_light
from .surface import (
    SurfaceInPhoto as SurfaceInPhoto,
    read_head_meanwhile as read_head_meanwhile,
    surface_in_photo as surface_in_photo,
)
