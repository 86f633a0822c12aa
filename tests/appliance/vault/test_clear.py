import os
import random

import pytest

from appliance import ulid
from appliance.keys import new_data_key
from appliance.vault.clear import clear_others
from appliance.vault.reader import check_chain, read_call
from appliance.vault.reel import ReelWriter, State, scan
from appliance.vault.segment import NO_BACK, CallSealer, TamperedError

CALLS = [ulid.from_bytes(number.to_bytes(16, "big")) for number in range(4)]
HELD = CALLS[2]


@pytest.fixture
def reel(tmp_path):
    """Four calls side by side, the held one the shorter, and what is known of each."""
    rng = random.Random(6)
    writer = ReelWriter(tmp_path, "2026-11-23", "box")
    keys = {call: new_data_key() for call in CALLS}
    sealers = {call: CallSealer(call, key) for call, key in keys.items()}
    last = dict.fromkeys(CALLS, NO_BACK)
    for second in range(60):
        for call, sealer in sealers.items():
            if call != HELD or 20 <= second < 40:
                at = second * 8000
                last[call] = writer.append(
                    sealer.seal_audio([rng.randbytes(2000)], at, 8000, last[call])
                )
    for call, sealer in sealers.items():
        last[call] = writer.append(sealer.seal_facts({"line": 1}, last[call]))
    writer.close()
    return writer.path, {c: (keys[c], last[c], sealers[c].chain) for c in CALLS}


def states(path):
    return {stretch.state for stretch in scan(path)}


def used(path):
    return path.stat().st_blocks * 512


def test_the_held_call_stays_where_it_is_and_the_others_give_their_room_back(reel):
    path, calls = reel
    key, last, chain = calls[HELD]
    before = used(path)
    whole = read_call(path, HELD, key, last_offset=last)
    clear_others(path, {HELD: last})
    assert read_call(path, HELD, key, last_offset=last) == whole
    assert check_chain(path, HELD, last) == chain
    assert {s.head.call_id for s in scan(path) if s.head} == {HELD}
    assert states(path) == {State.WHOLE, State.ERASED}
    assert used(path) < 0.4 * before


def test_nothing_of_the_others_is_left(reel):
    path, calls = reel
    data = path.read_bytes()
    lost = [data[s.offset + 88 : s.offset + 120] for s in scan(path) if s.head.call_id != HELD]
    clear_others(path, {HELD: calls[HELD][1]})
    after = path.read_bytes()
    assert not any(piece in after for piece in lost)


def test_with_nothing_held_only_the_header_is_left(reel):
    path, _ = reel
    clear_others(path, {})
    assert path.stat().st_size == 64


@pytest.mark.parametrize("cleared", [(64, 3000), (64, 70000), (100, 200)])
def test_cut_short_anywhere_it_is_finished_by_doing_it_again(reel, cleared):
    path, calls = reel
    last = calls[HELD][1]
    clean = path.with_name("clean.reel")
    clean.write_bytes(path.read_bytes())
    clear_others(clean, {HELD: last})
    fd = os.open(path, os.O_WRONLY)
    os.pwrite(fd, bytes(cleared[1] - cleared[0]), cleared[0])
    os.close(fd)
    clear_others(path, {HELD: last})
    assert path.read_bytes() == clean.read_bytes()


def test_nothing_is_touched_while_a_held_call_is_not_whole(reel):
    path, calls = reel
    spoilt = [s for s in scan(path) if s.head.call_id == HELD][3]
    fd = os.open(path, os.O_WRONLY)
    os.pwrite(fd, b"!", spoilt.offset)
    os.close(fd)
    before = path.read_bytes()
    with pytest.raises(TamperedError):
        clear_others(path, {HELD: calls[HELD][1]})
    assert path.read_bytes() == before
