import pytest

from firmware_bridge.chip_memory import FramGone
from firmware_bridge.i2c_memory import I2cMemory
from tests.i2c_chip import I2cChip


@pytest.fixture(params=[(32, 2), (64, 2), (8192, 0)], ids=["24LC32", "24LC256", "FRAM"])
def chip(request):
    page, busy = request.param
    return I2cChip(8192, page, busy)


def memory(chip):
    return I2cMemory(chip, 0x50, 8192)


def test_what_is_written_is_kept_in_place(chip):
    memory(chip).write(100, b"secret")
    assert chip.memory[100:106] == b"secret"
    assert memory(chip).read(99, 8) == b"\0secret\0"
    memory(chip).write(100, bytes(6))
    assert not any(chip.memory)


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 513, 5000, 8192])
def test_any_length_is_written_page_by_page(chip, count):
    data = bytes(n % 251 for n in range(count))
    memory(chip).write(8192 - count, data)
    assert memory(chip).read(8192 - count, count) == data


def test_a_chip_that_is_not_there_is_said(chip):
    chip.gone = True
    with pytest.raises(FramGone, match=r"no chip answers at 0x50: .*Remote I/O"):
        memory(chip)


def test_another_address_is_not_answered(chip):
    with pytest.raises(FramGone, match="0x51"):
        I2cMemory(chip, 0x51, 8192)


def test_a_chip_that_comes_loose_is_said(chip):
    fitted = memory(chip)
    chip.gone = True
    with pytest.raises(FramGone, match="no chip answers"):
        fitted.write(0, b"x")


def test_a_chip_that_is_write_protected_is_said(chip):
    chip.protected = True
    with pytest.raises(FramGone, match="do not read back"):
        memory(chip).write(0, b"x")


@pytest.mark.parametrize("at, count", [(-1, 1), (8192, 1), (8000, 193), (0, 8193)])
def test_nothing_wraps_around(chip, at, count):
    with pytest.raises(ValueError, match="within 8192"):
        memory(chip).read(at, count)
    with pytest.raises(ValueError, match="within 8192"):
        memory(chip).write(at, bytes(count))


def test_it_is_given_up(chip):
    memory(chip).close()
    assert chip.gone
