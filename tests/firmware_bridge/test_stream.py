from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.block import Block, Epoch, Gap
from firmware_bridge.frames import Frame
from firmware_bridge.messages import Log, WrongVersion
from firmware_bridge.stream import FILL_LIMIT, Stream
from tests.firmware_bridge.wire import as_frame, blocks, data, hello

BOOT = 0xDEADBEEF


def greeted():
    stream = Stream()
    assert stream.push(as_frame(hello(), 0)) == []
    return stream


def push(stream, *sent):
    """Push (block number, seq) pairs or (message, seq) pairs; return the items."""
    items = []
    for what, seq in sent:
        items += stream.push(as_frame(data(what) if isinstance(what, int) else what, seq))
    return items


def without_arrays(items):
    return [
        (item.sample, item.audio.shape[1], item.filler) if isinstance(item, Block) else item
        for item in items
    ]


def test_blocks_come_as_they_were_measured():
    items = push(greeted(), (data(7, clip_mask=1, fault_mask=2), 1), (8, 2))
    assert without_arrays(items) == [Epoch(BOOT, 2, 560), (560, 80, False), (640, 80, False)]
    first = items[1]
    assert (first.clip_mask, first.fault_mask) == (1, 2)
    assert np.array_equal(first.audio, data(7).audio)
    assert np.array_equal(first.volts, data(7).volts)


def test_a_lost_block_is_filled_to_the_sample():
    items = push(greeted(), (0, 1), (2, 3))
    assert without_arrays(items[2:]) == [
        Gap(80, 80, "link", True),
        (80, 80, True),
        (160, 80, False),
    ]
    filler = items[3]
    assert not filler.audio.any()
    assert (filler.volts == data(0).volts[:, -1:]).all()
    assert filler.volts.shape == (2, 10)


@pytest.mark.parametrize(
    "changed, reason",
    [
        ({}, "link"),
        ({"adc_lost": 80}, "adc"),
        ({"tx_drops": 1}, "tx"),
        ({"adc_lost": 80, "tx_drops": 1}, "adc"),
    ],
)
def test_the_reason_of_a_gap_is_the_counter_that_moved(changed, reason):
    items = push(greeted(), (0, 1), (data(2, **changed), 3))
    assert items[2] == Gap(80, 80, reason, True)


def test_a_counter_that_wrapped_has_moved_too():
    items = push(greeted(), (data(0, tx_drops=65535), 1), (data(2, tx_drops=0), 3))
    assert items[2].reason == "tx"


def test_a_counter_that_moved_before_does_not_explain_a_later_gap():
    items = push(greeted(), (0, 1), (data(1, tx_drops=1), 2), (data(3, tx_drops=1), 4))
    assert items[3].reason == "link"


def test_filler_comes_in_blocks_of_a_second_at_most():
    items = push(greeted(), (0, 1), (226, 227))
    assert without_arrays(items[2:]) == [
        Gap(80, 18_000, "link", True),
        (80, 8000, True),
        (8080, 8000, True),
        (16_080, 2000, True),
        (18_080, 80, False),
    ]


