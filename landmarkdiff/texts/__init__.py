"""All words of the app and of the report, in several languages; English is the source.

A language is one YAML file beside this module; it is read when a language is first asked for.

Examples
--------
>>> texts = Texts.load("de")
>>> texts("tab.compare")
'Vergleich'
>>> texts.quantity(3.5, "mm")
'3,5 mm'
"""

from __future__ import annotations

from landmarkdiff.texts.languages import languages, preferred_language
from landmarkdiff.texts.translation import Texts

__all__ = ["Texts", "languages", "preferred_language"]
