from .clinical import ClinicalFlags as ClinicalFlags
from .errors import LandmarkDiffError as LandmarkDiffError
from .inference import LandmarkDiffPipeline as LandmarkDiffPipeline, PreparedFace as PreparedFace
from .inference.prediction import Prediction as Prediction
from .landmarks import FaceLandmarks as FaceLandmarks, extract_landmarks as extract_landmarks
from .measurements import measure as measure, measure_all as measure_all
from .photo import (
    draw_label as draw_label,
    read_photo as read_photo,
    write_jpeg as write_jpeg,
    write_png as write_png,
)
from .procedures import (
    Procedure as Procedure,
    SurgicalPlan as SurgicalPlan,
    load_procedure_file as load_procedure_file,
    procedure as procedure,
    procedure_names as procedure_names,
)
from .procedures.planning import make_plan as make_plan
from .version import __version__ as __version__
