"""The process that `kirok` starts: what must be settled before numpy is loaded.

OpenBLAS starts a thread for each core. Our matrices are small: the threads cost memory and spin
while they wait, and the recorder's other threads want those cores.

A folder's files, and what is printed, are UTF-8 whatever the locale. A standard stream that is
closed would give its number to the next file that is opened, which then holds what is printed.
"""

import locale
import os
import sys
from typing import Final

from appliance import private_memory

_STDERR: Final = 2
#: OpenBLAS's own variable, OpenMP's, and MKL's: whichever numpy was built with.
_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> int:
    """Run `kirok` with one BLAS thread, unless the environment asks for more, and no core dumps."""
    closed = None in (sys.stdin, sys.stdout, sys.stderr)
    if closed or not (sys.flags.utf8_mode or locale.getpreferredencoding(False) == "UTF-8"):
        _begin_again()
    private_memory.forbid_dumps()
    for name in _THREADS:
        os.environ.setdefault(name, "1")
    from appliance import cli  # noqa: PLC0415 (it loads numpy)

    return cli.main()


def _begin_again() -> None:
    """Become a Python that reads and writes UTF-8 and has all three standard streams (PEP 540)."""
    while (null := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        os.set_inheritable(null, True)
    os.close(null)
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
