import re
from dataclasses import replace

import pytest

from appliance.api import Alarm, LineTest, NightCount
from appliance.index_row import iso
from appliance.site_notices import Mail, Notices, Syslog
from appliance.watch.state import Shown
from tests.web_min.rig import NOW, line


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def health(inside, **headers):
    return text(inside.get("/health", **headers).text)


def acknowledged(inside):
    return [entry[1:] for entry in inside.recorder.done if entry[0] == "acknowledge"]


def test_an_alarm_can_be_acknowledged_in_the_persons_name(inside):
    inside.alarm("line_down", "line 5")
    assert "Seen : A telephone line is dead Line 5" in health(inside)
    answer = inside.post("/health/seen", what="line_down", where="line 5")
    assert answer.headers["Location"] == "/health"
    (person,) = inside.registry.people()
    assert acknowledged(inside) == [("line_down", "line 5", person.id)]


def test_one_that_ends_by_hand_says_so(inside):
    inside.alarm("disk_slow", "")
    assert "It is seen to" in health(inside)


def test_one_that_was_acknowledged_says_by_whom_and_comes_last(inside):
    (person,) = inside.registry.people()
    seen = Alarm("line_down", "line 5", iso(NOW), person.id)
    other = Alarm("open_line", "line 6", "2026-11-01T00:00:00.000Z")
    inside.show(alarms=[seen, other])
    page = health(inside)
    assert f"seen by {person.name}" in page
    assert page.index("off the hook for hours") < page.index("line is dead")
    assert inside.get("/health").text.count('action="/health/seen"') == 1


def test_what_the_page_itself_finds_wrong_cannot_be_acknowledged(inside):
    inside.recorder.away = True
    assert 'action="/health/seen"' not in inside.get("/health").text
    assert inside.post("/health/seen", what="recorder_away", where="").status_code == 503


def test_what_there_is_to_say_of_an_alarm_is_said(inside):
    alarm = Alarm("line_silent", "line 5", iso(NOW), facts={"expected": "17"})
    inside.show(alarms=[alarm])
    assert "17 calls were to be expected" in health(inside)
    assert "17건" in health(inside, Accept_Language="ko")
    assert "17件" in health(inside, Accept_Language="ja")


def test_facts_of_an_alarm_are_not_markup(inside):
    alarm = Alarm("selftest_failed", "line 5", iso(NOW), facts={"wrong": "<b>{0}</b>"})
    inside.show(alarms=[alarm])
    assert "&lt;b&gt;{0}&lt;/b&gt;" in inside.get("/health").text


def test_the_administrator_starts_the_self_test(inside):
    inside.show(board="streaming", lines=[line(1)])
    assert "Test every free line now" in health(inside)
    assert inside.post("/health/test").status_code == 303
    (person,) = inside.registry.people()
    assert ("self_test", person.id) in inside.recorder.done


def test_others_do_not(inside):
    inside.parts.site = replace(inside.parts.site, first_role="somebody_else")
    assert "Test every free line" not in health(inside)
    assert inside.post("/health/test").status_code == 403
    assert not [entry for entry in inside.recorder.done if entry[0] == "self_test"]


def test_a_test_that_goes_on_is_said_with_its_line(inside):
    inside.show(lines=[line(1), line(2)], testing=2)
    page = health(inside)
    assert "Line 2 is being tested. A call that begins comes first." in page
    assert re.search(r"<button disabled>", inside.get("/health").text)


@pytest.mark.parametrize("wrong, says", [("", "passed"), ("0.00 s of the tone", "not passed")])
def test_each_lines_test_is_shown(inside, wrong, says):
    tested = replace(line(1), test=LineTest(iso(NOW), wrong), last_proved=iso(NOW))
    inside.show(lines=[tested])
    page = health(inside)
    assert re.search(rf"23 Nov 2026 10:30:00 {says}", page)
    assert "Last self-test Mon 23 Nov 2026 10:30:00" in page


def test_a_line_that_is_never_recorded_need_not_be_proved(inside):
    inside.show(lines=[replace(line(1), mode="none")])
    assert "V Not recorded" in health(inside)


@pytest.mark.parametrize(
    "wrong, says",
    [(0, "99 proved Alarms by mail"), (1, "One does not agree"), (3, "3 do not agree")],
)
def test_the_nights_count_is_shown(inside, wrong, says):
    inside.show(night=NightCount(iso(NOW), 120, 100, 99, wrong))
    page = health(inside)
    assert "120 calls heard, 100 recorded, 99 proved" in page
    assert says in page


def test_without_a_recorder_the_page_says_what_to_do(inside):
    inside.recorder.away = True
    page = health(inside)
    assert "The recorder does not answer" in page
    assert "The box" not in page


def test_a_clock_in_doubt_is_confirmed_by_who_looks_after_the_box(inside):
    assert "Is the clock right?" not in inside.get("/health").text
    inside.show(clock="stepped", clock_trusted=False)
    page = inside.get("/health").text
    assert "Is the clock right?" in page and "The clock is not set" in page
    assert inside.post("/health/clock").location == "/health"
    assert inside.recorder.done[-1][0] == "confirm_clock"


def test_a_clock_that_cannot_be_confirmed_is_said(inside):
    inside.show(clock="stepped", clock_trusted=False)
    inside.recorder.refuses_clock = "the recorder is told a time that is not the kernel's"
    answer = inside.post("/health/clock")
    assert answer.status_code == 409
    assert "The clock was not confirmed" in answer.text


def test_where_the_watch_is_away_mail_is_not_called_not_set_up(inside):
    inside.parts.notices = Notices(mail=Mail("mail", "kirok@city.example", ("a@city.example",)))
    page = health(inside)
    assert "Nobody tells of alarms" in page
    assert "not set up: fill in [mail]" not in page


def mail(inside, mail="ok", note="", runs=True):
    watch = Shown(mail, note, iso(NOW), 1) if runs else None
    inside.parts.watch = lambda: watch
    inside.parts.notices = Notices(syslog=Syslog("local"))


def test_how_the_mail_stands_is_shown(inside):
    assert "Alarms by mail not set up" in health(inside)
    mail(inside)
    assert "Mail works the last one Mon 23 Nov 2026 10:30:00" in health(inside)
    mail(inside, "off")
    assert "Alarms by mail not set up" in health(inside)


def test_mail_that_does_not_go_is_an_alarm_with_what_the_server_said(inside):
    mail(inside, "failing", "mail: it answered 550 no")
    page = health(inside)
    assert "Alarms cannot be sent by mail" in page
    assert "it answered 550 no" in page
    assert "No mail goes" in page


def test_that_nobody_tells_of_alarms_is_an_alarm_where_somebody_is_to(inside):
    assert "Nobody tells of alarms" not in health(inside)
    mail(inside, runs=False)
    assert "Nobody tells of alarms" in health(inside)
    inside.recorder.away = True
    assert "Nobody tells of alarms" in health(inside)


def test_who_only_uses_the_system_puts_no_alarm_aside(inside):
    inside.alarm("line_down", "line 5")
    client = inside.person("이직원", "user")
    assert 'action="/health/seen"' not in inside.get("/health", client).text
    answer = inside.post("/health/seen", client, what="line_down", where="line 5")
    assert (answer.status_code, acknowledged(inside)) == (403, [])
    assert inside.recorder.notes("refused")
