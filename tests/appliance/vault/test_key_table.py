import random

import pytest

from appliance import ulid
from appliance.vault.day_secrets import DaySecrets
from appliance.vault.key_table import (
    KeyTable,
    NoSuchKey,
    WrongSecret,
    damage,
    forget_calls,
    open_table,
    read_calls,
    set_aside,
)
from tests.faults import FaultyDisk, PowerCut

DAY = "2026-11-23"
SECRET = bytes(range(32))


def call(number):
    return ulid.from_bytes(number.to_bytes(16, "big"))


def age(number):
    return b"age-encryption.org/v1\n" + bytes([number]) * 400


@pytest.fixture
def day_dir(tmp_path):
    (tmp_path / DAY).mkdir()
    return tmp_path / DAY


@pytest.fixture
def secrets(tmp_path):
    (tmp_path / "secrets").mkdir()
    return DaySecrets(tmp_path / "secrets")


def filled(day_dir, count=3, secret=SECRET):
    table = KeyTable(day_dir, secret)
    for number in range(count):
        table.add(call(number), age(number))
    table.close()
    return table


def test_keys_outlive_a_start(day_dir):
    filled(day_dir)
    table = KeyTable(day_dir, SECRET)
    assert [table.get(call(number)) for number in range(3)] == [age(number) for number in range(3)]
    assert table.calls() == [call(0), call(1), call(2)]
    assert not table.damaged
    table.add(call(3), age(3))
    assert KeyTable(day_dir, SECRET).get(call(3)) == age(3)


def test_the_calls_of_a_table_in_use_can_be_read(day_dir):
    filled(day_dir)
    before = (day_dir / "keys.db").read_bytes()
    table = KeyTable(day_dir, SECRET)
    assert read_calls(table.path, SECRET) == {call(0), call(1), call(2)}
    with pytest.raises(WrongSecret):
        read_calls(table.path, bytes(32))
    assert (day_dir / "keys.db").read_bytes() == before


def test_a_call_without_a_key_is_said(day_dir):
    with pytest.raises(NoSuchKey, match=call(9)):
        filled(day_dir).get(call(9))


def test_calls_that_start_together_cost_one_flush(day_dir):
    disk = FaultyDisk()
    table = KeyTable(day_dir, SECRET, disk=disk)
    disk.calls.clear()
    table.add_all({call(number): age(number) for number in range(64)})
    assert disk.calls == ["write", "write", "fdatasync"]


def test_the_file_shows_neither_age_file_nor_key(day_dir):
    filled(day_dir)
    data = (day_dir / "keys.db").read_bytes()
    assert data[:9].hex() == "ab4b49524f4b6b0a02"
    assert b"age-encryption" not in data
    assert SECRET not in data


def test_another_secret_opens_nothing_and_changes_nothing(day_dir):
    filled(day_dir)
    before = (day_dir / "keys.db").read_bytes()
    with pytest.raises(WrongSecret):
        KeyTable(day_dir, bytes(32))
    assert (day_dir / "keys.db").read_bytes() == before


def test_a_table_that_does_not_open_is_set_aside(day_dir):
    filled(day_dir)
    aside = set_aside(day_dir)
    assert aside.name == "keys.db.lost-0"
    filled(day_dir, secret=bytes(32))
    assert set_aside(day_dir).name == "keys.db.lost-1"


def test_a_wrong_path_begins_no_table(tmp_path):
    with pytest.raises(FileNotFoundError):
        KeyTable(tmp_path / DAY, SECRET)


def test_a_call_has_one_key(day_dir):
    table = KeyTable(day_dir, SECRET)
    table.add(call(0), age(0))
    with pytest.raises(ValueError, match="with keys already"):
        table.add_all({call(1): age(1), call(0): age(1)})
    with pytest.raises(ValueError, match="at most"):
        table.add(call(2), bytes(1 << 15))
    assert KeyTable(day_dir, SECRET).calls() == [call(0)]


def test_a_call_that_is_given_another_key_has_that(day_dir):
    filled(day_dir)
    table = KeyTable(day_dir, SECRET)
    table.change(call(1), age(9))
    table.close()
    again = KeyTable(day_dir, SECRET)
    assert [again.get(call(number)) for number in range(3)] == [age(0), age(9), age(2)]
    assert not again.damaged
    with pytest.raises(ValueError, match="closed"):
        table.change(call(1), age(3))


ROW_BYTES = 40 + len(age(0)) + 16
AREA = 65536


