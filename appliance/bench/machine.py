"""What machine a figure was measured on."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Machine:
    """Attributes: load, of the last minute when it began; blas_threads, as asked for, or ""."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str
    numpy: str
    blas_threads: str
    load: float


def describe() -> Machine:
    """Return this machine."""
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gb=round(pages * page_bytes / 2**30, 1),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        numpy=np.__version__,
        blas_threads=os.environ.get("OPENBLAS_NUM_THREADS", ""),
        load=round(os.getloadavg()[0], 2),
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model"):  # x86; Raspberry Pi
            return value.strip()
    return platform.processor() or "unknown"
