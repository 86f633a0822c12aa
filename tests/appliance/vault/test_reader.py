import random
from contextlib import suppress

import pytest

from appliance.vault.reader import (
    check_chain,
    find_segments,
    open_segments,
    read_call,
    salvage_call,
)
from appliance.vault.reel import HEADER_BYTES, ReelWriter
from appliance.vault.segment import NO_BACK, CallKey, CallSealer, Codec, TamperedError

DAY = "2026-11-23"
CALL = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
OTHER = "01ARZ3NDEKTSV4RRFFQ69G5FAW"
KEY, OTHER_KEY = bytes(range(32)), bytes(32)
FACTS = {"line": 3, "number": "031-8036-7114", "digits": "*1"}


class Reel:
    """CALL, of four seconds and its facts, and OTHER, cut off, second by second."""

    def __init__(self, vault):
        rng = random.Random(4)
        self.writer = ReelWriter(vault, DAY, "box-7")
        self.path = self.writer.path
        self.offsets, self.ends, self.packets = {CALL: [], OTHER: []}, {}, {CALL: [], OTHER: []}
        sealers = {CALL: CallSealer(CALL, KEY), OTHER: CallSealer(OTHER, OTHER_KEY)}
        for second in range(4):
            for call, sealer in sealers.items():
                packets = [rng.randbytes(rng.randrange(20, 60)) for _ in range(50)]
                self.packets[call] += packets
                back = self.back(call)
                self.add(call, sealer.seal_audio(packets, second * 8000, 8000, back))
        self.add(CALL, sealers[CALL].seal_facts(FACTS, self.back(CALL)))
        self.chain = sealers[CALL].chain
        self.writer.flush()

    def back(self, call):
        return self.offsets[call][-1] if self.offsets[call] else NO_BACK

    def add(self, call, segment):
        self.offsets[call].append(self.writer.append(segment))
        self.ends[self.offsets[call][-1]] = self.writer.size

    def spoil(self, at, value=None):
        data = bytearray(self.path.read_bytes())
        data[at] = data[at] ^ 1 if value is None else value
        self.path.write_bytes(data)


@pytest.fixture
def reel(tmp_path):
    return Reel(tmp_path)


def test_a_call_is_read_from_its_last_segment_back(reel):
    record = read_call(reel.path, CALL, KEY, last_offset=reel.offsets[CALL][-1])
    assert record.packets == reel.packets[CALL]
    assert record.facts == FACTS
    assert (record.samples, record.segments, record.complete) == (32000, 5, True)
    assert record.chain == reel.chain
    assert [second.first_sample for second in record.seconds] == [0, 8000, 16000, 24000]
    assert {second.codec for second in record.seconds} == {Codec.OPUS}


def test_a_call_cut_off_is_read_from_its_first_segment_on(reel):
    record = read_call(reel.path, OTHER, OTHER_KEY, first_offset=reel.offsets[OTHER][0])
    assert record.packets == reel.packets[OTHER]
    assert (record.facts, record.complete, record.segments) == (None, False, 4)


def test_both_ways_read_the_same(reel):
    offsets = reel.offsets[CALL]
    assert read_call(reel.path, CALL, KEY, first_offset=HEADER_BYTES) == read_call(
        reel.path, CALL, KEY, last_offset=offsets[-1]
    )


def test_an_inner_segment_reads_as_an_incomplete_call(reel):
    record = read_call(reel.path, CALL, KEY, last_offset=reel.offsets[CALL][1])
    assert (record.complete, record.segments, record.samples) == (False, 2, 16000)


def test_a_missed_call_has_facts_alone(tmp_path):
    writer = ReelWriter(tmp_path, DAY, "box-7")
    at = writer.append(CallSealer(CALL, KEY).seal_facts(FACTS, NO_BACK))
    record = read_call(writer.path, CALL, KEY, last_offset=at)
    assert (record.facts, record.packets, record.complete) == (FACTS, [], True)


def test_power_cut_at_any_byte_keeps_every_whole_second_of_both(reel, tmp_path):
    data = reel.path.read_bytes()
    copy = tmp_path / "copy"
    cuts = sorted({cut for end in reel.ends.values() for cut in (end - 1, end, end + 1, end + 90)})
    for cut in [each for each in cuts if each <= len(data)]:
        copy.write_bytes(data[:cut])
        for call, key in ((CALL, KEY), (OTHER, OTHER_KEY)):
            whole = sum(reel.ends[at] <= cut for at in reel.offsets[call])
            if whole == 0:
                with pytest.raises(TamperedError, match="no segment of it"):
                    read_call(copy, call, key, first_offset=HEADER_BYTES)
                continue
            record = read_call(copy, call, key, first_offset=HEADER_BYTES)
            assert record.segments == whole
            assert record.packets == reel.packets[call][: 50 * min(whole, 4)]
            assert record.complete == (whole == 5)


