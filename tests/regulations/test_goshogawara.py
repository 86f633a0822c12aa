"""Goshogawara's guideline, article by article, through the page as the persons concerned."""

import re
import sys
from datetime import UTC, datetime, timedelta

import pytest

from appliance.articles import shipped_articles
from appliance.policy import load
from tests.regulations.hall import Hall, clause, clauses_tested
from tests.web_min.rig import NAME, PASSPHRASE, call

PEOPLE = {
    "head": ("成田課長", "head", "管財課"),
    "unit_head": ("工藤課長", "unit_head", "市民課"),
    "other": ("三上課長", "unit_head", "税務課"),
    "personnel": ("神課長", "personnel", "人事課"),
    "user": ("葛西", "user", "市民課"),
}

#: What no software can enforce, and why. Some of it the box records or prints: then it is tested.
BEYOND_US = {
    "2": "heads the definitions: each has its own test",
    "3": "the mayor decides where devices stand; the box records by which decision a line is on",
    "6①": "obeying the law is for persons; what the box does towards it is tested",
    "6③": "what somebody tells others no software hears; who has heard is shown, and an account "
    "ends with the post",
    "7②": "heads the exemptions: each has its own test",
    "10": "what is done outside with a copy no software sees; the grounds are tested",
    "11": "what the mayor decides else comes as a change of the profile",
    "add.": "a date, before the box was made",
}

FORM = {
    "kind": "provide",
    "ground": "fair",
    "purpose": "fair",
    "reason": "窓口対応の確認",
    "applicant": "工藤課長",
    "unit": "市民課",
}
SHA256 = "ab" * 32
DESTROYED = {"method": "erase+crush", "two_names": "成田課長、葛西"}


@pytest.fixture
def hall(tmp_path):
    hall = Hall(tmp_path, "goshogawara", PEOPLE, "管財課")
    hall.recorded = hall.add(call(department="市民課", line_name="市民課窓口"))
    yield hall
    hall.close()


def file(hall, who="unit_head", **changes):
    return hall.do(who, "/requests/new", **{**FORM, "call": hall.recorded.id, **changes})


def approved(hall, **changes):
    assert file(hall, **changes) == 303
    assert hall.act("head", "approve") == 303


def provided(hall):
    approved(hall)
    assert hall.act("operator", "provide") == 303


def sha256(hall):
    """Return what the page shows of the copy."""
    page = hall.page("operator", "/requests/r1")
    return re.search(r"SHA-256 of the copy ([0-9a-f]{64})", page)[1]


def stock(hall, *serials):
    for serial in serials:
        assert hall.do("head", "/media", serial=serial, kind="usb") == 303


def issued(hall, medium="m1", to="unit_head"):
    assert hall.act("operator", "write", medium, request="r1", file=sha256(hall)) == 303
    assert hall.act("head", "issue", medium, recipient=hall.ids[to]) == 303


def test_every_clause_is_tested_or_said_to_be_beyond_us(hall):
    tested = clauses_tested(sys.modules[__name__])
    assert tested | set(BEYOND_US) == set(shipped_articles(hall.profile))


# ---------------------------------------------------------------- articles 1 to 5


@clause("1")
def test_article_1_every_use_names_its_purpose(hall):
    assert file(hall, purpose="curiosity") == 400
    assert file(hall, ground="other", purpose="") == 400
    approved(hall, ground="manners", purpose="")  # the ground says which
    page = hall.page("head", "/requests/r1")
    assert hall.document("r1").purpose == "manners"
    assert "職員の接遇意識の向上" in page


@clause("2(1)")
def test_article_2_item_1_the_device_records_during_the_call(hall):
    assert hall.do("user", "/button") == 303
    assert hall.recorder.notes("button")[0][1] == hall.ids["user"]


@clause("2(2)")
def test_article_2_item_2_number_and_time_are_part_of_the_record_and_seen_by_few(hall):
    address = f"/calls/{hall.recorded.id}"
    assert "0313701234" in hall.page("operator", address)
    assert (hall.status("other", address), hall.refused()[0]) == (404, "not_yours")
    assert "0313701234" not in hall.page("other", "/calls")
    assert set(hall.profile.retention.record) == {"audio", "number", "time"}


