"""A day of audio and voltage on four lines: what the detectors hold does not grow.

Every hour has the same calls: rung, a caller shown, lifted, keys, tones, the announcement, speech,
a howler, hung up. Memory is the process's (/proc/self/statm): numpy's is in it. `make memory-test`
"""

import gc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dsp.bank import LineBank
from dsp.howler import HOWLER
from dsp.tone_plans import PLANS
from firmware_bridge.signals import CallTone, call_tone
from firmware_bridge.voices import sentence
from tests.dsp.bursts import JAPAN, MDMF, bell, japan
from tests.dsp.test_tones import sounded
from tests.signals import Line, dtmf, pcm, sine, speech_like, white

pytestmark = pytest.mark.long

HOURS = 24
MINUTE = 60 * 8000
LINES = 4
#: Of the process, between the second hour and the last: an event of each call kept would be more.
MOST_GROWN_KIB = 1024


def minute(seed):
    """A minute of one line: int16[MINUTE], and its voltage."""
    rng = np.random.default_rng(seed)
    line = Line(ring_hz=20.0).idle(1000).ring(2).lift(38_000).hang_up(5_000)
    volts = line.volts(rng)[: MINUTE // 8]
    volts = np.pad(volts, (0, MINUTE // 8 - len(volts)), "edge")
    audio = white(rng, 60, -58)
    busy = next(tone for tone in PLANS if (tone.plan, tone.name) == ("kr", "busy"))
    howl = call_tone(CallTone(HOWLER.freqs_hz, HOWLER.cadence_s), 0, 24_000, -7.0)
    parts = [
        (2.5, bell(MDMF)),
        (9.0, dtmf("0313708114")),
        (13.0, sentence("ko_notice", "near").astype(float)),
        (20.0, sine(1400, 0.5, -14)),
        (21.0, speech_like(rng, 12.0, -18)),
        (34.0, sounded(busy, 5.0, lead_s=0.0)),
        (44.0, howl),
        (52.0, japan(JAPAN)),
    ]
    for at_s, part in parts:
        at = round(at_s * 8000)
        audio[at : at + len(part)] += part
    return pcm(audio), volts


def resident_kib():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4


def test_nothing_grows_in_a_day():
    minutes = [minute(seed) for seed in range(LINES)]
    shifts = [0, 7, 20, 41]  # seconds
    audio = np.stack([np.roll(a, s * 8000) for (a, _), s in zip(minutes, shifts, strict=True)])
    volts = np.stack([np.roll(v, s * 1000) for (_, v), s in zip(minutes, shifts, strict=True)])
    bank = LineBank(LINES, announcements=[sentence("ko_notice", "near")])
    hours, held = [], []
    for _ in range(HOURS):
        kinds = Counter()
        for _ in range(60):
            for at in range(0, MINUTE, 8000):
                events = bank.push(audio[:, at : at + 8000], volts[:, at // 8 : (at + 8000) // 8])
                kinds.update(event.kind for event in events)
        hours.append(kinds)
        held.append(resident_kib())
    print(f"resident after 2 h {held[1]} KiB, after {HOURS} h {held[-1]} KiB; {dict(hours[-1])}")
    assert {"dtmf", "tone", "caller_id", "speech", "notice", "record_beep", "ring_start"} <= set(
        hours[-1]
    )
    assert sum(hours[-1].values()) == pytest.approx(sum(hours[1].values()), rel=0.02)
    assert held[-1] - held[1] < MOST_GROWN_KIB
