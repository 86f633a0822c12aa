import numpy as np
import pytest

from dsp.announcement import BandReader, MatchedFilters, announcement, squares
from firmware_bridge.voices import sentence
from tests.signals import pcm, sine, white

KO = sentence("ko_notice", "near")


def bands_of(audio):
    whole = audio[: len(audio) // 32 * 32]
    return BandReader(1).read(np.array([0]), whole[None])[:, 0]


def played(audio, at):
    """Return two seconds of silence more than the announcement, which begins at a sample."""
    line = np.zeros(len(audio) + 16000, np.int16)
    line[at : at + len(audio)] = audio
    return line


def test_an_announcement_is_like_itself_at_the_sample_at_which_it_begins():
    likeness = squares(announcement(KO), bands_of(played(KO, 8000 + 12)), 250)
    assert int(likeness.sum(axis=1).argmax()) == 3  # 12 samples are three shifts of four
    assert np.median(likeness[3]) > 0.85


def test_the_matched_filters_point_to_the_hop_at_which_it_begins():
    what = announcement(KO)
    spectra = np.fft.fft(bands_of(played(KO, 4000)), 4096, axis=1).astype(np.complex64)
    likeness = MatchedFilters(what, 4096).correlate(spectra, 500)
    assert int(likeness.argmax()) == 125
    assert float(likeness[125]) > 0.8
    assert float(np.delete(likeness, range(120, 131)).max()) < 0.1


@pytest.mark.parametrize("dbm0", [-35, -20, 0])
def test_level_is_no_part_of_what_is_read(dbm0):
    loud, read = bands_of(pcm(sine(500, 1, 3))), bands_of(pcm(sine(500, 1, dbm0)))
    assert np.abs(read[0, 2:]).min() > 0.9
    assert np.allclose(np.angle(read[0, 2:] / loud[0, 2:]), 0, atol=0.02)


def test_what_is_out_of_band_and_below_the_floor_is_hardly_read():
    hum = bands_of(pcm(sine(60, 1, -45) + np.full(8000, 20.0)))
    assert np.abs(hum[:, 2:]).max() < 0.2
    assert np.abs(bands_of(pcm(white(np.random.default_rng(1), 1, -75)))).max() < 0.2


def test_lines_are_read_together_as_each_alone_to_the_last_bit():
    rng = np.random.default_rng(2)
    audio = rng.integers(-32768, 32767, (33, 3200), np.int16, endpoint=True)
    together = BandReader(33).read(np.arange(33), audio)
    for row in range(33):
        alone = BandReader(1).read(np.array([0]), audio[row : row + 1])
        assert np.array_equal(alone[:, 0], together[:, row])


def test_a_stream_read_in_pieces_is_read_as_a_whole():
    rows, reader = np.array([0]), BandReader(1)
    pieces = [reader.read(rows, KO[None, at : at + 3200]) for at in range(0, 32000, 3200)]
    assert np.array_equal(np.concatenate(pieces, axis=2)[:, 0], bands_of(KO[:32000]))


def test_a_section_that_is_all_pause_does_not_count():
    spoken = np.concatenate((KO[:16000], np.zeros(16000, np.int16), KO[16000:32000]))
    likeness = squares(announcement(spoken), bands_of(played(spoken, 0)), 0)
    assert likeness.shape[1] < 9
    assert np.median(likeness[0]) > 0.85


def test_of_a_long_announcement_the_beginning_is_looked_for():
    assert announcement(np.tile(KO, 6)).hops == 20 * 250 + 1


@pytest.mark.parametrize(
    ("audio", "said"),
    [
        (KO[:15999], "2.00 s, want 2.0 s"),
        (np.zeros(40000, np.int16), "silence"),
        (pcm(white(np.random.default_rng(3), 5, -80)), "silence"),
        (KO.astype(np.float64), "float64"),
        (KO[None], "want int16"),
    ],
    ids=["short", "silence", "noise of a line", "float", "two axes"],
)
def test_what_cannot_be_looked_for_is_refused(audio, said):
    with pytest.raises(ValueError, match=said):
        announcement(audio)
