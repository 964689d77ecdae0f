"""The inverse of a small symmetric system is that of Moore and Penrose."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.numerics import symmetric_inverse


@pytest.mark.parametrize("signs", [(1, 1, 1, 1), (1, -1, 1, 0)])
def test_it_is_the_pseudoinverse(signs: tuple[int, ...]) -> None:
    axes = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))[0]
    system = (axes * (np.array(signs) * (5.0, 2.0, 0.3, 0.04))) @ axes.T
    inverse = symmetric_inverse(system)
    assert np.abs(inverse - np.linalg.pinv(system, rcond=1e-9, hermitian=True)).max() < 1e-12
    assert np.abs(system @ inverse @ system - system).max() < 1e-12


def test_what_is_hardly_determined_counts_by_the_share_that_is_asked_for() -> None:
    system = np.diag([4.0, 2e-6])
    assert symmetric_inverse(system).diagonal().tolist() == [0.25, 5e5]
    assert symmetric_inverse(system, 1e-6).diagonal().tolist() == [0.25, 0.0]
