import subprocess

import pytest

from appliance.bench.path import measure, write_frames
from firmware_bridge.block import Block
from firmware_bridge.frames import FrameReader
from firmware_bridge.stream import Stream


def test_frames_are_what_a_board_of_eight_lines_sends(tmp_path):
    write_frames(tmp_path / "frames", 1.0)
    stream, seconds = Stream(), 0.0
    for frame in FrameReader().push((tmp_path / "frames").read_bytes(), 0.0):
        for item in stream.push(frame):
            if isinstance(item, Block):
                assert item.audio.shape[0] == 8
                seconds += item.audio.shape[1] / 8000
    assert seconds == pytest.approx(1.0)


def test_a_recorder_of_sixteen_lines_is_measured(tmp_path):
    (found,) = measure(tmp_path, 1, counts=(16,), seconds=5.0)
    assert found.lines == 16
    assert found.core_percent > 0
    assert found.flushes_per_s > 0.5
    assert found.rss_bytes > 2e7
    assert 1500 < found.sealed_bytes_per_s / 16 < 3300  # Opus at 16 kbit/s, by ticks of 0.32 s
    assert list(tmp_path.iterdir()) == []


def test_a_recorder_that_fails_is_an_error(tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        measure(tmp_path, 1, counts=(8,), seconds=0.5)
