"""The garbage collector rests while modules load."""

from __future__ import annotations

import gc
import subprocess
import sys

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


def test_at_work_again_it_leaves_alone_what_is_there():
    code = (
        "import gc\n"
        "from landmarkdiff.runtime.collector import collector_at_rest, collector_at_work\n"
        "with collector_at_rest():\n"
        "    there = [[]]\n"
        "    collector_at_work()\n"
        "    later = [[]]\n"
        "    followed = [id(one) for one in gc.get_objects()]\n"
        "    print(gc.isenabled(), id(there) in followed, id(later) in followed)\n"
        "print(gc.isenabled())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "True", "True"]
