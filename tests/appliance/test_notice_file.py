import numpy as np
import pytest

from appliance.notice_file import NoticeFileError, read, shipped
from firmware_bridge.voices import FILE_DBM0, LEVEL_DBM0, sentence
from firmware_bridge.wav import WavWriter


def write(path, samples, rate=8000):
    with WavWriter(path, rate, len(samples)) as wav:
        wav.write(samples.astype(np.int16))
    return path


@pytest.mark.parametrize("language", ["ko", "ja"])
def test_what_is_shipped_can_be_looked_for(tmp_path, language):
    (tmp_path / "notice.wav").write_bytes(shipped(language))
    audio = read(tmp_path / "notice.wav")
    gain = 10 ** ((LEVEL_DBM0["near"] - FILE_DBM0) / 20)
    assert np.allclose(audio * gain, sentence(f"{language}_notice", "near"), atol=1)


def test_in_other_languages_none_is_shipped():
    assert shipped("tlh") is None


NOISE = np.random.default_rng(1).normal(0, 2000, (1, 40_000))


def test_of_a_long_one_the_beginning_is_read(tmp_path):
    assert len(read(write(tmp_path / "long.wav", np.tile(NOISE, 6)))) == 160_000


@pytest.mark.parametrize(
    ("samples", "rate", "said"),
    [
        (NOISE, 16000, "16000 Hz, 1 channels, want 8000 Hz"),
        (np.repeat(NOISE, 2, axis=0), 8000, "2 channels"),
        (NOISE[:, :8000], 8000, "1.00 s, want 2.0 s"),
        (NOISE * 0, 8000, "silence"),
    ],
    ids=["rate", "stereo", "short", "silent"],
)
def test_what_cannot_be_looked_for_is_refused_by_name(tmp_path, samples, rate, said):
    with pytest.raises(NoticeFileError, match=f"n.wav: .*{said}"):
        read(write(tmp_path / "n.wav", samples, rate))


def test_a_file_that_is_missing_or_no_wav_is_refused_by_name(tmp_path):
    with pytest.raises(NoticeFileError, match=r"n\.wav: No such file"):
        read(tmp_path / "n.wav")
    (tmp_path / "n.wav").write_bytes(b"MP3 really")
    with pytest.raises(NoticeFileError, match=r"n\.wav: begins with"):
        read(tmp_path / "n.wav")
