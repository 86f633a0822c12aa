"""The process that `kirok` starts: what must be settled before numpy is loaded.

OpenBLAS starts a thread for each core. Our matrices are small: the threads cost memory and spin
while they wait, and the recorder's other threads want those cores.
"""

import os
import sys
from typing import Final

from appliance import private_memory

#: OpenBLAS's own variable, OpenMP's, and MKL's: whichever numpy was built with.
_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> int:
    """Run `kirok` with one BLAS thread, unless the environment asks for more, and no core dumps."""
    private_memory.forbid_dumps()
    for name in _THREADS:
        os.environ.setdefault(name, "1")
    from appliance import cli  # noqa: PLC0415 (it loads numpy)

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
