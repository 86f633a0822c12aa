"""spandsp's receivers, through its shared library.

The C types that are used, as libspandsp.so.2 (0.0.6, Debian's libspandsp2) has them:

    typedef void (*tone_report)(void *user_data, int code, int level, int delay);
    typedef void (*put_msg)(void *user_data, const uint8_t *msg, int len);
    dtmf_rx_parms(s, int filter_dialtone, int twist, int reverse_twist, int threshold)
        negative (threshold: below -98) leaves a setting as it is. Later versions take floats.
    super_tone_rx_add_element(descriptor, tone, f1, f2, min_ms, max_ms)
        0 stands for "no frequency", though its header says -1; a max of 0 is without end.

Source: spandsp's public headers dtmf.h, adsi.h and super_tone_rx.h, and its library's symbols.
"""

import ctypes
import ctypes.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, c_int, c_int16, c_ubyte, c_void_p
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from appliance.bench.ear import PeerMissing
from firmware_bridge.signals import CALL_TONES

Samples = NDArray[np.int16]

#: adsi.h's codes of the standards, by our names.
STANDARDS: Final = {"bell202": 1, "v23_jp": 4, "dtmf": 5}
#: A cadence may be off by this much.
_SLACK, _SLACK_MS = 0.2, 90
#: A tone without pause is believed after so long.
_LASTS_MS: Final = 1500
#: With one frequency alone the receiver takes any energy for it: another, that no plan has.
_NOBODY_HZ: Final = 2600

_Report = CFUNCTYPE(None, c_void_p, c_int, c_int, c_int)
_PutMessage = CFUNCTYPE(None, c_void_p, POINTER(c_ubyte), c_int)
_SAMPLES = POINTER(c_int16)
_TYPES: Final[dict[str, tuple[Any, list[Any]]]] = {
    "dtmf_rx_init": (c_void_p, [c_void_p, c_void_p, c_void_p]),
    "dtmf_rx_parms": (None, [c_void_p, c_int, c_int, c_int, c_int]),
    "dtmf_rx_set_realtime_callback": (None, [c_void_p, _Report, c_void_p]),
    "dtmf_rx": (c_int, [c_void_p, _SAMPLES, c_int]),
    "dtmf_rx_free": (c_int, [c_void_p]),
    "adsi_rx_init": (c_void_p, [c_void_p, c_int, _PutMessage, c_void_p]),
    "adsi_rx": (c_int, [c_void_p, _SAMPLES, c_int]),
    "adsi_rx_free": (c_int, [c_void_p]),
    "super_tone_rx_make_descriptor": (c_void_p, [c_void_p]),
    "super_tone_rx_add_tone": (c_int, [c_void_p]),
    "super_tone_rx_add_element": (c_int, [c_void_p, c_int, c_int, c_int, c_int, c_int]),
    "super_tone_rx_free_descriptor": (c_int, [c_void_p]),
    "super_tone_rx_init": (c_void_p, [c_void_p, c_void_p, _Report, c_void_p]),
    "super_tone_rx": (c_int, [c_void_p, _SAMPLES, c_int]),
    "super_tone_rx_free": (c_int, [c_void_p]),
}


@dataclass(frozen=True)
class DtmfSettings:
    """Attributes: as dtmf_rx_parms has them; None for the receiver's own."""

    filter_dial_tone: bool | None = None
    twist_db: int | None = None
    reverse_twist_db: int | None = None


@cache
def library() -> ctypes.CDLL:
    """Return the library.

    Raises:
        PeerMissing: it is not installed.
    """
    try:
        loaded = ctypes.CDLL("libspandsp.so.2")
    except OSError:
        raise PeerMissing("spandsp: Debian package libspandsp2") from None
    for name, (result, arguments) in _TYPES.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


class Receiver:
    """One receiver of one line. `push` any piece of its audio; close it."""

    def __init__(
        self, state: int, take: Callable[..., int], free: Callable[[int], int], *kept: object
    ) -> None:
        """Attributes: kept, what the library still points to."""
        self._state = state
        self._take = take
        self._free = free
        self._kept = kept

    def push(self, audio: Samples) -> None:
        """Hear int16[n]."""
        self._take(self._state, audio.ctypes.data_as(_SAMPLES), len(audio))

    def close(self) -> None:
        self._free(self._state)


def dtmf_receiver(settings: DtmfSettings, heard: Callable[[str], None]) -> Receiver:
    """Return a receiver that tells each key as it is believed."""
    lib = library()

    def report(_: int, code: int, __: int, ___: int) -> None:
        if code:
            heard(chr(code))

    callback = _Report(report)
    state = lib.dtmf_rx_init(None, None, None)
    values = (settings.filter_dial_tone, settings.twist_db, settings.reverse_twist_db)
    lib.dtmf_rx_parms(state, *(-1 if value is None else int(value) for value in values), -99)
    lib.dtmf_rx_set_realtime_callback(state, callback, None)
    return Receiver(state, lib.dtmf_rx, lib.dtmf_rx_free, callback)


def caller_receiver(standard: str, heard: Callable[[bytes], None]) -> Receiver:
    """Return a receiver that tells each message whose checksum is right."""
    lib = library()
    callback = _PutMessage(lambda _, message, count: heard(bytes(message[:count])))
    state = lib.adsi_rx_init(None, STANDARDS[standard], callback, None)
    return Receiver(state, lib.adsi_rx, lib.adsi_rx_free, callback)


@contextmanager
def tone_plan(plan: str) -> Iterator[tuple[int, list[str]]]:
    """Lend a descriptor of a plan's tones, and their names in the order of their codes."""
    lib = library()
    descriptor = lib.super_tone_rx_make_descriptor(None)
    names = [name for own, name in CALL_TONES if own == plan]
    for name in names:
        tone = CALL_TONES[plan, name]
        first, second = (*map(round, tone.freqs_hz), 0)[:2]
        code = lib.super_tone_rx_add_tone(descriptor)
        if not tone.cadence_s:
            lib.super_tone_rx_add_element(descriptor, code, first, second, _LASTS_MS, 0)
        for k, lasts_s in enumerate(tone.cadence_s):
            sounding = (first, second) if k % 2 == 0 else (0, 0)
            lib.super_tone_rx_add_element(descriptor, code, *sounding, *_around(lasts_s * 1000))
    code = lib.super_tone_rx_add_tone(descriptor)
    lib.super_tone_rx_add_element(descriptor, code, _NOBODY_HZ, 0, 60_000, 60_001)
    try:
        yield descriptor, names
    finally:
        lib.super_tone_rx_free_descriptor(descriptor)


def tone_receiver(descriptor: int, names: list[str], heard: Callable[[str], None]) -> Receiver:
    """Return a receiver that tells the name of each tone as it is believed."""
    lib = library()

    def report(_: int, code: int, __: int, ___: int) -> None:
        if 0 <= code < len(names):
            heard(names[code])

    callback = _Report(report)
    state = lib.super_tone_rx_init(None, descriptor, callback, None)
    return Receiver(state, lib.super_tone_rx, lib.super_tone_rx_free, callback)


def _around(ms: float) -> tuple[int, int]:
    slack = max(_SLACK * ms, _SLACK_MS)
    return round(ms - slack), round(ms + slack)
