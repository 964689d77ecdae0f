"""What the app needs before other machines may reach it, and where it listens."""

from __future__ import annotations

import os
import socket

import pytest
from certificates import self_signed

from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.network import bind, check_exposure, page_address
from landmarkdiff.ui.server.settings import AppSettings


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    cert, key = self_signed(tmp_path_factory.mktemp("tls"))
    return {"certfile": cert, "keyfile": key}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.3.2.1"])
def test_this_machine_needs_nothing(host):
    check_exposure(AppSettings(host=host), has_users=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "[fe80::1]"])  # noqa: S104
def test_other_machines_need_users_and_tls(host, certificate):
    with pytest.raises(ParameterError, match=r"it has no users.*--auth-file"):
        check_exposure(AppSettings(host=host), has_users=False)
    with pytest.raises(ParameterError, match="it has no users"):
        check_exposure(AppSettings(host=host, **certificate), has_users=False)
    with pytest.raises(ParameterError, match=r"without encryption.*--certfile.*--behind-proxy"):
        check_exposure(AppSettings(host=host), has_users=True)
    check_exposure(AppSettings(host=host, **certificate), has_users=True)
    check_exposure(AppSettings(host=host, behind_proxy=True), has_users=True)


def test_a_proxy_in_front_makes_users_necessary_here_too():
    with pytest.raises(ParameterError, match="it has no users"):
        check_exposure(AppSettings(behind_proxy=True), has_users=False)


def test_names_are_not_addresses():
    with pytest.raises(ParameterError, match=r"not an address.*--allowed-host"):
        check_exposure(AppSettings(host="clinic.example"), has_users=True)


def test_a_certificate_and_its_key_go_together(certificate, tmp_path):
    for name in certificate:
        with pytest.raises(ParameterError, match="go together"):
            check_exposure(AppSettings(**{name: certificate[name]}), has_users=True)
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    for settings in (
        {**certificate, "certfile": wrong},
        {**certificate, "keyfile": wrong},
        {**certificate, "certfile": tmp_path / "missing.pem"},
        {"certfile": certificate["keyfile"], "keyfile": certificate["certfile"]},
    ):
        with pytest.raises(ParameterError, match="cannot be used"):
            check_exposure(AppSettings(**settings), has_users=True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_nobody_waits_for_a_pipe(certificate, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for name in certificate:
        with pytest.raises(ParameterError, match="not a file"):
            check_exposure(AppSettings(**{**certificate, name: pipe}), has_users=True)


def test_a_taken_default_port_is_passed_over_and_a_chosen_one_is_not():
    with bind(AppSettings()) as first, bind(AppSettings()) as second:
        ports = [one.getsockname()[1] for one in (first, second)]
        assert 7860 <= ports[0] < ports[1] < 7880
        with pytest.raises(ParameterError, match=r"cannot listen there.*--port"):
            bind(AppSettings(port=ports[0]))


def test_it_listens_on_loopback_alone():
    with bind(AppSettings(host="localhost")) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        with socket.create_connection(listener.getsockname(), timeout=5):
            pass  # whoever comes early waits, and is not refused


def test_an_address_of_another_machine_cannot_be_listened_on():
    with pytest.raises(ParameterError, match="cannot listen there"):
        bind(AppSettings(host="203.0.113.7"))


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://127.0.0.1:7860/"),
        ({"host": "localhost"}, "http://localhost:7860/"),
        ({"host": "0.0.0.0"}, "http://127.0.0.1:7860/"),  # noqa: S104
        ({"host": "::"}, "http://[::1]:7860/"),
        ({"host": "192.168.1.5"}, "http://192.168.1.5:7860/"),
    ],
)
def test_the_address_to_type(settings, address):
    assert page_address(AppSettings(port=7860, **settings)) == address


def test_the_address_with_tls(certificate):
    assert page_address(AppSettings(port=8443, **certificate)) == "https://127.0.0.1:8443/"
