import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.bank import LineBank
from dsp.talkers import told
from dsp.tone_plans import PLANS, tones_of
from firmware_bridge.voices import sentence
from tests.dsp.bursts import JAPAN, MDMF, bell, japan, on_a_line
from tests.dsp.test_tones import sounded
from tests.signals import Line, dtmf, pcm, sine, speech_like, white

NO_VOLTS = np.zeros((1, 0), np.int16)
(BUSY,) = [tone for tone in PLANS if (tone.plan, tone.name) == ("kr", "busy")]


def call(rng):
    """One line, 9 s: rung, a caller shown, answered at 3.7 s, spoken on, hung up at 6.0 s."""
    line = Line(ring_hz=16.0).idle(700).ring(1).lift(2300).hang_up(2000)
    volts = line.volts(rng)[:9000]
    volts = np.concatenate((volts, np.full(9000 - len(volts), 4800, np.int16)))
    audio = white(rng, 9.0, -60)
    audio[32000:44000] += speech_like(rng, 1.5, -18)
    shown = bell(MDMF)
    audio[16000 : 16000 + len(shown)] += shown
    return pcm(audio), volts


def calls(count):
    rng = np.random.default_rng(9)
    audio, volts = zip(*[call(rng) for _ in range(count)], strict=True)
    return np.stack(audio), np.stack(volts)


AUDIO, VOLTS = calls(3)


