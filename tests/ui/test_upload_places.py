"""Places for files that arrive: bounded for all, and for each account."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from landmarkdiff.ui.server.ask_route import UPLOADS, UPLOADS_OF_ACCOUNT, UploadPlaces
from landmarkdiff.ui.server.work import BusyError


def test_slow_uploads_of_one_account_leave_room_for_the_others():
    places = UploadPlaces()
    with ExitStack() as held:
        for _ in range(UPLOADS_OF_ACCOUNT):
            held.enter_context(places.place("user mallory"))
        with pytest.raises(BusyError), places.place("user mallory"):
            pass
        for account in range(UPLOADS - UPLOADS_OF_ACCOUNT):
            held.enter_context(places.place(f"user {account}"))
        with pytest.raises(BusyError), places.place("user alice"):
            pass
    with places.place("user mallory"), places.place("user alice"):
        pass


def test_a_file_that_fails_gives_its_place_back():
    places = UploadPlaces()
    for _ in range(UPLOADS + 1):
        with pytest.raises(RuntimeError), places.place("user alice"):
            raise RuntimeError
