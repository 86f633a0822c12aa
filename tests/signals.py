"""Telephone lines made for tests: their voltage at 1 kHz and their audio at 8 kHz.

A line is a script of what is done to it; what happened, and when, comes out beside the signal.
"""

from dataclasses import dataclass, field

import numpy as np

AUDIO_HZ = 8000
VOLT_HZ = 1000


@dataclass
class Line:
    """The voltage of one line, built step by step.

    Attributes:
        idle_v, talk_v: magnitudes; sign: polarity.
        settle_ms: time constant of the loop.
        truth: (kind, seconds, detail) of everything that was done.
    """

    idle_v: float = 48.0
    talk_v: float = 8.0
    sign: int = 1
    settle_ms: float = 3.0
    ring_v: float = 75.0
    ring_hz: float = 20.0
    truth: list = field(default_factory=list)
    _parts: list = field(default_factory=list)
    _level: float | None = None
    _target: float | None = None
    _ms: int = 0

    @property
    def now_s(self):
        return self._ms / VOLT_HZ

    def hold(self, ms, level=None, ring=False, phase=0.0):
        """Go to a level (magnitude) and stay; None stays where it is."""
        ms = int(ms)
        if level is not None:
            self._target = self.sign * level
        if self._level is None:
            self._level = self._target
        k = np.arange(1, ms + 1)
        wave = self._target + (self._level - self._target) * np.exp(-k / self.settle_ms)
        self._level = wave[-1] if ms else self._level
        if ring:
            turns = self.ring_hz / VOLT_HZ * np.arange(ms) + phase
            wave = wave + self.ring_v * np.sqrt(2) * np.sin(2 * np.pi * turns)
        self._parts.append(wave)
        self._ms += ms
        return self

    def note(self, kind, detail=None):
        self.truth.append((kind, self.now_s, detail))
        return self

    def idle(self, ms):
        return self.hold(ms, self.idle_v)

    def lift(self, ms, level=None):
        return self.note("off_hook").hold(ms, self.talk_v if level is None else level)

    def talk(self, ms, level=None):
        """Go on talking: another phone in parallel, or the far end, changes the level."""
        return self.hold(ms, self.talk_v if level is None else level)

    def trip(self, ms, share=0.5, phase=0.0):
        """Lift under a ring that the exchange cuts only after `ms`, at a share of its voltage."""
        self.note("off_hook").note("ring_end")
        full, self.ring_v = self.ring_v, self.ring_v * share
        self.hold(ms, self.talk_v, ring=True, phase=phase)
        self.ring_v = full
        return self

    def ramp(self, ms):
        """Reverse as softly as a subscriber line circuit does."""
        self.note("polarity_reversal")
        level = abs(self._target)
        for share in np.linspace(1, -1, ms):
            self.hold(1, level * share)
        self.sign = -self.sign
        return self.hold(1, level)

    def chatter(self, times, ms):
        """Reverse there and back, so many times."""
        for _ in range(times):
            self.reverse(ms).reverse(ms)
        return self

    def bounce(self, rng, ms, level):
        """A plug's contacts: at random open and closed for `ms`."""
        while ms > 0:
            step = int(rng.integers(2, 15))
            self.hold(step, rng.choice([0.0, level]))
            ms -= step
        return self

    def hang_up(self, ms):
        return self.note("on_hook").hold(ms, self.idle_v)

    def flash(self, ms):
        return self.note("flash", ms / 1000).hold(ms, self.idle_v)

    def reverse(self, ms):
        self.sign = -self.sign
        level = abs(self._target)
        return self.note("polarity_reversal").hold(ms, level)

    def unplug(self, ms):
        return self.note("line_down").hold(ms, 0.0)

    def plug(self, ms, level=None):
        return self.note("line_up").hold(ms, self.idle_v if level is None else level)

    def ring(self, bursts=3, on=1000, off=2000, last=None, phase=0.0):
        """Ring; the last burst is cut after `last` ms, and nothing follows it, if that is given."""
        self.note("ring_start", self.ring_hz)
        for i in range(bursts):
            final = i == bursts - 1
            cut = final and last is not None
            self.hold(last if cut else on, self.idle_v, ring=True, phase=phase)
            if final:
                self.note("ring_end", bursts)
            if not cut:
                self.hold(off, self.idle_v)
        return self

    def dial(self, digits, pps=10.0, break_share=0.67, pause=600):
        for digit in digits:
            self.note("pulse", digit)
            for _ in range(int(digit) or 10):
                self.hold(1000 / pps * break_share, self.idle_v)
                self.hold(1000 / pps * (1 - break_share), self.talk_v)
            self.hold(pause, self.talk_v)
        return self

    def volts(self, rng=None, noise_v=0.15, hum_v=0.0, hum_hz=60.0, drift_v=0.0):
        """Return int16[m]; drift_v is gained, in the line's own polarity, over the whole of it."""
        wave = np.concatenate(self._parts)
        k = np.arange(len(wave))
        if drift_v:
            share = np.where(np.abs(wave) > 1, 1 + drift_v / self.idle_v * k / len(wave), 1.0)
            wave = wave * share
        wave = wave + hum_v * np.sin(2 * np.pi * hum_hz / VOLT_HZ * k + 1.0)
        if rng is not None:
            wave = wave + rng.normal(0, noise_v, len(wave))
        return np.clip(np.round(wave * 100), -32768, 32767).astype(np.int16)


