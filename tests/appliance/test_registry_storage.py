import json
import os
from contextlib import suppress

import pytest
from tinydb import TinyDB

from appliance import disk_failure
from appliance.registry_storage import (
    CrashSafeStorage,
    RegistryBroken,
    RegistryInUse,
    RegistryMissing,
    as_file,
    read_file,
    read_tables,
    spare_of,
    write_tables,
)
from tests.another_user import UID, needs_root

FIRST = {"people": {"1": {"name": "김하나"}}}


@pytest.fixture
def path(tmp_path):
    (tmp_path / "registry.json").write_bytes(as_file(FIRST))
    return tmp_path / "registry.json"


@pytest.fixture
def storage(path):
    storage = CrashSafeStorage(path)
    yield storage
    storage.close()


def on_disk(path):
    tables = json.loads(path.read_text(encoding="utf-8"))
    del tables["check"]
    return tables


def test_what_is_written_is_in_the_file_and_can_be_read_with_an_editor(path, storage):
    storage.write({"people": {"1": {"name": "管財課長"}}})
    assert on_disk(path) == {"people": {"1": {"name": "管財課長"}}}
    assert "管財課長" in path.read_text(encoding="utf-8")


def test_only_the_owner_may_read_it(path, storage):
    storage.write(FIRST)
    assert path.stat().st_mode & 0o777 == 0o600


def test_tinydb_works_on_it(path):
    with TinyDB(path, storage=CrashSafeStorage) as db:
        db.table("people").insert({"name": "山田"})
    assert [row["name"] for row in on_disk(path)["people"].values()] == ["김하나", "山田"]


def test_several_tables_change_in_one_write(path, storage, monkeypatch):
    renames = []
    real = os.rename
    monkeypatch.setattr(os, "rename", lambda *names: (renames.append(names), real(*names)))
    with storage.one_write():
        storage.write({**storage.read(), "setup": {}})
        storage.write({**storage.read(), "failures": {}})
        assert on_disk(path) == FIRST
    assert len(renames) == 2, "the file, and its spare"
    assert set(on_disk(path)) == {"people", "setup", "failures"}


def test_one_write_inside_another_is_part_of_it(path, storage):
    with pytest.raises(KeyError), storage.one_write():
        with storage.one_write():
            storage.write({"people": {}})
        assert storage.read() == {"people": {}}
        raise KeyError
    assert on_disk(path) == FIRST


def test_an_error_inside_one_write_changes_nothing(path, storage):
    with pytest.raises(KeyError), storage.one_write():
        storage.write({})
        raise KeyError
    assert on_disk(path) == FIRST
    assert storage.read() == FIRST


@pytest.mark.parametrize("call", ["fsync", "rename"])
@pytest.mark.parametrize("but_done", [False, True])
def test_a_failing_disk_leaves_the_old_tables_or_the_new(
    path, storage, monkeypatch, call, but_done
):
    new, real = {"people": {}}, getattr(os, call)

    def fail(*args):
        if but_done:
            real(*args)
        raise OSError("disk")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="disk"):
        storage.write(new)
    monkeypatch.undo()
    assert on_disk(path) == (new if call == "rename" and but_done else FIRST)
    storage.write(new)
    assert on_disk(path) == new


@pytest.mark.parametrize("left", [as_file({"people": {}}), b"", None])
def test_what_another_hand_puts_in_its_place_is_not_believed(path, storage, left):
    now = {"people": {"1": {"name": "김하나"}, "2": {"name": "이두리"}}}
    storage.write(now)
    assert not storage.disturbed
    for name in (path, spare_of(path)):
        name.unlink() if left is None else name.write_bytes(left)
    assert storage.read() == now
    assert storage.disturbed
    assert read_file(path) == read_file(spare_of(path)) == now


def test_another_hands_file_is_not_believed_where_the_disk_takes_nothing(
    path, storage, monkeypatch
):
    storage.write(FIRST)
    path.write_bytes(as_file({"people": {}}))

    def fail(*args):
        raise OSError("disk")

    monkeypatch.setattr(os, "rename", fail)
    assert storage.read() == storage.read() == FIRST
    assert on_disk(path) == {"people": {}}
    monkeypatch.undo()
    assert storage.read() == on_disk(path) == FIRST


def test_a_part_left_by_a_power_cut_is_not_believed(path):
    path.with_name(".registry.json.part").write_text('{"people": ')
    storage = CrashSafeStorage(path)
    assert storage.read() == FIRST
    storage.write({})
    assert on_disk(path) == {}
    assert not path.with_name(".registry.json.part").exists()
    storage.close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"people": []}', "null", "\x00\x00", '{"a": 1}'])
def test_a_broken_file_stops_the_start_and_stays_as_it_is(path, text):
    path.write_text(text)
    with pytest.raises(RegistryBroken, match=r"registry\.json"):
        CrashSafeStorage(path)
    assert path.read_text() == text


def test_bytes_that_are_no_text_stop_the_start(path):
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(RegistryBroken):
        CrashSafeStorage(path)


