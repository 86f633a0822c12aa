import re
from dataclasses import replace

import pytest

from appliance.index_row import iso
from firmware_bridge.panel import LAMPS
from tests.web_min.messages import FOLDER
from tests.web_min.rig import NOW, line

COUNTS = {"seen": 42, "recorded": 37, "proved": 36, "failed": 0, "pending": 1}


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_each_line_is_shown_in_words(inside):
    ringing = line(1, "ringing", name="세무과", department="세입팀")
    talking = line(2, "in_call", recording=True, number="0313701234", level_dbm0=-20.0)
    inside.show(lines=[ringing, talking, line(3)], counts=COUNTS)
    page = text(inside.get("/").text)
    assert "1 세무과 세입팀 Ringing Number not known 1:15" in page
    assert "In a call REC 0313701234 1:15" in page
    assert "Idle" in page
    assert "42 " in page


@pytest.mark.parametrize("count", [0, 1, 8, 64])
def test_there_may_be_any_number_of_lines(inside, count):
    inside.show(lines=[line(n) for n in range(1, count + 1)])
    assert inside.get("/").text.count('<li id="line-') == count


@pytest.mark.parametrize(
    "state, says",
    [
        ("idle", "Idle"),
        ("ringing", "Ringing"),
        ("in_call", "In a call"),
        ("dialling", "Dialling"),
        ("open_line", "Off the hook too long"),
        ("line_down", "Line dead: unplugged or cut"),
        ("board_lost", "Board not answering"),
        ("unknown", "Not known"),
        ("new_state", "new_state"),
    ],
)
def test_every_state_has_its_words(inside, state, says):
    inside.show(lines=[line(1, state)])
    assert says in inside.get("/").text


def test_the_part_that_changes_can_be_had_alone(inside):
    inside.show(lines=[line(1)], counts=COUNTS)
    part = inside.get("/board").text
    assert "<html" not in part
    assert part.strip() in inside.get("/").text


def test_the_meter_follows_the_level(inside):
    for level, width in ((-96.0, 0), (-50.0, 0), (-25.0, 50), (0.0, 100), (3.0, 100)):
        inside.show(lines=[line(1, level_dbm0=level)])
        assert f'class="level" width="{width}"' in inside.get("/").text


def test_counts_that_are_nothing_to_see_are_left_out(inside):
    inside.show(counts={**COUNTS, "pending": 0})
    page = text(inside.get("/").text)
    assert "Proof pending" not in page
    assert "Proof failed" not in page
    inside.show(counts={**COUNTS, "failed": 2})
    assert "2 Proof failed" in text(inside.get("/").text).replace(
        "Proof failed 2", "2 Proof failed"
    )


@pytest.mark.parametrize("lamp", ["idle", "off_hook", "recording", "attention"])
def test_the_lamp_is_drawn_with_its_pattern_and_said(inside, lamp):
    inside.show(lamp=lamp)
    assert f'class="lamp-{lamp}"' in inside.get("/").text


def test_the_drawn_lamp_blinks_as_the_one_on_the_box():
    style = (FOLDER / "static" / "kirok.css").read_text()
    for lamp, pattern in LAMPS.items():
        drawn = re.search(rf"\.lamp-{lamp.value} \.light \{{ (.*?) \}}", style)[1]
        if not pattern.off_s:
            assert drawn == "opacity: 1;"
            continue
        name, period = re.match(r"animation: (\w+) ([\d.]+)s", drawn).groups()
        lit = re.search(rf"@keyframes {name} {{ 0% {{ opacity: 1; }} (\d+)%", style)[1]
        assert float(period) == pytest.approx(pattern.on_s + pattern.off_s)
        assert int(lit) == pytest.approx(100 * pattern.on_s / float(period))


@pytest.mark.parametrize(
    "clock, trusted, says",
    [
        ("ntp", True, "Set by a time server"),
        ("unsynced", True, "Runs by itself, without a time server"),
        ("unsynced", False, "Not set: times cannot be trusted"),
    ],
)
def test_the_clocks_quality_is_said(inside, clock, trusted, says):
    inside.show(clock=clock, clock_trusted=trusted)
    assert says in inside.get("/").text
    assert says in inside.get("/health").text


