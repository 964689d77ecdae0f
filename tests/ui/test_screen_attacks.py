"""Attacks on the second screen, all on one app with users: guesses, reuse, theft, what is over."""

from __future__ import annotations

import json

import pytest
from asking import answer_of, ask
from small_app import BASE, open_session, small_client
from starlette.testclient import TestClient

from landmarkdiff.photo import encode_png
from landmarkdiff.ui.server.passwords import PasswordHash, Users
from landmarkdiff.ui.server.security import screen_policy
from landmarkdiff.ui.server.settings import AppSettings

PASSWORD = "correct horse battery"  # noqa: S105
HASH = PasswordHash.of(PASSWORD, cost=1 << 14).to_text()
#: Users by what stands after their hash.
PEOPLE = {"alice": ":edit,export", "bob": "", "viewer": ":view", "admin": ":admin"}
REGION = {"x": 1, "y": 2, "width": 3, "height": 4}
NAME = "Jane Doe"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("users") / "users.txt"
    write_users(path)
    return path


def write_users(path, **changed):
    lines = (f"{name}:{HASH}{roles}\n" for name, roles in (PEOPLE | changed).items())
    path.write_text("".join(lines))
    path.chmod(0o600)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("log") / "audit.jsonl"


@pytest.fixture(scope="module")
def app(file, log):
    with small_client(AppSettings(audit_log=log), users=Users({}, file)) as client:
        yield client


@pytest.fixture(scope="module")
def png(astronaut):
    return encode_png(astronaut)


def browser_at(app, address="10.1.0.1"):
    return TestClient(app.app, base_url=BASE, follow_redirects=False, client=(address, 50000))


class Showing:
    """A user's page that shows a photo, and its state as it stands."""

    def __init__(self, app, name="alice", png=None):
        self.browser = browser_at(app)
        data = {"user": name, "password": PASSWORD}
        assert self.browser.post("/login", data=data).status_code == 303
        self.token = open_session(self.browser)
        self.png = png
        self.session = app.services.store._sessions[self.token]
        if png is not None:
            self.open()

    def open(self):
        answer = ask(self.browser, self.token, "single/photo", {"name": f"{NAME}.png"}, self.png)
        self.photo = answer_of(answer)["display"]

    def code(self):
        answer = self.browser.post(f"/ld/{self.token}/screen")
        assert answer.status_code == 200, answer.text
        return answer.json()["code"]

    def tell(self, **changed):
        state = {"photo": self.photo, "width": 9, "height": 9, "label": "SIMULATION",
                 "values": {"x": 1}, "mode": "side", "region": REGION}  # fmt: skip
        return self.browser.post(f"/ld/{self.token}/screen/state", json=state | changed)


@pytest.fixture(scope="module")
def alice(app, png):
    return Showing(app, png=png)


@pytest.fixture
def screen(app, alice):
    """A device that looks at what she shows, without a login."""
    looking = browser_at(app, "10.2.0.9")
    joined = looking.post("/screen", data={"code": alice.code()})
    assert (joined.status_code, joined.headers["location"]) == (303, "/screen")
    alice.tell()
    return looking


def test_the_picture_is_drawn_without_a_login(screen, alice):
    page = screen.get("/screen")
    assert (page.status_code, page.headers["content-security-policy"]) == (200, screen_policy())
    assert "unsafe" not in screen_policy()
    assert "nonce" not in page.text
    assert NAME not in page.text
    told = screen.get("/screen/state?after=-1").json()
    assert told["state"]["photo"] == alice.photo
    file = screen.get(f"/screen/file/photo/{alice.photo}")
    assert file.content == alice.session.blobs.get(alice.photo).data
    assert file.headers["cache-control"] == "no-store"
    # Its name may be the patient's.
    assert "content-disposition" not in file.headers
    assert screen.get("/ld/static/screen/screen.js").status_code == 200
    assert screen.get("/ld/static/live/preview.js").status_code == 200


def test_the_cookie_opens_nothing_else(screen, alice):
    blob = f"/ld/{alice.token}/blob/{alice.photo}"
    for method, path in [
        ("GET", "/"), ("GET", "/en/"), ("GET", "/ld/audit"), ("GET", blob), ("POST", "/ld/session"),
        ("POST", f"/ld/{alice.token}/ask/single/check"), ("POST", f"/ld/{alice.token}/screen"),
        ("POST", f"/ld/{alice.token}/screen/state"), ("POST", f"/ld/{alice.token}/screen/end"),
        ("POST", f"/ld/session/{alice.token}/close"), ("POST", "/ld/static/live/preview.js"),
        ("GET", "/ld/static/../audit"), ("GET", "/screenx"), ("POST", "/logout"),
    ]:  # fmt: skip
        assert screen.request(method, path).status_code == 401, path
    # As a cookie of a browser it is nothing either, nor the other way round.
    (key,) = [value for name, value in screen.cookies.items() if name.endswith("-screen")]
    login = dict(alice.browser.cookies)
    (name,) = login
    for cookies, path in [
        ({name: key}, "/ld/session"),
        ({f"{name}-screen": login[name]}, "/screen/state"),
    ]:
        thief = TestClient(screen.app, base_url=BASE, cookies=cookies)
        assert thief.request("POST" if "session" in path else "GET", path).status_code in {401, 410}


