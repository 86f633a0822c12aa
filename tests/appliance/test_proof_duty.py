from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from appliance.index import CallIndex
from appliance.proof_duty import ProofDuty, look, run_count
from appliance.raised import Raised
from tests.appliance.scene import START
from tests.appliance.test_index import row

NOW = START  # Monday, 09:00 in Seoul
HOUR = timedelta(hours=1)


class Store:
    def __init__(self):
        self.counts = []

    def enter_count(self, facts):
        self.counts.append(facts)


class Writer:
    def __init__(self):
        self.store = Store()
        self.done = Event()

    def do(self, job):
        job(self.store)
        self.done.set()


class Duty:
    """A duty on a trial folder, with a clock that is set by hand."""

    def __init__(self, box, site, now):
        self.now = now
        self.writer = Writer()
        self.alarms = Raised(lambda *change: None)
        self.rounds = []
        self.duty = ProofDuty(box, site, self.writer, self.alarms, lambda: self.now)
        self.passed_s = 0.0

    def pass_(self, **span):
        """Let time pass by the minute, as the recorder's loop does."""
        for _ in range(round(timedelta(**span).total_seconds() / 60)):
            self.now += timedelta(minutes=1)
            self.passed_s += 60
            self.duty.turn(self.passed_s, lambda: self.rounds.append(self.now))
            if self.duty._working is not None:
                self.duty._working.join(60)

    def raised(self):
        return {(alarm.what, alarm.where) for alarm in self.alarms.all()}


@pytest.fixture
def duty(trial, here):
    return lambda now=NOW: Duty(trial, here, now)


def test_lines_are_tested_each_night_at_ten_past_two(duty):
    begun = duty(NOW - timedelta(hours=12))  # 21:00
    begun.pass_(days=2)
    local = [at.astimezone(begun.duty._box.policy.zone) for at in begun.rounds]
    assert [f"{at:%d %H:%M}" for at in local] == ["23 02:10", "24 02:10"]


def test_a_box_that_was_off_at_night_tests_at_once(duty, trial):
    with CallIndex.open(trial.index) as index:
        index.put_line_test(1, NOW - timedelta(hours=30), "")
    begun = duty()
    begun.pass_(minutes=1)
    assert len(begun.rounds) == 1


def test_after_the_tests_the_nights_calls_are_counted_by_another_process(duty, trial, replayed):
    lost = next(row for row in replayed if row.recorded)
    reel = trial.vault / lost.reel
    data = bytearray(reel.read_bytes())
    data[lost.last_offset + 70] ^= 1
    reel.write_bytes(data)
    begun = duty(NOW + timedelta(hours=16))  # 01:00 the night after
    begun.pass_(hours=3)
    (count,) = begun.writer.store.counts
    assert (count["heard"], count["recorded"], count["proved"]) == (4, 3, 3)
    assert count["wrong"] == [lost.id]
    alarm = next(a for a in begun.alarms.all() if a.what == "reconcile_failed")
    assert alarm.where == lost.id
    assert alarm.facts["wrong"]


def test_a_recording_of_earlier_days_has_its_turn_each_month(duty, trial, replayed):
    lost = next(row for row in replayed if row.recorded)
    reel = trial.vault / lost.reel
    reel.write_bytes(reel.read_bytes().replace(reel.read_bytes()[-40:-30], bytes(10)))
    begun = duty(NOW + timedelta(days=40))  # off for so long: every turn was missed
    begun.duty._reread = trial.policy.day(NOW)
    begun.pass_(hours=26)
    (count,) = begun.writer.store.counts
    assert (count["heard"], count["reread"], len(count["wrong"])) == (0, 3, 1)
    assert begun.duty.night.reread == 3
    assert begun.duty._reread == trial.policy.day(begun.now)


def test_a_night_that_could_not_be_counted_is_an_alarm_until_one_is(duty, trial):
    begun = duty(NOW + timedelta(hours=16))  # 01:00 the night after
    index = trial.index.read_bytes()
    trial.index.write_bytes(b"x" * 9000)
    begun.pass_(hours=3)
    assert ("count_failed", "") in begun.raised()
    trial.index.write_bytes(index)
    begun.pass_(hours=24)
    assert ("count_failed", "") not in begun.raised()
    assert len(begun.writer.store.counts) == 1


def test_a_folder_that_cannot_be_counted_is_told(trial):
    trial.index.unlink()
    with pytest.raises(ValueError, match=r"calls\.db"):
        run_count(trial, START)


def test_a_line_without_proof_for_more_than_a_day_is_an_alarm_until_it_is_proved(duty, trial):
    with CallIndex.open(trial.index) as index:
        for line in range(1, 9):
            index.put_line_test(line, NOW - 25 * HOUR, "" if line != 3 else "0.00 s")
        begun = duty()
        begun.pass_(minutes=25)
        assert begun.raised() == set()
        begun.pass_(hours=2)
        assert begun.raised() == {("line_unproved", f"line {n}") for n in range(1, 9) if n != 3}
        for line in range(1, 9):
            index.put_line_test(line, begun.now, "")
        begun.pass_(hours=1)
        assert begun.raised() == set()


def test_a_call_that_was_proved_proves_its_line(trial):
    with CallIndex.open(trial.index) as index:
        proved = NOW - 3 * HOUR
        index.put(replace(row(1, line=2), proof="verified", proved=proved, audio_samples=8000))
        lines = {2: NOW - 99 * HOUR, 3: NOW - 99 * HOUR, 4: NOW - HOUR}
        assert look(index, lines, NOW, trial.policy).unproved == {3}


def test_a_busy_line_that_falls_silent_is_an_alarm_with_what_was_to_be_expected(duty, trial):
    with CallIndex.open(trial.index) as index:
        fill(index, line=1, days=30, until=NOW + 2 * HOUR)  # to 11:00
        fill(index, line=2, days=30, until=NOW + 9 * HOUR)
        for line in range(1, 9):
            index.put_line_test(line, NOW, "")
    begun = duty(NOW + 2 * HOUR)
    begun.pass_(hours=7)
    (alarm,) = begun.alarms.all()
    assert (alarm.what, alarm.where) == ("line_silent", "line 1")
    assert int(alarm.facts["expected"]) >= 13


def fill(index, line, days, until):
    """Put six calls an hour into the working hours of the days before."""
    n = 0
    with index.transaction():
        for hour in range(days * 24):
            begin = until - timedelta(days=days) + hour * HOUR
            local = begin + 9 * HOUR  # Seoul
            if local.weekday() < 5 and 9 <= local.hour < 18:
                for minute in range(0, 60, 10):
                    n += 1
                    start = begin + timedelta(minutes=minute)
                    if start < until:
                        index.put(row(n + 100_000 * line, line=line, start=start))
