"""What a user may do: look, plan, take files away, read the audit log.

A role is the right to one of these. ``edit`` and ``export`` bring ``view`` along; ``admin`` alone
opens no photo, for whoever answers for the machine need not see a patient. Whoever has no role in
the file of users may do all but read the log.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from landmarkdiff.errors import LandmarkDiffError, ParameterError

__all__ = ["EVERYDAY", "ROLES", "NotAllowedError", "Role", "Roles", "checked_roles"]

#: ``view`` opens photos and saved consultations and shows their plan as it is; ``edit`` changes
#: the plan and simulates others; ``export`` makes files; ``admin`` reads the audit log.
Role = Literal["view", "edit", "export", "admin"]
Roles = frozenset[Role]

ROLES: tuple[Role, ...] = get_args(Role)
#: Of a user without a role, and of everybody where there are no users.
EVERYDAY: Roles = frozenset(("view", "edit", "export"))


class NotAllowedError(LandmarkDiffError):
    """A user asked for what none of their roles allows.

    Attributes
    ----------
    role : str
        The one that is missing.
    """

    def __init__(self, role: Role) -> None:
        super().__init__("role_missing", role=role)
        self.role = role


def checked_roles(names: Iterable[str]) -> Roles:
    """Return the rights that roles give.

    Raises
    ------
    ParameterError
        There is no such role, or none is named.

    >>> sorted(checked_roles(["export"]))
    ['export', 'view']
    """
    asked = [name.strip() for name in names]
    found = {role for role in ROLES if role in asked}
    unknown = [name for name in asked if name not in ROLES]
    if unknown or not found:
        raise ParameterError("role_unknown", role=unknown[0] if unknown else "", roles=ROLES)
    if found & {"edit", "export"}:
        found.add("view")
    return frozenset(found)