@pytest.mark.parametrize("lost, filled", [(FILL_LIMIT, True), (FILL_LIMIT + 80, False)])
def test_a_gap_longer_than_thirty_seconds_is_told_and_not_filled(lost, filled):
    items = push(greeted(), (0, 1), (1 + lost // 80, 2))
    assert items[2] == Gap(80, lost, "link", filled)
    assert sum(block.audio.shape[1] for block in blocks(items) if block.filler) == lost * filled
    assert items[-1].sample == 80 + lost


def test_a_gap_of_centuries_costs_no_memory():
    items = push(greeted(), (0, 1), (data(0, sample=2**63), 2))
    assert without_arrays(items[2:]) == [
        Gap(80, 2**63 - 80, "link", False),
        (2**63, 80, False),
    ]


def test_odd_losses_never_leave_voltage_behind_audio():
    random = Random(4)
    stream, sample, audio, volts = greeted(), 5, 0, 0
    for n in range(500):
        for block in blocks(push(stream, (data(n, sample=sample), n + 1))):
            audio += block.audio.shape[1]
            volts += block.volts.shape[1]
            assert volts == audio // 8
        sample += 80 + random.choice([0, 1, 3, 7, 8, 80])


def test_an_odd_loss_after_a_gap_that_was_not_filled_is_counted_from_there():
    far = 80 + FILL_LIMIT + 83
    items = push(greeted(), (0, 1), (data(1, sample=far), 2), (data(2, sample=far + 85), 3))
    assert [block.volts.shape[1] for block in blocks(items)] == [10, 10, 0, 10]


def test_a_smaller_index_is_a_new_epoch():
    items = push(greeted(), (1000, 1), (3, 2), (4, 3))
    assert without_arrays(items) == [
        Epoch(BOOT, 2, 80_000),
        (80_000, 80, False),
        Epoch(BOOT, 2, 240),
        (240, 80, False),
        (320, 80, False),
    ]


@pytest.mark.parametrize("n", [0, 5, 6, 7, 1000])
def test_another_boot_id_is_a_new_epoch_whatever_the_index(n):
    items = push(greeted(), (5, 1), (data(n, boot_id=1), 2))
    assert without_arrays(items[2:]) == [Epoch(1, 2, 80 * n), (80 * n, 80, False)]


def test_a_restart_announced_by_hello_costs_no_frame():
    stream = greeted()
    push(stream, (5, 20_000), (6, 40_000), (hello(boot_id=1, lines=8), 0))
    items = push(stream, (data(0, lines=8, boot_id=1), 1))
    assert without_arrays(items) == [Epoch(1, 8, 0), (0, 80, False)]
    assert stream.counts.lost_frames == 2 * 19_999


def test_hello_again_from_the_same_start_changes_nothing():
    stream = greeted()
    items = push(stream, (0, 1), (hello(), 2), (1, 3))
    assert without_arrays(items[1:]) == [(0, 80, False), (80, 80, False)]
    assert stream.counts.lost_frames == 0


def test_a_block_sent_twice_is_heard_once():
    stream = greeted()
    items = push(stream, (0, 1), (1, 2), (1, 2), (2, 3))
    assert [block.sample for block in blocks(items)] == [0, 80, 160]
    assert stream.counts.repeated == 1
    assert stream.counts.lost_frames == 0


def test_a_block_that_comes_late_has_become_a_gap():
    stream = greeted()
    items = push(stream, (0, 1), (4, 5), (1, 2), (2, 3), (3, 4), (5, 6))
    assert without_arrays(items[1:]) == [
        (0, 80, False),
        Gap(80, 240, "link", True),
        (80, 240, True),
        (320, 80, False),
        (400, 80, False),
    ]
    assert stream.counts.repeated == 3


def test_a_board_that_restarts_at_once_without_a_new_boot_id_is_still_a_new_epoch():
    stream = greeted()
    items = push(stream, (100, 5), (0, 1), (1, 2))
    assert [item.first_sample for item in items if isinstance(item, Epoch)] == [8000, 0]
    assert [block.sample for block in blocks(items)] == [8000, 0, 80]
    assert stream.counts.lost_frames == 4


def test_a_board_that_restarts_within_its_first_blocks_is_still_a_new_epoch():
    stream = greeted()
    items = push(stream, (5, 500), (0, 1))
    assert [item.first_sample for item in items if isinstance(item, Epoch)] == [400, 0]
    assert stream.counts.lost_frames == 499


def test_sequence_numbers_wrap():
    stream = Stream()
    push(stream, (hello(), 65_500), *((n, 65_501 + n) for n in range(100)))
    assert stream.counts.lost_frames == 0
    push(stream, (101, 65_501 + 101))
    assert stream.counts.lost_frames == 1


def test_every_type_counts_in_the_sequence():
    stream = greeted()
    push(stream, (0, 1), (Log("hello"), 2), (1, 3))
    assert stream.push(Frame(0x77, 4)) == []
    push(stream, (2, 5))
    assert stream.counts.lost_frames == 0
    push(stream, (Log("hello"), 9))
    assert stream.counts.lost_frames == 3


def test_another_major_version_is_refused_and_nothing_more_is_heard():
    stream = greeted()
    wrong = Frame(hello().TYPE, 1, b"\x02" + hello().to_bytes()[1:])
    with pytest.raises(WrongVersion):
        stream.push(wrong)
    assert push(stream, (0, 2)) == []
    assert stream.counts.early == 1
    push(stream, (hello(), 3))
    assert len(push(stream, (1, 4))) == 2


def test_nothing_is_heard_before_hello():
    stream = Stream()
    assert push(stream, (0, 1)) == []
    assert stream.counts.early == 1


@pytest.mark.parametrize("lines, naud", [(1, 80), (3, 80), (2, 160), (2, 8)])
def test_a_block_of_another_shape_than_hello_says_is_ignored(lines, naud):
    stream = greeted()
    odd = data(
        1,
        lines=lines,
        audio=np.zeros((lines, naud), np.int16),
        volts=np.zeros((lines, naud // 8), np.int16),
    )
    items = push(stream, (0, 1), (odd, 2), (2, 3))
    assert without_arrays(items[2:]) == [
        Gap(80, 80, "link", True),
        (80, 80, True),
        (160, 80, False),
    ]
    assert stream.counts.mismatched == 1


def test_a_block_that_contradicts_itself_is_ignored():
    stream = greeted()
    assert stream.push(Frame(2, 1, b"\0" * 40)) == []
    assert stream.counts.unreadable == 1


@given(st.lists(st.integers(0, 60), max_size=60))
def test_whatever_order_blocks_come_in_each_sample_of_an_epoch_stands_once(order):
    stream, next_sample = greeted(), None
    for item in push(stream, *((n, n + 1) for n in order)):
        if isinstance(item, Epoch):
            next_sample = item.first_sample
        elif isinstance(item, Gap):
            assert item.sample == next_sample
        else:
            assert item.sample == next_sample
            next_sample += item.audio.shape[1]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 65535), st.binary(max_size=60))))
def test_any_frames_do_no_more_than_count(sent):
    stream = greeted()
    for type, seq, payload in sent:
        try:
            stream.push(Frame(type, seq, payload))
        except WrongVersion:
            continue
