"""Words for identifiers that have no title in a data file of their own."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Names"]


class Names:
    """The words of ``names`` in a language file, by kind and identifier."""

    _words: Mapping[str, str]

    def name_of(self, kind: str, identifier: str) -> str:
        """Return the word for an identifier; the identifier itself when there is none."""
        return self._words.get(f"names.{kind}.{identifier}", identifier.replace("_", " "))

    def view(self, name: str) -> str:
        """Title of a view (``frontal``, ``left_profile``, ...)."""
        return self.name_of("view", name)

    def zone(self, name: str) -> str:
        """Title of a region that can be marked as keloid-prone."""
        return self.name_of("zone", name)

    def region(self, name: str) -> str:
        """Title of a region of landmarks."""
        return self.name_of("region", name)

    def limiter(self, name: str) -> str:
        """What made an effect smaller (``eyeball``, ``fold``, ...)."""
        return self.name_of("limiter", name)

    def side(self, name: str) -> str:
        """``both``, ``left`` or ``right``, the patient's."""
        return self.name_of("side", name)

    def mode(self, name: str) -> str:
        """Title of a generator mode."""
        return self.name_of("mode", name)

    def unit(self, name: str) -> str:
        """Sign of a unit (``mm``, ``deg``, ``ratio``, ``percent``)."""
        return self.name_of("unit", name)

    def network(self, name: str) -> str:
        """What a network calls itself; one of the user's own is called as its file is."""
        return self._words.get(f"names.network.{name}", name)