@clause("3")
def test_article_3_a_line_is_switched_by_the_mayors_decision_which_is_named(hall):
    assert (hall.act("head", "enable", "l9"), hall.refused()) == (400, ("missing", "3"))
    assert hall.act("head", "enable", "l9", reason="市長決裁第12号") == 303
    assert hall.recorder.modes == [(9, "full", hall.ids["head"], "l9")]
    assert "市長決裁第12号" in hall.page("head", "/lines/9")
    for who in ("operator", "unit_head", "user"):
        assert hall.act(who, "disable", "l9", reason="x") == 400


@clause("4①")
def test_article_4_paragraph_1_the_management_supervisor_decides(hall):
    file(hall)
    for who in ("operator", "unit_head", "personnel", "user"):
        assert hall.act(who, "approve") in (400, 404)
    assert hall.act("head", "approve") == 303


@clause("4②")
def test_article_4_paragraph_2_a_handler_carries_out_what_was_decided(hall):
    provided(hall)
    assert hall.do("operator", "/media", serial="SN-9", kind="usb") == 400
    assert hall.refused()[0] == "no_right"


@clause("5")
def test_article_5_what_is_published_is_on_a_page_for_everybody(hall):
    stranger = hall.app.test_client()
    page = hall.get("/notice", stranger).text
    for words in ("五所川原市", "職員の接遇意識の向上", "通話録音", "市役所本庁舎", "管財課長"):
        assert words in page
    assert "30 days" in page


# ---------------------------------------------------------------- articles 6 and 7


@clause("6①")
def test_article_6_paragraph_1_everybody_has_an_account_of_their_own(hall):
    assert hall.get("/requests", hall.app.test_client()).status_code == 303
    assert (hall.status("user", "/people"), hall.refused()[0]) == (404, "no_right")
    assert hall.status("head", "/people") == 200


@clause("6②")
def test_article_6_paragraph_2_records_do_not_leak(hall):
    stranger = hall.app.test_client()
    wrong = [hall.sign_in(NAME, "wrong", stranger).status_code for _ in range(12)]
    assert (wrong[0], wrong[-1]) == (403, 429)
    assert hall.sign_in(NAME, PASSPHRASE, stranger).status_code == 429
    for who in ("unit_head", "personnel", "user"):
        assert hall.listen(who) in (403, 404)
    assert hall.recorder.heard == {}


@clause("6③")
def test_article_6_paragraph_3_an_account_ends_with_the_post_and_at_once(hall):
    approved(hall)
    person = hall.ids["unit_head"]
    assert hall.do("head", f"/people/{person}/remove") == 303
    assert hall.status("unit_head", "/requests/r1") == 303  # to the sign-in
    assert hall.sign_in("工藤課長", client=hall.people["unit_head"]).status_code == 403


@clause("7①")
def test_article_7_paragraph_1_staff_use_the_device(hall):
    assert hall.do("user", "/button") == 303
    assert (file(hall, "user"), hall.refused()[0]) == (403, "no_right")


@pytest.fixture
def untold(hall):
    """A call of the citizens' section in which no notice was heard."""
    hall.untold = hall.add(call(7, 10, department="市民課", notice="missing"))
    return hall


def exempt(hall, code, who="user", **form):
    return hall.do(who, f"/notices/{hall.untold.id}", code=code, **form)


@clause("7②")
def test_article_7_paragraph_2_a_call_without_notice_stays_on_the_list(untold):
    assert "No notice was heard" in untold.page("user", f"/calls/{untold.untold.id}")
    assert untold.page("head", "/notices").count("Show the call") == 1
    assert exempt(untold, "") == 400
    assert exempt(untold, "6", note="x") == 400
    assert (exempt(untold, "1", "other", note="x"), untold.recorder.exempted) == (404, [])


def explained(hall, code):
    """An exemption of which the circumstances are asked for."""
    assert exempt(hall, code) == 400
    assert exempt(hall, code, note="経緯の説明") == 303
    assert hall.recorder.exempted == [(hall.untold.id, f"7②({code})", hall.ids["user"])]
    assert "Show the call" not in hall.page("head", "/notices")


@clause("7②(1)")
def test_article_7_paragraph_2_item_1_threats(untold):
    explained(untold, "1")


@clause("7②(2)")
def test_article_7_paragraph_2_item_2_a_civil_suit_to_be_feared(untold):
    explained(untold, "2")


@clause("7②(3)")
def test_article_7_paragraph_2_item_3_to_protect_life(untold):
    explained(untold, "3")


