import io
import re
import zipfile
from hashlib import sha256

import pytest

from appliance.office.documents import Request
from appliance.playback import CannotOpen
from tests.web_min.rig import call, speechlike
from web_min.packages import KEEP_S


@pytest.fixture
def row(inside):
    return inside.add(call(), speechlike(2.0))  # and request r1 opens it


def make(inside, **form):
    return inside.post("/requests/r1/provide", **form)


def state(inside):
    return inside.parts.cabinet.get(Request, "r1").state


def test_a_copy_is_made_entered_and_saved(inside, row):
    answer = make(inside)
    assert answer.headers["Location"] == "/requests/r1#copy"
    assert state(inside) == "provided"
    page = inside.get("/requests/r1").text
    secret = re.search(r"<code[^>]*>([^<]+)<", page)[1]
    saved = inside.get("/requests/r1/copy.zip")
    assert saved.data == b"PK of " + row.id.encode() + secret.encode()
    assert "attachment" in saved.headers["Content-Disposition"]
    acts = [act for act, _, _ in inside.recorder.notes()]
    assert acts == ["request_provide", "download"]
    assert ("open_key", row.id, "p1", "export", "r1") in inside.recorder.done
    assert secret not in str(inside.recorder.done)


def test_the_report_is_due_thirty_days_after(inside, row):
    make(inside)
    found = inside.parts.cabinet.get(Request, "r1")
    assert (found.due, found.files) == ("2026-12-23", 1)


def test_several_calls_go_out_together(inside):
    rows = [inside.add(call(n, 10 * n), speechlike(2.0), permit=False) for n in (1, 2)]
    inside.permit(rows[0], calls=tuple(row.id for row in rows))
    make(inside)
    with zipfile.ZipFile(io.BytesIO(inside.get("/requests/r1/copy.zip").data)) as archive:
        assert sorted(archive.namelist()) == sorted(f"{row.id}.zip" for row in rows)


def test_another_person_or_a_later_session_does_not_save_it(inside, row):
    make(inside)
    other = inside.app.test_client()
    inside.sign_in(client=other)
    assert inside.get("/requests/r1/copy.zip", other).status_code == 404
    inside.post("/sign-out")
    inside.sign_in()
    assert inside.get("/requests/r1/copy.zip").status_code == 404


def test_without_the_right_or_the_approval_nothing_is_made(inside, row):
    head = inside.person("김정책", "head", "정보통신과")
    answer = inside.post("/requests/r1/provide", head)
    assert (answer.status_code, state(inside)) == (403, "pledged")
    make(inside)
    inside.recorder.done.clear()
    assert make(inside).status_code == 403  # a second time
    assert [entry[0] for entry in inside.recorder.done] == ["note"]
    assert inside.recorder.notes("refused")


def test_what_cannot_be_made_is_not_entered_as_provided(inside, row):
    inside.recorder.away = True
    assert make(inside).status_code == 503
    inside.recorder.away = False

    def fail(row, holder):
        raise CannotOpen("damaged")

    inside.parts.make_package = fail
    answer = make(inside)
    assert answer.status_code == 500
    assert "is damaged, so no copy is handed out" in answer.text
    assert state(inside) == "pledged"
    assert [entry for entry in inside.recorder.done if entry[0] == "opened"] == [
        ("opened", row.id, False)
    ]


def again(inside, **form):
    return inside.post("/requests/r1/provide_again", **form)


def lost(inside):
    """Make a copy and let the time pass in which it could be saved; return its SHA-256."""
    make(inside)
    first = sha256(inside.get("/requests/r1/copy.zip").data).hexdigest()
    inside.clock.passed_s += KEEP_S + 1
    inside.sign_in()
    assert inside.get("/requests/r1/copy.zip").status_code == 404
    return first


def test_a_copy_that_was_not_saved_is_made_anew_counted_and_shown(inside, row):
    first = lost(inside)
    inside.clock.passed_s += 3 * 86_400
    inside.sign_in()
    due = inside.parts.cabinet.get(Request, "r1").due
    assert 'Copies made</dt><dd class="figures">1<' in inside.get("/requests/r1").text
    answer = again(inside, reason="브라우저가 닫힘")
    assert answer.headers["Location"] == "/requests/r1#copy"
    found = inside.parts.cabinet.get(Request, "r1")
    second = sha256(inside.get("/requests/r1/copy.zip").data).hexdigest()
    assert (found.state, found.due, len(found.copies)) == ("provided", due, 2)
    assert [each.facts["file"] for each in found.copies] == [first, second]
    page = inside.get("/requests/r1").text
    for words in ('Copies made</dt><dd class="figures">2<', "Copy made anew", "브라우저가 닫힘"):
        assert words in page, words
    assert page.index(second) < page.index("counts no more") < page.index(first)
    assert inside.recorder.notes("request_provide_again")[-1][1] == "p1"
    taken = [entry for entry in inside.recorder.done if entry[0] == "open_key"]
    assert taken == [("open_key", row.id, "p1", "export", "r1")] * 2


def test_a_copy_is_not_made_anew_without_a_reason_or_a_right_or_after_the_approval(inside, row):
    assert again(inside, reason="x").status_code == 403  # nothing was provided yet
    inside.permit(row, id="r1", state="pledged", until="2026-11-24T15:00:00.000Z")
    lost(inside)
    asked = len(inside.recorder.done)
    answer = again(inside)
    assert (answer.status_code, "Give the reason." in answer.text) == (400, True)
    head = inside.person("김정책", "head", "정보통신과")
    assert again(inside, client=head, reason="x").status_code == 403
    inside.clock.passed_s += 2 * 86_400
    inside.sign_in()
    late = again(inside, reason="x")
    assert (late.status_code, "The time for this is over" in late.text) == (403, True)
    assert "open_key" not in str(inside.recorder.done[asked:])
    assert len(inside.parts.cabinet.get(Request, "r1").copies) == 1
