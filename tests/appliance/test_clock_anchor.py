from dataclasses import replace

import pytest

from appliance.clock_anchor import NAME, AnchorDamaged, keep_anchor, read_anchor
from appliance.clock_watch import Anchor
from tests.faults import FaultyDisk, PowerCut

ANCHOR = Anchor(1_795_000_000.125, 1214.21, "3ce5cef6", "김관리")
LATER = replace(
    ANCHOR, utc_s=1_795_000_600.0, uptime_s=1814.085, by="ntp", ntp_utc_s=1_795_000_600.0
)


def test_a_moment_reads_back_as_it_was_kept(tmp_path):
    assert read_anchor(tmp_path) is None
    for anchor in (ANCHOR, LATER):
        keep_anchor(tmp_path, anchor)
        assert read_anchor(tmp_path) == anchor


def test_any_flipped_byte_is_found(tmp_path):
    keep_anchor(tmp_path, ANCHOR)
    whole = (tmp_path / NAME).read_bytes()
    for at in range(len(whole) - 1):
        (tmp_path / NAME).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(AnchorDamaged, match="clock"):
            read_anchor(tmp_path)


def test_a_folder_in_its_place_is_damage_and_gives_way(tmp_path):
    (tmp_path / NAME).mkdir()
    with pytest.raises(AnchorDamaged, match="clock"):
        read_anchor(tmp_path)
    keep_anchor(tmp_path, ANCHOR)
    assert read_anchor(tmp_path) == ANCHOR


@pytest.mark.parametrize("done", [False, True])
def test_a_power_cut_leaves_the_moment_before_or_this_one(tmp_path, done):
    disk = FaultyDisk()
    keep_anchor(tmp_path, ANCHOR, disk=disk)
    for call in range(len(disk.calls)):
        keep_anchor(tmp_path, ANCHOR)
        disk.arm(call, PowerCut(), done=done)
        with pytest.raises(PowerCut):
            keep_anchor(tmp_path, LATER, disk=disk)
        assert read_anchor(tmp_path) in (ANCHOR, LATER)
    keep_anchor(tmp_path, LATER)
    assert read_anchor(tmp_path) == LATER
