from .chart import (
    MeasurementChart as MeasurementChart,
    measurement_chart as measurement_chart,
)
from .definitions import length_names as length_names
from .lines import canon_lines as canon_lines, measured_lines as measured_lines
from .measure import (
    MEASUREMENT_NAMES as MEASUREMENT_NAMES,
    measure as measure,
    measure_all as measure_all,
)
from .symmetry import mirror_residual_mm as mirror_residual_mm
from .table import measurements_csv as measurements_csv
from .types import Measurement as Measurement, Norm as Norm