def in_pieces(push, signal, size):
    """Push a signal[lines, n] in pieces of `size` and return all that came out."""
    out = []
    for at in range(0, signal.shape[1], size):
        out += push(signal[:, at : at + size])
    return out


def peak(level_dbm0):
    """Return the peak, in int16 steps, of a sine at a level in dBm0."""
    return 32768 * 10 ** ((level_dbm0 - 3.14) / 20)


def sine(freq_hz, seconds, level_dbm0=-10.0):
    n = round(seconds * AUDIO_HZ)
    return peak(level_dbm0) * np.sin(2 * np.pi * freq_hz / AUDIO_HZ * np.arange(n))


def white(rng, seconds, level_dbm0=-60.0):
    return rng.normal(0, peak(level_dbm0) / np.sqrt(2), round(seconds * AUDIO_HZ))


def speech_like(rng, seconds, level_dbm0=-20.0):
    """Noise shaped as speech: 300..3000 Hz, syllables at 4 Hz, no pitch."""
    n = round(seconds * AUDIO_HZ)
    spectrum = np.fft.rfft(rng.normal(0, 1, n))
    freqs = np.fft.rfftfreq(n, 1 / AUDIO_HZ)
    spectrum *= ((freqs > 300) & (freqs < 3000)) / np.maximum(freqs, 300)
    wave = np.fft.irfft(spectrum, n)
    wave *= 0.02 + np.abs(np.sin(2 * np.pi * 2.0 / AUDIO_HZ * np.arange(n)))
    return wave * peak(level_dbm0) / np.sqrt(2) / np.sqrt(np.mean(wave**2))


DTMF_HZ = {
    key: (low, high)
    for low, row in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"), strict=True)
    for key, high in zip(row, (1209, 1336, 1477, 1633), strict=True)
}


def dtmf(digits, on=0.06, off=0.06, level_dbm0=-10.0):
    """Return the digits, each tone at level_dbm0."""
    parts = []
    for digit in digits:
        low, high = DTMF_HZ[digit]
        parts += [sine(low, on, level_dbm0) + sine(high, on, level_dbm0)]
        parts += [np.zeros(round(off * AUDIO_HZ))]
    return np.concatenate(parts)


def pcm(wave):
    return np.clip(np.round(wave), -32768, 32767).astype(np.int16)


def mu_law(audio):
    """int16[n] as ITU-T G.711 mu-law gives it back: 13 bits of magnitude, in steps that double."""
    magnitude = np.minimum(np.abs(audio.astype(int)) // 4, 8158) + 33
    chord = np.floor(np.log2(magnitude)).astype(int) - 5
    step = (magnitude >> (chord + 1)) & 15
    return (np.sign(audio) * 4 * (((2 * step + 33) << chord) - 33)).astype(np.int16)
