from .flags import (
    EHLERS_DANLOS_RADIUS_FACTOR as EHLERS_DANLOS_RADIUS_FACTOR,
    KELOID_BLUR_SIGMA_MM as KELOID_BLUR_SIGMA_MM,
    KELOID_FACTOR as KELOID_FACTOR,
    KELOID_MARGIN_MM as KELOID_MARGIN_MM,
    KELOID_ZONES as KELOID_ZONES,
    VITILIGO_FACTOR as VITILIGO_FACTOR,
    VITILIGO_MIN_AREA_MM2 as VITILIGO_MIN_AREA_MM2,
    ClinicalFlags as ClinicalFlags,
    keloid_polygons as keloid_polygons,
    palsied_points as palsied_points,
    parse_flags as parse_flags,
)
from .vitiligo import (
    VitiligoFinding as VitiligoFinding,
    VitiligoPatch as VitiligoPatch,
    detect_vitiligo as detect_vitiligo,
)
