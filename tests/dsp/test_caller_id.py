from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.io import wavfile

from dsp.caller_id import CallerIdBank
from tests.dsp.bursts import JAPAN, MDMF, SDMF, bell, japan, on_a_line, wave
from tests.signals import dtmf, in_pieces, mu_law, pcm, sine, speech_like, white

PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
CALLERS = on_a_line(np.zeros(3000), bell(MDMF), japan(JAPAN), bell(SDMF, dbm0=-36.0))


def heard(audio):
    bank = CallerIdBank(1)
    return [*bank.push(audio[None]), *bank.close()]


def test_the_callers_of_a_line_are_heard_in_order():
    first, second, third = heard(CALLERS)
    assert (first.standard, first.number, first.name) == ("bell202", "0313708114", "KIM")
    assert (second.standard, second.number, second.dialled) == (
        "v23_jp",
        "0312345678",
        "0173352111",
    )
    assert (third.standard, third.number, third.time) == ("bell202", "0313708114", "11231204")
    assert all(caller.valid for caller in (first, second, third))
    assert first.at_s == pytest.approx((3000 + 2 * 1600) / 8000, abs=0.03)
    assert second.at_s == pytest.approx((3000 + 3 * 1600 + len(bell(MDMF))) / 8000, abs=0.03)


@pytest.mark.parametrize("slope_db", [-6, 6])
@pytest.mark.parametrize("clock", [0.99, 1.01])
def test_mark_between_the_octets_on_a_line_with_a_slope_is_heard(slope_db, clock):
    line = {"slope_db": slope_db, "clock": clock, "dbm0": -30.0}
    pauses = np.random.default_rng(5).integers(0, 11, 40).tolist()
    bursts = [bell(MDMF, pauses, **line), japan(JAPAN, pauses, **line), bell(SDMF, [10, 0], **line)]
    assert [caller.valid for caller in heard(on_a_line(*bursts))] == [True] * 3


def test_a_burst_cut_off_by_the_end_of_the_stream_is_told_at_the_close():
    audio = on_a_line(bell(MDMF))[:-1500]
    (caller,) = heard(audio)
    assert (caller.number, caller.valid) == ("0313708114", True)
    assert caller.believed == len(audio)


@pytest.mark.parametrize("size", [1, 7, 80, 3999, 8000, 100_000])
def test_the_callers_are_the_same_however_the_stream_is_cut(size):
    audio = CALLERS[None, : 16000 if size == 1 else None]
    whole, cut = CallerIdBank(1), CallerIdBank(1)
    assert in_pieces(cut.push, audio, size) + cut.close() == whole.push(audio) + whole.close()


def test_a_line_is_heard_alone_as_among_others():
    shifts = range(0, 1500, 170)
    audio = np.stack([np.roll(CALLERS, shift) for shift in shifts])
    alone = [replace(e, line=i + 1) for i, line in enumerate(audio) for e in heard(line)]
    bank = CallerIdBank(len(audio))
    together = bank.push(audio) + bank.close()
    assert sorted(together, key=lambda e: (e.line, e.sample)) == alone
    assert len(alone) == 3 * len(audio)


def test_a_burst_hours_into_the_stream_is_heard():
    bank = CallerIdBank(1)
    rng = np.random.default_rng(1)
    quiet = pcm(white(rng, 20.0, -60))[None]
    for _ in range(30):
        assert bank.push(quiet) == []
    (caller,) = bank.push(on_a_line(bell(MDMF))[None]) + bank.close()
    assert caller.at_s == pytest.approx(600.2, abs=0.03)


@pytest.mark.parametrize(
    "audio",
    [
        dtmf("0313708114" * 4),
        sine(1300, 3) + sine(2100, 3),
        sine(440, 3) + sine(480, 3),
        np.concatenate([np.append(sine(1100, 0.5), np.zeros(8000)) for _ in range(3)]),
        sine(2100, 3),
        sine(1300, 6),
        np.zeros(24000),
    ],
    ids=["dtmf", "two tones", "ringback", "fax", "answer tone", "mark", "silence"],
)
def test_other_signals_are_no_caller(audio):
    rng = np.random.default_rng(4)
    assert heard(pcm(audio / 2 + white(rng, len(audio) / 8000, -50)[: len(audio)])) == []


def test_a_modem_that_goes_on_is_no_caller_and_nothing_grows():
    rng = np.random.default_rng(5)
    data = pcm(wave(rng.integers(0, 2, 36000)))[None]
    bank = CallerIdBank(1)
    kept = bank._energy.nbytes
    assert bank.push(data) == []
    (burst,) = bank._bursts.values()
    assert burst.told
    assert bank._energy.nbytes == kept


def test_a_caller_after_a_modem_is_heard():
    rng = np.random.default_rng(5)
    (caller,) = heard(on_a_line(wave(rng.integers(0, 2, 12000)), bell(MDMF)))
    assert caller.number == "0313708114"


def test_a_voice_like_noise_is_no_caller():
    assert heard(pcm(speech_like(np.random.default_rng(6), 60))) == []


@pytest.mark.skipif(not PROMPTS.is_dir(), reason="Debian's asterisk-core-sounds-en-wav is absent")
def test_a_human_voice_is_no_caller():
    for path in islice(sorted(PROMPTS.glob("*.wav")), 0, None, 6):
        _, voice = wavfile.read(path)
        assert heard(voice) == [], path


def test_audio_of_another_number_of_lines_is_refused():
    with pytest.raises(ValueError, match="want"):
        CallerIdBank(2).push(np.zeros((3, 80), np.int16))


@settings(max_examples=30, deadline=None)
@given(arrays(np.int16, st.tuples(st.just(2), st.integers(0, 900))), st.integers(1, 30))
def test_no_audio_whatever_breaks_it(samples, stretch):
    bank = CallerIdBank(2)
    audio = np.repeat(samples, stretch, axis=1)
    for event in [*bank.push(audio), *bank.close()]:
        assert 0 <= event.sample <= event.believed <= audio.shape[1]


@pytest.mark.parametrize("hz, dbm0", [(50.0, -8.0), (60.0, -4.0), (200.0, -8.0)])
def test_what_a_codec_leaves_of_hum_between_bursts_does_not_join_them(hz, dbm0):
    # So long before that the hum alone has been taken for a modem's data.
    quiet, bursts = np.zeros(40_000), [bell(MDMF), japan(JAPAN), bell(SDMF)]
    pieces = [quiet, *(part for burst in bursts for part in (burst, np.zeros(3000)))]
    line = np.concatenate([*pieces, *pieces])
    humming = mu_law(pcm(line + sine(hz, len(line) / 8000, dbm0)[: len(line)]))
    callers = heard(humming)
    assert [c.number for c in callers] == 2 * ["0313708114", "0312345678", "0313708114"]
    assert all(c.valid for c in callers)
