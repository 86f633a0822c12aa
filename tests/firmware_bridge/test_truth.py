from firmware_bridge.truth import KEPT, CallTruth


def test_an_incoming_call_starts_with_its_first_ring_and_ends_on_hook():
    truth = CallTruth(3)
    truth.rang(2_000, 3_000)
    truth.shown("0311234567")
    truth.rang(5_000, 5_400)
    truth.off_hook(5_400)
    truth.key("*")
    truth.key("1")
    truth.flashed()
    truth.on_hook(20_000)
    (call,) = truth.calls
    assert (call.line, call.direction, call.ended_by) == (3, "in", "on_hook")
    assert (call.start_s, call.answer_s, call.end_s) == (2.0, 5.4, 20.0)
    assert (call.number, call.digits, call.keys, call.flashes) == ("0311234567", "", "*1", 1)


def test_a_missed_call_ends_with_its_last_ring():
    truth = CallTruth(1)
    truth.rang(1_000, 2_000)
    truth.rang(4_000, 5_000)
    truth.missed()
    (call,) = truth.calls
    assert (call.start_s, call.answer_s, call.end_s, call.ended_by) == (1.0, None, 5.0, "ring_end")


def test_keys_before_the_answer_are_dialled_and_after_it_are_not():
    truth = CallTruth(1)
    truth.off_hook(0)
    for digit in "031":
        truth.key(digit)
    truth.answered(9_000)
    truth.key("#")
    truth.on_hook(12_000)
    (call,) = truth.calls
    assert (call.direction, call.digits, call.keys, call.answer_s) == ("out", "031", "#", 9.0)


def test_only_the_far_party_of_an_outgoing_call_answers():
    truth = CallTruth(1)
    truth.rang(0, 1_000)
    truth.off_hook(1_500)
    truth.answered(9_000)
    truth.on_hook(12_000)
    assert truth.calls[0].answer_s == 1.5


def test_a_number_belongs_to_one_call_even_when_shown_before_the_first_ring():
    truth = CallTruth(1)
    truth.shown("031")
    truth.rang(0, 1_000)
    truth.missed()
    truth.rang(9_000, 10_000)
    truth.missed()
    assert [call.number for call in truth.calls] == ["031", None]


def test_an_outgoing_call_has_no_number_from_caller_id():
    truth = CallTruth(1)
    truth.shown("031")
    truth.off_hook(0)
    truth.on_hook(1_000)
    assert truth.calls[0].number is None


def test_pulling_the_cable_of_a_call_ends_it_and_of_an_idle_line_nothing():
    truth = CallTruth(1)
    truth.unplugged(500)
    truth.off_hook(1_000)
    truth.unplugged(2_500)
    (call,) = truth.calls
    assert (call.end_s, call.ended_by) == (2.5, "unplugged")


def test_only_the_latest_calls_are_kept():
    truth = CallTruth(1)
    for k in range(KEPT + 5):
        truth.off_hook(k)
        truth.on_hook(k)
    assert len(truth.calls) == KEPT
    assert truth.calls[0].start_s == 0.005
