import struct
import sys

import numpy as np
import pytest

from appliance import cli
from appliance.analyse import analyse
from appliance.plot import PlotMissing, draw
from firmware_bridge.wav import WavWriter


def size_of(png):
    data = png.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def lone(path, rate, lines, seconds):
    """A capture of silence: audio without voltage, or voltage without audio."""
    with WavWriter(path, rate, lines) as wav:
        wav.write(np.full((lines, round(rate * seconds)), 800, np.int16))
    return path


def test_a_call_is_drawn_line_by_line(capture, tmp_path):
    assert draw(capture[0], analyse(capture[0]), tmp_path / "four.png") == []
    width, height = size_of(tmp_path / "four.png")
    assert width == 1600
    assert 1400 < height < 1800


@pytest.mark.parametrize("rate", [8000, 1000])
@pytest.mark.parametrize("seconds", [0.2, 150])
def test_audio_alone_voltage_alone_short_and_long_are_drawn(tmp_path, rate, seconds):
    path = lone(tmp_path / "one.wav", rate, 1, seconds)
    assert draw(path, [], tmp_path / "one.png") == []
    assert size_of(tmp_path / "one.png")[0] == 1600


def test_lines_that_find_no_room_are_named(tmp_path):
    path = lone(tmp_path / "many.wav", 1000, 10, 1)
    assert draw(path, [], tmp_path / "many.png") == [9, 10]


def test_only_lines_on_which_something_happened_are_drawn(capture, tmp_path):
    events = [event for event in analyse(capture[0]) if event.line == 3 or event.kind == "line_up"]
    draw(capture[0], events, tmp_path / "one.png")
    assert size_of(tmp_path / "one.png")[1] < 500


def test_the_command_prints_the_events_and_draws(capture, tmp_path, capsys):
    out = tmp_path / "call.png"
    assert cli.main(["analyse", "--json", str(capture[0]), "--plot", str(out)]) == 0
    assert '"event": "off_hook"' in capsys.readouterr().out
    assert size_of(out)[0] == 1600


def test_two_captures_in_one_picture_are_misuse(capture, tmp_path, capsys):
    path, out = str(capture[0]), tmp_path / "call.png"
    assert cli.main(["analyse", path, path, "--plot", str(out)]) == 2
    assert "--plot draws one capture, got 2" in capsys.readouterr().err
    assert not out.exists()


def test_a_picture_that_cannot_be_written_is_an_error(capture, tmp_path, capsys):
    out = tmp_path / "none" / "call.png"
    assert cli.main(["analyse", str(capture[0]), "--plot", str(out)]) == 1
    assert "call.png" in capsys.readouterr().err


def test_without_matplotlib_the_remedy_is_named(capture, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(PlotMissing, match="make setup"):
        draw(capture[0], [], tmp_path / "call.png")
