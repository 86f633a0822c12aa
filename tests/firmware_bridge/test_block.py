from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from firmware_bridge.block import Block, Epoch, Gap


def test_a_block_is_heard_and_whole_unless_it_says_otherwise():
    block = Block(80, np.zeros((2, 80), np.int16), np.zeros((2, 10), np.int16))
    assert (block.clip_mask, block.fault_mask, block.filler) == (0, 0, False)


def test_items_are_handed_to_many_and_changed_by_none():
    block = Block(0, np.zeros((1, 8), np.int16), np.zeros((1, 1), np.int16))
    for item, name in (
        (block, "sample"),
        (Gap(0, 80, "link", True), "lost"),
        (Epoch(1, 2, 0), "lines"),
    ):
        with pytest.raises(FrozenInstanceError):
            setattr(item, name, 1)
