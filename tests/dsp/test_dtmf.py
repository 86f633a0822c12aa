"""Both sides of every limit, in the order of an industry test tape, then talk-off."""

import tracemalloc
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp import g711, opus
from dsp.dtmf import DtmfBank
from dsp.slices import SLICE
from tests.signals import in_pieces

ROWS_HZ = (697.0, 770.0, 852.0, 941.0)
COLUMNS_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
KEYS = "123A456B789C*0#D"
NUMBER = "0312345678#*ABCD9"
PEAK_AT_0_DBM0 = 32768 * 10 ** (-3.14 / 20)
#: Debian's asterisk-core-sounds-*-wav: 8 kHz prompts of six voices.
SOUNDS = Path("/usr/share/asterisk/sounds")


def sine(freq_hz, count, dbm0=-10.0, phase=0.0):
    peak = PEAK_AT_0_DBM0 * 10 ** (dbm0 / 20)
    return peak * np.sin(2 * np.pi * freq_hz / 8000 * np.arange(count) + phase)


def ms(duration):
    return round(8 * duration)


def key(digit, *, on=50.0, dbm0=-10.0, twist_db=0.0, off_low=0.0, off_high=0.0, rng=None):
    """One digit; dbm0 is the stronger tone's, off_* the relative frequency errors."""
    row, column = divmod(KEYS.index(digit), 4)
    phases = (rng or np.random.default_rng(0)).uniform(0, 2 * np.pi, 2)
    low = sine(ROWS_HZ[row] * (1 + off_low), ms(on), dbm0 - max(twist_db, 0), phases[0])
    high = sine(COLUMNS_HZ[column] * (1 + off_high), ms(on), dbm0 + min(twist_db, 0), phases[1])
    return low + high


def dial(digits, on=50.0, off=50.0, lead=200.0, seed=0, **tone):
    """A string of digits, and the sample at which each begins."""
    rng = np.random.default_rng(seed)
    parts, starts, at = [np.zeros(ms(lead))], [], ms(lead)
    for digit in digits:
        parts += [key(digit, on=on, rng=rng, **tone), np.zeros(ms(off))]
        starts.append(at)
        at += ms(on) + ms(off)
    return np.concatenate([*parts, np.zeros(800)]), starts


def pcm(signal):
    return np.clip(np.round(signal), -32768, 32767).astype(np.int16)[np.newaxis]


def hear(signal):
    bank = DtmfBank(1)
    return bank.push(pcm(signal)) + bank.close()


def read(signal):
    return "".join(event.digit for event in hear(signal))


def dialled(**tone):
    return dial(NUMBER, **tone)[0]


def white(count, dbm0, seed=1):
    rms = PEAK_AT_0_DBM0 / np.sqrt(2) * 10 ** (dbm0 / 20)
    return np.random.default_rng(seed).normal(0, rms, count)


# ------------------------------------------------------------------- what an event says


def test_every_digit_is_read():
    assert read(dial(KEYS)[0]) == KEYS


def test_an_event_says_where_how_long_how_loud_and_when_believed():
    (event,) = hear(dial("5", on=80, dbm0=-14.0, twist_db=-3.0)[0])
    assert event.line == 1 and event.digit == "5"
    assert event.sample == pytest.approx(1600, abs=8)
    assert event.duration_s == pytest.approx(0.080, abs=0.001)
    assert event.level_dbm0 == pytest.approx(-14.0, abs=0.1)
    assert event.twist_db == pytest.approx(-3.0, abs=0.1)


@pytest.mark.parametrize("lead", np.arange(100.0, 116.0, 1.7))
def test_a_digit_is_believed_25_to_41_ms_after_it_begins(lead):
    (event,) = hear(dial("8", on=90, lead=lead)[0])
    assert event.sample == pytest.approx(ms(lead), abs=8)
    assert ms(24) <= event.believed - ms(lead) <= ms(41)


