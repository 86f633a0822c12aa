import re
from datetime import timedelta

import pytest

from appliance.api import Hearing
from appliance.erasure_sheet import NotYet
from appliance.hold import Hold
from appliance.index_row import iso
from appliance.paper import CannotPrint
from tests.web_min.rig import NOW, call, missed, speechlike, ulid


def ids(page):
    return re.findall(r'href="/calls/(\w{26})"', page)


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_calls_are_listed_newest_first(inside):
    old, new = inside.add(call(1, 90)), inside.add(missed(2, 10))
    page = inside.get("/calls").text
    assert ids(page) == [new.id, old.id]
    assert "Mon 23 Nov 2026 09:00:00 3 민원실 Incoming 0313701234 0:20 Proved" in text(page)
    assert "Missed call" in page


@pytest.mark.parametrize(
    "dated, says, marked",
    [
        ("sure", "Runs by itself, without a time server", False),
        ("unsure", "Not set: times cannot be trusted", True),
    ],
)
def test_a_call_by_a_clock_that_was_believed_is_not_marked(inside, dated, says, marked):
    row = inside.add(call(clock="unsynced", dated=dated))
    assert ("clock not set" in inside.get("/calls").text) == marked
    assert says in inside.get(f"/calls/{row.id}").text


def test_an_empty_list_says_so(inside):
    assert "No calls yet." in inside.get("/calls").text
    assert "No call fits this search." in inside.get("/calls?number=999").text
    inside.add(call())
    assert (
        "There are no older calls."
        in inside.get(f"/calls?before={ulid(0, NOW - timedelta(9))}").text
    )


def test_a_recording_that_no_request_opens_says_how_one_is_asked_for(rig):
    row = rig.add(call(department="세정과"), speechlike(), permit=False)
    unit_head = rig.person("박과장", "unit_head")
    page = rig.get(f"/calls/{row.id}", unit_head).text
    assert "You do not open recordings yourself." in page
    assert f'href="/requests/new?call={row.id}"' in page
    page = rig.get(f"/calls/{row.id}", rig.person("정책임", "head")).text
    assert "Ask for this recording" not in page
    rig.sign_in()
    page = rig.get(f"/calls/{row.id}").text
    assert f'href="/requests/new?call={row.id}&amp;on_paper=1"' in page


def test_an_empty_list_of_the_own_department_says_how_others_are_asked_for(rig):
    rig.add(call(department="세정과"))
    page = rig.get("/calls", rig.person("정감사", "audit", "감사담당관")).text
    assert "There are no calls of your own department." in page
    assert 'href="/requests/new"' in page
    page = rig.get("/calls", rig.person("이직원", "user", "교통과")).text
    assert "There are no calls of your own department." in page
    assert 'href="/requests/new"' not in page


@pytest.mark.parametrize(
    "query, found",
    [
        ("", {"a", "b", "c", "d"}),
        ("line=3", {"a", "b"}),
        ("line=9", set()),
        ("number=1234", {"a", "b", "d"}),
        ("number=031-999", {"c"}),
        ("direction=out", {"c"}),
        ("recorded=no", {"b"}),
        ("recorded=yes", {"a", "c", "d"}),
        ("proof=failed", {"d"}),
        ("from=2026-11-23", {"a", "b", "c"}),
        ("to=2026-11-22", {"d"}),
        ("from=2026-11-22&to=2026-11-22", {"d"}),
        ("from=2026-11-23&line=3&recorded=yes", {"a"}),
    ],
)
def test_the_search_finds(inside, query, found):
    rows = {
        "a": call(1, 30),
        "b": missed(2, 20),
        "c": call(3, 40, line=5, number="0319990000", direction="out"),
        "d": call(4, 60 * 11, line=6, proof="failed"),
    }
    for row in rows.values():
        inside.add(row)
    listed = ids(inside.get(f"/calls?{query}").text)
    assert {name for name, row in rows.items() if row.id in listed} == found


