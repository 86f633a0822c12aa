import numpy as np
import pytest

from appliance.bench.speech_cases import speech_cases, voices


def test_synthesised_speech_is_always_there():
    cases = list(speech_cases(np.random.default_rng(1), 0.0))
    names = [case.condition for case in cases]
    assert names == ["synthesised, ko", "synthesised, ja", "synthesised, en"]
    assert all(case.truth == () and case.must == "refuse" for case in cases)
    assert all(case.seconds == 60 for case in cases)


@pytest.mark.skipif(not voices(), reason="no asterisk-core-sounds-*-wav installed")
def test_recorded_speech_is_as_long_as_asked_for_and_as_loud_as_q24_tries():
    recorded = [
        case
        for case in speech_cases(np.random.default_rng(1), 0.1)
        if case.condition.startswith("recorded")
    ]
    assert len(recorded) == len(voices())
    for case in recorded:
        assert case.seconds == pytest.approx(6.0)
        frames = case.audio.reshape(-1, 160).astype(float)
        power = (frames**2).mean(axis=1)
        loud = power[power > power.max() * 1e-3].mean()
        assert 10 * np.log10(loud / 32768**2 * 2) + 3.14 == pytest.approx(-15.0, abs=2.0)
