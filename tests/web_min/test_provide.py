import io
import re
import zipfile

import pytest

from appliance.office.documents import Request
from appliance.playback import CannotOpen
from tests.web_min.rig import call, speechlike


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
    assert (answer.status_code, "cannot be made: damaged" in answer.text) == (500, True)
    assert state(inside) == "pledged"
