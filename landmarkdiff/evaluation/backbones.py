"""Networks that others trained on ImageNet, and that metrics are named after.

No package registry carries them, and nothing here fetches them: a file is read where it lies, is
refused unless it is the very one that the metric is defined with, and is read as plain numbers.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landmarkdiff.errors import ModeUnavailableError, WeightsCorruptError, WeightsMissingError
from landmarkdiff.evaluation.pictures import NO_EVAL_EXTRA
from landmarkdiff.notices import Reason
from landmarkdiff.weights import folders, sum_of

__all__ = ["ALEXNET", "INCEPTION", "Backbone", "backbone_state", "why_missing"]


@dataclass(frozen=True)
class Backbone:
    """A file of weights as its publisher names it.

    Attributes
    ----------
    file : str
        Its name ends in the first digits of its SHA-256.
    url : str
        Where its publisher has it.
    package : str
        What reads it.
    """

    file: str
    url: str
    package: str

    @property
    def sum_start(self) -> str:
        """First digits of its SHA-256, as its publisher states them in its name."""
        return Path(self.file).stem.rpartition("-")[2]

    def find(self) -> Path | None:
        """Return where it lies in the weights folders; None where it does not."""
        places = (folder / self.file for folder in folders())
        return next((place for place in places if place.is_file()), None)


#: Of FID and KID: the TensorFlow network of 2015 that they are defined with, converted.
INCEPTION = Backbone(
    "weights-inception-2015-12-05-6726825d.pth",
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth",
    "torch_fidelity",
)
#: Of LPIPS; what its authors learned on top of it is in the torchmetrics package.
ALEXNET = Backbone(
    "alexnet-owt-7be5be79.pth",
    "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    "torchmetrics",
)


def why_missing(backbone: Backbone) -> str | None:
    """Say what keeps a network from being loaded, with the command that gets it; None: nothing."""
    for package in ("torch", backbone.package):
        if importlib.util.find_spec(package) is None:
            return NO_EVAL_EXTRA.format(package=package.replace("_", "-"))
    if backbone.find() is not None:
        return None
    place = folders()[0] / backbone.file
    home = Path.home()
    # A report travels: the name of whoever made it is not part of it.
    shown = f"$HOME/{place.relative_to(home).as_posix()}" if place.is_relative_to(home) else place
    return (
        f"its network is not here; where there is a connection: curl -L --create-dirs "
        f'-o "{shown}" {backbone.url}'
    )


def backbone_state(backbone: Backbone, path: Path | None = None) -> dict[str, Any]:
    """Read the numbers of a network.

    Parameters
    ----------
    backbone : Backbone
    path : Path, optional
        Where its file lies, if not in a weights folder.

    Returns
    -------
    dict of str to torch.Tensor

    Raises
    ------
    ModeUnavailableError
        A package is not installed.
    WeightsMissingError
        The file is not there.
    WeightsCorruptError
        It is another file, or holds more than numbers.
    """
    for package in ("torch", backbone.package):
        if importlib.util.find_spec(package) is None:
            raise ModeUnavailableError("package_missing", package=package.replace("_", "-"))
    path = path or backbone.find() or folders()[0] / backbone.file
    if not path.is_file():
        raise WeightsMissingError("model_file_missing", path=str(path))
    if not sum_of(path, None).startswith(backbone.sum_start):
        raise WeightsCorruptError(
            "checkpoint_unfit", file=path.name, reason=Reason("checkpoint_unknown")
        )
    return read_state(path)


def read_state(path: Path) -> dict[str, Any]:
    """Read a table of tensors, and nothing that is not one; WeightsCorruptError otherwise."""
    import pickle
    import zipfile

    import torch

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, zipfile.BadZipFile, RuntimeError, EOFError, OSError) as error:
        reason = Reason("checkpoint_cut_short")
        raise WeightsCorruptError("checkpoint_unfit", file=path.name, reason=reason) from error
    if not isinstance(state, dict) or not all(torch.is_tensor(value) for value in state.values()):
        reason = Reason("checkpoint_unknown")
        raise WeightsCorruptError("checkpoint_unfit", file=path.name, reason=reason)
    return dict(state)
