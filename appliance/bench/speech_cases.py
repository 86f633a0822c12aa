"""Speech in which there is no key, no tone and no caller.

The speech of the demonstration is synthesised. Recorded people come from the prompts of Debian's
asterisk-core-sounds packages, where they are installed; they are read in place. This is not the
Bellcore talk-off tape, which is not free: hours and sources are given instead.
"""

import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from appliance.bench.case import Case, on_a_line, silence
from firmware_bridge.signals import AUDIO_HZ, Audio, peak
from firmware_bridge.voices import Language, mix, talk

PROMPTS: Final = Path("/usr/share/asterisk/sounds")
#: ITU-T Q.24, NTT: tried at -15 dBm mean.
_DBM0: Final = -15.0
_NONE: Final = "ITU-T Q.24: none is to be heard in speech"
#: Frames this far under the loudest are pauses.
_PAUSE_DB: Final = 30.0
_LANGUAGES: Final[tuple[Language, ...]] = ("ko", "ja", "en")
#: Prompts that are no speech.
_SIGNALS: Final = ("beep", "silence", "tone", "confbridge-join", "confbridge-leave", "tt-")


def speech_cases(rng: np.random.Generator, minutes: float) -> Iterator[Case]:
    """Yield a case for each language and voice.

    Args:
        minutes: of recorded speech from each voice.
    """
    for language in _LANGUAGES:
        n = 60 * AUDIO_HZ
        audio = mix(talk(language, n, int(rng.integers(1000))), 0, n)
        name = f"synthesised, {language}"
        yield Case("speech", name, "refuse", _NONE, (), audio=on_a_line(audio, rng))
    for voice in voices():
        audio = _spoken(voice, rng, round(minutes * 60 * AUDIO_HZ))
        if len(audio):
            name = f"recorded, {voice.name}"
            yield Case("speech", name, "refuse", _NONE, (), audio=on_a_line(audio, rng))


def voices() -> list[Path]:
    """Return the folders of the voices that are installed."""
    return sorted(p for p in PROMPTS.glob("*_*_*_*") if p.is_dir()) if PROMPTS.is_dir() else []


def _spoken(voice: Path, rng: np.random.Generator, n: int) -> Audio:
    files = sorted(path for path in voice.rglob("*.wav") if not _is_signal(path))
    parts, have = [np.empty(0, np.float32)], 0
    for k in rng.permutation(len(files)):
        if have >= n:
            break
        prompt = _levelled(files[k])
        parts += [prompt, silence(0.3)]
        have += len(prompt) + len(parts[-1])
    return np.concatenate(parts)[:n]


def _is_signal(path: Path) -> bool:
    return "silence" in path.parts or path.stem.startswith(_SIGNALS)


def _levelled(path: Path) -> Audio:
    """Return a prompt at the level, its pauses not counted; nothing of one that is not 8 kHz."""
    with wave.open(str(path)) as wav:
        if (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) != (AUDIO_HZ, 1, 2):
            return silence(0)
        audio = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(np.float32)
    frames = audio[: len(audio) // 160 * 160].reshape(-1, 160)
    power = (frames**2).mean(axis=1)
    loud = power[power > power.max(initial=0.0) * 10 ** (-_PAUSE_DB / 10)]
    if not len(loud):
        return silence(0)
    return audio * np.float32(peak(_DBM0) / np.sqrt(2 * loud.mean()))
