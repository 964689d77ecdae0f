"""The facts of a report: flags, scale, check of the picture, notices, sources, signatures."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.platypus import Flowable, KeepTogether, Table

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.inference.painting_facts import PaintingFact, identity_fact, painting_facts
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.notices import Notice
from landmarkdiff.report.details import ReportDetails
from landmarkdiff.report.drawings import SignatureLine
from landmarkdiff.report.styles import CONTENT, PLAIN, RULE
from landmarkdiff.report.typeface import markup
from landmarkdiff.report.writer import Writer

__all__ = [
    "facts_section",
    "flag_words",
    "note_entry",
    "notes_section",
    "notice_section",
    "shown_section",
    "signature_section",
]

_LABEL_WIDTH = 92.0


def notice_section(
    writer: Writer, notices: Sequence[Sequence[Notice]], titles: Sequence[str]
) -> list[Flowable]:
    """Return the notices in plain words.

    Parameters
    ----------
    notices : sequence of sequences of Notice
        Of each view.
    titles : sequence of str
        Name of each view; a notice that does not hold in all of them says where.
    """
    texts = writer.texts
    entries = _said_once([[texts.notice(notice) for notice in own] for own in notices], titles)
    if not entries:
        return []
    return [writer.heading(texts("report.notices")), *map(writer.bullet, entries)]


def _said_once(sentences: Sequence[Sequence[str]], titles: Sequence[str]) -> list[str]:
    """Return what is said of the views, each sentence once, and where if not of all of them."""
    where: dict[str, list[str]] = {}
    for title, own in zip(titles, sentences, strict=True):
        for sentence in dict.fromkeys(own):
            where.setdefault(sentence, []).append(title)
    return [
        sentence if len(views) == len(titles) else f"{', '.join(dict.fromkeys(views))}: {sentence}"
        for sentence, views in where.items()
    ]


def shown_section(
    writer: Writer, predictions: Sequence[Prediction], titles: Sequence[str]
) -> list[Flowable]:
    """Return how much of the plan the pictures show, and why the rest is not seen."""
    sentences = [[writer.texts.notice(each.shown.notice)] for each in predictions]
    lines = _said_once(sentences, titles)
    return [writer.paragraph(line, 8.0, strong=True, spaceBefore=3) for line in lines]


def flag_words(writer: Writer, flags: ClinicalFlags) -> list[str]:
    """Return each clinical flag with its side or its regions and what it does."""
    texts, found = writer.texts, []
    if flags.vitiligo:
        found.append(f"{texts('flags.vitiligo')}. {texts('flags.vitiligo_hint')}")
    if flags.bells_palsy:
        side = texts(f"report.patient_{flags.bells_palsy_side}")
        found.append(f"{texts('flags.bells_palsy')}, {side}. {texts('flags.bells_palsy_hint')}")
    if flags.keloid_prone:
        zones = ", ".join(texts.zone(zone) for zone in flags.keloid_regions)
        found.append(f"{texts('flags.keloid')}: {zones}. {texts('flags.keloid_hint')}")
    if flags.ehlers_danlos:
        found.append(f"{texts('flags.ehlers_danlos')}. {texts('flags.ehlers_danlos_hint')}")
    if flags.child:
        found.append(f"{texts('flags.child')}. {texts('flags.child_hint')}")
    return found or [texts("report.no_flags")]


def facts_section(
    writer: Writer,
    predictions: Sequence[Prediction],
    titles: Sequence[str],
    details: ReportDetails,
) -> list[Flowable]:
    """Return the table of flags, scale, head pose, mode, check and identity of the plan."""
    texts, first = writer.texts, predictions[0]
    facts: list[tuple[str, list[str]]] = []
    if details.note:
        facts.append((texts("report.note"), [details.note]))
    facts.append(
        (texts("report.one_person"), ["; ".join(details.one_person)] if details.one_person else [])
    )
    facts.append((texts("report.flags"), flag_words(writer, first.flags)))
    scales: list[str] = []
    poses: list[str] = []
    paintings: dict[str, list[str]] = {}
    for title, prediction in zip(titles, predictions, strict=True):
        lead = f"{title}: " if len(predictions) > 1 else ""
        scales.append(lead + _scale(writer, prediction))
        poses.append(lead + _pose(writer, prediction))
        for fact in _painting(writer, prediction):
            line = lead + "; ".join(fact.lines)
            known = paintings.setdefault(fact.label, [])
            if fact.lines and line not in known:
                known.append(line)
    facts.append((texts("report.scale"), scales))
    facts.append((texts("report.pose"), poses))
    checks = [_check(writer, prediction) for prediction in predictions]
    facts.append((texts("check.title"), _said_once(checks, titles)))
    facts.append((texts("report.mode"), _mode(writer, predictions, titles)))
    facts += paintings.items()
    facts.append((texts("report.plan_hash"), [first.plan.hash]))
    models = [f"{name} {digest}" for name, digest in sorted(first.weights.items())]
    facts.append((texts("report.models"), models))
    return [KeepTogether([writer.heading(texts("common.details")), _table(writer, facts)])]


def _table(writer: Writer, facts: Sequence[tuple[str, Sequence[str]]]) -> Table:
    """Labels beside their lines; without those that have none."""
    rows = [
        [
            writer.paragraph(label, 7.0, strong=True),
            [writer.paragraph(line, 7.0) for line in lines],
        ]
        for label, lines in facts
        if lines
    ]
    style = [
        *PLAIN,
        ("TOPPADDING", (0, 0), (-1, -1), 1.8),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.8),
        ("LINEBELOW", (0, 0), (-1, -1), 0.3, RULE),
    ]
    return Table(rows, colWidths=[_LABEL_WIDTH, CONTENT - _LABEL_WIDTH], style=style)


def _mode(writer: Writer, predictions: Sequence[Prediction], titles: Sequence[str]) -> list[str]:
    """The mode, and where its painting was refused."""
    texts = writer.texts
    refused = [
        title
        for title, prediction in zip(titles, predictions, strict=True)
        if prediction.guard.refused
    ]
    lines = [texts.mode(predictions[0].mode)]
    if refused:
        lead = f"{', '.join(refused)}: " if len(predictions) > 1 else ""
        lines.append(lead + texts("paint.refused"))
    return lines


def _painting(writer: Writer, prediction: Prediction) -> tuple[PaintingFact, ...]:
    """How the picture was painted; of a warp, only whether it is like its photo."""
    if not prediction.paints:
        return (identity_fact(prediction.identity, writer.texts),)
    return painting_facts(prediction.painting.record, writer.texts)


def _scale(writer: Writer, prediction: Prediction) -> str:
    scale = prediction.source.scale
    return writer.texts(
        "report.scale_value",
        mm_per_px=writer.number(scale.mm_per_px, 3),
        percent=writer.number(100.0 * scale.relative_uncertainty),
        source=writer.texts.name_of("scale", scale.source),
    )


def _pose(writer: Writer, prediction: Prediction) -> str:
    pose = prediction.source.pose
    angles = {
        name: writer.quantity(getattr(pose, name), "deg", 0) for name in ("yaw", "pitch", "roll")
    }
    return writer.texts("report.pose_value", **angles)


def _check(writer: Writer, prediction: Prediction) -> list[str]:
    texts = writer.texts
    if not prediction.verified:
        return [texts("check.not_verified")]
    lines = [texts("check.outside", count=prediction.outside_mask_changed_pixels)]
    if prediction.fold_factor < 1.0:
        lines.append(texts("report.folds", percent=round(100 * prediction.fold_factor)))
    return lines


def notes_section(writer: Writer) -> list[Flowable]:
    """Return the numbered notes, in small print; call it when everything else is written."""
    if not writer.notes.texts:
        return []
    entries = [
        note_entry(writer, number, note) for number, note in enumerate(writer.notes.texts, start=1)
    ]
    return [writer.heading(writer.texts("report.sources")), *entries]


def note_entry(writer: Writer, number: int, note: str) -> Flowable:
    """Return one numbered note."""
    words = f"<bullet>{number}</bullet>{markup(note)}"
    return writer.faint(words, 6.2, marked=True, leftIndent=11, spaceAfter=0.8)


def signature_section(writer: Writer, patient: str, clinician: str) -> list[Flowable]:
    """Return the lines to sign on."""
    texts = writer.texts
    gap = 18.0
    width = (CONTENT - 2 * gap) / 3
    labels = ("patient_signature", "surgeon_signature", "signature_date")
    cells = []
    for label, name in zip(labels, (patient, clinician, ""), strict=True):
        under = texts(f"report.{label}")
        said = f"{under}: {name}" if name else under
        cells.append([SignatureLine(width), writer.faint(said, 6.8)])
    table = Table([cells], colWidths=[width + gap, width + gap, width], style=PLAIN)
    words = [
        writer.heading(texts("report.signatures")),
        writer.paragraph(texts("report.confirmation"), 7.6),
        table,
    ]
    # One cell cannot be divided.
    return [Table([[words]], colWidths=[CONTENT], style=PLAIN)]
