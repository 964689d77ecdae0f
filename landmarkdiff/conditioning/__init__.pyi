from .depth import draw_depth as draw_depth
from .edges import (
    CANNY_HIGH as CANNY_HIGH,
    CANNY_LOW as CANNY_LOW,
    adaptive_canny as adaptive_canny,
    thin as thin,
)
from .generate import (
    Conditioning as Conditioning,
    ConditioningKind as ConditioningKind,
    generate_conditioning as generate_conditioning,
)
from .lines import (
    CONTOUR_COLOURS as CONTOUR_COLOURS,
    MESH_COLOURS as MESH_COLOURS,
    draw_mediapipe_face as draw_mediapipe_face,
    draw_tessellation as draw_tessellation,
)
