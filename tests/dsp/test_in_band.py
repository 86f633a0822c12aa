import numpy as np

from dsp.dtmf import DtmfBank
from dsp.in_band import InBandBank
from dsp.tone_plans import PLANS
from dsp.tones import ToneBank
from tests.dsp.test_dtmf import dial, pcm
from tests.dsp.test_tones import NAMED, sounded

DIALLED = pcm(np.concatenate([sounded(NAMED["kr-dial-440-()"], 1.5), dial("0318036")[0]]))


def test_what_is_heard_together_is_what_each_hears_alone():
    bank, tones, digits = InBandBank(1, PLANS), ToneBank(1), DtmfBank(1)
    together = bank.push(DIALLED) + bank.close()
    alone = tones.push(DIALLED) + tones.close() + digits.push(DIALLED) + digits.close()
    assert len(alone) == 8
    assert sorted(together, key=lambda e: e.sample) == sorted(alone, key=lambda e: e.sample)


def test_a_hang_up_ends_the_tone_and_only_that_lines():
    busy = pcm(sounded(NAMED["kr-busy-620-(0.5,)"], 6.0))
    bank = InBandBank(2, PLANS)
    assert bank.push(np.repeat(busy, 2, axis=0)) == []
    (event,) = bank.hang_up(2, busy.shape[1])
    assert (event.line, event.name) == (2, "busy")
    assert event.believed < busy.shape[1]
    assert [event.line for event in bank.close()] == [1]


def test_a_digit_still_sounding_at_the_streams_end_is_given():
    bank = InBandBank(1, PLANS)
    audio = DIALLED[:, : 20_000 + 1600 + 700]
    assert {e.kind for e in bank.push(audio) + bank.close()} == {"tone", "dtmf"}
