"""The licence policy: weights that are not for commercial use are opt-in.

Under ``commercial``, the default, nothing whose licence forbids commercial use is loaded or
fetched; under ``research`` everything is. Showing a simulation to a patient is commercial use.
"""

from __future__ import annotations

from typing import Literal, get_args

from landmarkdiff.errors import LicenceError, ParameterError
from landmarkdiff.notices import Reason
from landmarkdiff.weights.catalogue import entry

__all__ = ["LICENCE_POLICIES", "LicencePolicy", "permit", "permit_own"]

LicencePolicy = Literal["commercial", "research"]
#: Every policy by name.
LICENCE_POLICIES: tuple[str, ...] = get_args(LicencePolicy)


def permit(name: str, policy: LicencePolicy | str, *, instead: str | None = None) -> None:
    """Refuse a file or model that the licence policy forbids.

    Parameters
    ----------
    name : str
        Name in the catalogue.
    policy : {"commercial", "research"}
    instead : str, optional
        What is used in its place; by default what the catalogue says.

    Raises
    ------
    LicenceError
        One sentence: the licence, the policy, what is used instead.
    ParameterError, WeightsError
        No such policy, no such name.

    Examples
    --------
    >>> permit("gfpgan", "commercial")
    >>> permit("codeformer", "research")
    """
    item = entry(name)
    if not _forbids(policy) or item.commercial_use:
        return
    raise LicenceError(
        "licence_forbids", name=name, licence=item.licence, instead=instead or item.instead
    )


def permit_own(title: str | Reason, commercial_use: bool, policy: LicencePolicy | str) -> None:
    """Refuse a model of the user's own that its owner says is not for commercial use.

    Parameters
    ----------
    title : str or Reason
        What the model is, for example ``the ControlNet of your own``.
    commercial_use : bool
        What the configuration says of it.
    policy : {"commercial", "research"}

    Raises
    ------
    LicenceError, ParameterError
    """
    if _forbids(policy) and not commercial_use:
        raise LicenceError("own_licence_forbids", title=title)


def _forbids(policy: str) -> bool:
    if policy not in LICENCE_POLICIES:
        raise ParameterError("unknown_licence_policy", name=policy, names=LICENCE_POLICIES)
    return policy == "commercial"
