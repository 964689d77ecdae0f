"""The pages of the documentation, and the code blocks in them."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
#: Pages that the build of the site writes.
WRITTEN = {ROOT / line for line in (ROOT / ".gitignore").read_text().splitlines()}
PAGES = sorted({*ROOT.glob("*.md"), *DOCS.rglob("*.md")} - WRITTEN)
IDS = [str(page.relative_to(ROOT)) for page in PAGES]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """Return the blocks of a language, with lines that go on joined."""
    pattern = rf"^( *)```{language}\n(.*?)^\1```$"
    found = re.findall(pattern, text_of(page), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block).replace("\\\n", "") for _, block in found]


def pages_with(language: str) -> list[Path]:
    return [page for page in PAGES if blocks(page, language)]


def headings(page: Path) -> set[str]:
    found = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found}
