"""What is signalled in the band of speech, heard in one reading of the audio: digits and tones."""

from dsp.dtmf import DtmfBank
from dsp.events import Event
from dsp.frames import read
from dsp.slices import Ear, Slices
from dsp.tone_plans import PlanTone
from dsp.tones import ToneBank


class InBandBank(Ear[Event]):
    """Every line's DTMF digits and call-progress tones."""

    def __init__(self, lines: int, plans: tuple[PlanTone, ...]) -> None:
        """Listen to lines numbered from 1; plans as in ToneBank."""
        super().__init__(lines)
        self._dtmf = DtmfBank(lines)
        self._tones = ToneBank(lines, plans)

    def hear(self, slices: Slices) -> list[Event]:
        frames = read(slices)
        return [*self._dtmf.hear_frames(slices, frames), *self._tones.hear_frames(slices, frames)]

    def finish(self) -> list[Event]:
        return [*self._tones.finish()]

    def hang_up(self, line: int, now: int) -> list[Event]:
        """End the tone on a line that has been hung up: it will not be known otherwise."""
        return [*self._tones.end(line, now)]
