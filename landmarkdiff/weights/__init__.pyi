from .access import (
    adopt as adopt,
    obtain as obtain,
    problems as problems,
    read as read,
    require as require,
    sums as sums,
)
from .catalogue import (
    CatalogueEntry as CatalogueEntry,
    entries as entries,
    entry as entry,
    first_run as first_run,
    set_names as set_names,
    sets as sets,
)
from .checkpoints import check_own_model as check_own_model, check_safetensors as check_safetensors
from .checksums import sha256_of as sha256_of, sum_of as sum_of
from .derived import DerivedFacts as DerivedFacts, derived as derived
from .fetch import pull as pull
from .policy import (
    LICENCE_POLICIES as LICENCE_POLICIES,
    LicencePolicy as LicencePolicy,
    permit as permit,
    permit_own as permit_own,
)
from .store import (
    StoredEntry as StoredEntry,
    folders as folders,
    inspect as inspect,
    inventory as inventory,
    locate as locate,
)
