import random

import pytest

from appliance import ulid
from appliance.vault.day_secrets import DaySecrets
from appliance.vault.key_table import (
    KeyTable,
    NoSuchKey,
    WrongSecret,
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
    assert table.damaged == 0
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
    assert disk.calls == ["write", "fdatasync"]


def test_the_file_shows_neither_age_file_nor_key(day_dir):
    filled(day_dir)
    data = (day_dir / "keys.db").read_bytes()
    assert data[:9].hex() == "ab4b49524f4b6b0a01"
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
        table.add(call(2), bytes(1 << 16))
    assert KeyTable(day_dir, SECRET).calls() == [call(0)]


def test_a_call_that_is_given_another_key_has_that(day_dir):
    filled(day_dir)
    table = KeyTable(day_dir, SECRET)
    table.change(call(1), age(9))
    table.close()
    again = KeyTable(day_dir, SECRET)
    assert [again.get(call(number)) for number in range(3)] == [age(0), age(9), age(2)]
    assert again.damaged == 0
    with pytest.raises(ValueError, match="closed"):
        table.change(call(1), age(3))


def test_cut_at_any_byte_every_whole_row_is_there_and_the_next_is_added(day_dir):
    path = day_dir / "keys.db"
    filled(day_dir)
    data = path.read_bytes()
    row = (len(data) - 64) // 6  # two of each call
    ends = [64 + n * row for n in range(1, 6)]
    near = {end + off for end in ends for off in (-1, 0, 1, 7, 8, 39, 40, 41)}
    for cut in sorted({64, *range(65, len(data), 37), *near, len(data) - 1}):
        path.write_bytes(data[:cut])
        table = KeyTable(day_dir, SECRET)
        whole = (cut - 64) // row
        assert table.calls() == [call(number) for number in range((whole + 1) // 2)], cut
        assert table.damaged == 0
        table.add(call(9), age(9))
        table.close()
        assert path.stat().st_size == 64 + (whole + 2) * row


@pytest.mark.parametrize("zeros", [1, 39, 40, 500, 4096])
def test_zeros_at_the_end_are_cut_off(day_dir, zeros):
    filled(day_dir)
    path = day_dir / "keys.db"
    data = path.read_bytes()
    path.write_bytes(data + bytes(zeros))
    assert KeyTable(day_dir, SECRET).damaged == 0
    assert path.read_bytes() == data


def test_every_flipped_byte_costs_no_call_and_is_said(day_dir):
    path = day_dir / "keys.db"
    filled(day_dir)
    data = path.read_bytes()
    row = (len(data) - 64) // 6
    rng = random.Random(8)
    for _ in range(200):
        at = rng.randrange(len(data))
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :])
        table = KeyTable(day_dir, SECRET)
        assert [table.get(call(number)) for number in range(3)] == [age(n) for n in range(3)], at
        # A length made larger at the end of the file looks like a row cut short.
        tail_length = at in range(64 + 5 * row + 8, 64 + 5 * row + 12)
        assert table.damaged or tail_length
        table.close()


def test_both_rows_of_a_call_damaged_cost_that_call_alone(day_dir):
    path = day_dir / "keys.db"
    filled(day_dir)
    data = bytearray(path.read_bytes())
    row = (len(data) - 64) // 6
    for at in (64 + 2 * row + 100, 64 + 3 * row + 100):
        data[at] ^= 1
    path.write_bytes(data)
    assert KeyTable(day_dir, SECRET).calls() == [call(0), call(2)]


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
    # A write that is done by half has put the first of the two rows there.
    assert (call(5) in again.calls()) == (name == "fdatasync" or done)
    again.add(call(6), age(6))
    assert again.damaged == 0
