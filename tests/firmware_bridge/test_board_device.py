import numpy as np
import pytest

from firmware_bridge import commands
from firmware_bridge.board_device import BoardDevice, Identity, NotSupported, WrongLines
from firmware_bridge.board_sounds import NoRoom
from firmware_bridge.layout import BadPayload


class Counting:
    """A source whose audio counts samples and whose volts count milliseconds."""

    def __init__(self, lines=2, ms=1_000_000):
        self.lines = lines
        self.at, self.end = 0, ms

    def read(self, n_volts):
        n = min(n_volts, self.end - self.at)
        audio = np.arange(self.at * 8, (self.at + n) * 8) % 10_000
        volts = np.arange(self.at, self.at + n) % 10_000
        self.at += n
        return tuple(np.tile(row.astype(np.int16), (self.lines, 1)) for row in (audio, volts))


def device(source=None):
    return BoardDevice(source or Counting(), boot_id=7, identity=Identity())


@pytest.mark.parametrize("lines", [0, 9])
def test_a_board_has_one_to_eight_lines(lines):
    with pytest.raises(WrongLines, match=f"{lines} lines, want 1 to 8"):
        device(Counting(lines))


def test_nobody_calls_before_somebody_listens():
    board = device()
    assert not board.listen()[0].any()
    assert (board.sample, board.first_sample) == (80, None)
    board.do(commands.Start())
    audio, volts = board.listen()
    assert audio[1].tolist() == list(range(80))
    assert volts[1].tolist() == list(range(10))
    assert (board.sample, board.first_sample) == (160, 80)


def test_life_goes_on_while_the_board_is_stopped():
    board = device()
    board.do(commands.Start())
    board.do(commands.Stop())
    board.listen()
    board.do(commands.Start())
    assert board.listen()[0][0, 0] == 80


def test_life_goes_on_while_the_board_restarts():
    board = device()
    board.do(commands.Start())
    board.listen()
    board.restart()
    assert board.boot_id != 7
    assert (board.sample, board.streaming) == (0, False)
    assert board.listen()[0][0, 0] == 80


def test_lost_samples_are_counted_and_gone():
    board = device()
    board.do(commands.Start())
    board.lose(25)
    assert (board.sample, board.adc_lost) == (200, 200)
    assert board.listen()[0][0, 0] == 200


def test_at_the_end_of_its_source_the_lines_stay_as_they_were():
    board = device(Counting(ms=15))
    board.do(commands.Start())
    board.listen()
    assert not board.ended
    audio, volts = board.listen()
    assert board.ended
    assert audio[0].tolist() == [*range(80, 120), *[0] * 40]
    assert volts[0].tolist() == [10, 11, 12, 13, 14, 14, 14, 14, 14, 14]
    audio, volts = board.listen()
    assert not audio.any()
    assert set(volts.flat) == {14}


def test_a_source_that_ends_with_a_block_leaves_its_last_voltage():
    board = device(Counting(ms=10))
    board.do(commands.Start())
    board.listen()
    assert set(board.listen()[1].flat) == {9}
    assert board.ended


def test_lamps_gains_and_calibration_can_be_seen():
    board = device()
    board.do(commands.Led(2, 500, 500))
    board.do(commands.Gain(1, 8))
    board.do(commands.Calibrate(2, 48_000))
    assert board.lamps == {2: commands.Led(2, 500, 500)}
    assert (board.gains, board.calibrated) == ({1: 8}, {2: 48_000})


@pytest.mark.parametrize(
    "command",
    [
        commands.Gain(3, 1),
        commands.Beep(3, 1400, 500, -140),
        commands.SelfTest(8, 1000, 500, -100),
        commands.Calibrate(3, 0),
        commands.Play(3, 0, 0, b""),
    ],
)
def test_a_line_that_is_not_there_is_refused(command):
    with pytest.raises(BadPayload, match=r"want 1\.\.2"):
        device().do(command)


def test_an_announcement_is_taken_until_there_is_no_room():
    board = device()
    assert board.do(commands.Play(1, 0, 0, bytes(4000))) == (2000).to_bytes(2, "little")
    assert board.do(commands.Play(1, 0, 2000, bytes(4000))) == bytes(2)
    with pytest.raises(NoRoom):
        board.do(commands.Play(1, 1, 4000, bytes(4000)))


def test_firmware_is_not_taken():
    with pytest.raises(NotSupported, match="FwEnd"):
        device().do(commands.FwEnd())


def test_the_board_says_who_it_is():
    hello = device().hello()
    assert (hello.lines, hello.block_ms, hello.audio_hz, hello.volt_hz) == (2, 10, 8000, 1000)
    assert (hello.audio_nv, hello.volt_uv, hello.boot_id) == (50_000, 10_000, 7)
