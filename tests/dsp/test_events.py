from dsp.events import Flash, OffHook


def test_an_event_is_printed_with_its_own_fields_in_seconds_from_the_start():
    event = OffHook(line=3, sample=12000, believed=12800, volts=-7.98765)
    assert event.as_json() == {
        "line": 3,
        "at_s": 1.5,
        "event": "off_hook",
        "volts": -7.9877,
        "believed_s": 1.6,
    }


def test_belief_is_not_printed_when_it_came_at_once():
    event = Flash(line=1, sample=800, believed=800, duration_s=0.5)
    assert event.as_json() == {"line": 1, "at_s": 0.1, "event": "flash", "duration_s": 0.5}
