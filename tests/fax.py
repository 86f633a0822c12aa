"""A call of a machine: somebody speaks, a machine answers, and what it sends can be read again."""

import numpy as np

from appliance.call_row import FixedClock
from appliance.engine import Engine
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from firmware_bridge.block import Block, Epoch
from firmware_bridge.voices import sentence
from tests import v29
from tests.appliance.scene import START
from tests.signals import pcm, sine

#: What the machine sends: a second of a page.
DATA = v29.bits(v29.RATE)
IDLE_V, TALK_V = 4800, 800


def audio():
    """Return int16[n]: a sentence, the answer tone, and the data."""
    said = sentence("ko_far_1", "far")[:16_000]
    pause = np.zeros(4000, np.int16)
    return np.concatenate((said, pcm(sine(2100, 2.6, -12)), pause, v29.sent(DATA), pause))


def read(heard):
    """Return the data in what was heard after the answer tone."""
    return v29.received(heard[16_000 + 20_800 :], len(DATA))


def recorded(box, here):
    """Record the call, and return its row."""
    line = audio()
    with Engine(box, here, FixedClock(START), wait=True) as engine:
        engine.recorder.push([Epoch(1, 1, 0)])
        for at in range(0, len(line) + 24_000, 80):
            volts = TALK_V if 8000 <= at < 8000 + len(line) else IDLE_V
            heard = np.zeros(80, np.int16)
            if volts == TALK_V:
                said = line[at - 8000 : at - 8000 + 80]
                heard[: len(said)] = said
            level = np.full((1, 10), volts, np.int16)
            engine.recorder.push([Block(at, heard[None], level)])
    with CallIndex.open_readonly(box.index) as index:
        (row,) = index.search(CallQuery())
    return row
