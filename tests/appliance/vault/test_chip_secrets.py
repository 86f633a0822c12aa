import os
from hashlib import sha256

import pytest

from appliance.vault.chip_secrets import ChipFull, ChipSecrets, move
from appliance.vault.day_secrets import DaySecrets, SecretDamaged, SecretGone
from appliance.vault.erase import erase_day
from appliance.vault.key_table import forget_calls, open_table
from firmware_bridge.fram import Fram
from tests.appliance.vault.test_key_table import age, call
from tests.fram_chip import FramChip, PowerCut

DAY = "2026-11-23"


@pytest.fixture
def chip():
    return FramChip(1024)


def store_of(chip):
    return ChipSecrets(Fram(chip, len(chip.memory)))


@pytest.fixture
def store(chip):
    return store_of(chip)


def test_a_secret_is_made_once_and_stays(store, chip):
    secret = store.get(DAY)
    assert len(secret) == 32 and any(secret)
    assert store.get(DAY) == secret == store_of(chip).read(DAY)
    assert store.get(f"{DAY}-doubt") != secret


def test_it_lies_there_to_the_byte(store, chip):
    secret = store.get(DAY)
    head = b"\1" + DAY.encode() + bytes(6) + secret
    copy = head + sha256(head).digest()[:15]
    assert bytes(chip.memory[:128]) == copy + copy


def test_what_is_destroyed_is_zeros_and_the_others_stay(store, chip):
    old, other = store.get(DAY), store.get("2026-11-24")
    staged = store.stage(DAY)
    store.destroy(DAY)
    assert old not in chip.memory and staged not in chip.memory
    with pytest.raises(SecretGone):
        store.read(DAY)
    assert store.read("2026-11-24") == other
    store.destroy(DAY)


def test_turning_erases_the_old_secret(store, chip):
    old, staged = store.get(DAY), store.stage(DAY)
    assert (store.read(DAY), store.staged(DAY)) == (old, staged)
    store.turn(DAY)
    assert (store.read(DAY), store.staged(DAY)) == (staged, None)
    assert old not in chip.memory
    with pytest.raises(SecretGone):
        store.turn(DAY)
    assert store.read(DAY) == staged


def test_slots_are_used_again_and_a_full_chip_says_so(store):
    days = [f"2026-11-{n:02d}" for n in range(1, 9)]
    for day in days:
        store.get(day)
    with pytest.raises(ChipFull, match="8 slots"):
        store.get("2026-11-09")
    store.destroy(days[3])
    store.get("2026-11-09")
    assert store.slots == 8


@pytest.mark.parametrize("at", range(128))
def test_one_bad_byte_costs_nothing(store, chip, at):
    secret = store.get(DAY)
    chip.memory[at] ^= 0x40
    assert store.read(DAY) == secret
    store.destroy(DAY)
    assert not any(chip.memory)


def test_more_damage_is_said_and_not_taken_for_a_new_day(store, chip):
    store.get(DAY)
    chip.memory[30] ^= 1
    chip.memory[100] ^= 1
    with pytest.raises(SecretDamaged):
        store.get(DAY)
    store.destroy(DAY)
    assert not any(chip.memory)


def cut(chip, bytes_later, act):
    chip.cut_after = chip.written + bytes_later
    try:
        act()
    except PowerCut:
        return True
    finally:
        chip.cut_after = None
    return False


@pytest.mark.parametrize("later", [*range(0, 128, 5), 63, 64, 65, 127])
def test_a_first_secret_cut_short_is_none_or_whole(chip, later):
    assert cut(chip, later, lambda: store_of(chip).get(DAY))
    secret = store_of(chip).get(DAY)
    assert store_of(chip).read(DAY) == secret
    store_of(chip).destroy(DAY)
    assert secret not in chip.memory


@pytest.mark.parametrize("later", [*range(0, 128, 5), 63, 64, 65, 127])
def test_destroying_cut_short_is_finished_by_doing_it_again(chip, later):
    secret = store_of(chip).get(DAY)
    assert cut(chip, later, lambda: store_of(chip).destroy(DAY))
    try:
        assert store_of(chip).read(DAY) == secret
    except SecretGone:
        assert later >= 64
    store_of(chip).destroy(DAY)
    assert secret not in chip.memory


@pytest.mark.parametrize("later", [*range(0, 256, 5), 127, 128, 191, 192, 255])
def test_turning_cut_short_is_done_again(chip, later):
    old = store_of(chip).get(DAY)
    staged = store_of(chip).stage(DAY)
    assert cut(chip, later, lambda: store_of(chip).turn(DAY))
    again = store_of(chip)
    if again.staged(DAY) is not None:
        again.turn(DAY)
    assert again.read(DAY) == staged
    assert again.staged(DAY) is None
    assert old not in chip.memory


def test_a_vault_is_kept_and_erased_with_it(chip, tmp_path):
    store = store_of(chip)
    (tmp_path / DAY).mkdir()
    table = open_table(tmp_path / DAY, store)
    table.add_all({call(number): age(number) for number in range(3)})
    forget_calls(table, store, {call(1)})
    table.close()
    assert open_table(tmp_path / DAY, store_of(chip)).calls() == [call(0), call(2)]
    erase_day(tmp_path, DAY, store)
    assert not any(chip.memory)


def test_secrets_move_from_files_into_the_chip(store, chip, tmp_path):
    files = DaySecrets(tmp_path)
    secrets = {day: files.get(day) for day in (DAY, "2026-11-24")}
    (tmp_path / f"{DAY}.next.secret").write_bytes(b"")
    assert cut(chip, 70, lambda: move(list(secrets), files, store))
    move(list(secrets), files, store_of(chip))
    assert {day: store.read(day) for day in secrets} == secrets
    assert not os.listdir(tmp_path)
    move(list(secrets), files, store)
