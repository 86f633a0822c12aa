import numpy as np
import pytest

from dsp.bank import LineBank
from firmware_bridge.voices import sentence
from tests.dsp.bursts import JAPAN, MDMF, bell, japan, on_a_line
from tests.signals import Line, dtmf, pcm, sine, speech_like, white

NO_VOLTS = np.zeros((1, 0), np.int16)


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
    bank.push(AUDIO[:, :40800], VOLTS[:, :5100])
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
    bank.push(AUDIO[:, : 8 * 6300], VOLTS[:, :6300])
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
