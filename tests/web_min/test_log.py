"""The access log on the page, and its monthly review."""

from datetime import timedelta

import pytest

from appliance.access_log import AccessQuery
from appliance.typed import Typed
from tests.web_min.rig import NOW

OCTOBER = NOW - timedelta(days=30)


@pytest.fixture
def head(rig):
    return rig.person("정책임", "head")


@pytest.fixture
def row(rig):
    rig.enter("login", OCTOBER, person="p1", address="192.0.2.7")
    rig.enter(
        *("listen", OCTOBER),
        person="p1",
        address="192.0.2.7",
        call="01K7ABCDEFGHJKMNPQRSTVWXYZ",
        purpose="r1 확인",
    )
    rig.enter("login_refused", OCTOBER, person="", address="198.51.100.9")
    rig.enter("login", NOW, person="p2", address="192.0.2.8")
    rig.enter("refused", NOW, person="p1", address="192.0.2.7", why="no_right", clause="9①")
    rig.enter("request_approve", NOW, person="p2", of="r1", state="approved")


def test_it_says_who_when_from_where_what_and_with_which_recording(rig, head, row):
    page = rig.get("/log?month=2026-10", head).text
    for said in ("김하나", "192.0.2.7", "Listened", "…TVWXYZ", "Request 1: 확인", "Sign-in failed"):
        assert said in page
    assert "Request: Approved" not in page
    page = rig.get("/log", head).text
    assert "Request: Approved" in page
    assert "article 9(1)" in page
    assert "Was not allowed" in page
    assert "no_right" not in page
    assert "192.0.2.7" in page  # the refusal, from where they were


@pytest.mark.parametrize(
    "wanted",
    [
        ("person=p1", "Listened", "198.51.100.9"),
        ("kind=hear", "…TVWXYZ", "198.51.100.9"),
        ("kind=refused", "198.51.100.9", "…TVWXYZ"),
        ("kind=papers", "Nothing of this kind", "…TVWXYZ"),
        ("person=p9", "Nothing of this kind", "198.51.100.9"),
        ("kind=nonsense&before=nonsense", "…TVWXYZ", "Nothing of this kind"),
    ],
)
def test_it_is_looked_through_by_person_and_kind(rig, head, row, wanted):
    asked, there, away = wanted
    page = rig.get(f"/log?month=2026-10&{asked}", head).text
    assert there in page
    assert away not in page.partition("The whole of")[0]


def test_the_older_are_on_the_next_page(rig, head):
    for n in range(150):
        rig.enter("search", NOW - timedelta(minutes=n), person="p1")
    page = rig.get("/log?person=p1", head).text
    assert page.count("Searched calls") == 101  # and once in the counts
    address = page.split('rel="next"')[0].rpartition('href="')[2].rstrip('" ')
    older = rig.get(address.replace("&amp;", "&"), head).text
    assert older.count("Searched calls") == 51
    assert 'rel="next"' not in older


@pytest.mark.parametrize("month", ["2026-13", "nonsense", "2026-1", "26-10-1"])
def test_what_is_no_month_is_no_page(rig, head, month):
    assert rig.get(f"/log?month={month}", head).status_code == 404


def test_what_was_typed_is_shown_while_its_recording_is_kept(rig, head):
    rig.enter("listen", NOW, person="p1", call="c1", purpose="r1 확인", typed="sum")
    (entry,) = [each.entry for each in _all(rig) if each.act == "listen"]
    rig.index.put_typed(entry, Typed("c1", "김민원 <입회>", bytes(32)))
    assert "Request 1: 확인 · 김민원 &lt;입회&gt;" in rig.get("/log", head).text
    table = rig.get("/log/log.csv?reason=audit", head).data.decode("utf-8-sig")
    assert "Request 1: 확인 · 김민원 <입회>" in table
    rig.index._db.execute("DELETE FROM typed")
    page = rig.get("/log", head).text
    assert "Request 1: 확인" in page
    assert "김민원" not in page


