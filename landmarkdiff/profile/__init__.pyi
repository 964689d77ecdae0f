from .by_hand import profile_template as profile_template
from .contour import (
    ProfileContour as ProfileContour,
    ProfileSide as ProfileSide,
    Silhouette as Silhouette,
)
from .corrections import (
    NO_CORRECTIONS as NO_CORRECTIONS,
    PROFILE_POINT_NAMES as PROFILE_POINT_NAMES,
    ProfileCorrections as ProfileCorrections,
    check_inside as check_inside,
    parse_profile_points as parse_profile_points,
)
from .covers import Cover as Cover, CoverKind as CoverKind
from .evidence import ViewEvidence as ViewEvidence
from .finder import (
    ProfileFinder as ProfileFinder,
    clear_profile as clear_profile,
    find_profile as find_profile,
    profile_by_hand as profile_by_hand,
    view_of as view_of,
)
from .following import follow as follow
from .likeness import Likeness as Likeness
