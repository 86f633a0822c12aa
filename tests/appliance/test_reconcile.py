from dataclasses import replace
from datetime import timedelta

from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.reconcile import Wrong, reconcile
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


def test_a_call_that_is_erased_meanwhile_is_not_wrong(trial, replayed):
    class Erasing:
        """The index as it is while a sweep goes on: at the second look the call is erased."""

        def __init__(self, index):
            self._index = index
            self.search = index.search

        def get(self, call_id):
            return replace(self._index.get(call_id), erased=START, reel="", last_offset=None)

    (trial.vault / replayed[0].day / "000.reel").unlink()
    with CallIndex.open_readonly(trial.index) as index:
        assert reconcile(trial, Erasing(index), START).wrong == ()
