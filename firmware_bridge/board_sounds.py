"""What a tap board adds to its lines: the record beep, announcements, the self-test's tone.

Lines count from 1, time in audio samples. One beep, one announcement and one self-test at a time on
each line: a new one takes the old one's place.
"""

from dataclasses import dataclass, field
from math import isnan, nan
from typing import Final

import numpy as np

from firmware_bridge.block import Samples
from firmware_bridge.layout import BadPayload
from firmware_bridge.signals import AUDIO_PER_VOLT, Audio, sine, to_int16

#: Announcement kept on the board for each line: half a second, as much as its RAM has room for.
PLAY_SAMPLES: Final = 4000
#: A line that moves by more than this, in steps of 10 mV, is in use: an idle one moves by its hum,
#: below 2 V; a lift takes it down by 12 V at the least (24 V to 12 V). Bench value.
MOVED: Final = 500


class NoRoom(Exception):
    """The piece of an announcement does not fit yet: nothing of it was taken."""


class OutOfOrder(BadPayload):
    """The piece of an announcement is not the next one: nothing of it was taken."""


@dataclass
class _Tone:
    freq_hz: float
    dbm0: float
    left: int
    at: int = 0

    def take(self, n: int) -> Audio:
        """Return float32[at most n] of what is left."""
        piece = sine(self.freq_hz, self.at, min(n, self.left), self.dbm0)
        self.at += len(piece)
        self.left -= len(piece)
        return piece


@dataclass
class _Line:
    beep: _Tone | None = None
    self_test: _Tone | None = None
    idle: float = 0.0  # voltage steps as the self-test began
    announced: Samples = field(default_factory=lambda: np.empty(0, np.int16))
    next_offset: int = 0


class BoardSounds:
    """What is sounding on each line."""

    def __init__(self, lines: int) -> None:
        self._lines = [_Line() for _ in range(lines)]

    def beep(self, line: int, freq_hz: float, n: int, dbm0: float) -> None:
        """Add a tone of n samples to a line."""
        self._lines[line - 1].beep = _Tone(freq_hz, dbm0, n)

    def self_test(self, line: int, freq_hz: float, n: int, dbm0: float) -> None:
        """Put a tone of n samples in the place of a line."""
        on = self._lines[line - 1]
        on.self_test, on.idle = (_Tone(freq_hz, dbm0, n) if n else None), nan

    def play(self, line: int, offset: int, audio: Samples) -> int:
        """Take a piece of an announcement; at offset 0 a new one begins.

        Returns:
            How many more samples there is room for.

        Raises:
            NoRoom: it would not fit.
            OutOfOrder: pieces before it are missing.
        """
        on = self._lines[line - 1]
        waiting = on.announced if offset else on.announced[:0]
        if offset and offset != on.next_offset:
            raise OutOfOrder(f"line {line}: piece at {offset}, want {on.next_offset}")
        if len(waiting) + len(audio) > PLAY_SAMPLES:
            raise NoRoom(f"line {line}: {len(audio)} samples behind {len(waiting)}")
        on.announced = np.concatenate([waiting, audio])
        on.next_offset = offset + len(audio)
        return PLAY_SAMPLES - len(on.announced)

    def mix(self, audio: Samples, volts: Samples) -> Samples:
        """Return int16[lines, n] as the converter hears it with what is sounding."""
        heard = audio
        for on, line_volts in zip(self._lines, volts, strict=True):
            if on.self_test:
                _end_if_moved(on, line_volts)
        for k, on in enumerate(self._lines):
            if on.beep or on.self_test or len(on.announced):
                if heard is audio:
                    heard = audio.copy()
                heard[k] = _heard(on, audio[k])
        return heard


def _end_if_moved(on: _Line, volts: Samples) -> None:
    """End a line's self-test at the millisecond at which its voltage moves."""
    assert on.self_test is not None
    on.idle = float(volts[0]) if isnan(on.idle) else on.idle
    moved = np.flatnonzero(np.abs(volts - on.idle) > MOVED)
    if len(moved):
        on.self_test.left = min(on.self_test.left, int(moved[0]) * AUDIO_PER_VOLT)


def _heard(on: _Line, audio: Samples) -> Samples:
    n = len(audio)
    total = audio.astype(np.float32)
    announced, on.announced = on.announced[:n], on.announced[n:]
    total[: len(announced)] += announced
    if on.beep:
        tone = on.beep.take(n)
        total[: len(tone)] += tone
        on.beep = on.beep if on.beep.left else None
    if on.self_test:
        tone = on.self_test.take(n)
        total[: len(tone)] = tone
        on.self_test = on.self_test if on.self_test.left else None
    return to_int16(total)
