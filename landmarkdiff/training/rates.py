"""The search for a learning rate: a short run whose rate grows, and where its loss fell best."""

from __future__ import annotations

from functools import partial
from itertools import islice

import numpy as np

from landmarkdiff.errors import ModeUnavailableError
from landmarkdiff.training.run import Run

__all__ = ["find_rate", "suggested_rate"]

#: Rates that are tried, and by how much the loss may grow beyond the first before it is over.
LOWEST, HIGHEST, WORSE = 1e-7, 1e-2, 2.0


def find_rate(run: Run, tries: int) -> list[tuple[float, float]]:
    """Try rates from low to high on the same samples and draws; return rate and loss of each.

    The run is of no use afterwards, and nothing of it is written.
    """
    own = run.share.stop - run.share.start
    samples = list(islice(run.passes(), own // run.at_once))
    found: list[tuple[float, float]] = []
    run.keeps = False
    for number in range(tries):
        rate = LOWEST * (HIGHEST / LOWEST) ** (number / max(tries - 1, 1))
        run.rate = partial(float, rate)
        try:
            loss = run.step(iter(samples))["loss"]
        except ModeUnavailableError:  # not finite any more: that rate was too high
            break
        found.append((rate, loss))
        if loss > WORSE * found[0][1]:
            break
    return found


def suggested_rate(tried: list[tuple[float, float]]) -> float | None:
    """Return a tenth of the rate of the least loss, None where the loss never fell by 1 %.

    Examples
    --------
    >>> suggested_rate([(1e-5, 1.0), (1e-4, 0.8), (1e-3, 0.5), (1e-2, 3.0)])
    0.0001
    """
    rates, losses = np.array(tried).T
    best = int(np.nanargmin(losses))
    if losses[best] > 0.99 * losses[0]:
        return None
    return float(rates[best]) / 10.0