def run(bank, audio, volts, size):
    events = []
    for at in range(0, audio.shape[1], size):
        events += bank.push(audio[:, at : at + size], volts[:, -(-at // 8) : -(-(at + size) // 8)])
    return events


EVENTS = run(LineBank(3), AUDIO, VOLTS, 160)


def test_a_call_is_heard_in_voltage_and_audio():
    kinds = [e.kind for e in sorted(EVENTS, key=lambda e: e.sample) if e.line == 2]
    assert kinds == ["ring_start", "ring_end", "caller_id", "off_hook", "speech", "on_hook"]


@pytest.mark.parametrize("size", [1, 7, 80, 8000, 72000])
def test_the_events_and_their_order_are_the_same_however_the_stream_is_cut(size):
    assert run(LineBank(3), AUDIO, VOLTS, size) == EVENTS


def test_events_come_in_the_order_of_belief_line_and_sample():
    keys = [(e.believed, e.line, e.sample) for e in EVENTS]
    assert keys == sorted(keys)


def test_voltage_ahead_of_the_audio_waits_for_it():
    bank = LineBank(3)
    assert bank.push(AUDIO[:, :0], VOLTS) == []
    assert bank.push(AUDIO, VOLTS[:, :0]) == EVENTS


def test_audio_alone_is_a_line_off_the_hook_without_hook_events():
    bank = LineBank(3, has_volts=False)
    events = bank.push(AUDIO, np.zeros((3, 0), np.int16))
    assert {e.kind for e in events} == {"speech", "caller_id"}
    assert [(now.off_hook, now.down, now.ringing) for now in bank.lines_now()] == [
        (True, False, False)
    ] * 3
    assert bank.loop_open_at(1) is None
    assert bank.idle_v() == [None, None, None]


def test_voltage_alone_is_heard_without_audio():
    events = LineBank(3, has_audio=False).push(np.zeros((3, 0), np.int16), VOLTS)
    assert events == [e for e in EVENTS if e.kind not in ("speech", "caller_id")]


def test_each_line_is_told_as_it_is_now():
    bank = LineBank(3)
    bank.push(AUDIO[:, :47200], VOLTS[:, :5900])
    now = bank.lines_now()[1]
    assert (now.line, now.off_hook, now.down, now.ringing, now.clipped) == (
        2,
        *[True] * 1,
        *[False] * 2,
        0,
    )
    assert now.volts == pytest.approx(8.0, abs=0.3)
    assert now.level_dbm0 == pytest.approx(-18, abs=3)


def test_before_the_first_second_the_level_is_silence():
    assert LineBank(1).lines_now()[0].level_dbm0 == -96.0


def test_the_end_of_the_stream_hands_over_what_was_waiting():
    bank = LineBank(3)
    bank.push(AUDIO[:, : 8 * 6500], VOLTS[:, :6500])
    assert {e.kind for e in bank.close()} == {"on_hook"}


@pytest.mark.parametrize("shape", [(2, 80), (80,)])
def test_a_piece_of_another_shape_is_refused(shape):
    for audio, volts in ((np.zeros(shape), VOLTS), (AUDIO, np.zeros(shape))):
        with pytest.raises(ValueError, match="want"):
            LineBank(3).push(audio.astype(np.int16), volts.astype(np.int16))


def test_what_one_bank_learnt_another_is_given():
    bank = LineBank(3)
    bank.push(AUDIO, VOLTS)
    assert bank.idle_v() == pytest.approx([48.0] * 3, abs=0.5)
    assert LineBank(3, idle_v=bank.idle_v()).idle_v() == bank.idle_v()


def announced():
    """One line, 16 s: lifted at 1 s, an announcement at 1.5 s, a record tone, down at 14 s."""
    volts = Line().idle(1000).lift(13000).hang_up(2000).volts(np.random.default_rng(3))
    audio = white(np.random.default_rng(4), 16, -60)
    notice = sentence("ko_notice", "near")
    audio[12_000 : 12_000 + len(notice)] += notice
    audio[80_000:84_000] += sine(1400, 0.5)
    return pcm(audio)[None], volts[None], [notice]


@pytest.mark.parametrize("size", [7, 80, 8000, 128_000])
def test_announcement_and_record_tone_are_heard_in_a_call_before_it_is_over(size):
    audio, volts, announcements = announced()
    events = run(LineBank(1, announcements=announcements), audio, volts, size)
    told = [(e.kind, round(e.at_s, 2)) for e in events if e.kind != "speech"]
    assert told == [("off_hook", 1.0), ("record_beep", 10.0), ("notice", 1.5), ("on_hook", 14.0)]


def test_an_announcement_on_the_hook_is_none():
    audio, volts, announcements = announced()
    quiet = np.full_like(volts, 4800)
    kinds = {e.kind for e in LineBank(1, announcements=announcements).push(audio, quiet)}
    assert "notice" not in kinds


def test_without_voltage_announcements_are_looked_for_throughout():
    audio, _, announcements = announced()
    bank = LineBank(1, has_volts=False, announcements=announcements)
    events = bank.push(audio, np.zeros((1, 0), np.int16)) + bank.close()
    assert [e.kind for e in events if e.kind != "speech"] == ["record_beep", "notice"]


@pytest.mark.parametrize("on_s, off_s", [(0.04, 0.04), (0.06, 0.06), (0.08, 0.08), (0.05, 0.09)])
def test_digits_keyed_fast_are_not_speech(on_s, off_s):
    keyed = dtmf("03180361*1", on=on_s, off=off_s)
    line = np.concatenate((np.zeros(8000), keyed, np.zeros(8000)))
    audio = pcm(line + white(np.random.default_rng(6), len(line) / 8000, -55))[None]
    bank = LineBank(1, has_volts=False)
    events = bank.push(audio, np.zeros((1, 0), np.int16)) + bank.close()
    assert "".join(e.digit for e in events if e.kind == "dtmf") == "03180361*1"
    assert {e.kind for e in events} == {"dtmf"}


def busy_call():
    """One line, 12 s: lifted at 1 s, busy from 2 to 7 s, hung up 0.4 s later."""
    line = Line().idle(1000).lift(6400).hang_up(4600)
    volts = line.volts(np.random.default_rng(2))[:12000]
    tone = np.concatenate((np.zeros(16000), sounded(BUSY, 5.0, lead_s=0.0), np.zeros(40000)))
    return pcm(tone)[np.newaxis], volts[np.newaxis]


def test_a_tone_is_known_when_its_line_is_hung_up_at_the_latest():
    audio, volts = busy_call()
    events = LineBank(1).push(audio, volts)
    assert [e.kind for e in events if e.kind in ("tone", "on_hook")] == ["tone", "on_hook"]
    (tone,) = [e for e in events if e.kind == "tone"]
    assert (tone.plan, tone.name) == ("kr", "busy")
    assert tone.at_s + tone.duration_s == pytest.approx(6.5, abs=0.03)


@pytest.mark.parametrize("plans, named", [(("kr",), ["busy"]), (("jp", "pbx"), [])])
def test_a_site_listens_for_its_own_plans(plans, named):
    audio, volts = busy_call()
    bank = LineBank(1, plans=tones_of(plans))
    events = bank.push(audio, volts) + bank.close()
    assert [e.name for e in events if e.kind == "tone"] == named


SHOWN = on_a_line(np.zeros(24000), japan(JAPAN))
SPOILT = on_a_line(np.zeros(24000), japan(JAPAN[:9] + b"\x00" + JAPAN[10:]))


def callers(audio, line):
    """Return the callers heard with a line that idles, then does what `line` says."""
    volts = line.volts(np.random.default_rng(1))[None]
    volts = np.pad(volts, ((0, 0), (0, 10000)), "edge")[:, : len(audio) // 8]
    bank = LineBank(1)
    events = bank.push(audio[None], volts) + bank.close()
    return [e for e in events if e.kind == "caller_id"]


def test_a_caller_is_heard_on_the_hook_and_after_the_primary_answer():
    for line in (Line().idle(9000), Line().idle(2000).lift(7000)):
        (caller,) = callers(SHOWN, line)
        assert (caller.standard, caller.number, caller.valid) == ("v23_jp", "0312345678", True)


def test_what_cannot_be_read_is_told_on_the_hook_and_soon_after_a_lift():
    for line in (Line().idle(9000), Line().idle(2000).lift(7000)):
        (caller,) = callers(SPOILT, line)
        assert not caller.valid


def test_in_a_call_only_what_is_right_is_a_caller():
    late = np.concatenate((np.zeros(64000, np.int16), SPOILT))
    assert callers(late, Line().idle(500).lift(16000)) == []
    late = np.concatenate((np.zeros(64000, np.int16), SHOWN))
    assert len(callers(late, Line().idle(500).lift(16000))) == 1


#: What a broken board, a short circuit or a neighbour may send: each makes n samples at a level.
SHAPES = {
    "constant": lambda n, rng, top: np.full(n, top),
    "square": lambda n, rng, top: top * np.sign(np.sin(np.arange(n) * rng.uniform(0.001, 3) + 0.1)),
    "sine": lambda n, rng, top: top * np.sin(np.arange(n) * rng.uniform(0.001, 3)),
    "noise": lambda n, rng, top: rng.normal(0, abs(top) / 3 + 1, n),
    "steps": lambda n, rng, top: np.repeat(rng.uniform(-abs(top), abs(top), n // 40 + 1), 40)[:n],
    "walk": lambda n, rng, top: np.cumsum(rng.normal(0, abs(top) / 50 + 1, n)),
    "clicks": lambda n, rng, top: top * (rng.random(n) < 0.02) * rng.choice([-1, 1], n),
    "two tones": lambda n, rng, top: (
        top / 2 * (np.sin(np.arange(n) * 0.5474) + np.sin(np.arange(n) * rng.uniform(0.1, 1.5)))
    ),
}
TOPS = st.sampled_from([32767, -32768, 0, 1, -1, 300, 4800, -4800, 800, 20000])
PARTS = st.lists(
    st.tuples(st.sampled_from(sorted(SHAPES)), TOPS, st.integers(1, 600)), min_size=1, max_size=4
)


def made(parts, rng, rate):
    """Return int16[n] of parts, each so many milliseconds of a shape."""
    pieces = [SHAPES[shape](ms * rate // 1000, rng, top) for shape, top, ms in parts]
    return np.clip(np.round(np.concatenate(pieces)), -32768, 32767).astype(np.int16)


def fitted(pieces, n):
    return np.stack([np.resize(piece, n) for piece in pieces])


@settings(max_examples=25, deadline=None)
@given(
    audio=st.tuples(PARTS, PARTS),
    volts=st.tuples(PARTS, PARTS),
    seed=st.integers(0, 99),
    cuts=st.lists(st.integers(99, 6000), min_size=1, max_size=4),
)
def test_no_input_whatever_breaks_it(audio, volts, seed, cuts):
    rng = np.random.default_rng(seed)
    heard, measured = [made(p, rng, 8000) for p in audio], [made(p, rng, 1000) for p in volts]
    ms = max(len(piece) // 8 for piece in heard)
    sound, voltage = fitted(heard, 8 * ms), fitted(measured, ms)
    notices = [sentence("ko_notice", "near")]
    bank = LineBank(2, plans=(BUSY,), announcements=notices)
    events = []
    at, at_ms, k = 0, 0, 0
    while at < 8 * ms or at_ms < ms:  # in pieces of any size that need not come in step
        size, size_ms = cuts[k % len(cuts)], cuts[(k + 1) % len(cuts)] // 8 + 1
        events += bank.push(sound[:, at : at + size], voltage[:, at_ms : at_ms + size_ms])
        at, at_ms, k = at + size, at_ms + size_ms, k + 1
        json.dumps([now.volts + now.level_dbm0 for now in bank.lines_now()], allow_nan=False)
    events += bank.close()
    whole = LineBank(2, plans=(BUSY,), announcements=notices)
    assert events == whole.push(sound, voltage) + whole.close()
    assert len(events) <= 2 * ms / 20 + 20  # a thing in each frame, at the very most
    for event in told(events):
        assert 0 <= event.sample <= event.believed <= 8 * ms
        json.dumps(event.as_json(), allow_nan=False)
    json.dumps(bank.idle_v(), allow_nan=False)