def test_every_flipped_byte_of_a_call_is_named(reel):
    data = reel.path.read_bytes()
    rng = random.Random(9)
    last = reel.offsets[CALL][-1]
    for number, at in enumerate(reel.offsets[CALL]):
        for _ in range(25):
            reel.path.write_bytes(data)
            reel.spoil(rng.randrange(at, reel.ends[at]))
            with pytest.raises(TamperedError, match=f"call {CALL}, offset {at}: ") as caught:
                read_call(reel.path, CALL, KEY, last_offset=last)
            assert "segment" in str(caught.value), number


def test_the_wrong_key_is_named(reel):
    with pytest.raises(TamperedError, match="segment 0: another key's call"):
        read_call(reel.path, CALL, OTHER_KEY, last_offset=reel.offsets[CALL][-1])


def test_another_calls_segment_is_named(reel):
    with pytest.raises(TamperedError, match=f"a segment of call {OTHER}"):
        read_call(reel.path, CALL, KEY, last_offset=reel.offsets[OTHER][-1])


@pytest.mark.parametrize("offset", [0, 65, 10**9, 2**63])
def test_an_offset_that_is_no_segments_is_named(reel, offset):
    with pytest.raises(TamperedError, match="no segment here"):
        read_call(reel.path, CALL, KEY, last_offset=offset)


def forge(reel, sealer_chain_from, back, number):
    """A segment that has the key and all but its place right."""
    sealer = CallSealer(CALL, KEY)
    sealer.segments, sealer.chain = number, sealer_chain_from
    return reel.writer.append(sealer.seal_facts({}, back))


def test_a_segment_out_of_number_is_named(reel):
    at = forge(reel, reel.chain, reel.offsets[CALL][2], 4)
    with pytest.raises(TamperedError, match="got segment 2, want 3"):
        read_call(reel.path, CALL, KEY, last_offset=at)


def test_a_segment_out_of_chain_is_named(reel):
    at = forge(reel, bytes(32), reel.offsets[CALL][3], 4)
    with pytest.raises(TamperedError, match="segment 4: the chain is broken"):
        read_call(reel.path, CALL, KEY, last_offset=at)


def test_back_pointers_in_a_circle_end(reel):
    at = forge(reel, reel.chain, reel.writer.size, 5)
    with pytest.raises(TamperedError, match="got segment 5, want 4"):
        read_call(reel.path, CALL, KEY, last_offset=at)


def test_a_damaged_second_in_a_call_cut_off_is_named(reel):
    reel.spoil(reel.offsets[OTHER][1] + 200)
    with pytest.raises(TamperedError, match="got segment 2, want 1"):
        read_call(reel.path, OTHER, OTHER_KEY, first_offset=HEADER_BYTES)


def test_a_damaged_call_can_be_salvaged_but_for_the_damage(reel):
    reel.spoil(reel.offsets[CALL][1] + 200)
    record, missing = salvage_call(reel.path, CALL, KEY)
    assert missing == [1]
    assert (record.complete, record.facts, record.samples) == (False, FACTS, 24000)
    assert record.packets == reel.packets[CALL][:50] + reel.packets[CALL][100:]
    sound, none = salvage_call(reel.path, OTHER, OTHER_KEY)
    assert (sound.packets, none) == (reel.packets[OTHER], [])
    assert salvage_call(reel.path, CALL, OTHER_KEY)[0].segments == 0


def test_the_chain_is_checked_without_a_key(reel):
    last = reel.offsets[CALL][-1]
    assert check_chain(reel.path, CALL, last) == reel.chain
    reel.spoil(reel.offsets[CALL][2] + 300)
    with pytest.raises(TamperedError, match="segment 2 is damaged"):
        check_chain(reel.path, CALL, last)


def test_what_comes_before_a_fault_is_given_out_proven(reel):
    offsets = find_segments(reel.path, CALL, last_offset=reel.offsets[CALL][-1])
    assert offsets == reel.offsets[CALL]
    reel.spoil(offsets[3] + 100)
    opened = []
    with suppress(TamperedError):
        opened.extend(open_segments(reel.path, offsets, CallKey(CALL, KEY)))
    for one in open_segments(reel.path, offsets[:3], CallKey(CALL, KEY)):
        assert one.head.number < 3


@pytest.mark.parametrize("where", [{}, {"last_offset": 64, "first_offset": 64}])
def test_one_way_must_be_chosen(reel, where):
    with pytest.raises(ValueError, match="give last_offset or first_offset"):
        read_call(reel.path, CALL, KEY, **where)