def opened(day_dir, data):
    """Return a table of these bytes, opened; it takes another key, and is whole at the next."""
    (day_dir / "keys.db").write_bytes(data)
    table = KeyTable(day_dir, SECRET)
    damaged, calls = table.damaged, table.calls()
    assert all(table.get(each) == age(int.from_bytes(ulid.to_bytes(each))) for each in calls)
    table.add(call(255), age(255))
    table.close()
    again = KeyTable(day_dir, SECRET)
    assert (again.calls(), again.damaged) == ([*calls, call(255)], False)
    again.close()
    assert damage(again.path, SECRET) == ""
    return damaged, [int.from_bytes(ulid.to_bytes(each)) for each in calls]


def test_each_row_is_there_again_an_area_further_on(day_dir):
    filled(day_dir, 3)
    data = (day_dir / "keys.db").read_bytes()
    rows = data[64 : 64 + 3 * ROW_BYTES]
    assert data[AREA:] == bytes(64) + rows
    assert data.count(rows) == 2


def test_a_full_area_is_followed_by_the_next_pair(day_dir):
    table = KeyTable(day_dir, SECRET)
    count = 64 * 1024 // ROW_BYTES + 3
    table.add_all({call(n): age(n % 250) for n in range(count)})
    table.add(call(count), age(1))
    table.close()
    data = (day_dir / "keys.db").read_bytes()
    assert len(data) > 3 * AREA
    for pair in (0, 2 * AREA):
        begin = 64 if pair == 0 else 0
        first = data[pair + begin : pair + AREA].rstrip(b"\0")
        assert data[pair + AREA + begin :][: len(first)] == first
    again = KeyTable(day_dir, SECRET)
    assert again.calls() == [call(n) for n in range(count + 1)]
    assert not again.damaged


