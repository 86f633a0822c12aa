"""What is due goes, with a certificate; what is not stays; and a cut anywhere is made good."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from shutil import rmtree

import pytest

from appliance import box, keys, policy
from appliance.api import NoSuchCall
from appliance.box import Plan
from appliance.engine import open_parts
from appliance.hold import new_hold
from appliance.index_query import CallQuery
from appliance.kept_audio import Heard, Piece
from appliance.ledger_audit import verify
from appliance.retention import Moment
from appliance.store import Store
from appliance.ulid import Ulids
from appliance.vault.key_table import forget_calls
from appliance.vault.reader import check_chain
from tests.appliance.scene import START
from tests.appliance.test_index import row as any_row

IDS = Ulids()
GOSHO = policy.load("goshogawara")
NEXT_DAY = START + timedelta(days=1)
#: When the calls of START and of the day after are due: its midnight in Tokyo, 31 days on.
DUE = datetime(2026, 12, 23, 15, 0, tzinfo=UTC)


@pytest.fixture
def opened(tmp_path):
    box.create(tmp_path / "data", Plan(policy.profile_text("goshogawara"), None, True), START)
    return box.open_box(tmp_path / "data")


@pytest.fixture
def parts(opened):
    with open_parts(opened) as parts:
        yield parts


@pytest.fixture
def store(parts):
    return Store(parts, lambda call: None)


def call_of(start, **facts):
    new = any_row(
        id=IDS.new(round(start.timestamp() * 1000)),
        start=start,
        day=GOSHO.day(start).isoformat(),
        due=GOSHO.due(start),
        number="0173352111",
    )
    return replace(new, **facts)


def recorded(store, *calls):
    """Record these calls side by side, and return them."""
    for call in calls:
        store.begin(call)
    for second in range(3):
        store.audio([(call.id, Piece([b"x" * 900], second * 8000)) for call in calls])
    for call in calls:
        end = replace(
            call, end=call.start + timedelta(seconds=9), ended_by="on_hook", audio_samples=24_000
        )
        store.end(end, Heard(24_000, 52, (-20.0,)))
    store.tick()
    return calls


def sweep(store, at, trusted=True):
    return sum(1 for _ in store.eraser.sweep(lambda: Moment(at, trusted)))


def erased(parts):
    rows = parts.index.search(CallQuery(limit=None))
    return {row.id for row in rows if row.erased is not None}


def certificates(opened):
    lines = (opened.ledger / "entries.log").read_text().splitlines()
    entries = [json.loads(line[9:]) for line in lines]
    return [entry["facts"] for entry in entries if entry["act"] == "erased"]


def sound(opened):
    return verify(opened.ledger, keys.public_key_from_text(opened.public_key)) == []


def test_a_day_that_is_due_goes_whole_and_the_next_stays(store, parts, opened):
    first = recorded(store, call_of(START), call_of(START))
    (later,) = recorded(store, call_of(NEXT_DAY))
    sweep(store, DUE - timedelta(milliseconds=1))
    assert erased(parts) == set()
    sweep(store, DUE)
    assert erased(parts) == {call.id for call in first}
    assert [day.name for day in opened.vault.iterdir()] == [later.day]
    assert [file.name for file in opened.secrets.iterdir()] == [f"{later.day}.secret"]
    assert [(c["call"], c["late_s"], c["article"]) for c in certificates(opened)] == [
        (call.id, 0.0, "8①") for call in first
    ]
    assert store.open_key(later.id, "p", "listen", "fair")
    with pytest.raises(NoSuchCall):
        store.open_key(first[0].id, "p", "listen", "fair")
    store.close()
    assert sound(opened)


def test_a_second_sweep_finds_nothing_to_do(store, parts, opened):
    recorded(store, call_of(START))
    sweep(store, DUE)
    assert sweep(store, DUE + timedelta(days=1)) == 0
    assert len(certificates(opened)) == 1


def test_an_untrusted_clock_erases_nothing(store, parts):
    recorded(store, call_of(START))
    sweep(store, DUE + timedelta(days=3650), trusted=False)
    assert erased(parts) == set()


def test_neither_number_nor_hearing_is_left_in_the_index(store, parts, opened):
    (call,) = recorded(store, call_of(START, number="09012345678", keys="778899"))
    store.open_key(call.id, "who-heard", "listen", "purpose-of-it")
    parts.index.forget_log()
    for word in (b"09012345678", b"778899", b"who-heard", b"purpose-of-it"):
        assert word in opened.index.read_bytes()
    sweep(store, DUE)
    raw = opened.index.read_bytes() + opened.index.with_name("calls.db-wal").read_bytes()
    for word in (b"09012345678", b"778899", b"who-heard", b"purpose-of-it"):
        assert word not in raw
    assert parts.index.hearings(call.id) == []


def test_a_held_call_stays_and_can_be_heard_while_its_day_goes_around_it(store, parts, opened):
    held, other = recorded(store, call_of(START), call_of(START))
    store.hold(held.id, new_hold(GOSHO, "管財課長", "係争中", date(2027, 3, 31), START))
    before = (opened.secrets / f"{held.day}.secret").read_bytes()
    recorded(store, call_of(NEXT_DAY))  # the day's reel is closed
    sweep(store, DUE)
    assert erased(parts) == {other.id}
    kept = parts.index.get(held.id)
    assert check_chain(opened.vault / kept.reel, held.id, kept.last_offset).hex() == kept.chain
    assert store.open_key(held.id, "p", "listen", "fair")
    assert (opened.secrets / f"{held.day}.secret").read_bytes() != before
    assert other.id.encode() not in (opened.vault / kept.reel).read_bytes()


def test_a_call_that_the_index_has_lost_keeps_its_audio(store, parts, opened):
    held, other, lost = recorded(store, call_of(START), call_of(START), call_of(START))
    store.hold(held.id, new_hold(GOSHO, "a", "b", date(2027, 3, 31), START))
    recorded(store, call_of(NEXT_DAY))
    row = parts.index.get(lost.id)
    parts.index._db.execute("DELETE FROM calls WHERE id = ?", (lost.id,))
    sweep(store, DUE)
    assert erased(parts) == {other.id}
    assert check_chain(opened.vault / row.reel, lost.id, row.last_offset).hex() == row.chain


def test_a_hold_that_is_released_or_over_lets_the_call_go(store, parts):
    released, over = recorded(store, call_of(START), call_of(START))
    for call in (released, over):
        store.hold(call.id, new_hold(GOSHO, "a", "b", date(2027, 1, 10), START))
    sweep(store, DUE)
    assert erased(parts) == set()
    store.release(released.id, "a", "no longer needed")
    with pytest.raises(NoSuchCall, match="not held"):
        store.release(released.id, "a", "again")
    sweep(store, DUE)
    assert erased(parts) == {released.id}
    sweep(store, datetime(2027, 1, 10, 15, tzinfo=UTC))
    assert erased(parts) == {released.id, over.id}
    with pytest.raises(NoSuchCall):
        store.hold(over.id, new_hold(GOSHO, "a", "b", date(2027, 6, 10), START))


def test_a_call_that_lasts_keeps_its_day(store, parts):
    lasting = call_of(START)
    store.begin(lasting)
    (over,) = recorded(store, call_of(START))
    sweep(store, DUE)
    assert erased(parts) == {over.id}
    store.audio([(lasting.id, Piece([b"y"], 0))])
    store.tick()


def test_a_call_may_go_before_its_time(store, parts, opened):
    test_call, other = recorded(store, call_of(START), call_of(START))
    for _ in store.eraser.erase(
        test_call.day, [test_call.id], "self_test", lambda: Moment(START, False)
    ):
        pass
    assert erased(parts) == {test_call.id}
    assert certificates(opened)[0]["why"] == "self_test"
    (later,) = recorded(store, call_of(START))
    for call in (other, later):
        assert store.open_key(call.id, "p", "listen", "fair")


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("steps", range(1, 9))
def test_stopped_after_any_step_it_is_finished_at_the_next_start(opened, steps, held):
    with open_parts(opened) as parts:
        store = Store(parts, lambda call: None)
        calls = recorded(store, call_of(START), call_of(START), call_of(START))
        if held:
            store.hold(calls[0].id, new_hold(GOSHO, "a", "b", date(2027, 3, 31), START))
        recorded(store, call_of(NEXT_DAY))
        sweeping = store.eraser.sweep(lambda: Moment(DUE, True))
        for _ in zip(range(steps), sweeping, strict=False):
            begun = parts.index.being_erased()
        for call_id in {each for day in begun.values() for each in day}:
            with pytest.raises(NoSuchCall):
                store.open_key(call_id, "p", "listen", "fair")
        sweeping.close()
        store.close()
    with open_parts(opened) as parts:
        store = Store(parts, lambda call: None)
        # A clock that is not trusted: what has begun is finished all the same.
        sweep(store, START, trusted=False)
        wanted = {call.id for call in calls[held:]}
        assert erased(parts) == (wanted if begun else erased(parts))
        sweep(store, DUE)
        assert erased(parts) == wanted
        if held:
            assert store.open_key(calls[0].id, "p", "listen", "fair")
        store.close()
    assert {c["call"] for c in certificates(opened)} == wanted
    assert sound(opened)


def test_a_day_that_does_not_open_is_said_and_stops_nothing(store, parts, opened):
    held, other = recorded(store, call_of(START), call_of(START))
    store.hold(held.id, new_hold(GOSHO, "a", "b", date(2027, 3, 31), START))
    store.close_day(held.day)
    secret = opened.secrets / f"{held.day}.secret"
    good = secret.read_bytes()
    secret.write_bytes(b"x" * 80)
    sweep(store, DUE)
    assert erased(parts) == set()
    assert list(store.eraser.failed) == [held.day]
    recorded(store, call_of(NEXT_DAY))
    secret.write_bytes(good)
    sweep(store, DUE)
    assert erased(parts) == {other.id}
    assert store.eraser.failed == {}


def test_a_day_whose_files_are_gone_is_entombed(store, parts, opened):
    (call,) = recorded(store, call_of(START))
    store.close_day(call.day)
    for file in (opened.vault / call.day).iterdir():
        file.unlink()
    (opened.vault / call.day).rmdir()
    with pytest.raises(NoSuchCall):
        store.open_key(call.id, "p", "listen", "fair")
    sweep(store, DUE)
    assert erased(parts) == {call.id}


def test_only_one_sweep_goes_on_at_a_time(store):
    recorded(store, call_of(START))
    first = store.eraser.sweep(lambda: Moment(DUE, True))
    next(first)
    assert sweep(store, DUE) == 0
    first.close()
    assert sweep(store, DUE) > 0


def make_room(store):
    for _ in store.eraser.make_room(lambda: Moment(NEXT_DAY, False)):
        pass


def test_to_make_room_the_oldest_day_goes_but_for_held_calls(store, parts, opened):
    held, oldest = recorded(store, call_of(START), call_of(START))
    store.hold(held.id, new_hold(GOSHO, "a", "b", date(2027, 3, 31), START))
    (next_one,) = recorded(store, call_of(NEXT_DAY))
    (today,) = recorded(store, call_of(NEXT_DAY + timedelta(days=1)))
    make_room(store)
    assert erased(parts) == {oldest.id}
    assert [c["why"] for c in certificates(opened)] == ["overwritten"]
    make_room(store)
    assert erased(parts) == {oldest.id, next_one.id}
    make_room(store)  # what is being written to stays, and what is held
    assert erased(parts) == {oldest.id, next_one.id}
    assert store.open_key(today.id, "p", "listen", "fair")


def entries_of(opened, act):
    lines = (opened.ledger / "entries.log").read_text().splitlines()
    entries = [json.loads(line[9:]) for line in lines]
    return [entry["facts"] for entry in entries if entry["act"] == act]


def test_a_damaged_index_goes_when_the_calls_in_it_are_due(store, parts, opened):
    recorded(store, call_of(START))
    stamp = START.strftime("%Y%m%dT%H%M%S%f")
    asides = [opened.data / f"calls.db.damaged-{stamp}{end}" for end in ("", "-wal")]
    for path in asides:
        path.write_bytes(b"0173352111")
    sweep(store, DUE - timedelta(seconds=1))
    sweep(store, DUE, trusted=False)
    assert all(path.exists() for path in asides)
    sweep(store, DUE)
    assert not any(path.exists() for path in asides)
    told = entries_of(opened, "aside_erased")
    assert [each["file"] for each in told] == [path.name for path in asides]
    assert {each["bytes"] for each in told} == {10}
    assert sound(opened)


def test_a_damaged_index_is_kept_for_a_call_that_is(store, parts, opened):
    (call,) = recorded(store, call_of(START, due=DUE + timedelta(days=9), dated="unsure"))
    aside = opened.data / f"calls.db.damaged-{START:%Y%m%dT%H%M%S%f}"
    aside.write_bytes(b"rows")
    sweep(store, DUE)
    assert aside.exists()
    store.hold(call.id, new_hold(GOSHO, "a", "b", date(2027, 3, 31), START))
    sweep(store, DUE)
    assert not aside.exists()


@pytest.mark.parametrize("keyed", [True, False])
def test_lost_keys_of_a_held_day_go_when_no_held_call_needs_them(store, parts, opened, keyed):
    held, _ = recorded(store, call_of(START), call_of(START))
    store.hold(held.id, new_hold(GOSHO, "a", "b", date(2027, 3, 31), START))
    recorded(store, call_of(NEXT_DAY))
    lost = opened.vault / held.day / "keys.db.lost-0"
    lost.write_bytes(b"keys of before")
    if not keyed:  # its key is in the lost table alone
        forget_calls(store.table(held.day), parts.secrets, {held.id})
        store.forget_table(held.day)
    sweep(store, DUE)
    assert lost.exists() is not keyed
    assert len(entries_of(opened, "aside_erased")) == keyed


def test_a_held_day_whose_files_are_gone_stops_no_sweep(store, parts, opened):
    held, other = recorded(store, call_of(START), call_of(START))
    store.hold(held.id, new_hold(GOSHO, "a", "b", date(2027, 3, 31), START))
    recorded(store, call_of(NEXT_DAY))
    store.close_day(held.day)
    rmtree(opened.vault / held.day)
    sweep(store, DUE)
    assert erased(parts) == {other.id}
