import errno
import random
import stat

import pytest

from appliance.vault.reel import (
    HEADER_BYTES,
    NotAReel,
    ReelWriter,
    State,
    pack_header,
    read_header,
    scan,
)
from appliance.vault.segment import NO_BACK, CallSealer
from tests.faults import FaultyDisk

DAY = "2026-11-23"
CALLS = ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW", "01ARZ3NDEKTSV4RRFFQ69G5FAX"]


def record(writer, seconds=4):
    """Three calls, second by second, then their facts; return (offset, size) of each segment."""
    rng = random.Random(1)
    sealers = [CallSealer(call, bytes([number]) * 32) for number, call in enumerate(CALLS)]
    backs, placed = [NO_BACK] * 3, []
    for second in range(seconds + 1):
        for number, sealer in enumerate(sealers):
            if second < seconds:
                packets = [rng.randbytes(rng.randrange(20, 60)) for _ in range(50)]
                segment = sealer.seal_audio(packets, second * 8000, 8000, backs[number])
            else:
                segment = sealer.seal_facts({"line": number + 1}, backs[number])
            backs[number] = writer.append(segment)
            placed.append((backs[number], len(segment)))
        writer.flush()
    return placed


@pytest.fixture
def recorded(tmp_path):
    writer = ReelWriter(tmp_path, DAY, "box-7")
    placed = record(writer)
    writer.close()
    return writer.path, placed


def states(path):
    return [(found.offset, found.size, found.state) for found in scan(path)]


def test_a_scan_finds_every_segment_in_order(recorded):
    path, placed = recorded
    found = list(scan(path))
    assert [(each.offset, each.size) for each in found] == placed
    assert {each.state for each in found} == {State.WHOLE}
    assert [each.head.call_id for each in found[:3]] == CALLS
    assert [each.head.number for each in found[::3]] == [0, 1, 2, 3, 4]


def test_the_header_names_day_and_box(recorded):
    path, _ = recorded
    assert read_header(path) == (DAY, "box-7")
    assert path.read_bytes()[:9].hex() == "ab4b49524f4b720a01"
    assert (path.parent.name, path.name) == (DAY, "000.reel")
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0


def test_each_start_begins_the_next_reel(tmp_path):
    names = []
    for _ in range(3):
        writer = ReelWriter(tmp_path, DAY, "box-7")
        names.append(writer.path.name)
        writer.close()
    assert names == ["000.reel", "001.reel", "002.reel"]
    (tmp_path / DAY / "000.reel").unlink()
    (tmp_path / DAY / "999.reel").touch()
    assert ReelWriter(tmp_path, DAY, "box-7").path.name == "1000.reel"


def test_a_number_that_was_used_is_not_used_again_though_its_reel_is_lost(tmp_path):
    assert ReelWriter(tmp_path, DAY, "box-7", after=3).path.name == "004.reel"
    assert ReelWriter(tmp_path, DAY, "box-7", after=-1).path.name == "005.reel"


def test_a_wrong_path_begins_no_vault(tmp_path):
    with pytest.raises(FileNotFoundError):
        ReelWriter(tmp_path / "no", DAY, "box-7")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "day, box", [("../x", "b"), ("", "b"), (DAY, ""), (DAY, "b" * 33), (DAY, "상자")]
)
def test_names_without_a_place_are_refused(tmp_path, day, box):
    with pytest.raises(ValueError, match=r"day|box id"):
        ReelWriter(tmp_path, day, box)


def test_cut_at_any_byte_everything_before_is_whole_and_the_rest_torn(tmp_path):
    writer = ReelWriter(tmp_path, DAY, "box-7")
    sealer = CallSealer(CALLS[0], bytes(32))
    ends, back = [HEADER_BYTES], NO_BACK
    for second in range(2):
        segment = sealer.seal_audio([b"abc"], second * 160, 160, back)
        back = writer.append(segment)
        ends.append(back + len(segment))
    data = writer.path.read_bytes()
    copy = tmp_path / "copy"
    for cut in range(len(data)):
        copy.write_bytes(data[:cut])
        found = states(copy)
        whole = [end for end in ends[1:] if end <= cut]
        assert [state for _, _, state in found[: len(whole)]] == [State.WHOLE] * len(whole), cut
        last = max((end for end in [0, *ends] if end <= cut), default=0)
        rest = [(last, cut - last, State.TORN)] if cut > last else []
        assert found[len(whole) :] == rest, cut


@pytest.mark.parametrize("tail", [bytes(1), bytes(87), bytes(4096), bytes(100_000)])
def test_zeros_at_the_end_are_a_torn_tail(recorded, tail):
    path, placed = recorded
    end = path.stat().st_size
    path.write_bytes(path.read_bytes() + tail)
    assert states(path)[len(placed) :] == [(end, len(tail), State.TORN)]


def test_a_segment_whose_last_page_never_came_is_torn(recorded):
    path, placed = recorded
    offset, size = placed[-4]  # the last second of audio, before three of facts
    data = bytearray(path.read_bytes()[: offset + size])
    data[-600:] = bytes(600)
    path.write_bytes(data)
    assert states(path)[-1] == (offset, size, State.TORN)


@pytest.mark.parametrize("tail", [b"\xff" * 50, b"\xff" * 5000])
def test_anything_else_at_the_end_is_damage(recorded, tail):
    path, placed = recorded
    end = path.stat().st_size
    path.write_bytes(path.read_bytes() + tail)
    assert states(path)[len(placed) :] == [(end, len(tail), State.DAMAGED)]


