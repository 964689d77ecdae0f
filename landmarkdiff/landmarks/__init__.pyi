from .detector import (
    LandmarkDetector as LandmarkDetector,
    detect_faces as detect_faces,
    extract_landmarks as extract_landmarks,
)
from .draw import (
    draw_displacements as draw_displacements,
    render_landmark_image as render_landmark_image,
)
from .face import FaceLandmarks as FaceLandmarks, Pose as Pose, Scale as Scale
from .topology import ANATOMICAL_GROUPS as ANATOMICAL_GROUPS, LANDMARK_REGIONS as LANDMARK_REGIONS
