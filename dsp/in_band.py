"""What is signalled in the band of speech, heard in one reading of the audio: digits and tones."""

import numpy as np
from numpy.typing import NDArray

from dsp.dtmf import DtmfBank
from dsp.dtmf_line import HISTORY as OF_DIGITS
from dsp.events import Event
from dsp.frames import FrameBank
from dsp.tone_plans import PlanTone
from dsp.tones import CHUNK, ToneBank
from dsp.tones import HISTORY as OF_TONES

Samples = NDArray[np.int16]


class InBandBank:
    """Every line's DTMF digits and call-progress tones."""

    def __init__(self, lines: int, plans: tuple[PlanTone, ...]) -> None:
        """Listen to lines numbered from 1; plans as in ToneBank."""
        self._lines = lines
        self._frames = FrameBank(lines, max(OF_DIGITS, OF_TONES))
        self._dtmf = DtmfBank(lines)
        self._tones = ToneBank(lines, plans)

    def push(self, audio: Samples) -> list[Event]:
        """Hear the next samples of every line.

        Args:
            audio: int16[lines, n], any n.

        Raises:
            ValueError: audio of another shape or type; nothing of it is heard.
        """
        events: list[Event] = []
        for frames in self._frames.push(audio):
            events += self._dtmf.hear(frames)
            events += self._tones.hear(frames)
        return events

    def hang_up(self, line: int, now: int) -> list[Event]:
        """End the tone on a line that has been hung up: it will not be known otherwise."""
        return [*self._tones.end(line, now)]

    def close(self) -> list[Event]:
        """End the stream and return the digits and tones that were still sounding."""
        silence = np.zeros((self._lines, CHUNK), np.int16)  # ends a digit too, within 38 ms
        return [*self.push(silence), *self._tones.close()]
