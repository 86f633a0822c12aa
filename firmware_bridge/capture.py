"""Captures: what was on the lines, in files.

    NAME.wav         audio, 8 000 Hz, 16-bit, channel n = line n
    NAME.volts.wav   line voltage beside it, 1 000 Hz, 16-bit, 10 mV a step, the same channels
    NAME.json        {"start": "2026-11-23T09:00:00+09:00"}, may be missing
    NAME.truth.json  written beside a capture of a script: the calls in it

Audio alone: every line is taken as off the hook throughout. A 1 000 Hz file given by itself is line
voltage without audio. A capture is read in step and in pieces; it is never whole in memory.
"""

import json
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from math import ceil
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from firmware_bridge.block import Samples
from firmware_bridge.line_player import ScriptSource
from firmware_bridge.signals import AUDIO_HZ, AUDIO_PER_VOLT, STEPS_PER_V, VOLT_HZ
from firmware_bridge.truth import Call
from firmware_bridge.wav import NotAWav, WavReader, WavWriter

#: A telephone off the hook, where a capture has no voltage: between no battery and its 24 to 48 V.
TALKING_V: Final = 8.0


class CaptureError(ValueError):
    """The files are no capture; the message names the file, what it has, and what is wanted."""


class NotACapture(CaptureError):
    """The file is not there, or is not a 16-bit WAV file."""


class WrongRate(CaptureError):
    """Neither audio nor line voltage has this sampling rate."""


class ChannelsDiffer(CaptureError):
    """Audio and line voltage are not of the same lines."""


class BadStart(CaptureError):
    """NAME.json does not give a time with its offset."""


class Capture:
    """Reads one capture. Close it, or use it in a with block.

    Attributes:
        lines: channels of the files.
        has_audio, has_volts: which files there are.
        seconds: of the longer file; the shorter one is padded: audio with silence, voltage with its
            last reading.
        padded_s: by how much.
        start: when the first sample was taken, or None.
    """

    def __init__(self, path: Path) -> None:
        """Open NAME.wav and what lies beside it.

        Raises:
            CaptureError: a subclass says what is wrong.
        """
        with ExitStack() as opened:
            first = opened.enter_context(_open(path))
            if first.rate not in (AUDIO_HZ, VOLT_HZ):
                raise WrongRate(
                    f"{path}: {first.rate} Hz, want {AUDIO_HZ} (audio) or {VOLT_HZ} (volts)"
                )
            self._audio = first if first.rate == AUDIO_HZ else None
            self._volts = first if first.rate == VOLT_HZ else None
            beside = _beside(path, ".volts.wav")
            if self._audio and beside.exists():
                self._volts = opened.enter_context(_open(beside))
                _check_beside(first, path, self._volts, beside)
            self.lines: Final = first.channels
            self.start: Final = _start(_beside(path, ".json"))
            self._files = opened.pop_all()
        self.has_audio: Final = self._audio is not None
        self.has_volts: Final = self._volts is not None
        lengths = [f.frames / f.rate for f in (self._audio, self._volts) if f]
        self.seconds: Final = max(lengths)
        self.padded_s: Final = max(lengths) - min(lengths)
        self._left = ceil(max(lengths) * VOLT_HZ)  # the last millisecond may be padded
        self._last = np.full(self.lines, TALKING_V * STEPS_PER_V, np.int16)

    def read(self, n_volts: int) -> tuple[Samples, Samples]:
        """Return the next int16[lines, 8 n] of audio and int16[lines, n] of volts.

        n is n_volts, less at the end, and 0 behind it.
        """
        n = min(n_volts, self._left)
        self._left -= n
        audio = np.zeros((self.lines, n * AUDIO_PER_VOLT), np.int16)
        if self._audio:
            got = self._audio.read(n * AUDIO_PER_VOLT)
            audio[:, : got.shape[1]] = got
        volts = self._volts.read(n) if self._volts else np.empty((self.lines, 0), np.int16)
        if volts.shape[1]:
            self._last = volts[:, -1]
        if (missing := n - volts.shape[1]) > 0:
            volts = np.hstack([volts, np.repeat(self._last[:, None], missing, axis=1)])
        return audio, volts

    def close(self) -> None:
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()


def write_capture(
    path: Path, source: ScriptSource, seconds: float | None = None, start: datetime | None = None
) -> list[Call]:
    """Play scripts into NAME.wav, NAME.volts.wav and NAME.truth.json.

    Args:
        path: NAME.wav.
        seconds: None for all of it; the scripts must then have an end.
        start: also written, to NAME.json, with its offset.

    Returns:
        The calls that ended within it, as in the truth.
    """
    written_ms, wanted_ms = 0, None if seconds is None else round(seconds * VOLT_HZ)
    with (
        WavWriter(path, AUDIO_HZ, source.lines) as audio_wav,
        WavWriter(_beside(path, ".volts.wav"), VOLT_HZ, source.lines) as volts_wav,
    ):
        while not source.finished if wanted_ms is None else written_ms < wanted_ms:
            n = VOLT_HZ if wanted_ms is None else min(VOLT_HZ, wanted_ms - written_ms)
            audio, volts = source.read(n)
            audio_wav.write(audio)
            volts_wav.write(volts)
            written_ms += n
    truth = {"seconds": written_ms / VOLT_HZ, "calls": [asdict(call) for call in source.calls]}
    _beside(path, ".truth.json").write_text(json.dumps(truth, indent=1), encoding="utf-8")
    if start:
        _beside(path, ".json").write_text(json.dumps({"start": start.isoformat()}))
    return source.calls


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name.removesuffix(".wav").removesuffix(".volts") + suffix)


def _open(path: Path) -> WavReader:
    try:
        return WavReader(path)
    except NotAWav as error:
        raise NotACapture(str(error)) from error
    except OSError as error:
        raise NotACapture(f"{path}: {error.strerror}") from error


def _check_beside(audio: WavReader, path: Path, volts: WavReader, beside: Path) -> None:
    if volts.rate != VOLT_HZ:
        raise WrongRate(f"{beside}: {volts.rate} Hz, want {VOLT_HZ} beside {path.name}")
    if volts.channels != audio.channels:
        raise ChannelsDiffer(
            f"{beside}: {volts.channels} channels, want {audio.channels} as in {path.name}"
        )


def _start(path: Path) -> datetime | None:
    if not path.exists():
        return None
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if "start" not in known:
            return None
        start = datetime.fromisoformat(known["start"])
    except (ValueError, TypeError) as error:
        raise BadStart(f'{path}: {error!r}, want {{"start": ISO 8601 with offset}}') from error
    if start.tzinfo is None:
        raise BadStart(f"{path}: {start.isoformat()} has no offset, want one such as +09:00")
    return start
