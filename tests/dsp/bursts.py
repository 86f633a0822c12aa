"""Bursts of caller ID as the simulated exchange sends them, and what a line does to them."""

import numpy as np

from firmware_bridge import caller_id as sent
from tests.signals import pcm, peak, sine

SDMF = sent.sdmf("11231204", "0313708114")
MDMF = sent.mdmf("11231204", "0313708114", name="KIM")
JAPAN = sent.number_display("0312345678", dialled="0173352111")

#: Samples of silence around a burst.
QUIET = 1600


def bits_of(octets, pauses=(0,)):
    """Return serial bits, each octet followed by so many mark bits, in turn."""
    bits = []
    for k, octet in enumerate(octets):
        bits += sent.octet_bits(bytes([octet])) + [1] * pauses[k % len(pauses)]
    return bits


def wave(bits, modem=sent.BELL_202, dbm0=-15.0, clock=1.0, slope_db=0.0):
    """Return float[n] of bits from a sender whose clock and levels are off."""
    bits = np.asarray(bits)
    freqs_hz = np.where(bits == 1, modem.mark_hz, modem.space_hz) * clock
    edges_s = np.arange(len(bits) + 1) / (sent.BAUD * clock)
    cycles = np.concatenate(([0.0], np.cumsum(freqs_hz / (sent.BAUD * clock))))
    at_s = np.arange(int(edges_s[-1] * 8000)) / 8000
    level = np.where(bits == 1, -max(slope_db, 0), min(slope_db, 0))
    gain = 10 ** (level[np.minimum((at_s * sent.BAUD * clock).astype(int), len(bits) - 1)] / 20)
    return gain * peak(dbm0) * np.sin(2 * np.pi * np.interp(at_s, edges_s, cycles))


def bell(octets, pauses=(0,), seizure=300, mark=180, **line):
    lead = [k % 2 for k in range(seizure)] + [1] * mark
    return wave(lead + bits_of(octets, pauses) + [1] * 6, **line)


def japan(octets, pauses=(0,), mark=96, **line):
    return wave([1] * mark + bits_of(octets, pauses) + [1] * 6, modem=sent.V23, **line)


def on_a_line(*parts, seed=1, noise_dbm0=-60.0, hum=None):
    """Return int16[n]: the parts, QUIET around each; hum is (Hz, dBm0)."""
    rng = np.random.default_rng(seed)
    quiet = np.zeros(QUIET)
    whole = np.concatenate([quiet, *(x for part in parts for x in (part, quiet))])
    whole = whole + rng.normal(0, peak(noise_dbm0) / np.sqrt(2), len(whole))
    if hum:
        whole = whole + sine(hum[0], len(whole) / 8000, hum[1])
    return pcm(whole)