def test_every_flipped_byte_costs_its_own_segment_alone(recorded):
    path, placed = recorded
    data = path.read_bytes()
    rng = random.Random(2)
    for _ in range(150):
        at = rng.randrange(HEADER_BYTES, len(data))
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :])
        found = list(scan(path))
        bad = [each for each in found if each.state is not State.WHOLE]
        assert len(bad) == 1, at
        assert bad[0].offset <= at < bad[0].offset + bad[0].size
        assert len(found) == len(placed), at


@pytest.mark.parametrize("at", range(0, 57, 7))
def test_a_damaged_header_costs_no_segment(recorded, at):
    path, placed = recorded
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)
    assert states(path)[0] == (0, HEADER_BYTES, State.DAMAGED)
    assert len(states(path)) == 1 + len(placed)
    with pytest.raises(NotAReel):
        read_header(path)


def test_a_lost_or_added_byte_is_outlived(recorded):
    path, placed = recorded
    data = path.read_bytes()
    at = placed[5][0] + 100
    for spoilt in (data[:at] + data[at + 1 :], data[:at] + b"x" + data[at:]):
        path.write_bytes(spoilt)
        found = [each.state for each in scan(path)]
        assert found.count(State.WHOLE) == len(placed) - 1
        assert found.count(State.DAMAGED) == 1


# The search looks through 65 536 bytes at a time, from the hole's second byte on: at 65 533 the
# next segment's magic lies across two windows.
@pytest.mark.parametrize("hole", [1, 7, 65_530, 65_533, 65_536, 65_537, 200_003])
def test_a_hole_of_any_size_is_skipped(recorded, hole):
    path, placed = recorded
    data = path.read_bytes()
    at = placed[6][0]
    path.write_bytes(data[:at] + b"\xab" * hole + data[at:])
    found = states(path)
    assert found[6] == (at, hole, State.DAMAGED)
    assert len(found) == len(placed) + 1


def test_a_scan_starts_at_a_segment(recorded):
    path, placed = recorded
    assert [each.offset for each in scan(path, placed[7][0])] == [at for at, _ in placed[7:]]


def test_a_flush_is_one_fdatasync_and_an_append_none(tmp_path):
    disk = FaultyDisk()
    writer = ReelWriter(tmp_path, DAY, "box-7", disk=disk)
    disk.calls.clear()
    writer.append(b"segment")
    writer.append(b"segment")
    writer.flush()
    assert disk.calls == ["write", "write", "fdatasync"]


@pytest.mark.parametrize("done", [False, True], ids=["not done", "half done"])
def test_a_full_disk_leaves_what_was_flushed_and_closes_the_reel(tmp_path, done):
    full = OSError(errno.ENOSPC, "full")
    # The header's write is number 0; three seconds of three calls come before.
    disk = FaultyDisk(10, full, done=done, only="write")
    writer = ReelWriter(tmp_path, DAY, "box-7", disk=disk)
    with pytest.raises(OSError, match="full"):
        record(writer)
    with pytest.raises(ValueError, match="failed before"):
        writer.append(b"more")
    with pytest.raises(ValueError, match="failed before"):
        writer.flush()
    writer.close()
    found = [each.state for each in scan(writer.path)]
    assert found == [State.WHOLE] * 9 + [State.TORN] * done
    assert ReelWriter(tmp_path, DAY, "box-7").path.name == "001.reel"


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
def test_a_failed_flush_is_not_tried_again(tmp_path, done):
    disk = FaultyDisk(3, done=done, only="fdatasync")
    writer = ReelWriter(tmp_path, DAY, "box-7", disk=disk)
    with pytest.raises(OSError, match="disk"):
        record(writer)
    with pytest.raises(ValueError, match="failed before"):
        writer.flush()
    writer.close()
    assert disk.calls.count("fdatasync") == 4


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("call", range(8))
def test_a_start_that_fails_leaves_a_day_the_next_one_can_use(tmp_path, call, done):
    with pytest.raises(OSError, match="disk"):
        ReelWriter(tmp_path, DAY, "box-7", disk=FaultyDisk(call, done=done))
    writer = ReelWriter(tmp_path, DAY, "box-7")
    placed = record(writer)
    for path in sorted((tmp_path / DAY).glob("*.reel")):
        found = [each.state for each in scan(path)]
        if path == writer.path:
            assert found == [State.WHOLE] * len(placed)
        else:
            assert found in ([], [State.TORN])


def test_the_header_has_one_form():
    assert len(pack_header(DAY, "box-7")) == HEADER_BYTES


def test_a_reel_that_is_removed_is_gone_and_takes_no_more(tmp_path):
    disk = FaultyDisk()
    reel = ReelWriter(tmp_path, DAY, "box-7", disk=disk)
    reel.append(b"x")
    reel.remove()
    assert not reel.path.exists()
    assert disk.calls[-3:] == ["unlink", "open", "fsync"]
    with pytest.raises(ValueError, match="closed"):
        reel.append(b"y")


@pytest.mark.parametrize("how", ["removed", "moved", "replaced"])
def test_a_reel_that_has_lost_its_name_takes_no_more(tmp_path, how):
    writer = ReelWriter(tmp_path, DAY, "box-7")
    record(writer, 1)
    if how != "removed":
        writer.path.rename(tmp_path / "elsewhere")
    else:
        writer.path.unlink()
    if how == "replaced":
        writer.path.touch()
    with pytest.raises(FileNotFoundError):
        writer.flush()
    with pytest.raises(ValueError, match="closed or has failed"):
        writer.append(b"more")
    writer.close()
