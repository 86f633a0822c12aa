from concurrent.futures import Future
from datetime import timedelta

import pytest

from appliance.api import Alarm, BoxStatus
from appliance.watch.notices import Book
from appliance.watch.post import MailFailed
from appliance.watch.rounds import MAIL_LIMIT_S, Look, Round, Ways
from tests.appliance.watch.test_metrics import NOW

DOWN = Alarm("line_down", "line 3", "2026-11-23T02:00:00.000Z")
LOST = Alarm("board_lost", "", "2026-11-23T02:30:00.000Z")


def box(*alarms, started="2026-11-23T00:00:00.000Z"):
    return BoxStatus(
        now="", started=started, board="streaming", lamp="idle", button_line=None, clock="ntp",
        alarms=list(alarms),
    )  # fmt: skip


class City:
    """Those who are mailed, and a log. `answer`: None takes a mail; an error; or "hangs"."""

    def __init__(self, book=None, mail=True):
        self.digests = []
        self.entries = []
        self.kept = []
        self.answer = None
        self.log_works = True
        ways = Ways(self.kept.append, self._mail if mail else None, self)
        self.round = Round(ways, book or Book())
        self.now_s = 0.0

    def _mail(self, digest):
        self.digests.append(digest)
        future = Future()
        if self.answer is None:
            future.set_result(None)
        elif self.answer != "hangs":
            future.set_exception(self.answer)
        return future

    def send(self, entry, now):
        if self.log_works:
            self.entries.append((entry.alarm.what, entry.state))
        return self.log_works

    def pass_(self, seconds, found, page=True):
        for _ in range(round(seconds / 5)):
            self.now_s += 5
            now = NOW + timedelta(seconds=self.now_s)
            self.round.turn(Look(now, self.now_s, found, page))


def names(alarms):
    return [alarm.what for alarm in alarms]


def test_an_alarm_is_mailed_and_logged_once_and_so_is_its_end():
    city = City()
    city.pass_(600, box(DOWN))
    city.pass_(600, box())
    assert [names(d.new) for d in city.digests] == [["line_down"], []]
    assert city.digests[1].all_clear
    assert city.entries == [("line_down", "raised"), ("line_down", "over")]
    assert city.round.mails == 2


def test_a_recorder_that_is_dead_is_told_and_what_was_raised_is_not_over():
    city = City()
    city.pass_(120, box(DOWN))
    city.pass_(25, None)
    assert len(city.digests) == 1
    city.pass_(120, None)
    assert names(city.digests[1].new) == ["recorder_away"]
    assert names(city.digests[1].still) == ["line_down"]
    city.pass_(120, box(DOWN))
    assert names(city.digests[2].over) == ["recorder_away"]


def test_a_restart_of_the_recorder_is_counted_and_not_mailed():
    city = City()
    city.pass_(60, box())
    city.pass_(20, None)
    city.pass_(60, box(started="2026-11-23T02:59:00.000Z"))
    assert city.round.restarts == 1
    assert not city.digests


def test_a_page_that_is_dead_is_told_after_two_minutes():
    city = City()
    city.pass_(115, box(), page=False)
    assert not city.digests
    city.pass_(15, box(), page=False)
    assert names(city.digests[0].new) == ["page_away"]


def test_while_no_mail_goes_nothing_is_forgotten_and_the_tries_grow_fewer():
    city = City()
    city.answer = MailFailed("mail: refused")
    city.pass_(3600, box(DOWN))
    assert 5 <= len(city.digests) <= 7
    assert city.round.mail_note == "mail: refused"
    assert "mail_failed" in names(city.round.alarms)
    assert city.round.failed == len(city.digests)
    city.answer = None
    city.pass_(3700, box(DOWN, LOST))
    assert set(names(city.digests[-2].new)) >= {"line_down", "board_lost"}
    assert city.round.mail_note == ""
    assert "mail_failed" not in names(city.round.alarms)
    assert names(city.digests[-1].over) == ["mail_failed"]


def test_a_server_that_hangs_holds_up_neither_log_nor_look_and_is_given_up():
    city = City()
    city.answer = "hangs"
    city.pass_(60, box(DOWN))
    city.pass_(30, box(DOWN, LOST))
    assert city.entries == [("line_down", "raised"), ("board_lost", "raised")]
    assert len(city.digests) == 1
    city.pass_(MAIL_LIMIT_S, box(DOWN, LOST))
    assert "has not taken it" in city.round.mail_note
    assert city.round.failed == 1
    city.answer = None
    city.pass_(120, box(DOWN, LOST))
    assert {"line_down", "board_lost"} <= set(names(city.digests[1].new))


def test_what_was_told_is_on_the_disk_and_is_not_told_again_after_a_restart():
    city = City()
    city.pass_(60, box(DOWN))
    after = City(city.kept[-1])
    after.pass_(600, box(DOWN))
    assert not after.digests


def test_what_was_not_told_before_a_restart_is_told_after_it():
    city = City()
    city.answer = MailFailed("refused")
    city.pass_(60, box(DOWN))
    city.pass_(60, box())
    after = City(city.kept[-1])
    after.pass_(60, box())
    assert "line_down" in names(after.digests[0].passed)


def test_a_log_that_is_away_gets_its_entries_later():
    city = City()
    city.log_works = False
    city.pass_(60, box(DOWN))
    city.log_works = True
    city.pass_(60, box(DOWN))
    assert city.entries == [("line_down", "raised")]


def test_without_mail_the_log_is_kept_all_the_same():
    city = City(mail=False)
    city.pass_(60, box(DOWN))
    assert city.entries == [("line_down", "raised")]


def test_a_fault_of_our_own_is_no_trouble_with_the_mail():
    city = City()
    city.answer = KeyError("ours")
    with pytest.raises(KeyError):
        city.pass_(60, box(DOWN))


def test_a_week_without_a_mail_ends_with_a_sign_of_life():
    city = City()
    city.pass_(60, box())
    assert not city.digests
    city.now_s += 7 * 86_400
    city.pass_(60, box())
    assert [d.sign_of_life for d in city.digests] == [True]
    after = City(city.kept[-1])
    after.now_s = city.now_s
    after.pass_(3600, box())
    assert not after.digests