def _all(rig):
    rig.parts.access.catch_up()
    return rig.parts.access.search(AccessQuery(since=OCTOBER, until=NOW + timedelta(days=1)))


def test_only_those_who_review_see_it(rig, row):
    rig.sign_in()
    assert "/log" not in rig.get("/").text
    for address in ("/log", "/log/log.csv?reason=audit"):
        assert rig.get(address).status_code == 404
    assert rig.post("/log/review", month="2026-10", remarks="x").status_code == 404
    assert rig.registry.rows("reviews") == []


def test_a_month_that_is_over_waits_on_the_first_page_until_it_is_signed(rig, head, row):
    assert "Review the access log of a month" in rig.get("/", head).text
    assert "due by" in rig.get("/", head).text
    answer = rig.post("/log/review", head, month="2026-10", remarks="이상 없음")
    assert answer.headers["Location"] == "/log?month=2026-10"
    page = rig.get("/log?month=2026-10", head).text
    assert "Reviewed by 정책임" in page
    assert "이상 없음" in page
    assert "Review the access log of a month" not in rig.get("/", head).text
    (note,) = rig.recorder.notes("log_reviewed")
    assert note[2]["month"] == "2026-10"


def test_an_overdue_month_is_named_first(rig, head):
    rig.enter("login", NOW - timedelta(days=80), person="p1")
    page = rig.get("/", head).text
    assert page.index("2026-09") < page.index("2026-10")
    assert "was due on" in page


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"month": "2026-10", "remarks": ""}, "remarks"),
        ({"month": "2026-11", "remarks": "x"}, "remarks"),
    ],
)
def test_a_review_that_is_refused_says_why(rig, head, row, form, says):
    answer = rig.post("/log/review", head, **form)
    assert answer.status_code == 409
    assert f'href="#{says}"' in answer.text
    assert rig.registry.rows("reviews") == []


def test_a_month_is_taken_out_with_a_reason_for_excel(rig, head, row):
    answer = rig.get("/log/log.csv?month=2026-10&reason=audit", head)
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert lines[2].split(",")[1:] == [
        "김하나",
        "192.0.2.7",
        "Listened",
        "01K7ABCDEFGHJKMNPQRSTVWXYZ",
        "Request 1: 확인",
    ]
    assert rig.recorder.notes("log_export")[0][2] == {"month": "2026-10", "reason": "audit"}
    refused = rig.get("/log/log.csv?month=2026-10&reason=typed", head)
    assert (refused.status_code, refused.text.count("Choose the reason.")) == (400, 2)


def test_where_the_reviewer_runs_the_recorder_the_page_says_so(tmp_path):
    from tests.web_min.rig import Rig

    rig = Rig(tmp_path, policy="goshogawara")
    head = rig.person("管財課長", "head")
    rig.enter("login", OCTOBER, person="p1")
    assert "Your own work is in this log" in rig.get("/log?month=2026-10", head).text
    rig.close()


def test_a_ledger_that_cannot_be_read_is_an_alarm_with_what_to_do(rig, head, row):
    rig.get("/log", head)
    rig.entries.rename(rig.entries.with_name("sound"))
    rig.entries.mkdir()
    assert "Was not allowed" in rig.get("/log", head).text, "what is known is shown still"
    page = rig.get("/health", head).text
    assert "The access log on the page is not complete" in page
    assert "which puts it aside and makes the file anew" in page
    assert "녹취기를 다시 시작하면" in rig.get("/health", head, Accept_Language="ko").text
    rig.entries.rmdir()
    rig.entries.with_name("sound").rename(rig.entries)
    rig.get("/log", head)
    assert "is not complete" not in rig.get("/health", head).text


def test_without_the_list_of_calls_the_log_lacks_what_was_typed_alone(rig, head, row):
    rig.break_index()
    assert "Was not allowed" in rig.get("/log", head).text
    assert rig.get("/log/log.csv?month=2026-11&reason=audit", head).status_code == 503