def test_a_digit_is_reported_by_the_first_slice_that_ends_40_ms_after_it():
    bank = DtmfBank(1)
    assert bank.push(pcm(dial("7", on=60, lead=560)[0][:SLICE])) == []
    bank = DtmfBank(1)
    assert [e.digit for e in bank.push(pcm(dial("7", on=60, lead=540)[0][:SLICE]))] == ["7"]


def test_a_key_held_down_is_reported_once_after_two_seconds():
    signal = np.concatenate([dial("4", on=3000)[0], dial("6")[0]])
    bank = DtmfBank(1)
    (held,) = bank.push(pcm(signal[: ms(2600)]))
    assert held.digit == "4" and 1.9 < held.duration_s < 2.05
    assert [e.digit for e in bank.push(pcm(signal[ms(2600) :])) + bank.close()] == ["6"]


def test_a_tone_under_way_when_the_stream_begins_starts_at_its_first_sample():
    (event,) = hear(np.concatenate([key("2", on=60), np.zeros(800)]))
    assert event.sample == pytest.approx(0, abs=8)


# -------------------------------------------------------------------- limits, both sides


@pytest.mark.parametrize("dbm0", [-3, -10, -25, -29, -35, -40, -42])
def test_works_at_level(dbm0):
    assert read(dialled(dbm0=dbm0)) == NUMBER


@pytest.mark.parametrize("dbm0", [-44, -50, -55])
def test_is_deaf_at_level(dbm0):
    assert read(dialled(dbm0=dbm0)) == ""


@pytest.mark.parametrize("twist_db", [-10, -8, -5, 0, 4, 5, 6])
def test_works_with_twist(twist_db):
    assert read(dialled(twist_db=twist_db)) == NUMBER


@pytest.mark.parametrize("twist_db", [-13, 9])
def test_refuses_twist(twist_db):
    assert read(dialled(twist_db=twist_db)) == ""


@pytest.mark.parametrize("low, high", [(1, 0), (0, 1), (1, 1), (1, -1)])
@pytest.mark.parametrize("percent", [-1.8, -1.5, 1.5, 1.8])
def test_works_off_frequency(percent, low, high):
    off = percent / 100
    assert read(dialled(off_low=off * low, off_high=off * high)) == NUMBER


@pytest.mark.parametrize("low, high", [(1, 0), (0, 1), (1, 1), (1, -1)])
@pytest.mark.parametrize("percent", [-4.0, -3.5, 3.5, 4.0])
def test_refuses_frequency(percent, low, high):
    off = percent / 100
    assert read(dialled(off_low=off * low, off_high=off * high)) == ""


@pytest.mark.parametrize("on, off", [(40, 40), (35, 35), (45, 48), (65, 30), (50, 20), (300, 60)])
def test_works_at_speed(on, off):
    assert read(dialled(on=on, off=off)) == NUMBER


@pytest.mark.parametrize("on", [15, 20, 23])
def test_a_tone_is_too_short(on):
    assert read(dialled(on=on)) == ""


@pytest.mark.parametrize("off", [15, 20, 30, 40, 45])
def test_the_same_digit_twice_is_two(off):
    assert read(dial("5588**", off=off, seed=3)[0]) == "5588**"


@pytest.mark.parametrize("at", range(44, 60))
@pytest.mark.parametrize("cut", [2, 5, 8, 10])
def test_an_interruption_does_not_split_a_digit(cut, at):
    tone = key("9", on=120)
    tone[ms(at) : ms(at + cut)] = 0
    (event,) = hear(np.concatenate([np.zeros(1600), tone, np.zeros(800)]))
    assert event.duration_s == pytest.approx(0.120, abs=0.002)


@pytest.mark.parametrize("cut", [20, 30])
def test_a_longer_interruption_does(cut):
    tone = key("9", on=140)
    tone[ms(50) : ms(50 + cut)] = 0
    assert read(np.concatenate([np.zeros(1600), tone, np.zeros(800)])) == "99"


# ------------------------------------------------------------------------------ bad lines


def noisy(signal):
    return signal + white(len(signal), -10 + 3 - 15)