def test_cut_at_any_byte_every_whole_row_is_there_and_the_next_is_added(day_dir):
    filled(day_dir)
    data = (day_dir / "keys.db").read_bytes()
    ends = [64 + n * ROW_BYTES + off for n in range(4) for off in (0, AREA)]
    near = {end + off for end in ends for off in (-1, 0, 1, 7, 8, 39, 40, 41)}
    for cut in sorted({*range(65, 64 + 3 * ROW_BYTES, 37), *near} - {63}):
        _, calls = opened(day_dir, data[:cut])
        assert calls == list(range(min(3, (cut - 64) // ROW_BYTES))), cut


@pytest.mark.parametrize("seed", range(60))
def test_a_torn_add_costs_no_other_call_and_is_no_damage(day_dir, seed):
    """The power keeps any of the sectors that an add wrote, and any part of the file's length."""
    rng = random.Random(seed)
    before = rng.randrange(1, 6)
    filled(day_dir, before)
    path = day_dir / "keys.db"
    old = path.read_bytes()
    table = KeyTable(day_dir, SECRET)
    count = rng.choice((1, 1, 1, 8, 70, 140))
    table.add_all({call(n): age(n) for n in range(100, 100 + count)})
    table.close()
    new = path.read_bytes()
    torn = bytearray(old.ljust(len(new), b"\0"))
    for at in range(0, len(new), 512):
        if rng.random() < 0.5:
            torn[at : at + 512] = new[at : at + 512]
    left = rng.choice((len(new), len(new), rng.randrange(len(old), len(new) + 1)))
    said = damage_of(day_dir, torn[:left])
    damaged, calls = opened(day_dir, bytes(torn[:left]))
    # Of many keys a later one may be there twice, and an earlier not: the recorder adds one by one.
    assert count > 1 or not (said or damaged)
    assert calls[:before] == list(range(before))
    assert all(each >= 100 for each in calls[before:])


def damage_of(day_dir, data):
    (day_dir / "keys.db").write_bytes(data)
    return damage(day_dir / "keys.db", SECRET)


@pytest.mark.parametrize("zeros", [1, 39, 40, 500, 4096])
def test_zeros_at_the_end_are_cut_off(day_dir, zeros):
    filled(day_dir)
    path = day_dir / "keys.db"
    data = path.read_bytes()
    path.write_bytes(data + bytes(zeros))
    assert not KeyTable(day_dir, SECRET).damaged
    assert path.read_bytes() == data


def test_every_flipped_bit_costs_no_call_and_is_said(day_dir):
    filled(day_dir)
    data = (day_dir / "keys.db").read_bytes()
    rng = random.Random(8)
    rows = [*range(64, 64 + 3 * ROW_BYTES), *range(AREA + 64, len(data))]
    empty = range(64 + 3 * ROW_BYTES + 16, AREA + 64)
    for at in [*range(64), *rng.sample(rows, 150), *rng.sample(empty, 20)]:
        spoilt = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        assert damage_of(day_dir, spoilt), at
        assert opened(day_dir, spoilt) == (True, [0, 1, 2]), at


@pytest.mark.parametrize("size", [512, 4096, 65536])
def test_no_lost_sector_costs_a_call(day_dir, size):
    table = KeyTable(day_dir, SECRET)
    table.add_all({call(n): age(n) for n in range(250)})
    table.close()
    data = (day_dir / "keys.db").read_bytes()
    for at in range(0, len(data), size):
        spoilt = data[:at] + bytes(len(data[at : at + size])) + data[at + size :]
        _, calls = opened(day_dir, spoilt)
        assert calls == list(range(250)), at


def test_both_rows_of_a_call_damaged_cost_that_call_alone(day_dir):
    filled(day_dir)
    data = bytearray((day_dir / "keys.db").read_bytes())
    for at in (64 + ROW_BYTES + 100, AREA + 64 + ROW_BYTES + 100):
        data[at] ^= 1
    assert damage_of(day_dir, data)
    assert opened(day_dir, bytes(data)) == (True, [0, 2])


def test_a_table_of_version_1_is_brought_up_to_date(day_dir):
    """Its rows were one behind the other, some of them twice under two nonces."""
    filled(day_dir, 200)
    path = day_dir / "keys.db"
    data = path.read_bytes()
    first = data[64:AREA].rstrip(b"\0") + data[2 * AREA : 3 * AREA].rstrip(b"\0")
    old = data[:8] + b"\1" + data[9:64] + first + first[:ROW_BYTES]
    assert damage_of(day_dir, old) == ""
    assert opened(day_dir, old)[0] is False
    assert len(path.read_bytes()) == len(data) + ROW_BYTES
    assert KeyTable(day_dir, SECRET).calls()[0] == call(0)


def test_rewrapping_leaves_calls_out(day_dir):
    table = KeyTable(day_dir, SECRET)
    table.add_all({call(number): age(number) for number in range(3)})
    table.rewrap(bytes(32), without={call(1)})
    table.add(call(7), age(7))
    with pytest.raises(NoSuchKey):
        table.get(call(1))
    again = KeyTable(day_dir, bytes(32))
    assert again.calls() == [call(0), call(2), call(7)]
    assert again.get(call(2)) == age(2)
    with pytest.raises(WrongSecret):
        KeyTable(day_dir, SECRET)


def test_a_forgotten_call_is_gone_and_the_others_stay(day_dir, secrets):
    table = open_table(day_dir, secrets)
    table.add_all({call(number): age(number) for number in range(3)})
    old = secrets.read(DAY)
    forget_calls(table, secrets, {call(1)})
    assert secrets.read(DAY) != old
    assert open_table(day_dir, secrets).calls() == [call(0), call(2)]


@pytest.mark.parametrize("error", [OSError("disk"), PowerCut()])
@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("number", range(22))
def test_forgetting_cut_short_anywhere_is_undone_or_done(day_dir, secrets, number, done, error):
    table = open_table(day_dir, secrets)
    table.add_all({call(each): age(each) for each in range(3)})
    table.close()
    disk = FaultyDisk()
    faulty_secrets = DaySecrets(day_dir.parent / "secrets", disk=disk)
    faulty = open_table(day_dir, faulty_secrets, disk=disk)
    disk.arm(number, error, done=done)
    with pytest.raises(type(error)):
        forget_calls(faulty, faulty_secrets, {call(1)})
    again = open_table(day_dir, secrets)
    assert again.calls() in ([call(0), call(1), call(2)], [call(0), call(2)])
    assert again.get(call(2)) == age(2)
    assert secrets.staged(DAY) is None
    forget_calls(again, secrets, {call(1)})
    assert open_table(day_dir, secrets).calls() == [call(0), call(2)]


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("name", ["write", "fdatasync"])
def test_a_failed_add_goes_up_and_the_table_takes_no_more(day_dir, name, done):
    filled(day_dir)
    disk = FaultyDisk()
    table = KeyTable(day_dir, SECRET, disk=disk)
    disk.arm(0, done=done, only=name)
    with pytest.raises(OSError, match="disk"):
        table.add(call(5), age(5))
    with pytest.raises(ValueError, match="failed before"):
        table.add(call(6), age(6))
    again = KeyTable(day_dir, SECRET)
    assert again.calls()[:3] == [call(0), call(1), call(2)]
    assert (call(5) in again.calls()) == (name == "fdatasync")
    again.add(call(6), age(6))
    assert not again.damaged
