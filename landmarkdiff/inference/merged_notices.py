"""Notices as they are read: one line for each cause, what matters first.

A result keeps every notice by itself, for programs; people read those that differ only in their
effect as one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from landmarkdiff.notices import Notice

__all__ = ["merged_notices"]


class _MergeRule(NamedTuple):
    """The notice on several effects, and the parameters in which those on one must agree."""

    code: str
    agreeing: tuple[str, ...] = ()


_MERGED = {
    "coupled_effect": _MergeRule("effects_coupled", ("driver",)),
    "effect_covered": _MergeRule("effects_covered", ("zone",)),
    "effect_ear_unseen": _MergeRule("effects_ear_unseen", ("reason",)),
    "effect_eye_closed": _MergeRule("effects_eye_closed"),
    "effect_eye_hidden": _MergeRule("effects_eye_hidden"),
    "effect_fold_hidden": _MergeRule("effects_fold_hidden"),
    "effect_fold_not_visible": _MergeRule("effects_fold_not_visible"),
    "effect_gives_way": _MergeRule("effects_give_way", ("zone",)),
    "effect_limited": _MergeRule("effects_limited", ("causes",)),
    "effect_not_visible": _MergeRule("effects_not_visible"),
    "effect_on_head_only": _MergeRule("effects_on_head_only"),
    "effect_seen_by_light": _MergeRule("effects_seen_by_light"),
    "out_of_band": _MergeRule("effects_out_of_band"),
}
#: What decides whether the picture may be used at all.
_FIRST = (
    "painting_refused",
    "identity_flagged",
    "mesh_misfit",
    "extreme_yaw",
    "face_cut",
    "face_small",
    "several_faces",
    "photo_stretched",
    "photo_seam",
    "rulers_disagree",
    "scale_fallback",
    "scale_of_average_head",
    "eyes_closed",
    "mouth_closed",
    "out_of_band",
    "dorsum_hollow",
    "effect_covered",
    "effect_eye_closed",
    "effect_eye_hidden",
    "effect_ear_unseen",
    "effect_on_head_only",
    "effect_fold_hidden",
    "effect_fold_not_visible",
    "effect_gives_way",
    "effect_limited",
    "effect_near_ceiling",
    "effect_not_visible",
    "effect_seen_by_light",
)
#: What only explains how a picture came about.
_LAST = (
    "coupled_effect",
    "light_kept",
    "light_unsure",
    "light_without_head",
    "landmarks_nudged",
)


def merged_notices(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Return the notices, one for each cause, what matters first.

    Examples
    --------
    >>> folds = [
    ...     Notice.of("effect_gives_way", effect=name, percent=21, zone="chin")
    ...     for name in ("pogonion", "chin_height")
    ... ]
    >>> [notice.text for notice in merged_notices(folds)]
    ['Carried out in part, so that the skin does not fold (chin): pogonion, chin_height.']
    """
    groups: dict[tuple[Any, ...], list[Notice]] = {}
    for notice in notices:
        alone = _MergeRule(notice.code, tuple(notice.params))
        agreeing = _MERGED.get(notice.code, alone).agreeing
        key = (notice.code, *(str(notice.params[name]) for name in agreeing))
        groups.setdefault(key, []).append(notice)
    merged = [_as_one(group) for group in groups.values()]
    ranked = sorted(zip(groups, merged, strict=True), key=lambda pair: _rank(pair[0][0]))
    return tuple(notice for _, notice in ranked)


def _rank(code: str) -> int:
    if code in _FIRST:
        return _FIRST.index(code) - len(_FIRST)
    return 1 + _LAST.index(code) if code in _LAST else 0


def _as_one(group: list[Notice]) -> Notice:
    """One notice for all of a cause; one alone stays as it is, with its numbers."""
    first = group[0]
    if len(group) == 1 or first.code not in _MERGED:
        return first
    merged = _MERGED[first.code]
    params: dict[str, Any] = {name: first.params[name] for name in merged.agreeing}
    params["effects"] = list(dict.fromkeys(notice.params["effect"] for notice in group))
    if "side" in first.params:
        params["sides"] = list(dict.fromkeys(notice.params["side"] for notice in group))
    return Notice(merged.code, params)
