import os
import subprocess
import sys

ASK = """
import os, sys
from appliance.__main__ import main
assert "numpy" not in sys.modules, "loaded before the threads are settled"
sys.argv = ["kirok", "--help"]
try:
    main()
except SystemExit:
    print(os.environ["OPENBLAS_NUM_THREADS"], "numpy" in sys.modules)
"""


def asked(**environment):
    plain = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", ASK]
    said = subprocess.check_output(command, env=plain | environment, text=True)
    return said.splitlines()[-1]


def test_numpy_is_loaded_with_one_blas_thread():
    assert asked() == "1 True"


def test_more_threads_may_be_asked_for():
    assert asked(OPENBLAS_NUM_THREADS="2") == "2 True"
