from .draw import draw_measurements as draw_measurements
from .measure import (
    MEASUREMENT_NAMES as MEASUREMENT_NAMES,
    measure as measure,
    measure_all as measure_all,
)
from .symmetry import mirror_residual_mm as mirror_residual_mm
from .types import Measurement as Measurement, Norm as Norm
