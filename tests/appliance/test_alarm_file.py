import errno

import pytest

from appliance.alarm_file import AlarmsLost, read, write
from appliance.api import Alarm
from tests.faults import FaultyDisk, PowerCut

ALARMS = [
    Alarm("line_down", "line 8", "2026-11-23T02:00:00.000Z", "김관리"),
    Alarm("proof_failed", "01JD0000000000000000000000", "2026-11-23T02:00:00.000Z"),
]


def test_what_was_written_is_read(tmp_path):
    write(tmp_path / "alarms.json", ALARMS)
    assert read(tmp_path / "alarms.json") == ALARMS
    write(tmp_path / "alarms.json", [])
    assert read(tmp_path / "alarms.json") == []


def test_a_file_that_is_missing_is_damage(tmp_path):
    with pytest.raises(AlarmsLost):
        read(tmp_path / "alarms.json")


def test_any_byte_flipped_is_found(tmp_path):
    path = tmp_path / "alarms.json"
    write(path, ALARMS)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(AlarmsLost):
            read(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"alarms": 3}', '{"alarms": [{}]}'])
def test_what_is_no_list_of_alarms_is_damage(tmp_path, text):
    (tmp_path / "alarms.json").write_text(text)
    with pytest.raises(AlarmsLost):
        read(tmp_path / "alarms.json")


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), PowerCut()])
@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("call", range(7))
def test_a_failing_disk_leaves_the_old_list_or_the_new(tmp_path, call, done, error):
    path = tmp_path / "alarms.json"
    write(path, ALARMS[:1])
    with pytest.raises(type(error)):
        write(path, ALARMS, disk=FaultyDisk(call, error, done=done))
    assert read(path) in (ALARMS[:1], ALARMS)
