"""What a role opens and what it does not: every question of every tab, files, the audit log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import KINDS, answer_of, ask
from small_app import BASE, open_session, small_client
from starlette.testclient import TestClient

from landmarkdiff.errors import ParameterError
from landmarkdiff.photo import encode_png, read_photo
from landmarkdiff.ui.server.passwords import PasswordHash, Users, add_user
from landmarkdiff.ui.server.roles import EVERYDAY, ROLES, checked_roles
from landmarkdiff.ui.server.settings import AppSettings
from landmarkdiff.workflows.output.archive import save_consultation
from landmarkdiff.workflows.settings import ConsultationSettings

PASSWORD = "correct horse battery"  # noqa: S105
HASH = PasswordHash.of(PASSWORD, cost=1 << 14).to_text()
#: Users of the file, by what stands after their hash; ``plain`` has no role.
PEOPLE = {"viewer": ":view", "editor": ":edit", "exporter": ":export", "admin": ":admin",
          "both": ":edit,export", "plain": ""}  # fmt: skip

SETTINGS = ConsultationSettings().to_dict()
CHOSEN = {"procedures": ["rhinoplasty", "lip_lift"]}
#: Every kind of question, one of its kind, and what it needs beside ``view``. There is no photo,
#: so each answer comes at once.
QUESTIONS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "single/photo": ({}, set()),
    "single/consultation": ({}, set()),
    "single/unlock": ({"passphrase": "a long phrase"}, set()),
    "single/keep": ({"passphrase": "a long phrase"}, {"export"}),
    "single/kept": ({}, set()),
    "single/take": ({"name": "kept.landmarkdiff"}, set()),
    "single/plans": ({"a": SETTINGS, "b": SETTINGS}, {"edit"}),
    "single/resume": ({}, set()),
    "single/geometry": (SETTINGS, {"edit"}),
    "single/model": (SETTINGS, {"edit"}),
    "single/warp": (SETTINGS, {"edit"}),
    "single/brush": (SETTINGS, {"edit"}),
    "single/check": ({}, set()),
    "single/words": ({"words": "a finer tip", "settings": SETTINGS}, {"edit"}),
    "single/gesture": (SETTINGS, {"edit"}),
    "single/repaint": (SETTINGS, {"edit"}),
    "single/download": ({"file": "picture"}, {"export"}),
    "single/handout": ({"format": "png"}, {"export"}),
    "single/print": ({}, {"export"}),
    "single/outcome": ({}, set()),
    "single/outcome_again": ({}, set()),
    "single/outcome_forget": ({}, set()),
    "single/outcome_file": ({"format": "png"}, {"export"}),
    "single/head": (SETTINGS, {"edit"}),
    "single/head_file": ({"file": "glb", "settings": SETTINGS}, {"edit", "export"}),
    "single/presets": ({}, set()),
    "single/preset_use": ({"name": "Mine"}, {"edit"}),
    "single/preset_save": ({"name": "Mine", "settings": SETTINGS}, {"edit"}),
    "single/preset_rename": ({"name": "Mine", "other": "Yours"}, {"edit"}),
    "single/preset_remove": ({"name": "Mine"}, {"edit"}),
    "single/preset_begin": ({"procedure": "nose"}, {"edit"}),
    "comparison/open": ({}, set()),
    "comparison/compare": (CHOSEN, {"edit"}),
    "comparison/combine": (CHOSEN, {"edit"}),
    "sweep/open": ({}, set()),
    "sweep/sweep": ({"procedure": "plan"}, {"edit"}),
    "analysis/open": ({}, set()),
    "analysis/analyse": ({}, set()),
    "views/state": ({}, set()),
    "views/add": ({}, set()),
    "views/hint": ({"place": "frontal"}, set()),
    "views/move": ({"photo": "x", "place": "frontal"}, set()),
    "views/remove": ({"photo": "x"}, set()),
    "views/confirm": ({"one_person": True}, {"edit"}),
    "views/profile": ({"photo": "x"}, set()),
    "views/points": ({"photo": "x"}, {"edit"}),
    "views/sort": ({}, set()),
    "views/clear": ({}, set()),
    "views/apply": ({"procedure": "rhinoplasty"}, {"edit"}),
    "views/head": ({"procedure": "rhinoplasty"}, {"edit"}),
    "views/head_file": ({"procedure": "rhinoplasty", "file": "glb"}, {"edit", "export"}),
    "views/report": ({}, {"export"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("log") / "audit.jsonl"


@pytest.fixture(scope="module")
def app(tmp_path_factory, log):
    path = tmp_path_factory.mktemp("users") / "users.txt"
    path.write_text("".join(f"{name}:{HASH}{roles}\n" for name, roles in PEOPLE.items()))
    path.chmod(0o600)
    with small_client(AppSettings(audit_log=log, workers=2), users=Users({}, path)) as client:
        yield client


@pytest.fixture(scope="module")
def people(app):
    """A browser and a page of each user."""
    found = {}
    for name in PEOPLE:
        browser = TestClient(app.app, base_url=BASE, follow_redirects=False)
        assert browser.post("/login", data={"user": name, "password": PASSWORD}).status_code == 303
        found[name] = browser, open_session(browser)
    return found


def test_every_kind_of_question_is_looked_at():
    assert set(QUESTIONS) == set(KINDS)


@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_question_is_answered_to_whoever_may_ask_it(kind, people, app):
    question, more = QUESTIONS[kind]
    needed = {"view", *more}
    for name, suffix in PEOPLE.items():
        browser, token = people[name]
        session = app.services.store._sessions[token]
        assert session.case.settings is None
        file = b"no photo" if KINDS[kind].upload is not None else None
        answer = ask(browser, token, kind, question, file)
        roles = checked_roles(suffix[1:].split(",")) if suffix else EVERYDAY
        if needed <= roles:
            assert answer.status_code == 200, (name, answer.text)
            continue
        assert answer.status_code == 403, name
        said = answer.json()
        assert said["code"] == "NotAllowedError"
        missing = next(role for role in ("view", "export", "edit") if role in needed - roles)
        assert f"ask whoever administers the app for the role '{missing}'" in said["error"]


def test_pictures_are_for_viewers_and_files_for_exporters(people, app):
    for name, shown, saved in [
        ("viewer", 200, 403), ("editor", 200, 403), ("exporter", 200, 200), ("admin", 403, 403),
        ("plain", 200, 200),
    ]:  # fmt: skip
        browser, token = people[name]
        session = app.services.store._sessions[token]
        blob = session.blobs.put(b"face", "image/png", "x.png")
        place = f"/ld/{token}/blob/{blob}"
        assert browser.get(place).status_code == shown
        assert browser.get(f"{place}?download=1").status_code == saved
        # What the page itself needs, everybody may.
        assert browser.post(f"/ld/session/{token}/alive").status_code == 200
        assert browser.get("/en/").status_code == 200


def test_the_log_is_for_administrators(people, log):
    for name in PEOPLE:
        answer = people[name][0].get("/ld/audit")
        assert answer.status_code == (200 if name == "admin" else 403)
    read = people["admin"][0].get("/ld/audit")
    assert read.headers["content-disposition"].startswith('attachment; filename="audit.jsonl"')
    events = [json.loads(line) for line in read.text.splitlines()]
    assert {one["event"] for one in events} >= {"login", "page opened", "not allowed", "log read"}
    refused = [one for one in events if one["event"] == "not allowed"]
    # Of those who were refused more than thirty times in this minute, only the count is written.
    assert ("both", "audit") in {(one["user"], one["what"]) for one in refused}


def test_a_log_that_is_not_kept_is_empty(tmp_path):
    add_user(tmp_path / "users.txt", "boss", PASSWORD, ["admin"])
    kept = tmp_path / "audit.jsonl"
    for settings in (AppSettings(), AppSettings(audit_log=kept)):
        with small_client(settings, users=Users({}, tmp_path / "users.txt")) as client:
            client.post("/login", data={"user": "boss", "password": PASSWORD})
            kept.unlink(missing_ok=True)
            read = client.get("/ld/audit")
            assert (read.status_code, read.content) == (200, b"")


def test_a_page_is_told_what_it_may_offer(people):
    browser, _ = people["exporter"]
    assert browser.post("/ld/session").json()["roles"] == ["export", "view"]


def test_where_there_are_no_users_everything_but_the_log_is_open(tmp_path):
    with small_client(AppSettings(audit_log=tmp_path / "audit.jsonl")) as client:
        assert client.post("/ld/session").json()["roles"] == ["edit", "export", "view"]
        assert client.get("/ld/audit").status_code == 403


def test_a_viewer_sees_the_plan_as_it_is(people, astronaut, tmp_path):
    (tmp_path / "x.png").write_bytes(encode_png(astronaut))
    photo = read_photo(tmp_path / "x.png")
    plan = ConsultationSettings(procedures=("lip_lift",), intensity={"lip_lift": 42.5})
    browser = people["viewer"][0]
    token = open_session(browser)
    opened = answer_of(
        ask(browser, token, "single/consultation", {}, save_consultation(photo, plan))
    )
    # As the page sends it back, through JSON.
    own = json.loads(json.dumps(opened["settings"]))
    assert answer_of(ask(browser, token, "single/model", own))["model"]
    assert answer_of(ask(browser, token, "single/warp", own))["picture"]
    assert "lift" in answer_of(ask(browser, token, "single/check"))["results"]
    for kind in ("model", "warp", "head", "repaint"):
        other = {**own, "intensity": {"lip_lift": 43}}
        assert ask(browser, token, f"single/{kind}", other).status_code == 403
    assert ask(browser, token, "single/download", {"file": "picture"}).status_code == 403
    # The plan that was refused is not the page's now.
    assert answer_of(ask(browser, token, "single/warp", own))["picture"]


def test_a_role_that_is_taken_away_is_gone_at_once(tmp_path):
    path = tmp_path / "users.txt"
    add_user(path, "anna", PASSWORD, ["edit", "export"])
    users = Users({}, path)
    with small_client(users=users) as client:
        client.post("/login", data={"user": "anna", "password": PASSWORD})
        token = open_session(client)
        assert ask(client, token, "single/download", {"file": "plan"}).status_code == 200
        path.write_text(path.read_text().replace(":view,edit,export", ":view"))
        assert ask(client, token, "single/download", {"file": "plan"}).status_code == 403
        assert client.post("/ld/session").json()["roles"] == ["view"]


def test_the_file_keeps_roles_when_a_password_changes(tmp_path):
    path = tmp_path / "users.txt"
    add_user(path, "anna", PASSWORD, ["admin", "edit"])
    assert path.read_text().rstrip().endswith(":view,edit,admin")
    assert add_user(path, "anna", PASSWORD + "!")
    add_user(path, "bob", PASSWORD)
    users = Users({}, path)
    assert users.roles("anna") == {"view", "edit", "admin"}
    assert users.roles("bob") == EVERYDAY == set(ROLES) - {"admin"}
    assert users.roles("nobody") == set()
    add_user(path, "anna", PASSWORD, ["view"])
    assert users.roles("anna") == {"view"}


@pytest.mark.parametrize("suffix", [":", ":surgeon", ":view,", ":view:edit", ":VIEW", ": "])
def test_a_line_with_a_wrong_role_is_refused(tmp_path, suffix):
    path = tmp_path / "users.txt"
    path.write_text(f"anna:{HASH}{suffix}\n")
    path.chmod(0o600)
    with pytest.raises(ParameterError, match="line 1"):
        Users({}, path)


def test_a_role_is_named_with_those_there_are(tmp_path):
    with pytest.raises(ParameterError, match=r"surgeon.*view, edit, export, admin"):
        add_user(tmp_path / "users.txt", "anna", PASSWORD, ["surgeon"])
    assert not (tmp_path / "users.txt").exists()
