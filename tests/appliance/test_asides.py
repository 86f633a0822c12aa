import os

from appliance import asides


def test_only_old_indexes_and_their_logs_are_named(tmp_path):
    names = ["20261123T000000000001", "20261123T000000000001-wal", "20261123T000000000001-shm"]
    for name in (*names, "of-somebody", "20261123T000000"):
        (tmp_path / f"calls.db.damaged-{name}").touch()
    (tmp_path / "calls.db").touch()
    found = list(asides.old_indexes(tmp_path))
    assert [path.name for path, _ in found] == sorted(f"calls.db.damaged-{n}" for n in names)
    assert {at.isoformat() for _, at in found} == {"2026-11-23T00:00:00.000001+00:00"}


def test_a_file_is_written_over_where_it_lies_a_piece_at_a_time(tmp_path):
    path = tmp_path / "aside"
    path.write_bytes(b"0173352111" * 250_000)
    before = os.stat(path)
    pieces = sum(1 for _ in asides.write_over(path))
    after = os.stat(path)
    assert pieces == 3
    assert (after.st_ino, after.st_size) == (before.st_ino, before.st_size)
    assert not path.read_bytes().strip(b"\0")


def test_lost_keys_are_needless_when_every_call_that_is_kept_has_another(tmp_path):
    lost = tmp_path / "keys.db.lost-0"
    lost.touch()
    assert asides.needless_keys(tmp_path, {"a", "b"}, {"a"}) == [lost]
    assert asides.needless_keys(tmp_path, {"b"}, {"a"}) == []


class Noting:
    """The disk; the outside world: `done`, what was asked of it to be safe, in order."""

    def __init__(self):
        self.done = []

    def __getattr__(self, name):
        def call(*arguments, **named):
            if name in ("write", "fsync", "unlink"):
                self.done.append(name)
            return getattr(os, name)(*arguments, **named)

        return call


def test_each_piece_is_on_the_disk_before_the_next_and_the_name_is_gone_at_last(tmp_path):
    path, disk = tmp_path / "aside", Noting()
    path.write_bytes(b"0173352111" * 250_000)
    for _ in asides.write_over(path, disk=disk):
        assert disk.done[-1] == "fsync"
    assert disk.done == ["write", "fsync"] * 3
    disk.done.clear()
    asides.unlink(path, disk=disk)
    assert disk.done == ["unlink", "fsync"]
    assert not path.exists()
