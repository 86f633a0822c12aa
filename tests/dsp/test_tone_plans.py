import pytest

from dsp.frames import PROGRESS_HZ
from dsp.tone_plans import PLANS, tones_of


def test_a_site_arms_the_plans_it_needs():
    assert {tone.plan for tone in tones_of(("kr", "pbx"))} == {"kr", "pbx"}
    assert tones_of(("kr", "jp", "pbx", "eu")) == PLANS


def test_a_plan_that_does_not_exist_is_named():
    with pytest.raises(
        ValueError, match=r"no plan \['kt'\]; there are \['eu', 'jp', 'kr', 'pbx'\]"
    ):
        tones_of(("kr", "kt"))


@pytest.mark.parametrize("tone", PLANS, ids=lambda tone: f"{tone.plan}-{tone.name}")
def test_every_row_can_be_heard(tone):
    assert all(any(low <= hz <= high for low, high in PROGRESS_HZ) for hz in tone.freqs_hz)
    assert len(tone.cadence_s) % 2 == 0
    assert all(pause >= 0.08 for pause in tone.cadence_s[1::2])
    assert tone.source


def test_of_one_sound_under_two_names_the_upper_row_wins():
    names = [(t.plan, t.name) for t in PLANS if t.freqs_hz == (425,) and not t.cadence_s]
    assert names == [("pbx", "dial_425"), ("eu", "dial")]
    busy = [t.name for t in PLANS if t.plan == "jp" and t.cadence_s == (0.5, 0.5)]
    assert busy == ["busy"]  # congestion sounds the same in Japan
