"""A value of the first tab's plan that another face does not have room for, in all views."""

from __future__ import annotations

import re

import pytest
from asking import answer_of, ask
from small_app import open_session, small_client
from turned_heads import turned_head

from landmarkdiff.photo import encode_png

WIDTH = "rhinoplasty.alar_base_width"


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        yield client


def planned(client, token, grace_hopper, value):
    """A plan of one person, and one photo of somebody with a narrower nose."""
    photo = answer_of(ask(client, token, "single/photo", {}, encode_png(grace_hopper)))
    plan = {**photo["settings"], "effects": {WIDTH: value}}
    answer_of(ask(client, token, "single/warp", plan))
    answer_of(ask(client, token, "views/add", {"place": None}, turned_head(0)))


def number_in(text):
    return float(re.search(r"Alar base width [-−](\d+\.\d+) mm", text).group(1))


def test_it_goes_to_the_end_of_its_range_and_that_is_said(client, grace_hopper):
    token = open_session(client)
    planned(client, token, grace_hopper, -3.7)
    results = answer_of(ask(client, token, "views/apply", {}))["results"]
    (frontal,) = results["views"]
    assert frontal["after"]
    assert frontal["reason"] == ""
    assert results["kept"].startswith("Moved to the end of its range: ")
    assert 3.3 < number_in(results["kept"]) < 3.6
    assert number_in(results["title"]) == pytest.approx(number_in(results["kept"]), abs=0.06)
    # What the first tab plans is still what was asked for: the results are not out of date.
    assert not results["outdated"]
    assert results["kept"] in answer_of(ask(client, token, "views/head", {}))["text"]


def test_what_there_is_room_for_stays_and_nothing_is_said(client, grace_hopper):
    token = open_session(client)
    planned(client, token, grace_hopper, -1.5)
    results = answer_of(ask(client, token, "views/apply", {}))["results"]
    assert results["kept"] == ""
    assert number_in(results["title"]) == 1.5
