"""Reading a report back with PDFium: words, their places, pictures, what the file says."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray
from PIL import Image

Box = tuple[float, float, float, float]


def squeezed(text: str) -> str:
    """Text as it is read back: minus signs, and no white space, as lines are broken anywhere."""
    return "".join(re.sub(r"(?<![\w.)-])-(?=\d)", "−", text).split())


@dataclass(frozen=True)
class Reading:
    """What a PDF file holds.

    Attributes
    ----------
    pages : list of str
        Words of each page.
    sizes : list of (width, height)
        Of the pages, points.
    boxes : list of lists of (left, bottom, right, top)
        Of the visible characters of each page, points.
    pictures : list of (H, W, 3) uint8 arrays
        In the order of the pages.
    metadata : dict of str to str
        What is set.
    """

    pages: list[str]
    sizes: list[tuple[float, float]]
    boxes: list[list[Box]]
    pictures: list[NDArray[np.uint8]]
    metadata: dict[str, str]

    @property
    def text(self) -> str:
        return "\n".join(self.pages)

    def has(self, words: str, page: int | None = None) -> bool:
        """Tell whether words stand in the report, wherever their lines are broken."""
        where = self.text if page is None else self.pages[page]
        return squeezed(words) in squeezed(where)


def read_pdf(data: bytes) -> Reading:
    with pypdfium2.PdfDocument(data) as document:
        reading = Reading([], [], [], [], {})
        reading.metadata.update(document.get_metadata_dict(skip_empty=True))
        for page in document:
            reading.sizes.append(page.get_size())
            words = page.get_textpage()
            reading.pages.append(words.get_text_range())
            places = range(words.count_chars())
            boxes = [words.get_charbox(index) for index in places]
            reading.boxes.append([box for box in boxes if box[2] > box[0] and box[3] > box[1]])
            words.close()
            for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]):
                buffer = io.BytesIO()
                item.extract(buffer)
                with Image.open(buffer) as picture:
                    reading.pictures.append(np.asarray(picture.convert("RGB")))
            page.close()
        return reading