@pytest.mark.parametrize(
    "path",
    [
        "/screen/file/photo/..%2f..%2fetc%2fpasswd",
        "/screen/file/photo/../../../etc/passwd",
        "/screen/file/../state/x",
        "/screen/file/session/x",
        "/screen/file/__class__/x",
        "/screen/file/label/SIMULATION",
        "/screen/file/model/None",
        "/screen/file/result/null",
    ],
)
def test_no_other_file_is_reached(path, screen, alice):
    other = alice.session.blobs.put(b"another", "image/png", "x.png")
    assert screen.get(f"/screen/file/photo/{other}").status_code == 404
    assert screen.get(path).status_code in {401, 404}


def test_pictures_beside_one_another_are_reached_while_they_are_shown(screen, alice):
    put = alice.session.blobs.put
    names = [put(name.encode(), "image/png", "x.png") for name in ("first", "second", "other")]
    first, second, other = (f"/screen/file/figure/{name}" for name in names)
    place = "right:1.1%;bottom:0.9%;min-width:20.8%;min-height:3.6%"
    pictures = [{"blob": names[0], "title": "Before"},
                {"blob": names[1], "label": "SIMULATION", "place": place}]  # fmt: skip
    figure = {"caption": "expression: happy, 33 %", "pictures": pictures}
    assert alice.tell(figures=[figure]).status_code == 200
    answers = [screen.get(path).status_code for path in (first, second, other)]
    assert answers == [200, 200, 404]
    assert screen.get(f"/screen/file/photo/{names[0]}").status_code == 404
    # A style says where a word stands, and nothing else.
    for odd in ("right:1.1%;background:url(//x)", "right:calc(1%)", "color:red", "right:1.1%;}"):
        wrong = {"caption": "", "pictures": [pictures[1] | {"place": odd}]}
        assert alice.tell(figures=[wrong]).status_code == 400, odd
    alice.tell()
    assert screen.get(first).status_code == 404


def test_without_the_cookie_there_is_only_the_form(app, screen):
    stranger = browser_at(app, "10.2.0.10")
    assert stranger.get("/screen").status_code == 200
    assert 'name="code"' in stranger.get("/screen").text
    for path in ("/screen/state", "/screen/file/photo/x"):
        assert stranger.get(path).status_code == 410
    assert stranger.get("/ld/static/screen/screen.js").status_code == 401
    for forged in ("", ".", "x.y", "\xfc", "a" * 5000):
        cookie = {"Cookie": f"ld-7860-screen={forged}".encode("latin-1")}
        assert stranger.get("/screen/state", headers=cookie).status_code == 410


def test_a_code_is_worth_one_screen(app, alice):
    code = alice.code()
    first, second = browser_at(app, "10.2.1.1"), browser_at(app, "10.2.1.2")
    assert first.post("/screen", data={"code": code}).status_code == 303
    assert second.post("/screen", data={"code": code}).status_code == 401
    assert second.get("/screen/state").status_code == 410


def test_a_code_shows_its_own_page_alone(app, alice, png, screen):
    bob = Showing(app, "bob", png)
    looking = browser_at(app, "10.2.2.1")
    assert looking.post("/screen", data={"code": bob.code()}).status_code == 303
    bob.tell()
    alice.tell()
    assert looking.get("/screen/state?after=-1").json()["state"]["photo"] == bob.photo
    assert screen.get("/screen/state?after=-1").json()["state"]["photo"] == alice.photo
    assert looking.get(f"/screen/file/photo/{alice.photo}").status_code == 404
    # Nobody shows, tells or ends by the name of another's page.
    for path in ("screen", "screen/state", "screen/end"):
        assert bob.browser.post(f"/ld/{alice.token}/{path}", json={}).status_code == 404
    # A page may name whatever it likes: of another's files it shows none.
    bob.tell(photo=alice.photo)
    assert looking.get(f"/screen/file/photo/{alice.photo}").status_code == 404


