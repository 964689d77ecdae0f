from .batches import (
    BatchItem as BatchItem,
    BatchResult as BatchResult,
    batch as batch,
)
from .comparison import (
    compare_on as compare_on,
    compare_procedures as compare_procedures,
)
from .doctor import Diagnosis as Diagnosis, diagnose as diagnose
from .editing import EditFiles as EditFiles, edit as edit
from .examine import (
    AnalysisFiles as AnalysisFiles,
    Examination as Examination,
    RegionCount as RegionCount,
    analyze_photo as analyze_photo,
    examine_on as examine_on,
)
from .heads import (
    HeadFiles as HeadFiles,
    PatientHead as PatientHead,
    head_files as head_files,
    patient_head as patient_head,
    read_for_head as read_for_head,
)
from .guidance import Guidance as Guidance, guide as guide, hint_for as hint_for
from .multiview import (
    ShownView as ShownView,
    SimulatedViews as SimulatedViews,
    gallery as gallery,
    simulate_views as simulate_views,
)
from .output.animation import animate as animate
from .grids import GridFiles as GridFiles
from .photo_folder import find_photos as find_photos
from .postoperative import OutcomeFiles as OutcomeFiles, read_outcome as read_outcome
from .request import SimulationRequest as SimulationRequest
from .single import PREVIEW_FILES as PREVIEW_FILES, PreviewFiles as PreviewFiles, preview as preview
from .sweep import (
    SWEEP_STEPS as SWEEP_STEPS,
    intensity_sweep as intensity_sweep,
    sweep_on as sweep_on,
)
from .view_files import multi_view as multi_view
from .view_reading import read_views as read_views
from .views import (
    EXPECTED_VIEWS as EXPECTED_VIEWS,
    ExpectedView as ExpectedView,
    Verdict as Verdict,
    ViewPhoto as ViewPhoto,
    ViewSet as ViewSet,
    expected_view as expected_view,
    judge_view as judge_view,
    sort_views as sort_views,
)
from .request_parser import (
    parse_intensity as parse_intensity,
    read_configuration as read_configuration,
    read_request as read_request,
)
