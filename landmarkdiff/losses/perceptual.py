"""The perceptual term: LPIPS outside the mask, where nothing may change.

The heads that its authors learned lie in torchmetrics' wheel; AlexNet's numbers are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["PerceptualTerm", "lpips_network"]


def lpips_network(state: Mapping[str, Any], *, spatial: bool = False) -> Any:
    """Return LPIPS [1]_ with AlexNet, in which no weight is trained.

    Parameters
    ----------
    state : mapping of str to torch.Tensor
        AlexNet's numbers, by torchvision's names.
    spatial : bool
        Whether it answers with a map.

    Raises
    ------
    RuntimeError, AttributeError
        They are another network's.

    References
    ----------
    .. [1] R. Zhang et al., The unreasonable effectiveness of deep features as a perceptual
       metric, CVPR 2018.
    """
    from torchmetrics.functional.image.lpips import _LPIPS

    # The backbone is made with numbers drawn by chance, because otherwise it is downloaded.
    network = _LPIPS(pretrained=True, net="alex", spatial=spatial, pnet_rand=True)
    layers = {
        f"{part}.{layer}.{kind}": state.get(f"features.{layer}.{kind}")
        for part, layer, kind in (name.split(".") for name in network.net.state_dict())
    }
    network.net.load_state_dict(layers)
    return network.eval().requires_grad_(False)


class PerceptualTerm:
    """LPIPS as a map that is averaged outside the mask.

    Parameters
    ----------
    state : mapping of str to torch.Tensor
        AlexNet's numbers, by torchvision's names.
    device : str
    """

    def __init__(self, state: Mapping[str, Any], device: str = "cpu") -> None:
        self._network = lpips_network(state, spatial=True).to(device)

    def __call__(self, picture: Any, target: Any, mask: Any) -> Any:
        """Return the mean of LPIPS outside the mask, (B,).

        Parameters
        ----------
        picture, target : (B, 3, S, S) tensor in [0, 1]
        mask : (B, 1, S, S) tensor in [0, 1]
        """
        outside = 1.0 - mask
        # What lies inside must not be seen by the windows that reach over the edge.
        shown = target + (picture - target) * outside
        found = self._network(shown.float(), target.float(), normalize=True)
        return (found * outside).sum(dim=(1, 2, 3)) / outside.sum(dim=(1, 2, 3)).clamp_min(1.0)
