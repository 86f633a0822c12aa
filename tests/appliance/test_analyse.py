import pytest

from appliance.analyse import analyse, table
from firmware_bridge.capture import CaptureError, write_capture
from firmware_bridge.line_player import ScriptSource
from firmware_bridge.voices import sentence
from tests.appliance.scene import NOTICE_SCRIPTS


def test_events_come_in_the_order_in_which_they_happened(capture):
    events = analyse(capture[0])
    assert [e.sample for e in events] == sorted(e.sample for e in events)
    hooks = [(e.line, e.kind) for e in events if e.kind in ("off_hook", "on_hook", "flash")]
    assert (2, "flash") in hooks
    assert (4, "line_down") in [(e.line, e.kind) for e in events]
    for truth in capture[1]:
        if truth.direction == "in":
            rings = [e.at_s for e in events if e.line == truth.line and e.kind == "ring_start"]
            assert rings == pytest.approx([truth.start_s], abs=0.03)


def test_the_table_tells_time_line_event_and_details(capture):
    lines = list(table(analyse(capture[0])))
    ring = next(line for line in lines if "ring_start" in line and " 1  ring" in line)
    assert ring.split()[1:4] == ["1", "ring_start", "freq_hz"]
    assert ring.split()[0].startswith("0:01.0")


def test_audio_alone_has_no_hook(tmp_path, capture):
    alone = tmp_path / "alone.wav"
    alone.write_bytes(capture[0].read_bytes())
    kinds = {e.kind for e in analyse(alone)}
    assert not kinds & {"off_hook", "on_hook", "ring_start", "line_down", "flash"}


def test_voltage_alone_has_no_sound(tmp_path, capture):
    alone = tmp_path / "volts.wav"
    alone.write_bytes(capture[0].with_name("four.volts.wav").read_bytes())
    kinds = {e.kind for e in analyse(alone)}
    assert "off_hook" in kinds
    assert not kinds & {"dtmf", "speech"}


def test_what_is_no_capture_is_said(tmp_path):
    (tmp_path / "x.wav").write_bytes(b"not a wav")
    with pytest.raises(CaptureError, match=r"x\.wav"):
        analyse(tmp_path / "x.wav")


def test_an_announcement_is_looked_for_if_one_is_given(tmp_path):
    path = tmp_path / "told.wav"
    write_capture(path, ScriptSource(NOTICE_SCRIPTS[:2], seed=6))
    given = [sentence("ko_notice", "near")]
    told = {e.line: e.at_s for e in analyse(path, given) if e.kind == "notice"}
    assert told == pytest.approx({1: 3.3, 2: 1.5}, abs=0.01)
    assert not [e for e in analyse(path) if e.kind == "notice"]
    assert {e.line: e.at_s for e in analyse(path, given) if e.kind == "record_beep"} == {}


def test_without_voltage_it_is_looked_for_throughout(tmp_path):
    path = tmp_path / "told.wav"
    write_capture(path, ScriptSource(NOTICE_SCRIPTS[:1], seed=6))
    alone = tmp_path / "alone.wav"
    alone.write_bytes(path.read_bytes())
    (told,) = [e for e in analyse(alone, [sentence("ko_notice", "near")]) if e.kind == "notice"]
    assert told.at_s == pytest.approx(3.3, abs=0.01)