@clause("7②(4)")
def test_article_7_paragraph_2_item_4_told_before_needs_no_explanation(untold):
    assert exempt(untold, "4") == 303
    assert untold.recorder.exempted == [(untold.untold.id, "7②(4)", untold.ids["user"])]


@clause("7②(5)")
def test_article_7_paragraph_2_item_5_another_reason(untold):
    explained(untold, "5")


# ---------------------------------------------------------------- article 8


@clause("8①")
def test_article_8_paragraph_1_kept_thirty_days_and_then_overwritten(hall):
    recorded = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)  # kept through 1 December
    due = load("goshogawara").due(recorded)
    row = hall.add(call(5, (hall.clock.now() - recorded) / timedelta(minutes=1), due=due))
    assert "2 Dec 2026" in hall.page("operator", f"/calls/{row.id}")
    assert hall.profile.retention.erase == "overwrite"


@clause("8①")
def test_article_8_paragraph_1_a_request_for_what_is_erased_lapses(hall):
    approved(hall)
    hall.erase()
    hall.parts.rounds.make()
    assert hall.state() == "lapsed"


@clause("8①但書")
def test_article_8_paragraph_1_proviso_the_supervisor_holds_it_with_a_reason_and_an_end(hall):
    address = f"/calls/{hall.recorded.id}"
    form = {"reason": "訴訟に備えるため", "until": "2027-03-31"}
    for who in ("operator", "unit_head", "user"):
        assert hall.do(who, f"{address}/hold", **form) == 403
        assert hall.refused() == ("no_right", "8①但書")
    assert hall.do("head", f"{address}/hold", **{**form, "reason": ""}) == 400
    assert hall.do("head", f"{address}/hold", **{**form, "until": "2026-11-01"}) == 400
    assert not [entry for entry in hall.recorder.done if entry[0] == "hold"]
    assert hall.do("head", f"{address}/hold", **form) == 303
    held = ("hold", hall.recorded.id, hall.ids["head"], form["reason"], form["until"])
    assert held in hall.recorder.done


@clause("8②")
def test_article_8_paragraph_2_nothing_on_the_page_alters_or_deletes_a_recording(hall):
    rules = [rule for rule in hall.app.url_map.iter_rules() if rule.rule.startswith("/calls/")]
    sent = {rule.rule.rpartition("/")[2] for rule in rules if "POST" in rule.methods}
    assert sent == {"listen", "hold", "release"}
    methods = {method for rule in hall.app.url_map.iter_rules() for method in rule.methods}
    assert methods <= {"GET", "HEAD", "OPTIONS", "POST"}


@clause("8③")
def test_article_8_paragraph_3_no_copy_but_by_article_9(hall):
    file(hall)
    assert (hall.act("operator", "provide"), hall.state()) == (403, "requested")
    for who in hall.people:
        assert hall.status(who, "/requests/r1/copy.zip") == 404
        assert hall.status(who, f"/calls/{hall.recorded.id}/audio.wav") == 403


# ---------------------------------------------------------------- article 9


@clause("9①", "別記様式")
def test_article_9_paragraph_1_the_section_head_asks_with_the_form(hall):
    for who in ("user", "personnel"):
        assert (file(hall, who), hall.refused()) == (403, ("no_right", "9"))
    assert (file(hall, ground="curiosity"), hall.refused()[0]) == (400, "no_ground")
    assert file(hall) == 303
    printed = hall.paper("unit_head", "/requests/r1/gosho-1.pdf")
    for words in ("通話記録提供請求書", "窓口対応の確認", "0313701234", "031-8036-7103"):
        assert words in printed
    assert "令和8年11月23日10時0分" in printed


@clause("9①")
def test_article_9_paragraph_1_another_reason_is_written_out_and_within_article_1(hall):
    assert file(hall, ground="other", reason="") == 400
    assert file(hall, ground="other", purpose="") == 400
    assert file(hall, ground="other", reason="研修資料") == 303
    assert "研修資料" in hall.paper("unit_head", "/requests/r1/gosho-1.pdf")


@clause("9②")
def test_article_9_paragraph_2_two_media_to_the_section_head_and_the_head_of_personnel(hall):
    stock(hall, "SN-1", "SN-2")
    provided(hall)
    assert hall.act("operator", "write", "m1", request="r1", file=sha256(hall)) == 303
    for who in ("other", "user", "head"):
        assert hall.act("head", "issue", "m1", recipient=hall.ids[who]) == 400
    assert hall.act("head", "issue", "m1", recipient=hall.ids["unit_head"]) == 303
    issued(hall, "m2", "personnel")
    assert (hall.state("m1"), hall.state("m2")) == ("issued", "issued")
    assert hall.status("personnel", "/media/m2") == 200
    assert hall.status("other", "/media/m2") == 404


