"""The garbage collector rests while modules load."""

from __future__ import annotations

import gc

import pytest

from landmarkdiff.runtime.collector import collector_at_rest


def test_the_collector_rests():
    with collector_at_rest():
        assert not gc.isenabled()
    assert gc.isenabled()


@pytest.mark.parametrize("at_work", [True, False])
def test_the_collector_is_as_it_was_even_after_a_failure(at_work):
    if not at_work:
        gc.disable()
    try:
        with pytest.raises(ZeroDivisionError), collector_at_rest():
            _ = 1 / 0
        assert gc.isenabled() is at_work
    finally:
        gc.enable()