def with_echo(delay_ms, loss_db):
    def echo(signal):
        late = np.concatenate([np.zeros(ms(delay_ms)), signal[: -ms(delay_ms)]])
        return signal + late * 10 ** (-loss_db / 20)

    return echo


def with_tones(*tones):
    return lambda signal: signal + sum(sine(hz, len(signal), dbm0, 1.0) for hz, dbm0 in tones)


def clipped(signal):
    top = np.abs(signal).max()
    return np.clip(2 * signal, -top, top)


def through_a_law(signal):
    return g711.decode(g711.encode(pcm(signal)[0])).astype(float)


def through_opus(signal):
    with opus.Encoder() as encoder:
        packets = opus.encode(pcm(signal)[0], encoder)
        return opus.decode(packets, encoder.lookahead, len(signal)).astype(float)


LINES = {
    "noise 15 dB below": noisy,
    "echo 10 ms, 10 dB": with_echo(10, 10),
    "echo 20 ms, 10 dB": with_echo(20, 10),
    "echo 45 ms, 16 dB": with_echo(45, 16),
    "Korean dial tone as loud": with_tones((350, -10), (440, -10)),
    "Korean dial tone 12 dB louder": with_tones((350, 2 - 3), (440, 2 - 3)),
    "Japanese dial tone as loud": with_tones((400, -10)),
    "hum 10 dB below": with_tones((60, -20), (180, -30)),
    "hum 6 dB louder": with_tones((50, -4), (150, -14)),
    "third tone 16 dB below": with_tones((1050, -26)),
    "clipped by 6 dB": clipped,
    "A-law": through_a_law,
    "Opus at 16 kbit/s": through_opus,
}


@pytest.mark.parametrize("line", LINES)
def test_works_on(line):
    assert read(LINES[line](dialled())) == NUMBER


def test_works_with_several_faults_at_once():
    signal = dialled(on=45, off=45, dbm0=-20, twist_db=-6, off_low=0.012, off_high=-0.012)
    signal = with_echo(15, 12)(signal) + white(len(signal), -20 - 6 - 14)
    assert read(through_a_law(signal)) == NUMBER


# --------------------------------------------------------------------- what is not a digit


def bursts(*freqs_hz, on=100):
    tones = sum(sine(hz, ms(on), phase=2.0 * n) for n, hz in enumerate(freqs_hz))
    return np.concatenate([tones, np.zeros(480)] * 3)


#: A4, F5 and E6: within 1.4 % of a digit, and a low note that no dial tone explains.
CHORD_HZ = (440.0, 698.46, 1318.51)

NOT_DIGITS = {
    "single tones": np.concatenate([bursts(hz) for hz in ROWS_HZ + COLUMNS_HZ]),
    "two of the low group": bursts(697, 941),
    "two of the high group": bursts(1209, 1633),
    "between the low tones": bursts(731, 1336),
    "between the high tones": bursts(770, 1405),
    "a chord": bursts(*CHORD_HZ),
    "a chord that lasts": bursts(*CHORD_HZ, on=900),
    "Korean ring-back": bursts(440, 480),
    "Korean busy": bursts(480, 620),
    "fax": np.concatenate([bursts(1100), bursts(2100)]),
    "noise": white(80_000, -15),
    "full-scale square wave": 32767 * np.sign(sine(697, 8000)),
    "sweep": 8000 * np.sin(2 * np.pi * np.cumsum(np.linspace(200, 3800, 40_000)) / 8000),
}


@pytest.mark.parametrize("name", NOT_DIGITS)
def test_is_not_a_digit(name):
    assert read(np.concatenate([NOT_DIGITS[name], np.zeros(800)])) == ""


def prompt(path):
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


@pytest.mark.parametrize(
    "voice, pattern",
    [
        ("en_US_f_Allison", "conf-*.wav"),
        ("es_MX_f_Allison", "vm-*.wav"),
        ("it_IT_m_Carlo", "vm-*.wav"),
        ("ru_RU_f_IvrvoiceRU", "agent-*.wav"),
    ],
)
def test_no_digit_in_human_speech(voice, pattern):
    prompts = [prompt(path) for path in sorted((SOUNDS / voice).glob(pattern))]
    if not prompts:
        pytest.skip(f"{voice} is not installed (apt install asterisk-core-sounds-*-wav)")
    speech = np.concatenate(prompts)[: 8000 * 120]
    bank = DtmfBank(1)
    assert bank.push(speech[np.newaxis]) + bank.close() == []


