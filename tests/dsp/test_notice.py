from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.io import wavfile
from scipy.signal import butter, sosfilt

from dsp.notice import NoticeBank
from firmware_bridge.signals import a_law
from firmware_bridge.voices import sentence
from tests.signals import in_pieces, pcm, peak, white

KO, JA = sentence("ko_notice", "near"), sentence("ja_notice", "near")
PROMPTS = Path("/usr/share/asterisk/sounds")


def at_level(audio, dbm0):
    """Set the level of what is spoken, its pauses left out."""
    wave = audio.astype(float)
    rms = np.sqrt(np.mean(wave[np.abs(wave) > 0.03 * np.abs(wave).max()] ** 2))
    return wave / rms * peak(dbm0) / np.sqrt(2)


def others(language, dbm0, n):
    said = np.concatenate([sentence(f"{language}_far_{k}", "far") for k in range(1, 6)])
    return np.resize(at_level(said, dbm0), n)


def call(notice, at_s, seconds, noise_dbm0=-65, seed=1):
    """Return float[n] of a line on which an announcement is played from at_s on."""
    line = white(np.random.default_rng(seed), seconds, noise_dbm0)
    at = round(at_s * 8000)
    line[at : at + len(notice)] += notice[: len(line) - at]
    return line


def heard(line, announcements=(KO,), size=1600):
    bank = NoticeBank(1, announcements)
    bank.listen(1, on=True)
    return in_pieces(bank.push, pcm(line)[None], size) + bank.close()


def clock_off(audio, ppm):
    n = len(audio)
    return np.interp(np.arange(n) * (1 + ppm * 1e-6), np.arange(n), audio)


def test_an_announcement_is_found_where_it_began():
    (event,) = heard(call(KO, 3.1234, 12))
    assert event.as_json()["event"] == "notice"
    assert event.at_s == pytest.approx(3.1234, abs=0.003)
    assert event.score > 0.8
    assert event.believed == 12 * 8000


@pytest.mark.parametrize("ppm", [-200, 0, 200])
@pytest.mark.parametrize("dbm0", [-40, -20, 0])
def test_it_is_found_at_any_level_and_clock(dbm0, ppm):
    notice = clock_off(at_level(JA, dbm0), ppm)
    (event,) = heard(a_law(pcm(call(notice, 2.5, 11))), [JA])
    assert event.at_s == pytest.approx(2.5, abs=0.006)
    assert event.score > 0.35


@pytest.mark.parametrize("ppm", [-200, 0, 200])
@pytest.mark.parametrize("language", ["ko", "ja"])
def test_it_is_found_under_the_other_party_as_loud(language, ppm):
    line = call(clock_off(at_level(KO, -18), ppm), 2.5, 10)
    (event,) = heard(a_law(pcm(line + others(language, -18, len(line)))))
    assert event.at_s == pytest.approx(2.5, abs=0.006)
    assert event.score > 0.35


def test_it_is_found_with_a_gap_and_with_an_echo_and_in_a_narrow_band():
    gap = KO.astype(float)
    gap[16000:28000] = 0
    echo = KO.astype(float)
    echo[1500:] += 0.5 * KO[:-1500]
    narrow = sosfilt(butter(4, [300, 3400], "band", fs=8000, output="sos"), KO)
    for spoilt in (gap, echo, narrow):
        (event,) = heard(call(spoilt, 2.0, 10))
        assert event.at_s == pytest.approx(2.0, abs=0.005)
        assert event.score > 0.5