def test_guessing_is_slow_and_is_told(app, alice, log):
    guesser = browser_at(app, "10.9.9.9")
    answers = [guesser.post("/screen", data={"code": f"{n:010}"}).status_code for n in range(6)]
    assert answers == [401] * 5 + [429]
    # In other spellings, and with the right one: the wait is the address's.
    code = alice.code()
    for body in ({"code": "ａａａａａ ｂｂｂｂｂ"}, {"code": code}, {"code": code.lower()}):
        refused = guesser.post("/screen", data=body)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
    elsewhere = browser_at(app, "10.9.9.8")
    assert elsewhere.post("/screen", data={"code": code}).status_code == 303
    told = [json.loads(line) for line in log.read_text().splitlines()]
    refused = [one for one in told if one["event"] == "screen refused"]
    assert [one["address"] for one in refused if one["address"] == "10.9.9.9"] == ["10.9.9.9"] * 5
    assert code not in log.read_text()
    assert NAME not in log.read_text()


@pytest.mark.parametrize(
    "body",
    [b"", b"code=", b"code=" + b"A" * 5000, b"&" * 50, b"\xff\xfe", b"code=%00", b"code=\xf0\x9f"],
)
def test_a_form_that_no_page_sends_is_refused(app, body):
    # Each from elsewhere, so that none waits for the others.
    browser = browser_at(app, f"10.3.0.{len(body) % 251}")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert browser.post("/screen", content=body, headers=form).status_code in {400, 401}


def test_a_planted_key_is_worth_nothing_after_joining(app, alice, screen):
    """The attacker's own screen in the victim's cookie: whoever joins gets a key of their own."""
    planted = dict(screen.cookies)
    victim = browser_at(app, "10.2.3.1")
    victim.cookies.update(planted)
    joined = victim.post("/screen", data={"code": alice.code()})
    fresh = joined.headers["set-cookie"]
    assert "HttpOnly; SameSite=Strict" in fresh
    assert not any(value in fresh for value in planted.values())
    assert screen.get("/screen/state").status_code == 410
    alone = browser_at(app, "10.2.3.1")
    assert alone.get("/screen/state", headers={"Cookie": fresh.split(";")[0]}).status_code == 200


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9999"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_no_other_page_shows_joins_ends_or_reads(headers, alice, screen, app):
    shows = alice.browser
    for path in ("screen", "screen/state", "screen/end"):
        answer = shows.post(f"/ld/{alice.token}/{path}", headers=headers)
        assert answer.status_code == 403, path
    code = alice.code()
    assert screen.post("/screen", data={"code": code}, headers=headers).status_code == 403
    if "Sec-Fetch-Site" in headers:
        embedded = {**headers, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
        for path in ("/screen", "/screen/state", f"/screen/file/photo/{alice.photo}"):
            assert screen.get(path, headers=embedded).status_code == 403


def test_only_who_may_take_files_away_shows(app, png):
    for name, statuses in (("viewer", {403}), ("admin", {403}), ("bob", {422})):
        page = Showing(app, name)
        assert page.browser.post(f"/ld/{page.token}/screen").status_code in statuses, name
    assert "NoPhotoError" in page.browser.post(f"/ld/{page.token}/screen").text


def over(screen):
    """Whether a screen sees nothing any more, not even the scripts."""
    gone = [screen.get("/screen/state?after=-1").status_code,
            screen.get("/screen/file/photo/x").status_code,
            screen.get("/ld/static/screen/screen.js").status_code]  # fmt: skip
    return gone == [410, 410, 401] and 'name="code"' in screen.get("/screen?ended=1").text


def test_it_ends_with_login_page_photo_role_and_button(app, png, file):
    def log_out(page):
        page.browser.post("/logout")

    def close(page):
        page.browser.post(f"/ld/session/{page.token}/close")

    def reload(page):
        page.browser.post(f"/ld/session/{page.token}/leave", json={})

    def stop(page):
        assert page.browser.post(f"/ld/{page.token}/screen/end").status_code == 204

    def another_photo(page):
        page.open()

    def lose_the_role(page):
        write_users(file, bob=":edit")

    def lose_the_account(page):
        write_users(file, bob=":edit", carol="")
        file.write_text("".join(line for line in file.read_text().splitlines(True)
                                if not line.startswith("bob:")))  # fmt: skip

    for number, end in enumerate(
        (log_out, close, reload, stop, another_photo, lose_the_role, lose_the_account)
    ):
        if end is lose_the_account:
            write_users(file)
        page = Showing(app, "bob", png)
        looking = browser_at(app, f"10.4.0.{number}")
        assert looking.post("/screen", data={"code": page.code()}).status_code == 303
        assert page.tell().json() == {"screens": 1, "number": 1}
        assert looking.get("/screen/state?after=-1").status_code == 200
        end(page)
        assert over(looking), end.__name__
        if end in {stop, another_photo, lose_the_role}:
            assert page.tell().json() == {"over": True}
    write_users(file)


def test_a_link_on_another_site_leads_to_the_form_and_nowhere_else(app):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document"}  # fmt: skip
    answer = browser_at(app).get("/screen", headers=link)
    assert answer.status_code == 200
    assert 'url=/screen"' in answer.text.lower().replace("&#x2f;", "/")
