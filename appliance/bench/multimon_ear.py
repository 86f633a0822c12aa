"""multimon-ng as an ear: its DTMF receiver, as a process for each case.

It wants 22 050 Hz; the conversion is not charged to it. It does not say when it heard a key.
"""

import resource
import subprocess
from shutil import which
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from appliance.bench.case import Case, Sent
from appliance.bench.ear import PeerMissing
from firmware_bridge.signals import to_int16

_COMMAND: Final = ("multimon-ng", "-q", "-c", "-a", "DTMF", "-t", "raw", "/dev/stdin")
#: 22 050 Hz over 8 000 Hz.
_UP, _DOWN = 441, 160
#: It ends with its input, whatever it was about to say.
_AFTER: Final = bytes(2 * 2205)


class Multimon:
    """multimon-ng."""

    name = "multimon-ng"
    kinds = frozenset(("dtmf",))

    def __init__(self) -> None:
        """Look for the program.

        Raises:
            PeerMissing: it is not installed.
        """
        if which(_COMMAND[0]) is None:
            raise PeerMissing("multimon-ng: Debian package multimon-ng")

    def hear(self, case: Case) -> list[Sent]:
        """Return the keys heard."""
        assert case.audio is not None
        if case.group not in ("dtmf", "speech"):
            return []
        said = _run(_converted(case.audio)).decode()
        lines = (line.split() for line in said.splitlines())
        return [Sent("dtmf", words[1]) for words in lines if words[:1] == ["DTMF:"]]

    def cpu_s(self, audio: NDArray[np.int16]) -> float:
        """Return the CPU time that a piece of audio takes, the program's start left out."""
        return max(0.0, _cpu_s(_converted(audio)) - _cpu_s(_AFTER))


def _converted(audio: NDArray[np.int16]) -> bytes:
    faster = resample_poly(audio.astype(np.float32), _UP, _DOWN)
    return to_int16(faster).astype("<i2").tobytes() + _AFTER


def _run(data: bytes) -> bytes:
    return subprocess.run(_COMMAND, input=data, stdout=subprocess.PIPE, check=True).stdout


def _cpu_s(data: bytes) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(data)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
