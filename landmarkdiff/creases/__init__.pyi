from .find import Fold as Fold, fold_of as fold_of
from .live import live_folds as live_folds
from .measure import (
    FoldRecord as FoldRecord,
    fold_records as fold_records,
    measured_folds as measured_folds,
)
from .plan import PlanFolds as PlanFolds, PlannedFold as PlannedFold, plan_folds as plan_folds
from .softened import (
    folds_of_effects as folds_of_effects,
    folds_of_plan as folds_of_plan,
    softened as softened,
)
