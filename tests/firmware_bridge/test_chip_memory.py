import pytest

from firmware_bridge.chip_memory import ChipMemory, FramGone


class Chip(ChipMemory):
    """Ten pages of ten bytes, and what was asked of them; `worn`, it keeps what it had."""

    piece = 10

    def __init__(self):
        super().__init__(100)
        self.kept = bytearray(100)
        self.asked = []
        self.worn = False

    def close(self):
        self.asked.append("close")

    def _read(self, at, count):
        self.asked.append(("read", at, count))
        return bytes(self.kept[at : at + count])

    def _write(self, at, data):
        self.asked.append(("write", at, len(data)))
        if not self.worn:
            self.kept[at : at + len(data)] = data


def test_no_piece_crosses_a_page_and_all_is_read_back():
    chip = Chip()
    chip.write(7, bytes(range(1, 16)))
    pieces = [(7, 3), (10, 10), (20, 2)]
    assert chip.asked == [(how, *piece) for how in ("write", "read") for piece in pieces]
    assert chip.read(6, 17) == bytes([0, *range(1, 16), 0])


def test_nothing_to_write_is_written():
    chip = Chip()
    chip.write(100, b"")
    assert chip.asked == []


def test_what_is_not_kept_is_said():
    chip = Chip()
    chip.worn = True
    with pytest.raises(FramGone, match="3 bytes at 7 do not read back"):
        chip.write(7, b"abc")


@pytest.mark.parametrize("at, count", [(-1, 1), (100, 1), (98, 3), (0, -1)])
def test_nothing_wraps_around(at, count):
    chip = Chip()
    with pytest.raises(ValueError, match="within 100"):
        chip.read(at, count)
    assert chip.asked == []
