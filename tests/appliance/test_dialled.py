import pytest

from appliance.dialled import DIALLING_PAUSE_S, KEY_PAUSE_S, KEY_SPREAD_S, Dialled


def press(dialled, keys, start_s=0.0, step_s=0.2):
    return [dialled.push(key, start_s + i * step_s) for i, key in enumerate(keys)]


def test_the_number_dialled_ends_at_the_first_long_pause():
    call = Dialled(outgoing=True)
    press(call, "0318036")
    press(call, "7114", start_s=1.2 + DIALLING_PAUSE_S)
    press(call, "22", start_s=1.8 + 2 * DIALLING_PAUSE_S + 0.1)
    assert (call.digits, call.keys) == ("03180367114", "22")


def test_what_is_pressed_in_an_incoming_call_is_no_number():
    call = Dialled(outgoing=False)
    assert press(call, "123") == [False] * 3
    assert (call.digits, call.keys) == ("", "123")


def test_the_record_key_is_told_and_belongs_to_no_number():
    call = Dialled(outgoing=True)
    press(call, "0318036")
    assert press(call, "*1", start_s=1.2 + KEY_PAUSE_S) == [False, True]
    assert (call.digits, call.keys) == ("0318036", "")
    assert press(call, "*1", start_s=30) == [False, True]
    press(call, "5", start_s=40)
    assert (call.digits, call.keys) == ("0318036", "5")


@pytest.mark.parametrize(
    "name, keys, start_s, step_s",
    [
        ("a service code is dialled", "*1", 5.0, 0.2),
        ("it follows the number at once", "031*1", 0.0, 0.2),
    ],
)
def test_in_an_outgoing_call_it_is_the_record_key_only_after_a_pause(name, keys, start_s, step_s):
    call = Dialled(outgoing=True)
    assert not any(press(call, keys, start_s, step_s))
    assert call.digits == keys


def test_the_record_keys_keys_come_close_together():
    assert press(Dialled(outgoing=False), "*1", step_s=KEY_SPREAD_S + 0.1) == [False, False]
    assert press(Dialled(outgoing=False), "*1", step_s=KEY_SPREAD_S) == [False, True]


def test_other_record_keys():
    assert press(Dialled(outgoing=False, record_key="#"), "1#") == [False, True]
    assert press(Dialled(outgoing=False, record_key="**9"), "1**9") == [False, False, False, True]
    assert press(Dialled(outgoing=False, record_key=""), "*1") == [False, False]
