import re

import pytest

from tests.web_min.rig import CODE, call, speechlike
from web_min.guard import BARE, HEADERS, OPEN, UNATTENDED, local_path
from web_min.sessions import IDLE_S
from web_min.turnstile import BURST

#: What is not to be seen by those who are not signed in.
PRIVATE = ("0313701234", "민원실", "오산시", "김하나", "녹취정보의 부정한")

#: What stands for the variable parts of addresses.
FILLED = {
    "code": "ja",
    "filename": "kirok.css",
    "request_id": "r1",
    "form_id": "osan-2",
    "line": "3",
    "medium_id": "m1",
    "restriction_id": "x1",
    "person_id": "p1",
}


@pytest.fixture
def row(rig):
    return rig.add(call(), speechlike(2.0))


def addresses(rig, row):
    """Yield every route with each of its methods."""
    for rule in rig.app.url_map.iter_rules():
        path = re.sub(r"<any\((\w+)[^<>]*>", r"\1", rule.rule)  # the first of its acts
        path = re.sub(r"<\w+:", "<", path)
        for name, value in {"call_id": row.id, **FILLED}.items():
            path = path.replace(f"<{name}>", value)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            yield rule.endpoint, method, path


def test_every_route_is_walked(rig, row):
    walked = list(addresses(rig, row))
    assert len(walked) > 19
    assert len({endpoint for endpoint, _, _ in walked}) == len(rig.app.view_functions)


def test_every_answer_carries_the_headers(rig, row):
    seen = set()
    for signed_in in (False, True):
        if signed_in:
            rig.sign_in()
            rig.listen(row)
        for endpoint, method, path in addresses(rig, row):
            if endpoint == "sign_in.out":
                continue
            answer = rig.client.open(
                path, method=method, data={"token": rig.token()}, buffered=True
            )
            seen.add(answer.status_code)
            for name, value in HEADERS.items():
                assert answer.headers[name] == value, (path, name)
            wanted = "no-cache" if endpoint == "static" else "no-store"
            assert answer.headers["Cache-Control"] == wanted, path
            assert "Server" not in answer.headers
    assert {200, 303, 400, 401} <= seen


@pytest.mark.parametrize("path", ["/nope", "/static/nope.css", "/calls/x", "/language/xx"])
def test_error_pages_carry_them_too(inside, path):
    answer = inside.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_the_policy_allows_our_own_files_and_nothing_else():
    policy = dict(
        part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";")
    )
    assert policy.pop("default-src") == policy.pop("frame-ancestors") == "'none'"
    assert policy.pop("base-uri") == "'none'"
    assert set(policy.values()) == {"'self'"}
    assert set(policy) == {
        *("script-src", "style-src", "img-src", "media-src", "connect-src", "form-action")
    }


def test_pages_have_no_inline_script_or_style_and_no_foreign_file(inside):
    row = inside.add(call(), speechlike(2.0))
    inside.listen(row)
    for path in ("/", "/calls", f"/calls/{row.id}", "/health", "/nope"):
        page = inside.get(path).text
        assert not re.search(r"\son\w+=", page)
        assert "style=" not in page
        assert "<style" not in page
        assert not re.search(r"<script(?![^>]*\ssrc=)", page)
        for address in re.findall(r'(?:src|href|action)="([^"]*)"', page):
            assert address.startswith(("/", "#")), address
            assert not address.startswith("//")


# ------------------------------------------------------------ without a session


def test_every_route_refuses_without_a_session(rig, row):
    for endpoint, method, path in addresses(rig, row):
        if endpoint in OPEN:
            continue
        answer = rig.client.open(path, method=method, data={"token": rig.token()}, buffered=True)
        if endpoint in BARE:
            assert (answer.status_code, answer.mimetype) == (401, "text/plain"), path
        else:
            assert answer.status_code == 303, path
            assert answer.headers["Location"].startswith("/sign-in"), path
        assert not any(word in answer.text for word in PRIVATE), path
    refused = rig.recorder.notes("refused")
    tried = {re.sub(r"\.do\.\w+$", ".do", facts["what"]) for _, _, facts in refused}
    assert tried == set(rig.app.view_functions) - OPEN - UNATTENDED - {"board.show"}
    assert {facts["why"] for _, _, facts in rig.recorder.notes()} == {"no_session"}
    assert len(rig.recorder.notes()) == len(rig.recorder.done)
    assert rig.opened == []


def test_strangers_fill_no_ledger(rig):
    for _ in range(BURST + 5):
        rig.parts.strangers.may_pass()
    rig.get("/calls")
    assert rig.recorder.done == []


def test_what_is_open_tells_nothing(rig, row):
    for path in ("/sign-in", "/setup", "/language/en", "/static/kirok.css"):
        assert not any(word in rig.get(path).text for word in PRIVATE), path
    assert rig.recorder.asked == 0


def test_a_page_that_does_not_exist_is_no_different_from_one_that_does(rig):
    assert rig.get("/nope").headers["Location"].startswith("/sign-in")


def test_one_comes_back_to_where_one_was_going(rig, row):
    answer = rig.get("/calls?line=3&number=0313")
    assert answer.headers["Location"] == "/sign-in?next=/calls?line%3D3%26number%3D0313"
    form = rig.get(answer.headers["Location"]).text
    assert 'name="next" value="/calls?line=3&amp;number=0313"' in form
    assert rig.sign_in(next="/calls?line=3&number=0313").headers["Location"] == (
        "/calls?line=3&number=0313"
    )


