import numpy as np

from appliance.bench.caller_cases import BURSTS, caller_cases, caller_text


def test_facts_become_text_in_one_order_and_the_unknown_is_left_out():
    assert caller_text({"time": "11231204", "number": "031", "name": ""}) == (
        "number=031 time=11231204"
    )
    assert caller_text({}) == ""


def test_every_case_has_its_bursts_and_one_standard():
    cases = list(caller_cases(np.random.default_rng(1)))
    assert {case.standard for case in cases} == {"bell202", "v23_jp", "dtmf"}
    for case in cases:
        assert len(case.truth) == BURSTS
        assert all(sent.what for sent in case.truth)
        assert case.truth[-1].at_s < case.seconds - 0.5


def test_absent_callers_are_named_as_the_events_name_them():
    named = {
        word.removeprefix("absence=")
        for case in caller_cases(np.random.default_rng(1))
        for sent in case.truth
        for word in sent.what.split()
        if word.startswith("absence=")
    }
    assert named <= {"private", "unavailable", "public_phone", "no_service"}
    assert "private" in named