def test_the_search_stays_in_the_address_and_the_form(inside):
    inside.add(call())
    page = inside.get("/calls?number=031-370&line=3&direction=in&proof=verified").text
    assert 'name="number" type="text" value="031-370"' in page
    assert '<option value="in" selected>' in page
    assert '<option value="verified" selected>' in page
    assert "Clear the search" in page


def test_pages_follow_each_other_without_a_gap_or_a_repeat(inside):
    rows = [inside.add(call(n, 200 - n)) for n in range(120)]
    seen, address = [], "/calls?line=3"
    for expected in (50, 50, 20):
        page = inside.get(address).text
        assert len(ids(page)) == expected
        seen += ids(page)
        older = re.search(r'<a href="([^"]+)" rel="next"', page)
        address = older and older[1].replace("&amp;", "&")
    assert address is None
    assert seen == [row.id for row in reversed(rows)]
    assert "Newest calls" in page


def test_exactly_one_page_has_no_next(inside):
    for n in range(50):
        inside.add(call(n, 200 - n))
    assert 'rel="next"' not in inside.get("/calls").text


def test_what_cannot_be_read_finds_nothing_and_says_why(inside):
    inside.add(call())
    answer = inside.get("/calls?from=yesterday&line=x")
    assert answer.status_code == 400
    assert ids(answer.text) == []
    assert 'href="#from"' in answer.text
    assert 'href="#line"' in answer.text
    assert inside.recorder.done == []


def test_a_search_is_noted_without_what_was_looked_for(inside):
    inside.add(call())
    inside.get("/calls?number=0313701234&line=3")
    assert inside.recorder.notes() == [("search", "p1", {"fields": "line number", "found": "1"})]


@pytest.mark.parametrize("query", ["number=%27--", "line=1%20OR%201", "before=%27", "proof=x%22"])
def test_odd_addresses_do_no_harm(inside, query):
    inside.add(call())
    assert inside.get(f"/calls?{query}").status_code in (200, 400)


def test_the_list_works_while_the_recorder_is_away(inside):
    row = inside.add(call())
    inside.recorder.away = True
    inside.clock.passed_s += 1
    assert ids(inside.get("/calls").text) == [row.id]
    page = inside.get(f"/calls/{row.id}")
    assert page.status_code == 200
    assert "The recorder does not answer, so this cannot be shown now." in page.text


# ------------------------------------------------------------ one call


def test_a_call_that_does_not_exist_is_a_clear_page_and_nothing_else(inside):
    inside.add(call())
    for call_id in (ulid(77), "x", "..%2f..%2fetc", "%00"):
        answer = inside.get(f"/calls/{call_id}")
        assert answer.status_code == 404
        assert "There is no such page or call" in answer.text
        assert "0313701234" not in answer.text


def test_the_facts_of_a_call(inside):
    row = inside.add(call(keys="15", gaps=[{"at_s": 9.0, "lost_s": 0.24}]))
    page = text(inside.get(f"/calls/{row.id}").text)
    for fact in (
        "0313701234 from caller ID",
        "Began Mon 23 Nov 2026 10:00:00",
        "Answered Mon 23 Nov 2026 10:00:08",
        "Ended Mon 23 Nov 2026 10:00:28",
        "Keys pressed in the call 15",
        "Every call of the line is recorded",
        "Sound kept 0:20",
        "Sound lost 0.24 s",
        "Proof Proved",
        "The announcement was heard",
        "Erased from Mon 22 Feb 2027 10:00:00",
        "Set by a time server",
        row.id,
    ):
        assert fact in page, fact


def test_before_it_is_opened_there_is_a_form_and_no_player(inside):
    row = inside.add(call(), speechlike(2.0))
    page = inside.get(f"/calls/{row.id}").text
    assert "Request 1 opens this recording until" in page
    assert "Open the recording" in page
    assert "<audio" not in page
    assert "player.js" not in page


def test_what_no_request_opens_can_be_asked_for(inside):
    row = inside.add(call(), speechlike(2.0), permit=False)
    page = inside.get(f"/calls/{row.id}").text
    assert "No approved request opens this recording." in page
    assert "Ask for this recording" not in page  # the administrator has no right to
    page = inside.get(f"/calls/{row.id}", inside.person("박하늘", "unit_head", "민원봉사과")).text
    assert f'href="/requests/new?call={row.id}"' in page


