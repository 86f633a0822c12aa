"""Every tone of the plans, clean and spoilt, and what is none."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp import g711
from dsp.tone_plans import PLANS, PlanTone, tones_of
from dsp.tones import ToneBank
from tests.dsp.test_dtmf import SOUNDS, dial, pcm, prompt, sine, white

#: Rows that no row above sounds like.
OWN = [t for t in PLANS if (t.plan, t.name) not in {("jp", "recall_dial"), ("eu", "dial")}]
NAMED = {f"{t.plan}-{t.name}-{t.freqs_hz[-1]}-{t.cadence_s[:1]}": t for t in OWN}


def sounded(tone, seconds=11.0, dbm0=-15.0, lead_s=1.0, seed=1):
    """A tone as an exchange sends it, dbm0 for each frequency; modulated by 85 % at 16 Hz."""
    n = round(seconds * 8000)
    at, rng = np.arange(n), np.random.default_rng(seed)
    signal = sum(sine(hz, n, dbm0, rng.uniform(0, 6)) for hz in tone.freqs_hz)
    if any(tone.am_hz):
        signal = signal * (1 + 0.85 * np.sin(2 * np.pi * 16 * at / 8000)) / 1.85
    if tone.cadence_s:
        edges = np.rint(np.cumsum(tone.cadence_s) * 8000).astype(int)
        signal = signal * (np.searchsorted(edges, at % edges[-1], "right") % 2 == 0)
    return np.concatenate([np.zeros(round(lead_s * 8000)), signal])


def off(tone, freq=1.0, time=1.0):
    freqs_hz = tuple(hz * freq for hz in tone.freqs_hz)
    return replace(tone, freqs_hz=freqs_hz, cadence_s=tuple(s * time for s in tone.cadence_s))


def hear(signal, plans=PLANS):
    bank = ToneBank(1, plans)
    return bank.push(pcm(signal)) + bank.close()


def named(signal, plans=PLANS):
    return [(event.plan, event.name) for event in hear(signal, plans)]


def lasting(tone):
    """Three cycles, or so much of short ones."""
    return max(11.0, 3.2 * sum(tone.cadence_s))


# ------------------------------------------------------------------------------ tones


@pytest.mark.parametrize("name", NAMED)
def test_every_tone_is_told_from_all_others(name):
    tone = NAMED[name]
    (event,) = hear(sounded(tone, lasting(tone)))
    assert (event.plan, event.name) == (tone.plan, tone.name)
    assert event.sample == pytest.approx(8000, abs=160)


@pytest.mark.parametrize("freq", [0.985, 1.015])
@pytest.mark.parametrize("time", [0.9, 1.1])
@pytest.mark.parametrize("name", NAMED)
def test_works_off_frequency_and_cadence_at_once(name, freq, time):
    tone = NAMED[name]
    signal = sounded(off(tone, freq, time), lasting(tone), -30) + white(1, -65)
    assert named(signal) == [(tone.plan, tone.name)]


def noisy(signal):
    return signal + white(len(signal), -25)


def quiet(signal):
    return signal * 0.1 + white(len(signal), -65)


def humming(signal):
    return signal + sine(60, len(signal), -22) + sine(180, len(signal), -30)


def a_law(signal):
    return g711.decode(g711.encode(pcm(signal)[0])).astype(float)


LINES = {
    "noise 10 dB below": noisy,
    "-35 dBm0": quiet,
    "both": lambda signal: quiet(noisy(signal)),
    "hum": humming,
    "A-law": lambda signal: a_law(noisy(signal)),
}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("name", NAMED)
def test_works_on(name, line):
    tone = NAMED[name]
    assert named(LINES[line](sounded(tone, lasting(tone)))) == [(tone.plan, tone.name)]


@pytest.mark.parametrize("freqs_hz", [(384.0, 416.0)])
def test_a_ring_back_of_two_tones_is_one_modulated(freqs_hz):
    ringing = PlanTone("jp", "ringback", freqs_hz, (1.0, 2.0))
    assert named(sounded(ringing)) == [("jp", "ringback")]


def test_a_ring_back_of_one_burst_is_one():
    (ringing,) = hear(
        np.concatenate([sounded(NAMED["kr-ringback-480-(1.0,)"], 1.0), sine(0, 24000)])
    )
    assert (ringing.name, ringing.duration_s) == ("ringback", pytest.approx(1.0, abs=0.03))


def test_a_ring_back_answered_in_a_burst_is_cut():
    ringing = sounded(NAMED["kr-ringback-480-(1.0,)"], 6.5)
    (event,) = hear(np.concatenate([ringing, np.zeros(24000)]))
    assert event.cut
    assert event.at_s + event.duration_s == pytest.approx(7.5, abs=0.03)


def test_a_dial_tone_of_one_second_before_a_digit_is_heard():
    dialled = dial("0318036")[0]
    signal = np.concatenate([sounded(NAMED["kr-dial-440-()"], 1.2), dialled])
    (event,) = hear(signal)
    assert event.name == "dial"
    assert event.duration_s == pytest.approx(1.2, abs=0.03)


def test_a_plan_that_is_not_armed_gives_no_name():
    signal = sounded(NAMED["eu-busy-425-(0.5,)"])
    assert named(signal, tones_of(("kr", "jp"))) == []
    assert named(sounded(NAMED["pbx-dial_425-425-()"]), tones_of(("eu",))) == [("eu", "dial")]


def test_a_site_adds_a_tone_of_its_own():
    own = PlanTone("site", "paging", (460.0,), (0.7, 0.7))
    assert named(sounded(own), (*PLANS, own)) == [("site", "paging")]


def test_a_tone_outside_the_bands_is_refused():
    with pytest.raises(ValueError, match="site special: 950 Hz"):
        ToneBank(1, (PlanTone("site", "special", (950.0,)),))


# ------------------------------------------------------------------- what is not a tone


@pytest.mark.parametrize(
    "hz", [(412.5,), (375.0,), (500.0,), (350.0,), (440.0,), (480.0,), (620.0,)]
)
def test_no_name_for(hz):
    lone = PlanTone("", "", hz)
    assert (
        named(np.concatenate([sounded(lone, 4.0), sounded(replace(lone, cadence_s=(0.5, 0.5)))]))
        == []
    )


NOT_TONES = {
    "digits": dial("0123456789*#ABCD" * 3, on=90, off=70)[0],
    "noise": white(160_000, -15),
    "record beep": np.tile(np.concatenate([sine(1400, 4000), np.zeros(4000)]), 10),
    "fax": np.tile(np.concatenate([sine(1100, 4000), np.zeros(24_000)]), 4),
    "ringing that leaks in": np.tile(
        np.concatenate([sine(20, 8000, -5) + sine(60, 8000, -20), np.zeros(16_000)]), 4
    ),
    "sweep": 8000 * np.sin(2 * np.pi * np.cumsum(np.linspace(200, 3800, 80_000)) / 8000),
    "full-scale square wave": 32767 * np.sign(sine(200, 40_000)),
}


@pytest.mark.parametrize("name", NOT_TONES)
def test_is_no_tone(name):
    assert named(NOT_TONES[name]) == []


@pytest.mark.parametrize("voice", ["en_US_f_Allison", "it_IT_m_Carlo", "ru_RU_f_IvrvoiceRU"])
def test_no_tone_in_human_speech(voice):
    prompts = [prompt(path) for path in sorted((SOUNDS / voice).glob("*.wav"))[:200]]
    if not prompts:
        pytest.skip(f"{voice} is not installed (apt install asterisk-core-sounds-*-wav)")
    speech = np.concatenate(prompts)[: 8000 * 300]
    bank = ToneBank(1)
    assert bank.push(speech[np.newaxis]) + bank.close() == []


# --------------------------------------------------------------------------------- streams


def rough_line(seed):
    tone = OWN[seed % len(OWN)]
    return pcm(noisy(sounded(tone, 9.0, lead_s=0.5 + 0.013 * seed, seed=seed)))


def run(bank, audio, step):
    pieces = [bank.push(audio[:, at : at + step]) for at in range(0, audio.shape[1], step)]
    return [event for piece in pieces for event in piece] + bank.close()


@pytest.mark.parametrize("step", [7, 80, 127, 8000])
def test_cutting_the_stream_elsewhere_changes_nothing(step):
    audio = np.concatenate([rough_line(seed)[:, :70_000] for seed in (1, 2)])
    whole = run(ToneBank(2), audio, audio.shape[1])
    assert sorted((event.line, event.name) for event in whole) == [(1, "ringback"), (2, "busy")]
    assert run(ToneBank(2), audio, step) == whole


def test_sample_by_sample_is_the_same():
    audio = pcm(sounded(NAMED["kr-busy-620-(0.5,)"], 3.6, lead_s=0.1))
    whole = run(ToneBank(1), audio, audio.shape[1])
    assert len(whole) == 1
    assert run(ToneBank(1), audio, 1) == whole


def test_a_line_is_heard_alike_alone_and_among_64():
    audio = np.concatenate([rough_line(seed)[:, :70_000] for seed in range(64)])
    together = run(ToneBank(64), audio, 70_000)
    for line in (0, 3, 37, 63):
        mine = [replace(event, line=1) for event in together if event.line == line + 1]
        assert mine == run(ToneBank(1), audio[line : line + 1], 70_000)


def test_memory_does_not_grow():
    audio, bank = np.repeat(rough_line(2), 4, axis=0), ToneBank(4)
    tracemalloc.start()
    held = []
    for _ in range(6):
        for _ in range(8):
            bank.push(audio)
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert held[-1] - held[-3] < 2_000  # what is made once has been made by then


@pytest.mark.parametrize("audio", [np.zeros((1, 80), np.int16), np.zeros((2, 80))])
def test_audio_of_another_shape_or_type_is_refused(audio):
    with pytest.raises(ValueError, match=r"want int16\[2, n\]"):
        ToneBank(2).push(audio)


@settings(max_examples=40, deadline=None)
@given(
    bits=st.binary(min_size=2, max_size=600),
    repeat=st.integers(1, 90),
    row=st.sampled_from(OWN),
    gain=st.sampled_from([0.0, 0.01, 1.0]),
)
def test_any_input_gives_a_bounded_list_of_finite_events(bits, repeat, row, gain):
    noise = np.tile(np.frombuffer(bits[: len(bits) // 2 * 2], np.int16), repeat)[:32_000]
    mixed = np.clip(gain * noise + sounded(row, 4.0)[: len(noise)], -32768, 32767)
    for audio in (noise, mixed.astype(np.int16)):
        bank = ToneBank(1)
        events = bank.push(audio[np.newaxis]) + bank.close()
        assert len(events) <= len(audio) / 6400
        for event in events:
            assert 0 <= event.sample <= event.believed <= len(audio)
            assert 0 < event.duration_s <= len(audio) / 8000
