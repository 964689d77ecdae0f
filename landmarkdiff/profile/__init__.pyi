from .contour import (
    ProfileContour as ProfileContour,
    ProfileSide as ProfileSide,
    Silhouette as Silhouette,
)
from .covers import Cover as Cover, CoverKind as CoverKind
from .finder import (
    ProfileFinder as ProfileFinder,
    ViewEvidence as ViewEvidence,
    find_profile as find_profile,
    view_of as view_of,
)
from .likeness import Likeness as Likeness
