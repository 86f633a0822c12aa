"""Keeps what a process has in memory (audio, keys, passphrases) out of dumps and swap.

    no core dump       RLIMIT_CORE 0, and PR_SET_DUMPABLE 0 for the kernel's pipe to a collector,
                       which takes no notice of the limit
    no onlookers       PR_SET_DUMPABLE 0: /proc/PID/mem, /proc/PID/environ and ptrace are root's
                       alone, whatever yama's ptrace_scope says
    no swap            mlockall: what is touched stays in memory; for the services

mlockall counts whole mappings against RLIMIT_MEMLOCK, touched or not, and once the limit is reached
every later allocation fails. So it is done only where there is no limit: `LimitMEMLOCK=infinity` in
the unit, or CAP_IPC_LOCK. MCL_ONFAULT locks pages as they are touched: the memory used stays the
same.

Source: core(5), prctl(2), mlockall(2), proc(5).
"""

import ctypes
import resource
from pathlib import Path
from typing import Final

_PR_SET_DUMPABLE: Final = 4
_MCL_CURRENT: Final = 1
_MCL_FUTURE: Final = 2
_MCL_ONFAULT: Final = 4
_CAP_IPC_LOCK: Final = 14

_SWAPS: Final = Path("/proc/swaps")
_BLOCK: Final = Path("/sys/class/block")


def forbid_dumps() -> None:
    """Make this process leave no core dump and be closed to others of its user.

    Its children inherit the first; after exec the second must be done again.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _libc().prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def lock() -> bool:
    """Keep this process out of swap, also what it takes later; return whether that is done."""
    if not _without_limit():
        return False
    return bool(_libc().mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0)


def locked_kib(pid: int) -> int | None:
    """Return how much of a process is kept out of swap; None when there is no such process."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    return next((int(row.split()[1]) for row in status.splitlines() if row.startswith("VmLck")), 0)


def plain_swaps(swaps: Path = _SWAPS, block: Path = _BLOCK) -> list[str]:
    """Return the swap areas that put memory on a disk in clear: all but zram and dm-crypt."""
    rows = swaps.read_text().splitlines()[1:] if swaps.exists() else []
    return [name for name in (row.split()[0] for row in rows) if not _is_private(name, block)]


def _is_private(name: str, block: Path) -> bool:
    device = Path(name).resolve().name
    if device.startswith("zram"):
        return True
    kind = block / device / "dm" / "uuid"
    return kind.exists() and kind.read_text().startswith("CRYPT-")


def _without_limit() -> bool:
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if hard == resource.RLIM_INFINITY and soft != hard:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
    if hard == resource.RLIM_INFINITY:
        return True
    status = Path("/proc/self/status").read_text().splitlines()
    effective = next(int(row.split()[1], 16) for row in status if row.startswith("CapEff"))
    return bool(effective >> _CAP_IPC_LOCK & 1)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
