"""A recording as a browser takes it: WAV decoded on the way out, and the shape to seek in."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from appliance import wav
from appliance.index_row import CallRow
from appliance.playback import Recording

#: Bars of a waveform: one for each pixel or two of the widest page.
BARS: Final = 600

#: Opens a call's recording with the vault's secret and the call's key as the recorder sent it.
OpenAudio = Callable[[CallRow, bytes, bytes], Recording]


def wav_size(audio: Recording) -> int:
    return wav.HEADER_BYTES + 2 * audio.samples


def wav_bytes(audio: Recording, wanted: range) -> Iterator[bytes]:
    """Yield exactly the wanted bytes of the recording's WAV."""
    header = wav.header(audio.samples)[wanted.start : wanted.stop]
    if header:
        yield header
    start, stop = (max(0, at - wav.HEADER_BYTES) for at in (wanted.start, wanted.stop))
    skip, left = start % 2, stop - start
    if left <= 0:
        return
    for piece in audio.pcm(start // 2, -(-stop // 2)):
        part = piece[skip : skip + left]
        skip, left = 0, left - len(part)
        yield part


def waveform(peaks: Sequence[float]) -> str:
    """Return the shape of a recording as an SVG file, 0 to 1000 wide, loud is high.

    A square root brings up quiet speech, which on a telephone line is 20 dB below the loudest.
    """
    loudest = [max(part) for part in _parts(peaks, BARS)]
    width = 1000 / max(1, len(loudest))
    path = "".join(
        f"M{(n + 0.5) * width:.1f} {50 - high:.1f}v{2 * high:.1f}"
        for n, peak in enumerate(loudest)
        for high in (max(0.5, 48 * peak**0.5),)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 100" preserveAspectRatio="none">'
        f'<path d="{path}" fill="none" stroke="#5b7fa6" stroke-width="{width * 0.7:.2f}"/></svg>'
    )


def _parts(peaks: Sequence[float], count: int) -> Iterator[Sequence[float]]:
    """Cut into so many parts of nearly equal length, fewer if there are fewer peaks."""
    count = min(count, len(peaks))
    for n in range(count):
        yield peaks[n * len(peaks) // count : (n + 1) * len(peaks) // count]
