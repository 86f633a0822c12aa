"""Tests run numpy with one BLAS thread, as `kirok` does: see appliance/__main__.py.

More of them spin on small matrices: on two busy cores some tests take fifty times as long.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
