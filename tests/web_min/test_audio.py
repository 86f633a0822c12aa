import itertools

import numpy as np
import pytest

from tests.web_min.rig import recording, speechlike, ulid
from web_min.audio import BARS, wav_bytes, wav_size, waveform


@pytest.fixture(scope="module")
def audio():
    return recording(ulid(1), speechlike(3.0))


def test_the_whole_wav(audio):
    whole = b"".join(wav_bytes(audio, range(wav_size(audio))))
    assert len(whole) == wav_size(audio) == 44 + 2 * 24_000
    assert whole[:4] == b"RIFF"


@pytest.mark.parametrize("first", [0, 1, 43, 44, 45, 46, 1000, 1001, 48_043])
@pytest.mark.parametrize("length", [1, 2, 3, 45, 16_001, 60_000])
def test_any_part_has_exactly_the_bytes_asked_for(audio, first, length):
    wanted = range(first, min(first + length, wav_size(audio)))
    assert sum(map(len, wav_bytes(audio, wanted))) == len(wanted)


def test_parts_in_any_cut_sound_as_the_whole(audio):
    whole = b"".join(wav_bytes(audio, range(wav_size(audio))))
    cuts = [0, 7, 44, 9_999, 20_001, 20_002, wav_size(audio)]
    parts = [b"".join(wav_bytes(audio, range(a, b))) for a, b in itertools.pairwise(cuts)]
    joined = b"".join(parts)
    assert len(joined) == len(whole)
    assert joined[:44] == whole[:44]
    # A decoder that began in mid-call has settled by the time it is heard.
    there, here = (np.frombuffer(b[44:], "<i2").astype(float) for b in (whole, joined))
    assert np.abs(there - here).max() < 0.02 * np.abs(there).max()


def test_the_shape_has_a_bar_for_each_part_and_loud_is_high():
    svg = waveform([0.0, 0.25, 1.0])
    assert svg.count("M") == 3
    assert "v1.0" in svg  # silence is seen as a thin line
    assert "v48.0" in svg
    assert "v96.0" in svg


@pytest.mark.parametrize("count, bars", [(0, 0), (1, 1), (599, 599), (5000, BARS)])
def test_the_shape_never_has_more_bars_than_the_page_can_show(count, bars):
    assert waveform([0.5] * count).count("M") == bars


def test_no_peak_is_lost_between_bars():
    peaks = [0.0] * 5000
    peaks[4321] = 1.0
    assert waveform(peaks).count("v96.0") == 1
