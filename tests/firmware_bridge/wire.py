"""Frames as a board sends them, for the tests of both ends."""

import numpy as np

from firmware_bridge.block import Block
from firmware_bridge.frames import Frame
from firmware_bridge.messages import Data, Hello


def hello(**changed):
    values = {
        "major": 1,
        "minor": 0,
        "hardware_id": 2,
        "firmware": 0x010203,
        "unique_id": bytes(range(12)),
        "boot_id": 0xDEADBEEF,
        "lines": 2,
        "block_ms": 10,
        "audio_hz": 8000,
        "volt_hz": 1000,
        "audio_nv": 50_000,
        "volt_uv": 10_000,
        "capabilities": 0x7F,
    }
    return Hello(**(values | changed))


def data(n, lines=2, **changed):
    """Return block n: its samples count on, so that a missing or moved one shows."""
    count = np.arange(80 * n, 80 * (n + 1)) % 30_000
    values = {
        "sample": 80 * n,
        "board_us": 10_000 * (n + 1),
        "boot_id": 0xDEADBEEF,
        "adc_lost": 0,
        "tx_drops": 0,
        "clip_mask": 0,
        "fault_mask": 0,
        "audio": np.stack([count + line for line in range(lines)]).astype(np.int16),
        "volts": np.tile(count[::8], (lines, 1)).astype(np.int16),
    }
    return Data(**(values | changed))


def as_frame(message, seq):
    return Frame(message.TYPE, seq & 0xFFFF, message.to_bytes())


def blocks(items):
    return [item for item in items if isinstance(item, Block)]
