"""What is lacking before files and models can be used, in one sentence each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from landmarkdiff.errors import LicenceError, WeightsError
from landmarkdiff.weights.model_catalogue import models
from landmarkdiff.weights.model_store import inspect_model
from landmarkdiff.weights.policy import LicencePolicy, permit
from landmarkdiff.weights.store import list_files, verify
from landmarkdiff.weights.sums import read_record

__all__ = ["lacking"]


def lacking(
    names: Iterable[str],
    policy: LicencePolicy | str,
    *,
    sums: Literal["none", "noted", "fresh"] = "none",
    remember: bool = True,
) -> list[str]:
    """Say what keeps files and models from being used: forbidden, missing, damaged, unpinned.

    Parameters
    ----------
    names : iterable of str
        Names of the catalogue, files or models.
    policy : {"commercial", "research"}
    sums : {"none", "noted", "fresh"}
        Compare sizes only, which answers at once; or sums too, as
        :func:`~landmarkdiff.weights.inspect_model` does.
    remember : bool
        Whether sums that were computed are noted in the store.

    Returns
    -------
    list of str
        One sentence for each name that lacks something, in their order; empty when all is well.

    Raises
    ------
    WeightsError
        No such name.
    ParameterError
        No such policy.
    """
    found = []
    known = {item.name for item in models()}
    for name in dict.fromkeys(names):
        try:
            permit(name, policy)
        except LicenceError as error:
            found.append(str(error))
            continue
        said = _of_model(name, sums, remember) if name in known else _of_file(name, sums)
        if said is not None:
            found.append(said)
    return found


def _of_file(name: str, sums: str) -> str | None:
    pull = f"run 'landmarkdiff weights pull {name}'"
    if sums == "none":
        (state,) = [item for item in list_files() if item.entry.name == name]
    else:
        state = verify(name)
    if state.path is None:
        return f"the file {name} is not here; {pull}."
    return None if state.intact else f"the file {name} is damaged; {pull}."


def _of_model(name: str, sums: Literal["none", "noted", "fresh"], remember: bool) -> str | None:
    pull = f"run 'landmarkdiff weights pull {name}'"
    state = inspect_model(name, sums, remember=remember)
    if state.unpinned and state.root is not None:
        try:
            read_record(state.root)
        except WeightsError as error:
            return str(error)
    sentences = {
        "not here": f"the model {name} is not here; {pull}.",
        "incomplete": f"the model {name} is not complete; {pull}.",
        "damaged": f"the model {name} is damaged; {pull}.",
        "unpinned": f"nothing vouches for files of the model {name}; {pull}, or check the files "
        f"and run 'landmarkdiff weights adopt {name}'.",
        "unlisted": f"files that are not part of the model {name} lie among its own; move "
        f"{', '.join(state.unlisted)} elsewhere.",
    }
    return sentences.get(state.state)
