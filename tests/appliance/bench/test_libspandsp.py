from contextlib import closing

import numpy as np
import pytest

from appliance.bench.ear import PeerMissing
from appliance.bench.libspandsp import (
    DtmfSettings,
    caller_receiver,
    dtmf_receiver,
    library,
    tone_plan,
    tone_receiver,
)
from firmware_bridge import caller_id as cid
from firmware_bridge.signals import CALL_TONES, call_tone, dtmf, to_int16

try:
    library()
except PeerMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)


def keys(text, twist_db=0.0):
    pause = np.zeros(400, np.float32)
    parts = [part for key in text for part in (dtmf(key, 0, 400, -10.0, twist_db), pause)]
    return to_int16(np.concatenate(parts))


@pytest.mark.parametrize("piece", [1, 37, 160, 8000])
def test_a_clean_string_of_keys_is_heard(piece):
    heard, audio = [], keys("123A456B789C*0#D")
    with closing(dtmf_receiver(DtmfSettings(), heard.append)) as receiver:
        for at in range(0, len(audio), piece):
            receiver.push(audio[at : at + piece])
    assert "".join(heard) == "123A456B789C*0#D"


def test_settings_reach_the_receiver():
    heard = {}
    for reverse in (None, 6):
        heard[reverse] = []
        settings = DtmfSettings(reverse_twist_db=reverse)
        with closing(dtmf_receiver(settings, heard[reverse].append)) as receiver:
            receiver.push(keys("159D", twist_db=5.0))
    assert (len(heard[None]), len(heard[6])) == (0, 4)


@pytest.mark.parametrize(
    "standard, burst, begins",
    [
        ("bell202", cid.bell_burst(cid.sdmf("11231204", "0311234567")), b"\x04\x12"),
        ("v23_jp", cid.ntt_burst(cid.number_display("0311234567")), b"\x10\x01\x07\x10\x02\x40"),
    ],
)
def test_a_message_is_told_whole(standard, burst, begins):
    heard = []
    with closing(caller_receiver(standard, heard.append)) as receiver:
        receiver.push(to_int16(np.concatenate([burst, np.zeros(4000, np.float32)])))
    (message,) = heard
    assert message.startswith(begins)
    assert b"0311234567" in message


def test_a_busy_tone_is_named_and_two_receivers_share_a_plan():
    audio = to_int16(call_tone(CALL_TONES["kr", "busy"], 0, 32_000, -15.0))
    heard = [], []
    with tone_plan("kr") as (descriptor, names):
        assert names == ["dial", "ringback", "busy", "reorder"]
        with (
            closing(tone_receiver(descriptor, names, heard[0].append)) as first,
            closing(tone_receiver(descriptor, names, heard[1].append)) as second,
        ):
            first.push(audio)
            second.push(np.zeros(32_000, np.int16))
    assert heard[0][0] == "busy"
    assert heard[1] == []
