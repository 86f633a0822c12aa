from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from appliance.api import Alarm
from appliance.site_notices import Mail
from appliance.watch.letter import Writer
from appliance.watch.notices import Digest

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
DOWN = Alarm("line_down", "line 3", "2026-11-23T02:00:00.000Z")
SILENT = Alarm("line_silent", "line 6", "2026-11-23T01:00:00.000Z", facts={"expected": "17"})
LOST = Alarm("board_lost", "", "2026-11-23T02:59:00.000Z")
MAIL = Mail("mail", "kirok@city.example", ("a@city.example", "b@city.example"))


def writer(language):
    return Writer("오산시", "01JD", language, ZoneInfo("Asia/Seoul"))


def letter(language, **digest):
    parts = {"new": (), "passed": (), "over": (), "still": (), **digest}
    return writer(language).digest(MAIL, Digest(**parts), NOW)


def test_one_alarm_is_the_subject_and_the_text_says_what_to_do():
    made = letter("en", new=(DOWN,))
    assert made["Subject"] == "[Kirok 오산시] A telephone line is dead: line 3"
    assert made["To"] == "a@city.example, b@city.example"
    text = made.get_content()
    assert "* A telephone line is dead: line 3 (since 2026-11-23 11:00)" in text
    assert "→ Check that the line is plugged in" in text
    assert "오산시, 01JD" in text


def test_several_are_counted_and_the_gravest_comes_first():
    made = letter("ko", new=(SILENT, LOST), still=(DOWN,))
    assert made["Subject"] == "[Kirok 오산시] 경보 3건: 회선 보드가 응답하지 않습니다"
    text = made.get_content()
    assert text.index("회선 보드가 응답하지") < text.index("평소 통화가 많은 회선")
    assert "17건" in text
    assert "계속되는 경보" in text


def test_the_all_clear_says_what_is_over():
    made = letter("ja", over=(DOWN,))
    assert made["Subject"] == "[Kirok 오산시] 異常なし"
    assert "解除された警報" in made.get_content()
    assert "すべての警報が解除されました。" in made.get_content()


@pytest.mark.parametrize(
    "language, subject, still",
    [
        ("ko", "정상 동작 알림", "계속되는 경보: 전화 회선이 끊겼습니다: 3번 회선"),
        ("ja", "正常動作のお知らせ", "継続中の警報: 電話回線が切れています: 回線3"),
        ("en", "sign of life", "Still so: A telephone line is dead: line 3"),
    ],
)
def test_a_sign_of_life_calls_nothing_well_that_is_not(language, subject, still):
    assert letter(language)["Subject"] == f"[Kirok 오산시] {subject}"
    made = letter(language, still=(DOWN,))
    assert made["Subject"] == f"[Kirok 오산시] {still}"
    assert "2026-11-23 11:00" in made.get_content()


def test_what_is_over_says_when_it_was_raised_and_a_call_is_called_one():
    call = Alarm("proof_failed", "01M82TAAG0000000000000000T", "2026-11-23T02:00:00.000Z")
    text = letter("en", new=(call,), over=(DOWN,), passed=(SILENT,)).get_content()
    assert "proved: call 01M82TAAG0000000000000000T (since 2026-11-23 11:00)" in text
    assert "dead: line 3 (raised 2026-11-23 11:00)" in text
    assert "no call: line 6 (raised 2026-11-23 10:00)" in text


def test_the_ledgers_head_goes_with_it_as_a_file():
    note = "kirok/box\n7\nroot\n\n— x\n"
    made = writer("en").digest(MAIL, Digest((DOWN,), (), (), ()), NOW, note)
    text, head = made.iter_parts()
    assert "kirok ledger verify --head FILE" in text.get_content()
    assert head.get_filename() == "kirok-01JD-20261123.head"
    assert head.get_content().decode() == note


def test_what_came_and_went_is_said():
    assert "Came and went since the last mail" in letter("en", passed=(LOST,)).get_content()


def test_no_machine_need_answer_it():
    assert letter("en", new=(DOWN,))["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("language", ["ko", "ja", "en", "fr"])
def test_a_test_mail_asks_for_nothing(language):
    made = writer(language).test(MAIL, NOW)
    assert made["Subject"].startswith("[Kirok 오산시] ")
    assert made.get_content()


def test_a_place_with_line_breaks_makes_no_header():
    made = letter("en", new=(Alarm("new_thing", "x\r\nBcc: evil@example", DOWN.since),))
    assert made["Bcc"] is None
    assert b"\nBcc:" not in made.as_bytes().split(b"\n\n")[0]