# --------------------------------------------------------------------------------- streams


def rough_line(seed):
    """Digits at uneven times over noise, dial tone, echo and an interruption."""
    signal = dial(NUMBER, on=47.3, off=38.9, lead=200 + 13.7 * seed, seed=seed)[0]
    signal[5000:5060] = 0
    return pcm(with_echo(12, 10)(with_tones((400, -14))(signal)) + white(len(signal), -26, seed))


@pytest.mark.parametrize("step", [1, 7, 80, 127, 8000])
def test_cutting_the_stream_elsewhere_changes_nothing(step):
    audio = rough_line(1)[:, :12_000]
    whole, cut = DtmfBank(1), DtmfBank(1)
    events = whole.push(audio) + whole.close()
    assert len(events) > 12
    assert in_pieces(cut.push, audio, step) + cut.close() == events


def test_a_line_is_heard_alike_alone_and_among_64():
    length = 12_000
    audio = np.concatenate([rough_line(seed)[:, :length] for seed in range(64)])
    together = DtmfBank(64).push(audio)
    for line in (0, 1, 37, 63):
        alone = DtmfBank(1).push(audio[line : line + 1])
        mine = [e for e in together if e.line == line + 1]
        assert [
            (e.sample, e.believed, e.digit, e.duration_s, e.level_dbm0, e.twist_db) for e in mine
        ] == [
            (e.sample, e.believed, e.digit, e.duration_s, e.level_dbm0, e.twist_db) for e in alone
        ]


def test_lines_dial_at_the_same_time():
    audio = np.concatenate([pcm(dial(number)[0]) for number in ("0101", "2222", "#*#*")])
    bank = DtmfBank(3)
    heard = bank.push(audio) + bank.close()
    assert ["".join(e.digit for e in heard if e.line == n) for n in (1, 2, 3)] == [
        "0101",
        "2222",
        "#*#*",
    ]


def test_memory_does_not_grow():
    audio, bank = np.repeat(rough_line(2), 4, axis=0), DtmfBank(4)
    tracemalloc.start()
    held = []
    for _ in range(2):
        for _ in range(6):
            bank.push(audio)
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert held[1] - held[0] < 4_000


@pytest.mark.parametrize(
    "audio",
    [np.zeros((1, 80), np.int16), np.zeros(80, np.int16), np.zeros((2, 80))],
)
def test_audio_of_another_shape_or_type_is_refused(audio):
    with pytest.raises(ValueError, match=r"want int16\[2, n\]"):
        DtmfBank(2).push(audio)


def test_no_audio_is_no_event():
    assert DtmfBank(2).push(np.zeros((2, 0), np.int16)) == []


@settings(max_examples=60, deadline=None)
@given(
    bits=st.binary(min_size=2, max_size=600),
    repeat=st.integers(1, 60),
    gain=st.sampled_from([0.0, 0.001, 1.0, 50.0]),
)
def test_any_input_gives_a_bounded_list_of_finite_events(bits, repeat, gain):
    noise = np.tile(np.frombuffer(bits[: len(bits) // 2 * 2], np.int16), repeat)[:20_000]
    signal = dial("19D", seed=len(bits))[0]
    length = min(len(noise), len(signal))
    mixed = np.clip(gain * noise[:length] + signal[:length], -32768, 32767).astype(np.int16)
    for audio in (noise, mixed):
        bank = DtmfBank(1)
        events = bank.push(audio[np.newaxis]) + bank.close()
        assert len(events) <= len(audio) / ms(40) + 1
        for event in events:
            assert 0 <= event.sample <= event.believed <= len(audio)
            assert np.isfinite([event.duration_s, event.level_dbm0, event.twist_db]).all()
