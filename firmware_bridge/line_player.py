"""Plays a script: acts in, audio and line voltage out, as a tap board would hear them.

The tap is coupled to the line's audio through capacitors, so a switching of the loop is heard as a
click, and ringing leaks through weakly.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, Protocol

import numpy as np

from firmware_bridge.block import Samples
from firmware_bridge.script import Act, LineScript
from firmware_bridge.signals import (
    AUDIO_HZ,
    AUDIO_PER_VOLT,
    STEPS_PER_V,
    Audio,
    Volts,
    hum,
    peak,
    ringing,
    settling,
    sine,
    to_int16,
    white_noise,
)
from firmware_bridge.stretches import Performance, Stretch
from firmware_bridge.truth import Call

#: Samples are made in pieces of at most this, whatever is asked for: so a line sounds the same
#: however it is read, and holds at most one piece.
PIECE_MS: Final = 100
#: A 40 V switch is heard as a click of this peak, soon gone (bench values).
CLICK_DBM0: Final = -6.0
CLICK_V: Final = 40.0
CLICK_TAU_S: Final = 0.0015
CLICK_LASTS_MS: Final = 12
RING_LEAK_DBM0: Final = -30.0

Piece = tuple[Samples, Samples]


class LineSource(Protocol):
    """Lines to listen to, read in step."""

    @property
    def lines(self) -> int: ...

    def read(self, n_volts: int) -> Piece:
        """Return the next audio int16[lines, 8 n] and volts int16[lines, n]; at the end less."""


class LinePlayer:
    """One line. The same script, line and seed give the same samples."""

    def __init__(self, script: LineScript, line: int, seed: int = 0) -> None:
        """Start before the first act; line counts from 1."""
        self.finished = False  # the last act has been handed out; the line stays as it was left
        self._script = script
        self._plant = script.plant
        self._performance = Performance(script.plant, line)
        self._rng = np.random.default_rng([seed, line])
        self._rendered_ms = 0
        self._loop_v = self._from_v = self._performance.quiet(0).loop_v
        self._switched_ms = -1_000_000  # long ago
        self._pieces = self._play()
        self._audio: Samples = np.empty(0, np.int16)  # made and not yet read
        self._volts: Samples = np.empty(0, np.int16)

    @property
    def calls(self) -> deque[Call]:
        """The latest calls that have ended, oldest first."""
        return self._performance.truth.calls

    def render(self, n_volts: int) -> Piece:
        """Return the next int16[8 n] of audio and int16[n] of volts."""
        audio, volts, have = [self._audio], [self._volts], len(self._volts)
        while have < n_volts:
            a, v = next(self._pieces)
            audio.append(a)
            volts.append(v)
            have += len(v)
        whole_audio, whole_volts = np.concatenate(audio), np.concatenate(volts)
        self._audio, self._volts = whole_audio[n_volts * AUDIO_PER_VOLT :], whole_volts[n_volts:]
        return whole_audio[: n_volts * AUDIO_PER_VOLT], whole_volts[:n_volts]

    def _acts(self) -> Iterator[Act]:
        yield from self._script.acts
        while self._script.repeat:
            yield from self._script.acts

    def _play(self) -> Iterator[Piece]:
        for act in self._acts():
            for stretch in self._performance.perform(act):
                yield from self._stretch(stretch)
        self.finished = True
        while True:
            yield from self._stretch(self._performance.quiet(PIECE_MS))

    def _stretch(self, stretch: Stretch) -> Iterator[Piece]:
        if stretch.loop_v != self._loop_v:
            since_ms = self._rendered_ms - self._switched_ms
            self._from_v = float(self._loop(since_ms - 1, 1)[0])
            self._loop_v, self._switched_ms = stretch.loop_v, self._rendered_ms
        for start_ms in range(0, stretch.ms, PIECE_MS):
            n = min(PIECE_MS, stretch.ms - start_ms)
            yield self._hear(stretch, start_ms, n), self._measure(stretch, start_ms, n)
            self._rendered_ms += n

    def _loop(self, since_ms: int, n: int) -> Volts:
        return settling(self._from_v, self._loop_v, since_ms, n, self._plant.settle_ms)

    def _measure(self, stretch: Stretch, start_ms: int, n: int) -> Samples:
        volts = self._loop(self._rendered_ms - self._switched_ms, n)
        volts += self._plant.volts_noise_v * self._rng.standard_normal(n)
        if stretch.ring_hz:
            volts += ringing(stretch.ring_hz, start_ms, n, self._plant.ring_v)
        return to_int16(volts * STEPS_PER_V)

    def _hear(self, stretch: Stretch, start_ms: int, n_ms: int) -> Samples:
        plant, n = self._plant, n_ms * AUDIO_PER_VOLT
        start = start_ms * AUDIO_PER_VOLT
        in_second = self._rendered_ms * AUDIO_PER_VOLT % AUDIO_HZ  # mains: whole cycles a second
        audio = white_noise(self._rng, n, plant.noise_dbm0)
        audio += hum(plant.mains_hz, in_second, n, plant.hum_dbm0)
        if stretch.audio:
            audio += stretch.audio(start, n)
        if stretch.ring_hz:
            audio += sine(stretch.ring_hz, start, n, RING_LEAK_DBM0)
        if self._rendered_ms - self._switched_ms < CLICK_LASTS_MS:
            audio += self._click(n)
        return to_int16(audio)

    def _click(self, n: int) -> Audio:
        since = (self._rendered_ms - self._switched_ms) * AUDIO_PER_VOLT + np.arange(n)
        step = min(1.0, abs(self._loop_v - self._from_v) / CLICK_V)
        fading = np.exp(-since / (CLICK_TAU_S * AUDIO_HZ))
        sign = np.sign(self._loop_v - self._from_v)
        click: Audio = (sign * step * peak(CLICK_DBM0) * fading).astype(np.float32)
        return click


class ScriptSource:
    """Several lines' scripts, read in step; never ends, since lines stay as they were left."""

    def __init__(self, scripts: Iterable[LineScript], seed: int = 0) -> None:
        self.players = [LinePlayer(script, line, seed) for line, script in enumerate(scripts, 1)]

    @property
    def lines(self) -> int:
        return len(self.players)

    @property
    def finished(self) -> bool:
        """Whether every line has played its last act."""
        return all(player.finished for player in self.players)

    @property
    def calls(self) -> list[Call]:
        """The calls of all lines that have ended, by their start."""
        calls: Iterable[Call] = chain.from_iterable(player.calls for player in self.players)
        return sorted(calls, key=lambda call: (call.start_s, call.line))

    def read(self, n_volts: int) -> Piece:
        rendered: Sequence[Piece] = [player.render(n_volts) for player in self.players]
        return np.stack([a for a, _ in rendered]), np.stack([v for _, v in rendered])
