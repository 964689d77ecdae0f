"""The file of the provider of logins: read once, refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from landmarkdiff.cli import main
from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.auth import CALLBACK
from landmarkdiff.ui.server.oidc import Provider
from landmarkdiff.ui.server.oidc_settings import SECRET_VARIABLE, load_oidc

GOOD = f"""
issuer: https://login.clinic.example/realms/staff
client_id: landmarkdiff
redirect_uri: https://simulation.clinic.example{CALLBACK}
groups:
  surgeons: [edit, export]
  it: [admin]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "oidc.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_and_the_secret_leaves_the_environment(tmp_path):
    environment = {SECRET_VARIABLE: "hush"}
    settings, secret = load_oidc(written(tmp_path, GOOD), "", environment)
    assert settings.groups == {"surgeons": ("edit", "export"), "it": ("admin",)}
    assert (settings.user_claim, settings.skew_seconds, settings.login_hours) == (
        "preferred_username", 60, 12.0,
    )  # fmt: skip
    assert secret == "hush"  # noqa: S105
    assert environment == {}
    assert load_oidc(None, "") is None


def test_a_secret_in_a_file_of_its_own(tmp_path):
    (tmp_path / "secret").write_text("hush\n")
    (tmp_path / "secret").chmod(0o600)
    path = written(tmp_path, GOOD + "client_secret_file: secret\n")
    assert load_oidc(path, "", {})[1] == "hush"
    (tmp_path / "secret").chmod(0o640)
    with pytest.raises(ParameterError, match=r"mode 0640.*chmod 600 secret"):
        load_oidc(path, "", {})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("https://login.clinic", "http://login.clinic", "issuer"),
        ("https://login.clinic", "https://user:word@login.clinic", "issuer"),
        ("https://login.clinic", "javascript:login.clinic", "issuer"),
        ("https://simulation", "http://simulation", "redirect_uri"),
        (CALLBACK, "/login", "the app's address with the path /login/oidc/callback"),
        ("[admin]", "[boss]", "groups.it.0"),
        ("client_id", "client_name", "client_id"),
        ("groups:", "login_hours: 13\ngroups:", "login_hours"),
        ("groups:", "skew_seconds: -1\ngroups:", "skew_seconds"),
        ("groups:", "verify: false\ngroups:", "verify"),
        ("groups:", "groups: {}\nother:", "groups"),
        ("groups:", "}{", "not YAML"),
    ],
)
def test_one_sentence_says_what_is_wrong(tmp_path, before, after, said):
    with pytest.raises(ParameterError) as refused:
        load_oidc(written(tmp_path, GOOD.replace(before, after)), "", {})
    assert said in str(refused.value)
    assert str(refused.value).count("\n") == 0


def test_below_a_root_path_the_address_has_it_too(tmp_path):
    with pytest.raises(ParameterError, match=f"/clinic{CALLBACK}"):
        load_oidc(written(tmp_path, GOOD), "/clinic", {})


def test_authorities_have_to_be_there(tmp_path):
    path = written(tmp_path, GOOD + "certificates: ca.pem\n")
    with pytest.raises(ParameterError, match=r"no certificates.*ca\.pem"):
        Provider(*load_oidc(path, "", {}))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--oidc", "missing.yaml"], "missing.yaml"),
        (["--role", "view"], "--add-user"),
        (["--add-user", "anna", "--auth-file", "users.txt", "--role", "boss"], "boss"),
    ],
)
def test_the_command_ends_with_status_2(tmp_path, monkeypatch, capsys, options, said):
    monkeypatch.chdir(tmp_path)
    assert main(["app", "--no-browser", *options]) == 2
    assert said in capsys.readouterr().err
