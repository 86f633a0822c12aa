import errno
import os
import resource
import signal
import stat

import pytest

from appliance.durable import make_directory, publish, replace, set_aside, write_all
from tests.another_user import needs_root
from tests.faults import FaultyDisk, PowerCut


def names(path):
    return sorted(os.listdir(path))


def test_replace_gives_the_file_its_contents(tmp_path):
    replace(tmp_path / "a", b"old")
    replace(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


def test_replaced_and_published_files_are_the_owners_alone(tmp_path):
    replace(tmp_path / "a", b"")
    publish(tmp_path / "b", b"")
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"] == [0o600, 0o600]


def test_publish_never_replaces(tmp_path):
    publish(tmp_path / "a", b"first")
    with pytest.raises(FileExistsError):
        publish(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"
    assert names(tmp_path) == ["a"]


def test_the_order_of_the_calls(tmp_path):
    disk = FaultyDisk()
    replace(tmp_path / "a", b"x", disk=disk)
    assert disk.calls == ["open", "unlink", "open", "write", "fsync", "rename", "fsync"]
    disk = FaultyDisk()
    publish(tmp_path / "b", b"x", disk=disk)
    assert disk.calls == ["open", "unlink", "open", "write", "fsync", "link", "unlink", "fsync"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), PowerCut()])
@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("call", range(7))
def test_replace_leaves_the_old_or_the_new_and_the_next_one_works(tmp_path, call, done, error):
    replace(tmp_path / "a", b"old")
    (tmp_path / ".a.part").write_bytes(b"left by an earlier cut")
    with pytest.raises(type(error)):
        replace(tmp_path / "a", b"new", disk=FaultyDisk(call, error, done=done))
    # From the rename on the new one stands.
    new = call > 5 or (call == 5 and done)
    assert (tmp_path / "a").read_bytes() == (b"new" if new else b"old")
    replace(tmp_path / "a", b"newer")
    assert (tmp_path / "a").read_bytes() == b"newer"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("call", range(8))
def test_publish_leaves_the_whole_file_or_none(tmp_path, call, done):
    (tmp_path / ".a.part").write_bytes(b"left by an earlier cut")
    with pytest.raises(OSError, match="disk"):
        publish(tmp_path / "a", b"whole", disk=FaultyDisk(call, done=done))
    there = call > 5 or (call == 5 and done)
    assert (tmp_path / "a").exists() == there
    if there:
        assert (tmp_path / "a").read_bytes() == b"whole"
    else:
        publish(tmp_path / "a", b"again")
        assert names(tmp_path) == ["a"]


def test_a_failed_fsync_is_not_tried_again(tmp_path):
    disk = FaultyDisk(0, only="fsync")
    with pytest.raises(OSError, match="disk"):
        replace(tmp_path / "a", b"x", disk=disk)
    assert disk.calls.count("fsync") == 1


def test_a_real_limit_on_the_file_keeps_the_old_one(tmp_path):
    replace(tmp_path / "a", b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError) as caught:
            replace(tmp_path / "a", bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert caught.value.errno == errno.EFBIG
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_folder_in_a_files_place_is_kept_under_another_name(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "in it").write_text("somebody's")
    replace(tmp_path / "a", b"x")
    assert (tmp_path / "a").read_bytes() == b"x"
    (aside,) = tmp_path.glob("a.damaged-*")
    assert names(aside) == ["in it"]


def test_what_is_put_aside_twice_in_a_second_has_two_names(tmp_path):
    for text in ("one", "two"):
        (tmp_path / "a").write_text(text)
        set_aside(tmp_path / "a")
    assert sorted(path.read_text() for path in tmp_path.glob("a.damaged-*")) == ["one", "two"]
    assert set_aside(tmp_path / "a") is None


def test_a_directory_is_made_once_and_only_in_one_that_is_there(tmp_path):
    make_directory(tmp_path / "a")
    make_directory(tmp_path / "a")
    with pytest.raises(FileNotFoundError):
        make_directory(tmp_path / "no" / "a")
    assert names(tmp_path) == ["a"]


class ShortDisk:
    """Writes three bytes at a time, then none."""

    def __init__(self):
        self.got = b""

    def write(self, fd, data):
        piece = bytes(data[:3]) if len(self.got) < 9 else b""
        self.got += piece
        return len(piece)


def test_short_writes_are_carried_on_and_a_write_of_nothing_fails():
    disk = ShortDisk()
    write_all(0, b"12345678", disk=disk)
    assert disk.got == b"12345678"
    with pytest.raises(OSError, match="wrote 0 of"):
        write_all(0, b"12345678", disk=disk)


@needs_root
def test_what_root_writes_stays_the_services(tmp_path):
    os.chown(tmp_path, 61_001, 61_000)
    new, old = tmp_path / "new", tmp_path / "old"
    publish(new, b"made by root")
    assert (new.stat().st_uid, new.stat().st_gid) == (61_001, 61_000)
    old.touch()
    os.chown(old, 61_002, 61_000)
    replace(old, b"changed by root")
    assert (old.stat().st_uid, old.stat().st_gid) == (61_002, 61_000)
