"""The announcement that calls are recorded, as a WAV file that the recorder looks for in calls."""

from importlib.resources import files
from pathlib import Path

from dsp.announcement import MOST_S, announcement
from dsp.units import AUDIO_HZ
from firmware_bridge.block import Samples
from firmware_bridge.wav import NotAWav, WavReader


class NoticeFileError(ValueError):
    """The file cannot be looked for; the message names it, what it has, and what is wanted."""


def shipped(language: str) -> bytes | None:
    """Return the WAV file that comes with Kirok in a language ("ko", "ja"), or None."""
    path = files("firmware_bridge") / "speech" / f"{language}_notice.wav"
    return path.read_bytes() if path.is_file() else None


def read(path: Path) -> Samples:
    """Return int16[n] of an announcement, its beginning if it is long.

    Raises:
        NoticeFileError: it is missing, no mono 8 kHz WAV, too short, or silent.
    """
    try:
        with WavReader(path) as wav:
            if (wav.rate, wav.channels) != (AUDIO_HZ, 1):
                raise NoticeFileError(
                    f"{path}: {wav.rate} Hz, {wav.channels} channels, want 8000 Hz, 1 channel"
                )
            audio: Samples = wav.read(round(MOST_S * AUDIO_HZ))[0]
        announcement(audio)
    except OSError as error:
        raise NoticeFileError(f"{path}: {error.strerror}") from None
    except (NotAWav, ValueError) as error:
        raise NoticeFileError(
            str(error) if str(path) in str(error) else f"{path}: {error}"
        ) from None
    return audio
