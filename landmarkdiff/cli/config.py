"""``landmarkdiff config``."""

from __future__ import annotations

from landmarkdiff.cli import options
from landmarkdiff.cli.group import command_group

__all__ = ["app"]

app = command_group("The configuration of the repainting modes.")


@app.command("show")
def show(
    config: options.Config = None,
    device: options.Device = None,
    policy: options.Policy = None,
) -> None:
    """Print every setting with its value, as YAML that --config reads."""
    import yaml

    from landmarkdiff.workflows import read_configuration

    configuration = read_configuration(config, device, policy)
    print(yaml.safe_dump(configuration.to_dict(), sort_keys=False, allow_unicode=True), end="")