@pytest.mark.parametrize("path", ["/", "/calls", "/calls/01?x=%20y", "/calls?from=2026-11-23"])
def test_a_path_of_ours_may_be_gone_on_to(path):
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "calls",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "/ /evil.example",
        "http:/calls",
        "/calls\\..",
        "/calls\r\nSet-Cookie: a=b",
    ],
)
def test_nothing_else_may(path):
    assert local_path(path) == "/"


@pytest.mark.parametrize("where", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_no_form_sends_anybody_away(rig, where):
    assert rig.sign_in(next=where).headers["Location"] == "/"
    assert rig.get(f"/sign-in?next={where}").headers["Location"] == "/"
    assert rig.get(f"/language/ja?next={where}").headers["Location"] == "/"


# ------------------------------------------------------------ before the first administrator


def test_until_somebody_has_set_it_up_there_is_one_page(fresh):
    row = fresh.add(call(), speechlike(2.0))
    for endpoint, method, path in addresses(fresh, row):
        answer = fresh.client.open(
            path, method=method, data={"token": fresh.token()}, buffered=True
        )
        if endpoint in ("static", "set_up.form", "sign_in.language"):
            continue
        if endpoint in BARE:
            assert answer.status_code == 401
        else:
            assert answer.headers["Location"] == "/setup", path
    assert fresh.recorder.done == []


# ------------------------------------------------------------ hosts


@pytest.mark.parametrize(
    "host, status",
    [
        ("localhost", 200),
        ("127.0.0.1:8077", 200),
        ("[::1]:8077", 200),
        ("LOCALHOST:1", 200),
        ("kirok.osan.example", 200),
        ("kirok.osan.example:443", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("kirok.osan.example.evil.example:80", 421),
        ("localhost:8077@evil.example", 421),
        ("", 421),
    ],
)
def test_only_names_that_are_ours_are_answered(tmp_path, host, status):
    from tests.web_min.rig import Rig
    from web_min.parts import LOOPBACK

    rig = Rig(tmp_path, hosts=LOOPBACK | {"kirok.osan.example"})
    answer = rig.client.get("/sign-in", headers={"Host": host})
    assert answer.status_code == status
    if status == 421:
        assert "<form" not in answer.text
    rig.close()


# ------------------------------------------------------------ forms


def forms_of(rig, row):
    listen = f"/calls/{row.id}/listen"
    return {
        "/button": {},
        listen: {},
        "/sign-out": {},
        "/session": {},
    }


@pytest.mark.parametrize("token", ["", "wrong", "0" * 64])
def test_a_form_without_our_token_changes_nothing(inside, token):
    row = inside.add(call(), speechlike(2.0))
    for path, form in forms_of(inside, row).items():
        answer = inside.post(path, **{**form, "token": token})
        assert answer.status_code == 400, path
        assert "This form is out of date" in answer.text
    assert [(act, facts["why"]) for act, _, facts in inside.recorder.notes()] == [
        ("refused", "stale_form") for _ in forms_of(inside, row)
    ]
    assert len(inside.recorder.done) == 4
    assert inside.get("/calls").status_code == 200


def test_a_token_of_another_session_is_not_ours(inside):
    other = inside.app.test_client()
    inside.sign_in(client=other)
    inside.recorder.done.clear()
    assert inside.post("/sign-out", token=inside.token(other)).status_code == 400
    refused = {"why": "stale_form", "what": "sign_in.out"}
    assert inside.recorder.done == [("note", "refused", "p1", refused)]


@pytest.mark.parametrize("site, status", [("cross-site", 400), ("same-site", 400)])
def test_a_form_that_another_site_sends_changes_nothing(inside, site, status):
    answer = inside.post("/button", headers={"Sec-Fetch-Site": site})
    assert answer.status_code == status
    refused = {"why": "stale_form", "what": "board.press_button"}
    assert inside.recorder.done == [("note", "refused", "p1", refused)]


def test_the_forms_of_those_not_signed_in_have_tokens_too(rig):
    answer = rig.post("/sign-in", name="a", passphrase="b", token="")
    assert answer.status_code == 400
    assert "This form is out of date" in answer.text
    assert rig.recorder.done == []


def test_setting_up_needs_the_token(fresh):
    form = {"code": CODE, "name": "A", "passphrase": "x" * 10, "again": "x" * 10}
    assert fresh.post("/setup", **form, token="").status_code == 400
    assert fresh.registry.people() == []


def test_a_large_form_is_refused(inside):
    assert inside.post("/button", x="x" * 70_000).status_code == 413
    assert inside.recorder.done == []


# ------------------------------------------------------------ the cookie


def test_the_cookie_is_out_of_reach(rig):
    cookie = rig.sign_in().headers["Set-Cookie"]
    assert cookie.startswith("kirok=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    assert "Expires" not in cookie
    assert "Max-Age" not in cookie


def test_behind_tls_it_goes_over_tls_alone(tmp_path):
    from tests.web_min.rig import Rig

    rig = Rig(tmp_path, behind_tls=True)
    cookie = rig.client.get("/sign-in", base_url="https://localhost").headers["Set-Cookie"]
    assert cookie.startswith("__Host-kirok=")
    assert "Secure" in cookie
    rig.close()


def test_the_pages_own_polling_keeps_no_session_alive(inside):
    for _ in range(4):
        inside.clock.passed_s += IDLE_S / 4 - 1
        assert inside.get("/board").status_code == 200
        assert inside.get("/session").status_code == 200
    inside.clock.passed_s += 4
    assert inside.get("/board").status_code == 401
    assert inside.get("/").status_code == 303