@pytest.mark.parametrize(
    "change, says",
    [
        ({"why": "missed", "ended_by": "missed"}, "Missed call"),
        ({"why": "not_asked"}, "Nobody asked for recording"),
        ({"why": "mode_none"}, "The line is not recorded"),
    ],
)
def test_a_call_that_was_not_recorded_says_why(inside, change, says):
    row = inside.add(missed(**{"ended_by": "on_hook", **change}))
    page = inside.get(f"/calls/{row.id}").text
    assert "This call was not recorded." in page
    assert says in page
    assert "Open the recording" not in page
    assert "Who has heard it" not in page


def test_a_call_going_on_says_so(inside):
    row = inside.add(call(end=None, audio_samples=0, stretches=[], proof="none"))
    assert "This call is still going on." in inside.get(f"/calls/{row.id}").text


def test_a_ringing_call_is_not_called_missed_before_it_is(inside):
    inside.add(missed(end=None, ended_by=""))
    page = inside.get("/calls").text
    assert "Missed call" not in page
    assert "going on" in page


def test_only_an_incoming_call_is_answered(inside):
    row = inside.add(call(direction="out"))
    assert "Answered" not in inside.get(f"/calls/{row.id}").text


def test_a_recorded_call_that_goes_on_cannot_be_opened_yet(inside):
    row = inside.add(call(end=None, last_offset=None))
    page = inside.get(f"/calls/{row.id}").text
    assert "This call is still going on." in page
    assert "Open the recording" not in page


def test_an_erased_call_is_a_tombstone_in_words(inside):
    row = inside.add(call(erased=NOW, number=None), speechlike(2.0))
    page = inside.get(f"/calls/{row.id}").text
    assert "This recording was erased on Mon 23 Nov 2026 10:30:00, as the rule asks." in page
    assert "Open the recording" not in page
    assert "Erased" in inside.get("/calls").text


def test_who_has_heard_it_newest_first_by_name(inside):
    row = inside.add(call())
    inside.recorder.heard[row.id] = [
        Hearing(iso(NOW), "p1", "listen", "민원인과의 분쟁 해결"),
        Hearing(iso(NOW + timedelta(hours=1)), "p9", "export", "<i>소송</i>"),
    ]
    page = text(inside.get(f"/calls/{row.id}").text)
    assert "11:30:00 p9 Taken out" in page
    assert "10:30:00 김하나 Listened 민원인과의 분쟁 해결" in page
    assert page.index("p9") < page.index("김하나 Listened")
    assert "<i>" not in inside.get(f"/calls/{row.id}").text


def test_nobody_yet(inside):
    row = inside.add(call())
    assert "Nobody yet." in inside.get(f"/calls/{row.id}").text


@pytest.mark.parametrize("language", ["ko", "ja", "en"])
def test_every_page_speaks_each_language(inside, language):
    row = inside.add(call(notice="exempt:7②(1)", proof="failed", clock="stepped"), speechlike(2.0))
    inside.listen(row)
    for path in ("/", "/calls", f"/calls/{row.id}", "/health", "/nope"):
        page = inside.get(path, Accept_Language=language).text
        assert f'<html lang="{language}">' in page
        if language != "en":
            for word in ("Calls", "Health", "Sign out", "Proof", "Clock"):
                assert f">{word}<" not in page


def test_a_call_says_when_it_is_erased_and_is_marked_in_its_last_week(inside):
    far = inside.add(call(1, 90))
    near = inside.add(call(2, 80, due=NOW + timedelta(days=5)))
    assert "in 91 days" in text(inside.get(f"/calls/{far.id}").text)
    assert "in 5 days" in text(inside.get(f"/calls/{near.id}").text)
    listed = text(inside.get("/calls").text)
    assert listed.count("erased in 5 days") == 1 and "erased in 91 days" not in listed


