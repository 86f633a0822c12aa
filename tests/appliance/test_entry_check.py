from dataclasses import replace
from datetime import timedelta

from appliance import call_entry
from appliance.entry_check import Entered, of_row, rowless
from appliance.ledger_walk import DamagedLine, pack_line, read_entry
from tests.appliance.scene import START
from tests.appliance.test_index import row

END = START + timedelta(seconds=9)
ROWS = [row(n, end=END, audio_samples=8000, entry=n, proof="verified") for n in range(4)]


def line(index, act, facts):
    prev = "" if index == 0 else "A" * 43 + "="
    value = {"act": act, "clock": "ntp", "facts": facts, "index": index, "prev": prev, "time": "t"}
    return pack_line(value)[:-1]


LINES = [line(n, "call", call_entry.facts(each)) for n, each in enumerate(ROWS)]


def entered(lines):
    told = Entered()
    for each in lines:
        try:
            told.push(read_entry(each))
        except DamagedLine:
            told.push(None)
    return told


def compare(told, rows):
    yield from rowless(told, {each.id for each in rows})
    for each in rows:
        yield from of_row(each, told)


def odd(lines, rows):
    return [(each.call_id, each.lost) for each in compare(entered(lines), rows)]


def test_rows_and_entries_that_agree():
    assert odd(LINES, ROWS) == []
    going_on = row(9)
    assert odd([*LINES, line(4, "listen", {"call": "x"})], [*ROWS, going_on]) == []
    # With the sheet somebody comes back in: a person is recovered, no call.
    assert odd([*LINES, line(4, "recovered", {"person": "p1", "who": "p1"})], ROWS) == []


def test_a_proved_call_without_its_entry_is_lost():
    assert odd(LINES[:3], ROWS) == [(ROWS[3].id, True)]


def test_what_a_power_cut_may_have_taken_is_not_lost():
    assert odd(LINES[:3], [*ROWS[:3], replace(ROWS[3], proof="pending")]) == [(ROWS[3].id, False)]
    assert odd(LINES, [*ROWS[:3], replace(ROWS[3], entry=None)]) == [(ROWS[3].id, False)]


def test_a_row_that_was_removed_is_named():
    assert odd(LINES, ROWS[1:]) == [(ROWS[0].id, True)]
    certified = [*LINES, line(4, "erased", {"call": ROWS[0].id})]
    assert odd(certified, ROWS[1:]) == []


def test_a_row_that_was_changed_is_named():
    found = list(compare(entered(LINES), [replace(ROWS[0], line=7), *ROWS[1:]]))
    assert [each.why for each in found] == ["“line” is 7, in entry 0 1"]
    assert odd(LINES, [replace(ROWS[0], entry=1), *ROWS[1:]]) == [(ROWS[0].id, True)]


def test_an_agreement_that_was_put_to_a_row_or_taken_from_it_is_named():
    part = {"at_s": 1.0, "audio_s": 0.0, "until_s": 9.0, "by": "key", "agreed": "2.3"}
    agreed = replace(ROWS[0], stretches=[part])
    (said,) = compare(entered(LINES), [agreed, *ROWS[1:]])
    assert "“agreed” is [{'at_ms': 1000" in said.why
    lines = [line(0, "call", call_entry.facts(agreed)), *LINES[1:]]
    assert odd(lines, [agreed, *ROWS[1:]]) == []
    assert odd(lines, ROWS) == [(ROWS[0].id, True)]


def test_an_erased_row_is_not_compared():
    bare = replace(ROWS[0], start=START - timedelta(days=1), audio_samples=0, erased=END)
    assert odd(LINES, [bare, *ROWS[1:]]) == []
