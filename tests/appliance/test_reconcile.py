from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.reconcile import Wrong, cycle, reconcile, share
from appliance.vault.key_rows import AREA_BYTES, ROW_MAGIC
from tests.appliance.scene import START


def count(trial, since=START):
    with CallIndex.open_readonly(trial.index) as index:
        return reconcile(trial, index, since)


def test_what_was_heard_was_recorded_and_opens(trial, replayed):
    found = count(trial)
    assert (found.heard, found.recorded, found.proved, found.pending) == (4, 3, 3, 0)
    assert found.wrong == ()


def test_calls_from_before_are_not_counted(trial, replayed):
    assert count(trial, START + timedelta(hours=1)).heard == 0


def test_a_call_whose_reel_is_gone_is_named(trial, replayed):
    (trial.vault / replayed[0].reel).unlink()
    wrong = count(trial).wrong
    assert {one.call for one in wrong} == {row.id for row in replayed}
    assert {one.wrong for one in wrong} == {f"its reel {replayed[0].reel} is missing"}


def test_a_call_that_was_to_be_recorded_and_was_not_is_named(trial, replayed):
    with CallIndex.open(trial.index) as index:
        row = next(row for row in index.search(CallQuery()) if row.answer and row.recorded)
        index.put(replace(row, audio_samples=0, last_offset=None))
    (wrong,) = count(trial).wrong
    assert wrong == Wrong(row.id, "it was to be recorded, and there is no audio of it")


def test_earlier_days_are_read_again_and_what_has_changed_since_is_named(trial, replayed):
    lost = next(row for row in replayed if row.recorded)
    reel = trial.vault / lost.reel
    data = bytearray(reel.read_bytes())
    data[lost.last_offset + 70] ^= 1
    reel.write_bytes(data)
    later = START + timedelta(days=3)
    with CallIndex.open_readonly(trial.index) as index:
        assert reconcile(trial, index, later).wrong == ()
        found = reconcile(trial, index, later, [lost.day])
        assert [one.call for one in found.wrong] == [lost.id]
        assert (found.heard, found.reread) == (0, 3)
        # What is counted anyway is not read twice.
        assert reconcile(trial, index, START, [lost.day]).reread == 0


def test_two_keys_that_were_exchanged_are_named(trial, replayed):
    table = trial.vault / replayed[0].day / "keys.db"
    data = table.read_bytes()
    first, second, third, *_ = [at for at in range(len(data)) if data.startswith(ROW_MAGIC, at)]
    size = min(second - first, third - second)  # age files differ in length, by chance
    spoilt = bytearray(data)
    for copy in (0, AREA_BYTES):
        for one, other in ((first, second), (second, first)):
            spoilt[copy + one + 28 : copy + one + size] = data[other + 28 : other + size]
    table.write_bytes(spoilt)
    later = START + timedelta(days=3)
    with CallIndex.open_readonly(trial.index) as index:
        found = reconcile(trial, index, later, [replayed[0].day])
    assert [one.wrong for one in found.wrong] == ["it has no key"] * 2


@pytest.mark.parametrize(("kept", "every"), [(90, 30), (60, 20), (30, 10), (10, 3), (2, 1), (0, 1)])
def test_each_recording_is_read_at_least_twice_while_it_is_kept(kept, every):
    assert cycle(kept) == every
    for first in range(every):
        day = START.date() + timedelta(days=first)
        # The night after tomorrow's is the first in which it is not counted anyway.
        nights = [day + timedelta(days=age) for age in range(3, kept + 1)]
        read = [night for night in nights if share([f"{day}"], night, 1, every)]
        assert len(read) >= min(2, len(nights))


def test_turns_that_were_missed_are_made_up_for():
    days = [f"{START.date() + timedelta(days=n)}" for n in range(90)]
    tonight = START.date() + timedelta(days=95)
    assert len(share(days, tonight, 1, 30)) == 3
    assert len(share(days, tonight, 4, 30)) == 12
    assert share(days, tonight, 200, 30) == days
    missed = {tonight - timedelta(days=back) for back in range(4)}
    assert set(share(days, tonight, 4, 30)) == {
        day for night in missed for day in share(days, night, 1, 30)
    }
    # A day whose date is not known has its turn as well.
    turns = [share(["doubt"], tonight + timedelta(days=n), 1, 30) for n in range(30)]
    assert turns.count(["doubt"]) == 1
    assert share([f"{START.date()}-doubt"], START.date(), 1, 30)


def test_a_call_that_is_erased_meanwhile_is_not_wrong(trial, replayed):
    class Erasing:
        """The index as it is while a sweep goes on: at the second look the call is erased."""

        def __init__(self, index):
            self._index = index
            self.search, self.kept_on = index.search, index.kept_on

        def get(self, call_id):
            return replace(self._index.get(call_id), erased=START, reel="", last_offset=None)

    (trial.vault / replayed[0].day / "000.reel").unlink()
    with CallIndex.open_readonly(trial.index) as index:
        assert reconcile(trial, Erasing(index), START).wrong == ()
        later = START + timedelta(days=3)
        assert reconcile(trial, Erasing(index), later, [replayed[0].day]).wrong == ()