def test_a_held_call_says_who_holds_it_why_and_until_when(inside):
    hold = Hold("7", "係争中", "2027-03-31", "2026-11-23", "8①但書")
    held = inside.add(call(1, 90, hold=hold.to_text(), due=NOW + timedelta(days=5)))
    page = text(inside.get(f"/calls/{held.id}").text)
    assert "until Wed 31 Mar 2027, by" in page and "係争中" in page and "8(1)" in page
    assert "erased in" not in text(inside.get("/calls").text)


def test_who_has_no_right_to_search_knows_of_their_own_departments_calls(inside):
    own = inside.add(call(1, number="0311112222"))
    other = inside.add(call(2, 20, number="0313334444", department="세정과"))
    client = inside.person("이직원", "user", "민원봉사과")
    page = inside.get("/calls", client).text
    assert ("0311112222" in page, "0313334444" in page) == (True, False)
    assert inside.get(f"/calls/{own.id}", client).status_code == 200
    assert inside.get(f"/calls/{other.id}", client).status_code == 404
    assert inside.recorder.notes("refused")[-1][2] == {
        "why": "not_yours",
        "clause": "8②,4",
        "what": "calls.show",
    }
    nowhere = inside.person("최직원", "user", "")
    assert "0311112222" not in inside.get("/calls", nowhere).text


def test_a_call_that_one_has_asked_for_is_known_to_one(inside):
    row = inside.add(call(1))
    client = inside.person("최과장", "unit_head", "건축과")
    assert inside.get(f"/calls/{row.id}", client).status_code == 404
    inside.permit(row, made_by=inside.registry.person_named("최과장").id)
    assert inside.get(f"/calls/{row.id}", client).status_code == 200


def by_hand(at_s, by):
    return {"at_s": at_s, "audio_s": 0.0, "until_s": 28.2, "by": by, "agreed": "2.3"}


def test_the_agreement_to_what_was_begun_by_hand_is_shown_with_its_time_and_article(inside):
    parts = [by_hand(12.0, "key"), by_hand(20.0, "button")]
    row = inside.add(call(1, why="key", mode="selective", stretches=parts), permit=False)
    page = " ".join(re.sub(r"<[^>]+>", " ", inside.get(f"/calls/{row.id}").text).split())
    agreement = page.partition("Agreement")[2]
    assert "Both parties agreed" in agreement
    assert "10:00:12 Recording asked for by phone key article 2 no. 3" in agreement
    assert "10:00:20 Recording asked for by the front button article 2 no. 3" in agreement
    inside.add(call(2, 5), permit=False)
    assert "Both parties agreed" not in inside.get(f"/calls/{call(2, 5).id}").text


def test_an_erased_call_has_its_certificate_as_a_paper(inside):
    row = inside.add(call(1, erased=NOW), permit=False)
    kept = inside.add(call(2, 5), permit=False)
    page = f"/calls/{row.id}/erasure.pdf"
    assert f'href="{page}"' in inside.get(f"/calls/{row.id}").text
    answer = inside.get(page)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data == b"%PDF of " + row.id.encode()
    assert inside.get(f"/calls/{kept.id}/erasure.pdf").status_code == 404
    assert inside.recorder.notes("refused")[-1][2]["why"] == "wrong_state"
    assert "erasure.pdf" not in inside.get(f"/calls/{kept.id}").text
    elsewhere = inside.person("박과장", "unit_head", "건축과")
    assert inside.get(page, elsewhere).status_code == 404


@pytest.mark.parametrize(
    ("fault", "status", "says"),
    [
        (NotYet("x"), 503, "can be printed in a minute"),
        (ValueError("a log that is not its"), 500, "a log that is not its"),
        (CannotPrint("\U0010ffff"), 500, "no font has"),
    ],
)
def test_why_a_certificate_cannot_be_printed_is_said(inside, fault, status, says):
    row = inside.add(call(1, erased=NOW), permit=False)

    def fail(row, at):
        raise fault

    inside.parts.certify_erasure = fail
    answer = inside.get(f"/calls/{row.id}/erasure.pdf")
    assert (answer.status_code, says in answer.text) == (status, True)
