"""The audio kept of one call: samples in, Opus packets out, and what was heard in each second.

The levels go to the proof, which compares them with what the disk gives back.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.opus import FRAME, Encoder
from dsp.units import AUDIO_HZ, dbm0

Samples = NDArray[np.int16]

#: Packets go to the keeper, and with it to the disk, this often: eight batches of blocks. A power
#: cut costs this, 0.18 s before it and the time of the flush, and 1 s is what it may: a disk may
#: take half a second.
TICK_S: Final = 0.32


@dataclass(frozen=True)
class Piece:
    """Packets of the call that follow each other.

    Attributes:
        first_sample: where they begin in the encoded stream, which is late by the look-ahead.
    """

    packets: list[bytes]
    first_sample: int

    @property
    def samples(self) -> int:
        return len(self.packets) * FRAME


@dataclass(frozen=True)
class Heard:
    """What went into the encoder, for the proof to compare with.

    Attributes:
        samples: of audio.
        levels: of each second of it, and of the rest, in dBm0.
    """

    samples: int = 0
    lookahead: int = 0
    levels: tuple[float, ...] = ()


class KeptAudio:
    """One call's encoder. Not for two threads at once."""

    def __init__(self, complexity: int) -> None:
        self.samples = 0  # of the call, pushed so far
        self._encoder = Encoder(complexity)
        self.lookahead = self._encoder.lookahead
        self._levels = Levels()
        self._rest = np.empty(0, np.int16)
        self._packets: list[bytes] = []
        self._taken = 0

    def push(self, audio: Samples) -> None:
        """Add the call's next samples: int16[n], any n."""
        self.samples += len(audio)
        self._levels.push(audio)
        self._encode(audio)

    def take(self) -> Piece | None:
        """Take out the packets that are complete, or None."""
        if not self._packets:
            return None
        piece = Piece(self._packets, self._taken * FRAME)
        self._taken += len(self._packets)
        self._packets = []
        return piece

    @property
    def waiting(self) -> bool:
        """Say whether there is something to take."""
        return bool(self._packets)

    def close(self) -> Heard:
        """Push out what the look-ahead holds."""
        if self.samples:
            owed = self.samples + self.lookahead
            whole = -(-owed // FRAME) * FRAME
            self._encode(np.zeros(whole - self.samples, np.int16))
        self._encoder.close()
        return Heard(self.samples, self.lookahead, tuple(self._levels.close()))

    def _encode(self, audio: Samples) -> None:
        stream = np.concatenate((self._rest, audio))
        whole = len(stream) // FRAME * FRAME
        for frame in stream[:whole].reshape(-1, FRAME):
            self._packets.append(self._encoder.encode(frame))
        self._rest = stream[whole:]


class Levels:
    """Level of each whole second, and of the rest, of a stream given in any pieces.

    Taken of the difference of neighbouring samples: Opus cuts what lies under a voice (60 Hz by 3
    dB, 20 Hz by 20 dB), and hum or a rest of ringing must not make a good recording look bad.
    """

    def __init__(self) -> None:
        self._levels: list[float] = []
        self._before = 0
        self._sum = 0.0
        self._count = 0

    def push(self, audio: Samples) -> None:
        """Add samples: int16[n]."""
        if not len(audio):
            return
        power = np.diff(audio, prepend=np.int16(self._before).astype(np.float64)) ** 2
        self._before = int(audio[-1])
        while len(power):
            now = power[: AUDIO_HZ - self._count]
            self._sum += float(now.sum())
            self._count += len(now)
            power = power[len(now) :]
            if self._count == AUDIO_HZ:
                self._end_second()

    def close(self) -> list[float]:
        """Return the levels in dBm0; the last may be of less than a second."""
        if self._count:
            self._end_second()
        return self._levels

    def _end_second(self) -> None:
        self._levels.append(dbm0(self._sum / self._count))
        self._sum, self._count = 0.0, 0
