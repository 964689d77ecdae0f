from .fit import Gloss as Gloss, LightFit as LightFit, fit_light as fit_light
from .harmonics import harmonics as harmonics
from .lit import lit as lit
from .photo import PhotoLight as PhotoLight, photo_light as photo_light
from .plan_light import LightEffect as LightEffect, PlanLight as PlanLight, plan_light as plan_light
from .surface import SurfaceInPhoto as SurfaceInPhoto, surface_in_photo as surface_in_photo
