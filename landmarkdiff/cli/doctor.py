"""``landmarkdiff doctor``."""

from __future__ import annotations

import typer

from landmarkdiff.cli import options, tables

__all__ = ["doctor"]


def doctor(json: options.AsJson = False) -> None:
    """Check whether simulations run here. Python, packages, weights, folders, modes.

    Exit status: 0 when simulations can run here, 1 when they cannot.
    """
    from landmarkdiff.workflows import diagnose

    diagnosis = diagnose()
    if json:
        tables.print_json(diagnosis.to_dict())
    else:
        tables.print_table(
            ("what", "state", "finding"),
            [(item.subject, item.status, item.text) for item in diagnosis.findings],
        )
        print("Simulations can run here." if diagnosis.healthy else "Simulations cannot run here.")
    if not diagnosis.healthy:
        raise typer.Exit(1)