def test_an_alarm_says_where_since_when_and_what_to_do(inside):
    inside.alarm("line_down", "line 5")
    page = text(inside.get("/").text)
    assert "A telephone line is dead Line 5" in page
    assert "Check that the line is plugged in" in page
    assert "since Mon 23 Nov 2026 09:30:00" in page


def test_a_clock_that_is_not_set_is_an_alarm_too(inside):
    inside.show(clock="unsynced", clock_trusted=False)
    page = inside.get("/health").text
    assert page.count("<h2>The clock is not set") == 1
    assert "Nothing is wrong." not in page
    inside.alarm("clock_untrusted", "")
    assert inside.get("/health").text.count("<h2>The clock is not set") == 1


def test_many_alarms_are_shown_on_the_page_of_health(inside):
    for n in range(1, 6):
        inside.alarm("line_down", f"line {n}")
    assert inside.get("/").text.count('<li class="alarm ') == 3
    assert "All 5 alarms" in inside.get("/").text
    assert inside.get("/health").text.count('<li class="alarm ') == 5


def test_nothing_wrong_is_said_too(inside):
    assert "Nothing is wrong." in inside.get("/health").text


def test_the_button_is_there_when_the_box_has_one(inside):
    assert "front button" not in inside.get("/").text
    inside.show(button_line=6)
    user = inside.person("이직원", "user")
    assert "Press the front button (line 6)" in inside.get("/", user).text
    assert "front button" not in inside.get("/").text


def test_the_button_is_pressed_and_noted(inside):
    inside.show(button_line=6)
    user = inside.person("이직원", "user")
    inside.recorder.done.clear()
    assert inside.post("/button", user).headers["Location"] == "/"
    assert inside.recorder.done == [("press_button",), ("note", "button", "p2", {})]


def test_only_who_may_record_presses_the_button(inside):
    assert inside.post("/button").status_code == 403
    refused = {"why": "no_right", "clause": "2.3", "what": "board.press_button"}
    assert inside.recorder.done == [("note", "refused", "p1", refused)]


@pytest.mark.parametrize("path", ["/", "/board", "/health"])
def test_when_the_recorder_is_away_it_is_said(inside, path):
    inside.recorder.away = True
    inside.clock.passed_s += 1
    answer = inside.get(path)
    assert answer.status_code == 200
    assert "The recorder does not answer" in answer.text
    assert '<li id="line-' not in answer.text


def test_a_button_pressed_while_the_recorder_is_away_says_so(inside):
    user = inside.person("이직원", "user")
    inside.recorder.away = True
    inside.clock.passed_s += 1
    answer = inside.post("/button", user)
    assert answer.status_code == 503
    assert "The recorder does not answer" in answer.text


def test_the_page_works_without_script(inside):
    page = inside.get("/").text
    assert re.search(r'<noscript><p><a href="/">', page)


def test_health_shows_when_each_line_was_last_proved(inside):
    inside.show(lines=[line(1, last_proved=iso(NOW)), replace(line(2), volts=-24.05)])
    page = text(inside.get("/health").text)
    assert "Mon 23 Nov 2026 10:30:00" in page
    assert "not yet" in page
    assert "-24.1 V" in page or "-24.0 V" in page


def test_names_are_shown_as_text(inside):
    inside.show(lines=[line(1, name="<script>alert(1)</script>")])
    assert "<script>alert" not in inside.get("/").text


def test_the_numbers_of_other_departments_callers_are_not_shown(inside):
    inside.show(lines=[line(1, "in_call", number="0313701234"), line(2, "ringing", number=None)])
    assert "0313701234" in inside.get("/board").text
    client = inside.person("이직원", "user", "세정과")
    page = inside.get("/board", client).text
    assert ("0313701234" in page, page.count("Number not known")) == (False, 1)


def test_without_recorder_and_list_the_first_page_does_not_send_anybody_to_the_list(inside):
    inside.recorder.away = True
    assert "The list of calls can still be read." in inside.get("/").text
    inside.break_index()
    assert inside.get("/calls").status_code == 503
    page = inside.get("/").text
    assert "The list of calls can still be read." not in page
    assert "The list of calls cannot be read" in page
