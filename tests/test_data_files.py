"""Both YAML loaders give the same data, and a foreign file cannot crash the process."""

from __future__ import annotations

from pathlib import Path

import pytest

import landmarkdiff
from landmarkdiff.configuration import Configuration
from landmarkdiff.data_files import YamlError, parse_foreign_yaml, parse_yaml
from landmarkdiff.errors import ParameterError, PresetError
from landmarkdiff.procedures.procedure import load_procedure_file

PACKAGE = Path(landmarkdiff.__file__).parent
PRESET = PACKAGE / "procedures" / "presets" / "lip_lift.yaml"


@pytest.mark.parametrize("path", [PRESET, PACKAGE / "measurements" / "definitions.yaml"])
def test_both_loaders_read_the_same(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    data = parse_yaml(text)
    assert isinstance(data, dict)
    assert data == parse_foreign_yaml(text)


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "a: [1", "\tx: 1", "a: b: c"])
def test_a_foreign_file_that_is_no_yaml_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(YamlError):
        parse_foreign_yaml(text)
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PresetError, match=r"mine\.yaml is not valid YAML; the reader says: "):
        load_procedure_file(path)
    with pytest.raises(ParameterError, match=r"the configuration is not YAML .*mine\.yaml"):
        Configuration.load(path)