def test_of_an_announcement_cut_off_only_half_or_more_counts():
    assert heard(call(KO[: len(KO) * 2 // 5], 2, 12)) == []
    (event,) = heard(call(KO[: len(KO) * 7 // 10], 2, 12))
    assert event.at_s == pytest.approx(2.0, abs=0.003)


def test_each_time_it_is_played_is_one_event():
    line = np.concatenate([call(KO, 1, 9), call(KO, 0.5, 23), call(KO, 0, 30), call(KO, 0, 6)])
    times = [event.at_s for event in heard(line)]
    assert times == pytest.approx([1.0, 9.5, 32.0, 62.0], abs=0.003)


def test_each_of_several_announcements_is_found():
    line = np.concatenate((call(JA, 1, 10), call(KO, 1, 10)))
    assert [e.at_s for e in heard(line, [KO, JA])] == pytest.approx([1.0, 11.0], abs=0.003)


@pytest.mark.parametrize("announced", [KO, JA], ids=["ko", "ja"])
def test_it_is_not_found_in_what_else_is_said(announced):
    other = JA if announced is KO else KO
    talk = [sentence(f"{x}_{y}_{k}", y) for x in ("ko", "ja") for y in ("near", "far")
            for k in range(1, 6)]  # fmt: skip
    assert heard(np.concatenate([other, *talk]), [announced]) == []


@pytest.mark.skipif(not PROMPTS.is_dir(), reason="Debian's asterisk-core-sounds-*-wav are absent")
def test_it_is_not_found_in_other_speech_of_the_same_human_voice():
    files = sorted((PROMPTS / "en_US_f_Allison").glob("*.wav"))
    spoken = np.concatenate([wavfile.read(path)[1] for path in files])
    notice, rest = spoken[80_000:128_000], spoken[128_000:2_000_000]
    assert heard(rest, [notice], 80_000) == []
    (event,) = heard(np.concatenate((rest[:100_000], notice, rest[:50_000])), [notice], 80_000)
    assert event.at_s == pytest.approx(12.5, abs=0.003)


def test_a_line_that_is_not_listened_to_is_not_heard():
    bank = NoticeBank(2, [KO])
    bank.listen(2, on=True)
    line = pcm(call(KO, 1, 12))
    assert {e.line for e in bank.push(np.stack((line, line))) + bank.close()} == {2}


def test_the_end_of_listening_hands_over_what_was_heard_and_forgets_it():
    bank, line = NoticeBank(1, [KO]), pcm(call(KO, 1, 7))
    bank.listen(1, on=True)
    assert bank.push(line[None]) == []
    (event,) = bank.listen(1, on=False)
    assert (event.at_s, event.believed) == (pytest.approx(1.0, abs=0.003), len(line))
    assert bank.listen(1, on=False) == []
    bank.listen(1, on=True)
    assert bank.push(np.zeros((1, 160_000), np.int16)) + bank.close() == []


def test_what_was_heard_up_to_the_hang_up_counts():
    bank, line = NoticeBank(1, [KO]), pcm(call(KO, 1, 3.9))  # 2.9 s of 5.3
    bank.listen(1, on=True)
    bank.push(line[None])
    (event,) = bank.listen(1, on=False)
    assert event.at_s == pytest.approx(1.0, abs=0.003)


def test_two_calls_do_not_make_one_announcement():
    bank, line = NoticeBank(1, [KO]), pcm(call(KO, 1, 5))
    events = []
    for begin, end in ((0, 24_000), (24_000, 40_000)):
        events += bank.listen(1, on=True) + bank.push(line[None, begin:end])
        events += bank.listen(1, on=False)
    assert events == []


@pytest.mark.parametrize("begins_s", [0.3, 4.9, 11.7, 23.45])
def test_it_is_found_in_a_call_that_begins_at_any_time(begins_s):
    bank, line = NoticeBank(1, [KO]), pcm(call(KO, begins_s + 0.5, begins_s + 8))
    at = round(begins_s * 8000)
    events = bank.push(line[None, :at]) + bank.listen(1, on=True)
    events += bank.push(line[None, at:]) + bank.listen(1, on=False)
    assert [e.at_s for e in events] == pytest.approx([begins_s + 0.5], abs=0.003)


LINES = np.stack([pcm(call(KO, 1.0, 26, seed=k) + others("ja", -22, 208_000)) for k in range(3)])


def events_in_pieces(size, audio):
    bank, events = NoticeBank(3, [KO, JA]), []
    for line in (1, 2, 3):
        bank.listen(line, on=True)
    events += in_pieces(bank.push, audio[:, :88_000], size)
    events += bank.listen(2, on=False)
    return events + in_pieces(bank.push, audio[:, 88_000:], size) + bank.close()


@pytest.mark.parametrize("size", [7, 80, 8000, 30011])
def test_the_events_are_the_same_however_the_stream_is_cut(size):
    whole = events_in_pieces(208_000, LINES)
    assert [e.line for e in whole] == [2, 1, 3]
    assert events_in_pieces(size, LINES) == whole


def test_the_events_are_the_same_sample_by_sample():
    short = LINES[:, 6000:22_000]
    notice = [sentence("ko_notice", "near")[:17_000]]

    def run(size):
        bank = NoticeBank(3, notice)
        for line in (1, 2, 3):
            bank.listen(line, on=True)
        return in_pieces(bank.push, short, size) + bank.close()

    assert len(run(16_000)) == 3
    assert run(1) == run(16_000)


def test_a_line_is_heard_alone_as_among_64():
    many = np.resize(LINES[:, :100_000], (64, 100_000))
    bank = NoticeBank(64, [KO])
    for line in range(1, 65):
        bank.listen(line, on=True)
    together = bank.push(many) + bank.close()
    alone = [replace(e, line=i + 1) for i in range(64) for e in heard(many[i % 3])]
    assert sorted(together, key=lambda e: e.line) == alone


def test_without_an_announcement_nothing_is_found():
    assert heard(call(KO, 1, 8), []) == []


def test_audio_of_another_number_of_lines_is_refused():
    with pytest.raises(ValueError, match="want"):
        NoticeBank(2, [KO]).push(np.zeros((3, 80), np.int16))


@settings(max_examples=20, deadline=None)
@given(arrays(np.int16, st.tuples(st.just(1), st.integers(1, 900))), st.integers(1, 200))
def test_no_audio_whatever_breaks_it(samples, stretch):
    audio = np.repeat(samples, stretch, axis=1)
    bank = NoticeBank(1, [KO])
    bank.listen(1, on=True)
    for event in [*bank.push(audio), *bank.close()]:
        assert 0 <= event.sample <= event.believed <= audio.shape[1]
        assert 0 <= event.score <= 1
