"""Caller-ID bursts as an exchange sends them.

Three families. FSK is 1 200 bit/s, mark (1) and space (0) as below, octets least significant bit
first with a start bit 0 before and a stop bit 1 after:

    Bell 202   1200/2200 Hz   300 bits 0101... (channel seizure), 180 mark bits, then a message:
                              SDMF  04 len MMDDhhmm number    checksum
                              MDMF  80 len {type len data}*   checksum
                              checksum: two's complement of the sum of all octets before it
    V.23       1300/2100 Hz   Japan's number display: 96 mark bits, no seizure, 7 bits, even parity,
                              DLE SOH 07 DLE STX 40 len {type len data}* DLE ETX CRC
                              A DLE within the message is sent twice. CRC: x^16 + x^12 + x^5 + 1,
                              reflected, from 0, over 07 .. ETX with parity, low octet first
    DTMF       -              a start key, the number, an end key

Sources: Telcordia GR-30-CORE and SR-TSV-002476 (Bell 202, SDMF, MDMF). NTT's interface reference
for telephone services, as quoted by Asterisk's sig_analog.c and callerid.c and spandsp's adsi.h.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from firmware_bridge.signals import AUDIO_HZ, Audio, dtmf, peak

BAUD: Final = 1200
SEIZURE_BITS: Final = 300
BELL_MARK_BITS: Final = 180
NTT_MARK_BITS: Final = 96  # 80 ms; at least 60 ms are asked for

_DLE, _SOH, _STX, _ETX = 0x10, 0x01, 0x02, 0x03


@dataclass(frozen=True)
class Modem:
    mark_hz: float
    space_hz: float


BELL_202: Final = Modem(1200.0, 2200.0)
V23: Final = Modem(1300.0, 2100.0)


def fsk(bits: Sequence[int], modem: Modem, dbm0: float) -> Audio:
    """Return float32[n] of bits as one tone whose phase never jumps."""
    freqs_hz = np.where(np.asarray(bits) == 1, modem.mark_hz, modem.space_hz)
    edges_s = np.arange(len(bits) + 1) / BAUD
    cycles = np.concatenate([[0.0], np.cumsum(freqs_hz) / BAUD])
    at_s = np.arange(int(edges_s[-1] * AUDIO_HZ)) / AUDIO_HZ
    phase = 2 * np.pi * np.interp(at_s, edges_s, cycles)
    audio: Audio = (peak(dbm0) * np.sin(phase)).astype(np.float32)
    return audio


def octet_bits(octets: bytes) -> list[int]:
    """Return the bits of octets on the wire, each between its start and stop bit."""
    bits: list[int] = []
    for octet in octets:
        bits += [0, *((octet >> k) & 1 for k in range(8)), 1]
    return bits


def sdmf(time: str, number: str) -> bytes:
    """Return a single-data message: time as MMDDhhmm; number may be "P" or "O" when withheld."""
    text = (time + number).encode("ascii")
    return _with_checksum(bytes([0x04, len(text)]) + text)


def mdmf(time: str, number: str, name: str = "", absence: str = "") -> bytes:
    """Return a multiple-data message; absence ("P" or "O") stands in the place of the number."""
    fields = [(0x01, time), (0x04, absence) if absence else (0x02, number)]
    if name:
        fields.append((0x07, name))
    data = _parameters(fields)
    return _with_checksum(bytes([0x80, len(data)]) + data)


def number_display(number: str, absence: str = "", dialled: str = "") -> bytes:
    """Return Japan's frame, parity bits set.

    Args:
        absence: "P" withheld, "O" out of area, "C" public telephone, "S" congestion, or "";
            stands in the place of the number.
        dialled: the called number, for dial-in lines.
    """
    fields = [(0x04, absence)] if absence else [(0x02, number)]
    if dialled:
        fields.append((0x09, dialled))
    data = _parameters(fields)
    text = (bytes([0x40, len(data)]) + data).replace(bytes([_DLE]), bytes([_DLE, _DLE]))
    frame = bytes([_DLE, _SOH, 0x07, _DLE, _STX]) + text + bytes([_DLE, _ETX])
    coded = bytes(_even_parity(octet) for octet in frame)
    return coded + crc16(coded[2:]).to_bytes(2, "little")


def bell_burst(message: bytes, dbm0: float = -15.0) -> Audio:
    bits = [k % 2 for k in range(SEIZURE_BITS)] + [1] * BELL_MARK_BITS
    return fsk(bits + octet_bits(message) + [1] * 6, BELL_202, dbm0)


def ntt_burst(frame: bytes, dbm0: float = -15.0) -> Audio:
    return fsk([1] * NTT_MARK_BITS + octet_bits(frame) + [1] * 6, V23, dbm0)


def dtmf_burst(number: str, start: str = "A", end: str = "C", dbm0: float = -12.0) -> Audio:
    """Return the keys start, number, end, each 70 ms with 70 ms of pause."""
    n = 70 * AUDIO_HZ // 1000
    pause = np.zeros(n, np.float32)
    parts = [part for key in start + number + end for part in (dtmf(key, 0, n, dbm0), pause)]
    return np.concatenate(parts)


def crc16(octets: bytes) -> int:
    """Return NTT's block check; over a frame and its own check it is 0."""
    crc = 0
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8408 if crc & 1 else 0)
    return crc


def _parameters(fields: Iterable[tuple[int, str]]) -> bytes:
    return b"".join(bytes([kind, len(value)]) + value.encode("ascii") for kind, value in fields)


def _with_checksum(message: bytes) -> bytes:
    return message + bytes([-sum(message) & 0xFF])


def _even_parity(octet: int) -> int:
    return octet | (0x80 if octet.bit_count() % 2 else 0)
