"""HTML that the tabs show: tables, lists and figures. Every text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from landmarkdiff.inference.painting_facts import PaintingFact, painting_facts
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.notices import Notice, Reason
from landmarkdiff.texts import Texts
from landmarkdiff.verification.effects import EffectCheck

__all__ = [
    "blob_address",
    "effects_table",
    "figure",
    "hint",
    "painting_list",
    "strip",
    "table",
    "warning_list",
]


def blob_address(token: str, blob: str, *, download: bool = False) -> str:
    """Return the address of a session's blob on this server."""
    return f"/ld/{token}/blob/{blob}{'?download=1' if download else ''}"


def hint(sentence: str) -> str:
    """Return a quiet sentence."""
    return f'<p class="ld-hint">{escape(sentence)}</p>'


def figure(address: str, caption: str, alternative: str, *, detail: str = "") -> str:
    """Return a picture with its caption; a click opens it large."""
    small = f'<span class="ld-hint ld-small">{escape(detail)}</span>' if detail else ""
    return (
        f'<figure class="ld-figure"><a href="{escape(address)}" target="_blank" rel="noopener">'
        f'<img src="{escape(address)}" alt="{escape(alternative)}" loading="lazy"></a>'
        f"<figcaption>{escape(caption)}{small}</figcaption></figure>"
    )


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    label: str,
    *,
    numeric: Sequence[int] = (),
    classes: Sequence[str] = (),
) -> str:
    """Return a table; its cells are HTML already, its head and label are text.

    ``numeric`` are the columns that are set flush right; ``classes`` one for each row.
    """
    cells = "".join(
        f'<th scope="col"{_flush(column, numeric)}>{escape(title)}</th>'
        for column, title in enumerate(head)
    )
    body = []
    for number, row in enumerate(rows):
        kind = f' class="{classes[number]}"' if number < len(classes) and classes[number] else ""
        first, *rest = row
        others = "".join(
            f"<td{_flush(column, numeric)}>{cell}</td>" for column, cell in enumerate(rest, 1)
        )
        body.append(f'<tr{kind}><th scope="row">{first}</th>{others}</tr>')
    return (
        f'<div class="ld-table-box" role="region" aria-label="{escape(label)}" tabindex="0">'
        f'<table class="ld-table"><thead><tr>{cells}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _flush(column: int, numeric: Sequence[int]) -> str:
    return ' class="ld-numeric"' if column in numeric else ""


def effects_table(prediction: Prediction, texts: Texts) -> str:
    """Return the table of planned, applied and achieved millimetres and degrees."""
    checks = prediction.effects
    head = [
        texts(f"table.{name}")
        for name in ("effect", "planned", "applied", "achieved", "in_band", "limited_by")
    ]
    rows = [_effect_row(check, texts) for check in checks]
    classes = ["" if check.in_band else "ld-out" for check in checks]
    drawn = table(head, rows, texts("a11y.result_table"), numeric=(1, 2, 3), classes=classes)
    return drawn + hint(texts("table.explanation"))


def _effect_row(check: EffectCheck, texts: Texts) -> list[str]:
    if check.achieved is not None:
        achieved = escape(texts.quantity(check.achieved, check.unit, 2, signed=True))
        if check.noise is not None:
            achieved += f" <small>± {escape(texts.number(check.noise, 2))}</small>"
    elif check.reason:
        achieved = f"<small>{escape(texts.reason(Reason(check.reason)))}</small>"
    else:
        achieved = f"<small>{escape(texts('table.not_measured'))}</small>"
    name = check.name.rpartition(".")[2]
    return [
        escape(texts.effect(check.procedure, name)),
        escape(texts.quantity(check.planned, check.unit, 2, signed=True)),
        escape(texts.quantity(check.applied, check.unit, 2, signed=True)),
        achieved,
        escape(texts("common.yes"))
        if check.in_band
        else f"<strong>▲ {escape(texts('table.out_of_band'))}</strong>",
        escape(", ".join(texts.limiter(cause) for cause in check.limited_by)) or "–",
    ]


def warning_list(notices: Iterable[Notice], texts: Texts) -> str:
    """Return the warnings in plain words; nothing where there are none."""
    items = "".join(f"<li>{escape(texts.notice(notice))}</li>" for notice in notices)
    if not items:
        return ""
    title = escape(texts("common.warnings"))
    return f'<section class="ld-warnings"><h3>{title}</h3><ul>{items}</ul></section>'


def painting_list(prediction: Prediction, texts: Texts) -> str:
    """Return how a picture was painted, folded; nothing where no network did."""
    if not prediction.paints:
        return ""
    facts = painting_facts(prediction.painting.record, texts)
    rows = "".join(_fact(fact) for fact in facts if fact.lines)
    title = escape(texts("paint.facts"))
    return (
        f'<details class="ld-remarks"><summary>{title}</summary>'
        f'<dl class="ld-facts ld-painting-facts">{rows}</dl></details>'
    )


def _fact(fact: PaintingFact) -> str:
    kind = ' class="ld-wrong-fact"' if fact.wrong else ""
    lines = "".join(f"<span>{escape(line)}</span>" for line in fact.lines)
    return f"<div{kind}><dt>{escape(fact.label)}</dt><dd>{lines}</dd></div>"


def strip(token: str, steps: Iterable[tuple[str, str]], texts: Texts) -> str:
    """Return the intermediate steps side by side."""
    figures = "".join(
        figure(
            blob_address(token, blob),
            texts(f"strip.{key}"),
            texts("a11y.step_picture", step=texts(f"strip.{key}")),
        )
        for key, blob in steps
    )
    title = escape(texts("strip.title"))
    return f'<section class="ld-strip" aria-label="{title}">{figures}</section>'