def test_a_missing_file_is_not_begun_anew(tmp_path):
    with pytest.raises(RegistryMissing, match="kirok init"):
        CrashSafeStorage(tmp_path / "registry.json")
    assert os.listdir(tmp_path) == []


def test_there_is_one_writer(path, storage):
    with pytest.raises(RegistryInUse):
        CrashSafeStorage(path)


def test_the_next_writer_may_come_when_the_first_has_gone(path):
    CrashSafeStorage(path).close()
    CrashSafeStorage(path).close()


def test_a_damaged_file_is_put_aside_and_made_again_from_its_spare(path):
    write_tables(path, FIRST)
    content = path.read_bytes()
    path.write_bytes(content[:-30] + b"X" + content[-29:])
    assert read_tables(path) == FIRST, "also by those who only read"
    CrashSafeStorage(path).close()
    assert path.read_bytes() == content
    (aside,) = path.parent.glob("registry.json.damaged-*")
    assert b"X" in aside.read_bytes()


def test_a_damaged_spare_is_made_again(path):
    write_tables(path, FIRST)
    spare_of(path).write_text("{")
    CrashSafeStorage(path).close()
    assert spare_of(path).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["registry.json", "registry.spare.json", "registry.lock"])
def test_a_folder_in_the_place_of_a_file_is_put_aside(path, name):
    write_tables(path, FIRST)
    path.with_name(name).unlink(missing_ok=True)
    path.with_name(name).mkdir()
    CrashSafeStorage(path).close()
    assert read_file(path) == read_file(spare_of(path)) == FIRST
    assert [one.is_dir() for one in path.parent.glob(f"{name}.damaged-*")] == [True]


@pytest.mark.parametrize("left", [lambda path: path.symlink_to("gone"), os.mkfifo])
def test_a_dead_link_or_a_pipe_in_the_place_of_the_lock_is_put_aside(path, left):
    write_tables(path, FIRST)
    left(path.with_suffix(".lock"))
    CrashSafeStorage(path).close()
    assert path.with_suffix(".lock").is_file()
    assert [os.path.lexists(one) for one in path.parent.glob("registry.lock.damaged-*")] == [True]


@pytest.mark.parametrize("name", ["registry.json", "registry.spare.json"])
def test_a_file_that_the_disk_does_not_give_is_made_again_from_the_other(path, name):
    write_tables(path, FIRST)
    path.with_name(name).unlink()
    path.with_name(name).symlink_to(name)  # ELOOP stands for EIO
    CrashSafeStorage(path).close()
    assert read_file(path) == read_file(spare_of(path)) == FIRST


def test_while_the_disk_does_not_give_the_file_its_spare_is_read(path, storage):
    storage.write(FIRST)
    path.unlink()
    path.symlink_to(path.name)
    assert storage.read() == FIRST


def test_where_the_disk_gives_neither_the_error_has_its_remedy(path):
    write_tables(path, FIRST)
    for each in (path, spare_of(path)):
        each.unlink()
        each.symlink_to(each.name)
    with pytest.raises(RegistryBroken) as failed:
        read_tables(path)
    assert disk_failure.remedy(failed.value)


@pytest.mark.parametrize("name", ["registry.json", "registry.spare.json"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(path, name):
    write_tables(path, FIRST)
    path.with_name(name).unlink()
    os.mkfifo(path.with_name(name))
    CrashSafeStorage(path).close()
    assert read_file(path) == read_file(spare_of(path)) == FIRST


def test_a_file_in_the_place_of_the_folder_is_told_as_what_is_missing(tmp_path):
    (tmp_path / "page").touch()
    with pytest.raises(RegistryMissing, match="put back a copy of page/"):
        read_tables(tmp_path / "page" / "registry.json")


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_no_flipped_bit_is_taken_for_a_registry(path, at):
    content = bytearray(as_file(FIRST))
    at %= len(content)
    content[at] ^= 1 << at % 8
    path.write_bytes(content)
    with suppress(RegistryBroken):
        assert read_file(path) == FIRST, "white space between the values has no meaning"


def test_a_cut_between_the_two_copies_leaves_the_new_one(path, storage, monkeypatch):
    renames, real = [], os.rename

    def rename(src, dst):
        if renames:
            raise OSError("power")
        renames.append(dst)
        real(src, dst)

    storage.write(FIRST)
    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(OSError, match="power"):
        storage.write({"people": {}})
    monkeypatch.undo()
    assert (read_file(path), read_file(spare_of(path))) == ({"people": {}}, FIRST)
    storage.close()
    CrashSafeStorage(path).close()
    assert read_file(spare_of(path)) == {"people": {}}


@needs_root
def test_what_a_command_of_roots_makes_is_the_pages(path):
    os.chown(path.parent, UID, UID)
    os.chown(path, UID, UID)
    CrashSafeStorage(path).close()
    assert {each.stat().st_uid for each in path.parent.iterdir()} == {UID}
    assert {each.name for each in path.parent.iterdir()} >= {"registry.lock", spare_of(path).name}
