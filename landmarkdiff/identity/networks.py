"""The recognition networks: what is known of them, and reading a face with one.

They run on OpenCV's own runtime, which opens no socket and writes no file.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError, WeightsCorruptError, WeightsMissingError
from landmarkdiff.identity.alignment import ALIGNED_PX, align
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.notices import Reason
from landmarkdiff.weights import permit, permit_own, read, require, sum_of, sums

__all__ = ["NETWORKS", "Embedder", "RecognitionNetwork", "embedder"]


@dataclass(frozen=True)
class RecognitionNetwork:
    """What is known of a recognition network.

    Attributes
    ----------
    name : str
        As the configuration calls it.
    file : str
        Its name in the catalogue.
    dimension : int
        Length of its embedding.
    mean, deviation : float
        The network reads RGB values less ``mean``, divided by ``deviation``.
    input : str
        Name of its picture among the inputs; empty where it is the only one.
    classic : bool
        Whether OpenCV 5 reads it with its older engine; the newer one cannot, and says so on
        the terminal before it gives way.
    threshold : float
        Similarity below which a picture is flagged, unless the configuration says another.
    published_threshold : float
        Cosine similarity from which its publishers take two photos for one person.
    source : str
        Where that is published.
    """

    name: str
    file: str
    dimension: int
    mean: float
    deviation: float
    input: str
    classic: bool
    threshold: float
    published_threshold: float
    source: str


NETWORKS: Mapping[str, RecognitionNetwork] = MappingProxyType(
    {
        # SFace carries its normalisation inside and lists its constants among its inputs.
        "sface": RecognitionNetwork(
            name="sface",
            file="sface",
            dimension=128,
            mean=0.0,
            deviation=1.0,
            input="data",
            classic=False,
            threshold=0.363,
            published_threshold=0.363,
            source="OpenCV, DNN-based Face Detection And Recognition (LFW, 99.60 %)",
        ),
        "arcface": RecognitionNetwork(
            name="arcface",
            file="arcface_buffalo_l",
            dimension=512,
            mean=127.5,
            deviation=127.5,
            input="",
            classic=True,
            threshold=0.6,
            published_threshold=0.28,
            source="insightface, demo of its face recognition ('the same person')",
        ),
    }
)


class Embedder:
    """A recognition network, loaded.

    Parameters
    ----------
    network : RecognitionNetwork
    onnx : bytes
        Content of its file.
    weights, sha256 : str
        What results call the file, and its sum.

    Raises
    ------
    WeightsCorruptError
        The file is no network of this kind.
    """

    def __init__(self, network: RecognitionNetwork, onnx: bytes, weights: str, sha256: str) -> None:
        self.network = network
        self.weights = weights
        self.sha256 = sha256
        # A network keeps its tensors, so calls are serialised.
        self._lock = threading.Lock()
        try:
            self._net = _network_of(onnx, network.classic)
        except cv2.error as error:
            raise self._refusal(Reason("not_onnx")) from error
        self._run(np.zeros((ALIGNED_PX, ALIGNED_PX, 3), np.uint8))

    def embed(self, image: ImageArray, face: FaceLandmarks) -> NDArray[np.float32]:
        """Return the embedding of a face: (dimension,) float32 of length 1.

        Parameters
        ----------
        image : (H, W, 3) uint8 array, RGB
        face : FaceLandmarks
            The face in this picture.
        """
        found = self._run(align(image, face))
        return np.asarray(found / max(float(np.linalg.norm(found)), 1e-12), np.float32)

    def _run(self, aligned: ImageArray) -> NDArray[np.float32]:
        values = (aligned.astype(np.float32) - self.network.mean) / self.network.deviation
        tensor = np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32)
        try:
            with self._lock:
                self._net.setInput(tensor, self.network.input)
                found = np.array(self._net.forward(), np.float32)
        except cv2.error as error:
            raise self._refusal(Reason("takes_no_face")) from error
        if found.size != self.network.dimension or not np.isfinite(found).all():
            raise self._refusal(Reason.of("answers_other_shape", shape=str(found.shape)))
        return found.reshape(-1)

    def _refusal(self, reason: Reason) -> WeightsCorruptError:
        return WeightsCorruptError(
            "recognition_network_unfit",
            file=self.weights,
            name=self.network.name,
            reason=reason,
            dimension=self.network.dimension,
            pull=self.network.file,
        )


_loaded: dict[tuple[str, str, str], Embedder] = {}
_loading = threading.Lock()


def embedder(name: str, configuration: Configuration) -> Embedder:
    """Return a recognition network, loaded once per process.

    Parameters
    ----------
    name : {"sface", "arcface"}
    configuration : Configuration
        Its licence policy, and a file of one's own in place of the catalogue's.

    Raises
    ------
    WeightsMissingError, WeightsCorruptError
        Its file is missing, or is another one.
    LicenceError
        The licence policy forbids it.
    ParameterError
        No network has this name.

    Examples
    --------
    >>> reader = embedder("sface", Configuration())
    >>> embedding = reader.embed(portrait, face)
    >>> embedding.shape, round(float(np.linalg.norm(embedding)), 3)
    ((128,), 1.0)
    """
    network = NETWORKS.get(name)
    if network is None:
        raise ParameterError("unknown_recognition_network", name=name, names=list(NETWORKS))
    settings = configuration.identity
    if settings.path is None or settings.model != name:
        permit(network.file, configuration.licence_policy)
        path, weights = require(network.file), network.file
        digest = sums(network.file)[network.file]
    else:
        title = Reason.of("own_network", role=name)
        permit_own(title, settings.commercial_use, configuration.licence_policy)
        path, weights = settings.path, settings.path.name
        if not path.is_file():
            raise WeightsMissingError("recognition_network_missing", title=title, path=str(path))
        digest = sum_of(path, None)
    key = (name, str(path), digest)
    with _loading:
        if key not in _loaded:
            onnx = read(network.file) if weights == network.file else path.read_bytes()
            # Of what was read, should the file have been exchanged since it was summed.
            digest = hashlib.sha256(onnx).hexdigest()
            _loaded[key] = Embedder(network, onnx, weights, digest)
        return _loaded[key]


def _network_of(onnx: bytes, classic: bool) -> cv2.dnn.Net:
    """Read the content of an ONNX file."""
    content = np.frombuffer(onnx, np.uint8)
    engine = getattr(cv2.dnn, "ENGINE_CLASSIC", None)  # OpenCV 4 has one engine only
    if classic and engine is not None:
        return cv2.dnn.readNetFromONNX(content, engine)
    return cv2.dnn.readNetFromONNX(content)
