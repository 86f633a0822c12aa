import pytest

from firmware_bridge.chip_memory import FramGone
from firmware_bridge.fram import WREN, WRITE, Fram
from tests.fram_chip import FramChip


@pytest.fixture
def chip():
    return FramChip(8192)


def test_what_is_written_is_kept_in_place(chip):
    fram = Fram(chip, 8192)
    fram.write(100, b"secret")
    assert chip.memory[100:106] == b"secret"
    assert Fram(chip, 8192).read(99, 8) == b"\0secret\0"
    fram.write(100, bytes(6))
    assert not any(chip.memory)


@pytest.mark.parametrize("count", [0, 1, 1023, 1024, 1025, 5000, 8192])
def test_any_length_is_taken_in_pieces_that_spidev_takes(chip, count):
    data = bytes(n % 251 for n in range(count))
    fram = Fram(chip, 8192)
    fram.write(8192 - count, data)
    assert fram.read(8192 - count, count) == data


def test_writing_has_to_be_allowed_each_time(chip):
    chip.xfer2([WRITE, 0, 0, 1])
    assert chip.memory[0] == 0
    chip.xfer2([WREN])
    chip.xfer2([WRITE, 0, 0, 1])
    chip.xfer2([WRITE, 0, 1, 1])
    assert chip.memory[:2] == b"\1\0"


def test_a_chip_that_is_not_there_is_said(chip):
    chip.gone = True
    with pytest.raises(FramGone, match="no FRAM answers"):
        Fram(chip, 8192)


def test_a_chip_that_comes_loose_is_said(chip):
    fram = Fram(chip, 8192)
    chip.gone = True
    with pytest.raises(FramGone, match="do not read back"):
        fram.write(0, b"x")


@pytest.mark.parametrize("at, count", [(-1, 1), (8192, 1), (8000, 193), (0, 8193)])
def test_nothing_wraps_around(chip, at, count):
    fram = Fram(chip, 8192)
    with pytest.raises(ValueError, match="within 8192"):
        fram.read(at, count)
    with pytest.raises(ValueError, match="within 8192"):
        fram.write(at, bytes(count)) if count > 0 else None


def test_it_is_given_up(chip):
    Fram(chip, 8192).close()
    assert chip.gone
