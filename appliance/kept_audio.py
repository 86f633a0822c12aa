"""The audio kept of one call: samples in, packets out, and what was heard in each second.

Opus, until a fax machine or a modem is heard: what follows is G.711, a sample a byte, for no speech
codec keeps it. Both are of one stream, late by the encoder's look-ahead:

    the call          0 ........................................ n
    the stream        ..0 ......................................... n    52 samples later
    packets of 20 ms  │ Opus │ Opus │ Opus │ A-law │ A-law │ A-law │

The levels go to the proof, which compares them with what the disk gives back.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from appliance.vault.segment import Codec
from dsp import g711
from dsp.data_tone import DataTone, DataToneEar
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
    codec: Codec = Codec.OPUS

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
    """One call's encoder. Not for two threads at once.

    Attributes:
        samples: of the call, pushed so far.
        data: the tone of a machine, once one is heard.
    """

    def __init__(self, complexity: int) -> None:
        self.samples = 0
        self.data: DataTone | None = None
        self._encoder = Encoder(complexity)
        self.lookahead = self._encoder.lookahead
        self._ear = DataToneEar()
        self._levels = Levels()
        self._rest = np.empty(0, np.int16)
        self._late = np.zeros(self.lookahead, np.int16)  # what the stream has not come to yet
        self._pieces: list[Piece] = []
        self._made = 0

    def push(self, audio: Samples) -> None:
        """Add the call's next samples: int16[n], any n."""
        self.samples += len(audio)
        self._levels.push(audio)
        self._encode(audio)

    def take(self) -> list[Piece]:
        """Take out the packets that are complete, those of each codec by themselves."""
        pieces, self._pieces = self._pieces, []
        return pieces

    @property
    def waiting(self) -> bool:
        """Say whether there is something to take."""
        return bool(self._pieces)

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
            if self.data is None:
                self._add(Codec.OPUS, self._encoder.encode(frame))
                self.data = self._ear.push(frame)
            else:
                late = np.concatenate((self._late, frame))[:FRAME]
                self._add(Codec.ALAW, g711.encode(late))
            self._late = frame[FRAME - self.lookahead :]
        self._rest = stream[whole:]

    def _add(self, codec: Codec, packet: bytes) -> None:
        if not self._pieces or self._pieces[-1].codec is not codec:
            self._pieces.append(Piece([], self._made * FRAME, codec))
        self._pieces[-1].packets.append(packet)
        self._made += 1


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
