"""``landmarkdiff doctor``."""

from __future__ import annotations

import typer

from landmarkdiff.cli import options, tables

__all__ = ["doctor"]


def doctor(
    config: options.Config = None,
    device: options.Device = None,
    policy: options.Policy = None,
    json: options.AsJson = False,
) -> None:
    """Check whether simulations run here, and what each mode lacks.

    Python, packages, weights, folders, the device, the models and modes of the configuration.

    Exit status: 0 when simulations can run here, 1 when they cannot.
    """
    from landmarkdiff.workflows import diagnose, read_configuration

    diagnosis = diagnose(read_configuration(config, device, policy))
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
