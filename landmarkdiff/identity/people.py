"""Whether the photos of one patient are of one person: each is compared with the most frontal one.

Faces are compared by the recognition network. An outline has no such network, and geometry is a
weak witness: on rendered heads the outline of a profile lay 0.1 to 0.3 mm off the head that fits it
and a frontal photo, whether both showed one person or two. It exposes what no head can be, no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import HeadFitError, WeightsError
from landmarkdiff.identity.check import SMALLEST_FACE_PX, Cache
from landmarkdiff.identity.networks import NETWORKS, embedder
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.notices import Notice, Reason
from landmarkdiff.wording import Message

__all__ = [
    "DOUBTFUL_MISFIT_MM",
    "OTHER_PERSON",
    "ComparedFace",
    "PersonCheck",
    "PersonComparison",
    "PersonVerdict",
    "compare_faces",
    "most_frontal",
]

#: Similarity below which two faces are two people's: rendered heads turned by 45 degrees stay above
#: 0.75 of their own frontal view, portraits of different people are below 0.2. Between it and the
#: network's published threshold it is a doubt.
OTHER_PERSON = 0.2
#: An outline that lies farther than this off the head that fits it and the frontal photo, mm (root
#: mean square), is a doubt: five times what rendered heads show (general).
DOUBTFUL_MISFIT_MM = 1.5

PersonVerdict = Literal["alike", "doubtful", "different", "not_compared"]


@dataclass(frozen=True, eq=False)
class ComparedFace:
    """A face in a photo.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 array
        RGB, upright.
    landmarks : FaceLandmarks
    cache : callable or None
        Keeps its embedding: ``PreparedFace.once``.
    """

    pixels: ImageArray
    landmarks: FaceLandmarks
    cache: Cache | None = None


@dataclass(frozen=True, eq=False)
class PersonComparison:
    """A photo compared with the patient's most frontal one.

    Attributes
    ----------
    first, second : int
        Places of the most frontal photo and of this one, from 0.
    verdict : {"alike", "doubtful", "different", "not_compared"}
        Of an outline ``alike`` says that one head fits both, no more.
    similarity : float or None
        Of two faces, -1 to 1.
    misfit_mm : float or None
        Of an outline: its root mean square distance from the head that fits it and the frontal
        photo; None where no head fits both, too.
    reason : Reason, error or None
        Why it was not compared.
    """

    first: int
    second: int
    verdict: PersonVerdict
    similarity: float | None = None
    misfit_mm: float | None = None
    reason: Message | None = None

    @property
    def doubted(self) -> bool:
        """Whether the two photos may show two people."""
        return self.verdict in ("doubtful", "different")

    @property
    def notice(self) -> Notice | None:
        """What there is to mind of it, with the numbers of the photos from 1."""
        numbers = {"first": self.first + 1, "second": self.second + 1}
        if self.verdict == "not_compared":
            return Notice.of("person_not_checked", number=self.second + 1, reason=self.reason)
        if not self.doubted:
            return None
        if self.similarity is None:
            return Notice.of("person_outline_doubtful", **numbers)
        return Notice.of("person_doubtful", **numbers)


@dataclass(frozen=True)
class PersonCheck:
    """All comparisons of the photos of one patient.

    Attributes
    ----------
    model : str
        Name of the network that compares faces.
    threshold : float
        Similarity below which there is a doubt.
    comparisons : tuple of PersonComparison
        In the order of the photos.
    """

    model: str
    threshold: float
    comparisons: tuple[PersonComparison, ...] = ()

    @classmethod
    def of(
        cls, comparisons: Sequence[PersonComparison], configuration: Configuration
    ) -> PersonCheck:
        """Return the comparisons in their order, with what they were made by."""
        network = NETWORKS[configuration.identity.model]
        ordered = tuple(sorted(comparisons, key=lambda one: one.second))
        return cls(network.name, network.published_threshold, ordered)

    @property
    def doubted(self) -> bool:
        """Whether the photos may show two people."""
        return any(one.doubted for one in self.comparisons)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What there is to mind."""
        return tuple(one.notice for one in self.comparisons if one.notice is not None)

    def require_one_person(self) -> None:
        """Raise HeadFitError where two faces are clearly two people's."""
        for one in self.comparisons:
            if one.verdict == "different":
                raise HeadFitError(
                    "two_people",
                    first=one.first + 1,
                    second=one.second + 1,
                    similarity=one.similarity,
                    least=OTHER_PERSON,
                )

    def to_dict(self, names: Sequence[str] = (), *, confirmed: bool = False) -> dict[str, Any]:
        """Return the check as JSON-ready data.

        Parameters
        ----------
        names : sequence of str
            What the photos are called, in their order; their numbers from 1 otherwise.
        confirmed : bool
            Whether somebody has said that the photos are of one person.
        """
        return {
            "model": self.model,
            "threshold": self.threshold,
            "doubted": self.doubted,
            "confirmed": confirmed,
            "comparisons": [
                {
                    "photos": [names[n] if names else n + 1 for n in (one.first, one.second)],
                    "verdict": one.verdict,
                    "similarity": None if one.similarity is None else round(one.similarity, 3),
                    "outline_misfit_mm": None if one.misfit_mm is None else round(one.misfit_mm, 3),
                    "reason": None if one.reason is None else str(one.reason),
                }
                for one in self.comparisons
            ],
        }


