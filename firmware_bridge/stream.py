"""From the board's frames to blocks without a hole: gaps are filled, restarts are told.

    expected = last sample + its length

    sample = expected               a Block
    sample > expected               a Gap; filler Blocks of exactly that length; the Block
    sample > expected + 30 s        a Gap that is not filled; the Block
    sample < expected               an Epoch; the Block
    another boot id                 an Epoch; the Block
    sent again (seq and sample just behind)    nothing; counted

Filler is silence, with the voltage held as it was last seen: an unknown voltage is no reason to
hang up. No port and no clock.

Source: the project's wire protocol, "Rules".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from firmware_bridge.block import Block, Epoch, Gap, Item, Samples
from firmware_bridge.frames import Frame
from firmware_bridge.layout import BadPayload
from firmware_bridge.messages import AUDIO_PER_VOLT, Data, Hello

AUDIO_HZ: Final = 8000
#: Longer than the loss of a re-plugged cable; no call goes on over a longer one (bench value).
FILL_LIMIT: Final = 30 * AUDIO_HZ
#: No more than a second of silence at once, so that a gap takes no more memory than its blocks.
FILLER: Final = AUDIO_HZ
#: A frame at most so many behind the last is one sent again, not a board that started again.
REPEAT_WINDOW: Final = 16


@dataclass(slots=True)
class StreamCounts:
    """What was not right, since the start.

    Attributes:
        blocks: blocks heard.
        lost_frames: frames of any type that the sequence numbers miss.
        repeated: blocks that came a second time, or late.
        unreadable: DATA with a good CRC whose payload contradicts itself.
        mismatched: DATA whose lines or length are not those of HELLO.
        early: DATA before any HELLO.
    """

    blocks: int = 0
    lost_frames: int = 0
    repeated: int = 0
    unreadable: int = 0
    mismatched: int = 0
    early: int = 0


class Stream:
    """What the board measured, in order."""

    def __init__(self) -> None:
        self.counts = StreamCounts()
        self._hello: Hello | None = None
        self._seq: int | None = None
        self._last: Data | None = None
        self._volts_from = 0  # voltage readings are due each 8 samples from here

    @property
    def last(self) -> Data | None:
        """The newest block as it came, of this epoch."""
        return self._last

    def push(self, frame: Frame) -> list[Item]:
        """Add a frame, of whatever type, and get what it completes.

        Raises:
            WrongVersion: it is the HELLO of another major version; DATA is ignored from now on.
        """
        if frame.type == Hello.TYPE:
            self._greet(frame)
        again = self._is_again(frame.seq)
        if frame.type != Data.TYPE:
            return []
        try:
            return list(self._place(Data.from_bytes(frame.payload), again=again))
        except BadPayload:
            self.counts.unreadable += 1
            return []

    def _greet(self, frame: Frame) -> None:
        known, self._hello = self._hello, None
        try:
            self._hello = Hello.from_bytes(frame.payload)
        except BadPayload:
            self.counts.unreadable += 1
            return
        if known is None or known.boot_id != self._hello.boot_id:
            self._seq = None  # a board that started counts its frames anew

    def _is_again(self, seq: int) -> bool:
        """Count the frames missing before this one; tell whether it is at or behind the last."""
        if self._seq is None:
            self._seq = seq
            return False
        behind = (self._seq - seq) & 0xFFFF
        if behind <= REPEAT_WINDOW:
            return True
        missing = (seq - self._seq - 1) & 0xFFFF
        self.counts.lost_frames += missing if missing < 0x8000 else 0
        self._seq = seq
        return False

    def _place(self, data: Data, *, again: bool) -> Iterator[Item]:
        if self._hello is None:
            self.counts.early += 1
            return
        if data.audio.shape != (self._hello.lines, self._hello.block_ms * AUDIO_HZ // 1000):
            self.counts.mismatched += 1
            return
        last = self._last
        if last is not None and last.boot_id == data.boot_id:
            ahead = data.sample - _end(last)
            if again and -REPEAT_WINDOW * data.audio.shape[1] <= ahead < 0:
                self.counts.repeated += 1
                return
            if ahead > 0:
                yield from self._gap(last, data)
        if last is None or last.boot_id != data.boot_id or data.sample < _end(last):
            self._volts_from = data.sample
            yield Epoch(data.boot_id, len(data.audio), data.sample)
        self.counts.blocks += 1
        self._last = data
        yield Block(data.sample, data.audio, data.volts, data.clip_mask, data.fault_mask)

    def _gap(self, last: Data, data: Data) -> Iterator[Item]:
        begin, end = _end(last), data.sample
        filled = end - begin <= FILL_LIMIT
        yield Gap(begin, end - begin, _reason(last, data), filled)
        if not filled:
            self._volts_from = end
            return
        for at in range(begin, end, FILLER):
            yield self._filler(at, min(at + FILLER, end), last.volts[:, -1:])

    def _filler(self, begin: int, end: int, volts: Samples) -> Block:
        """Stand silence in for begin..end.

        Readings are counted from the epoch's first sample, not from the gap's: a converter that
        loses three samples a thousand times must not leave voltage half a second behind audio.
        """
        due = (end - self._volts_from) // AUDIO_PER_VOLT
        due -= (begin - self._volts_from) // AUDIO_PER_VOLT
        silence = np.zeros((len(volts), end - begin), np.int16)
        return Block(begin, silence, np.repeat(volts, due, axis=1), filler=True)


def _end(data: Data) -> int:
    return data.sample + int(data.audio.shape[1])


def _reason(last: Data, data: Data) -> str:
    if data.adc_lost != last.adc_lost:
        return "adc"
    return "tx" if data.tx_drops != last.tx_drops else "link"
