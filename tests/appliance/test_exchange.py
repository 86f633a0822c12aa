import numpy as np
import pytest

from appliance.exchange import Exchange, ExchangeError, read
from dsp.bank import LineBank
from dsp.loop import LoopBank, LoopPlan
from dsp.tone_plans import PLANS, PlanTone
from firmware_bridge.signals import CallTone, call_tone, to_int16
from tests.signals import Line

BUSY = {"plan": "kr", "name": "busy", "hz": [480, 620], "cadence_ms": [400, 400]}


def test_nothing_asked_for_is_what_is_usual():
    assert read({}) == Exchange()
    assert Exchange().loop_plan() == LoopPlan()


@pytest.mark.parametrize(
    "country, plans",
    [("KR", ("kr", "pbx", "eu")), ("JP", ("jp", "pbx", "eu")), ("DE", ("kr", "jp", "pbx", "eu"))],
)
def test_the_plans_are_those_of_the_country(country, plans):
    assert Exchange().armed(country) == plans
    assert {tone.plan for tone in Exchange().tones(country)} == set(plans)


def test_the_site_names_its_plans():
    found = read({"plans": ["jp"]})
    assert {tone.plan for tone in found.tones("KR")} == {"jp"}
    assert len(read({"plans": [], "tone": [BUSY]}).tones("KR")) == 1


def test_a_tone_of_the_site_takes_the_place_of_the_table_s():
    first, *others = read({"tone": [BUSY]}).tones("KR")
    assert first == PlanTone("kr", "busy", (480, 620), (0.4, 0.4), source="site.toml")
    assert ("kr", "busy") not in [(tone.plan, tone.name) for tone in others]
    assert len(others) + 1 == len(Exchange().tones("KR"))


def test_a_tone_of_the_site_s_own_is_heard_by_its_name():
    howler = {"name": "howler", "hz": [450], "cadence_ms": [100, 100]}
    tones = read({"plans": ["kr"], "tone": [howler]}).tones("KR")
    n = 8 * 8000
    audio = to_int16(call_tone(CallTone((450.0,), (0.1, 0.1)), 0, n, -15.0))
    bank = LineBank(1, has_volts=False, plans=tones)
    silence = np.zeros((1, 0), np.int16)
    events = [*bank.push(np.concatenate((audio, np.zeros(n, np.int16)))[None], silence)]
    heard = [(e.plan, e.name) for e in [*events, *bank.close()] if e.kind == "tone"]
    assert heard == [("site", "howler")]


@pytest.mark.parametrize("flash_max_ms, kinds", [(450, ["on_hook", "off_hook"]), (800, ["flash"])])
def test_what_is_a_flash_is_the_site_s(flash_max_ms, kinds):
    plan = read({"flash_max_ms": flash_max_ms}).loop_plan()
    line = Line().idle(800).lift(1000).flash(600).talk(1000)
    events = LoopBank(1, plan).push(line.volts(np.random.default_rng(1))[None])
    assert [e.kind for e in events][1:] == kinds


def test_the_longest_flash_that_may_be_asked_for_is_heard():
    plan = read({"flash_max_ms": 1500}).loop_plan()
    line = Line().idle(800).lift(1000).flash(1400).talk(1000).hang_up(2500)
    events = LoopBank(1, plan).push(line.volts(np.random.default_rng(1))[None])
    assert [e.kind for e in events] == ["off_hook", "flash", "on_hook"]


@pytest.mark.parametrize(
    "raw, message",
    [
        ({"plan": ["kr"]}, "not known: exchange.plan"),
        ({"plans": ["de"]}, "no plan"),
        ({"plans": ["de"], "tone": [BUSY]}, "no plan"),
        ({"plans": []}, "exchange.plans is empty"),
        ({"plans": "kr"}, "exchange.plans is 'kr', want a list"),
        ({"tone": [{**BUSY, "hz": [480, 700]}]}, "kr busy: 700 Hz cannot be heard"),
        ({"tone": [{**BUSY, "hz": []}]}, "0 frequencies"),
        ({"tone": [{**BUSY, "cadence_ms": [400]}]}, "1 times in its cadence"),
        ({"tone": [{**BUSY, "cadence_ms": [50, 400]}]}, "a burst of 0.05 s, want 0.1"),
        ({"tone": [{**BUSY, "cadence_ms": [400, 50]}]}, "a pause of 0.05 s, want 0.08"),
        ({"tone": [{**BUSY, "cadence_ms": [400, -1]}]}, "a pause of -0.001 s"),
        ({"tone": [{**BUSY, "modulated_hz": [15]}]}, "modulated_hz"),
        ({"tone": [{**BUSY, "modulated_hz": [15, 60]}]}, "modulated by"),
        ({"tone": [{**BUSY, "name": "bussy"}]}, "name is 'bussy', want one of dial"),
        ({"tone": [{**BUSY, "plan": "uk"}]}, "plan is 'uk', want one of kr"),
        ({"flash_max_ms": 5000}, "exchange.flash_max_ms is 5000, want 150 to 1500"),
        ({"flash_min_ms": 300, "flash_max_ms": 200}, "not below flash_max_ms"),
        ({"make_max_ms": 150, "digit_gap_ms": 130}, "not below digit_gap_ms"),
        ({"flash_max_ms": True}, "want a whole number"),
        ([], "want a table"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(raw, message):
    with pytest.raises(ExchangeError, match=message.replace("[", r"\[")):
        read(raw)


def test_every_tone_of_the_table_could_be_a_site_s():
    for tone in PLANS:
        own = {
            "plan": tone.plan,
            "name": tone.name,
            "hz": [round(hz) for hz in tone.freqs_hz],
            "cadence_ms": [round(s * 1000) for s in tone.cadence_s],
            "modulated_hz": [round(hz) for hz in tone.am_hz],
        }
        assert read({"tone": [own]}).tone[0].name == tone.name