def most_frontal(faces: Mapping[int, FaceLandmarks]) -> int:
    """Return the place of the most frontal of some faces."""
    return min(faces, key=lambda place: abs(faces[place].pose.yaw))


def compare_faces(
    faces: Mapping[int, ComparedFace], chief: int, configuration: Configuration
) -> tuple[PersonComparison, ...]:
    """Compare every face with one of them.

    Parameters
    ----------
    faces : mapping of int to ComparedFace
        By the places of the photos.
    chief : int
        Place of the most frontal one.
    configuration : Configuration
        Which network compares.

    Returns
    -------
    tuple of PersonComparison
        One for each face but the chief; none was compared where the network is missing.

    Examples
    --------
    >>> from landmarkdiff.configuration import Configuration
    >>> faces = {0: ComparedFace(portrait, face), 1: ComparedFace(portrait, face)}
    >>> [one.verdict for one in compare_faces(faces, 0, Configuration())]
    ['alike']
    """
    others = [place for place in faces if place != chief]
    if not others:
        return ()
    try:
        embedded = dict(_embedded(faces, configuration))
    except WeightsError as error:
        return tuple(PersonComparison(chief, n, "not_compared", reason=error) for n in others)
    least = NETWORKS[configuration.identity.model].published_threshold
    made = []
    for place in others:
        small = next((n for n in (chief, place) if n not in embedded), None)
        if small is not None:
            pixels = faces[small].landmarks.interocular_px
            why = Reason.of("face_too_small", pixels=pixels, least=SMALLEST_FACE_PX)
            made.append(PersonComparison(chief, place, "not_compared", reason=why))
            continue
        value = float(np.clip(embedded[chief] @ embedded[place], -1.0, 1.0))
        verdict: PersonVerdict = "alike"
        if value < least:
            verdict = "different" if value < OTHER_PERSON else "doubtful"
        made.append(PersonComparison(chief, place, verdict, similarity=value))
    return tuple(made)


def _embedded(
    faces: Mapping[int, ComparedFace], configuration: Configuration
) -> Iterator[tuple[int, Any]]:
    """Embeddings of the faces that are large enough, by their places."""
    reader = embedder(configuration.identity.model, configuration)
    for place, face in faces.items():
        if face.landmarks.interocular_px < SMALLEST_FACE_PX:
            continue

        def embed(face: ComparedFace = face) -> Any:
            return reader.embed(face.pixels, face.landmarks)

        key = ("identity", configuration.identity.model, reader.sha256)
        yield place, embed() if face.cache is None else face.cache(key, embed)
