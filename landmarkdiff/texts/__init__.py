"""All words of the app and of the report, in six languages; English is the source.

The tables are YAML files beside this module; they are read when a language is first asked for.

Examples
--------
>>> texts = Texts.load("de")
>>> texts("tab.compare")
'Vergleich'
>>> texts.quantity(3.5, "mm")
'3,5 mm'
"""

from __future__ import annotations

from landmarkdiff.texts.languages import LANGUAGES, preferred_language
from landmarkdiff.texts.translation import Texts

__all__ = ["LANGUAGES", "Texts", "preferred_language"]