@clause("9②")
def test_article_9_paragraph_2_nothing_is_written_but_for_an_approved_request(hall):
    stock(hall, "SN-1")
    file(hall)
    assert hall.act("operator", "write", "m1", request="r1", file=SHA256) == 400
    assert (hall.refused()[0], hall.state("m1")) == ("out_of_scope", "in_stock")
    assert hall.do("head", "/media", serial="SN-1", kind="usb") == 400  # it is registered once


@clause("9③")
def test_article_9_paragraph_3_copying_further_needs_the_supervisors_approval(hall):
    stock(hall, "SN-1", "SN-2")
    provided(hall)
    issued(hall)
    assert hall.act("other", "ask_recopy", "m1", reason="x") == 404
    assert hall.act("unit_head", "ask_recopy", "m1", reason="会議資料") == 303
    assert hall.act("unit_head", "grant_recopy", "m1", medium="SN-2") == 400
    assert hall.refused() == ("no_right", "9③,6②")
    assert hall.act("head", "grant_recopy", "m1", medium="SN-3") == 400
    assert hall.act("head", "grant_recopy", "m1", medium="SN-2") == 303
    assert hall.act("unit_head", "ask_recopy", "m1", reason="再度") == 303
    assert hall.act("head", "deny_recopy", "m1", reason="不要") == 303


@clause("9④")
def test_article_9_paragraph_4_the_medium_comes_back_and_its_return_is_brought_to_mind(hall):
    stock(hall, "SN-1")
    provided(hall)
    issued(hall)
    page = hall.page("unit_head", "/media/m1")
    assert "this reminder is our own" in page
    assert (hall.act("other", "hand_back", "m1"), hall.state("m1")) == (404, "issued")
    assert hall.act("unit_head", "hand_back", "m1") == 303
    assert hall.act("unit_head", "take_back", "m1") == 400
    assert (hall.act("head", "take_back", "m1"), hall.state("m1")) == (303, "returned")


@clause("9⑤")
def test_article_9_paragraph_5_erased_and_destroyed_by_a_way_that_is_named_before_two(hall):
    stock(hall, "SN-1", "SN-2")
    provided(hall)
    issued(hall)
    issued(hall, "m2", "personnel")
    for medium, who in (("m1", "unit_head"), ("m2", "personnel")):
        hall.act(who, "hand_back", medium)
        hall.act("head", "take_back", medium)
        assert hall.act("head", "destroy", medium, **DESTROYED) == 400  # not erased yet
        assert hall.act("operator", "erase", medium) == 400
        assert hall.act("head", "erase", medium) == 303
    hall.parts.rounds.make()
    assert hall.state() == "returned"
    for medium in ("m1", "m2"):
        assert hall.act("head", "destroy", medium, method="erase+crush") == 400
        assert hall.act("head", "destroy", medium, **{**DESTROYED, "method": "burn"}) == 400
        assert hall.act("head", "destroy", medium, **DESTROYED) == 303
    hall.parts.rounds.make()
    assert (hall.state("m1"), hall.state("m2"), hall.state()) == ("destroyed",) * 2 + ("closed",)


# ---------------------------------------------------------------- article 10


def beyond(hall, ground):
    """Use beyond the purpose goes through the same steps; nothing is skipped."""
    assert file(hall, ground=ground, purpose="") == 303
    assert (hall.listen("operator"), hall.refused()) == (403, ("no_request", "9"))
    assert hall.act("operator", "provide") == 403
    assert hall.act("head", "approve") == 303
    assert hall.act("operator", "provide") == 303
    return hall.profile.outside_use.reason


@clause("10(1)")
def test_article_10_item_1_by_law(hall):
    assert beyond(hall, "law")[0].clause == "10(1)"


@clause("10(2)")
def test_article_10_item_2_an_emergency(hall):
    assert beyond(hall, "urgent_protection")[1].clause == "10(2)"


@clause("10(3)")
def test_article_10_item_3_a_criminal_investigation(hall):
    assert beyond(hall, "criminal_investigation")[2].clause == "10(3)"
