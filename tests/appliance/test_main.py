import os
import subprocess
import sys

import pytest

SHOW = [sys.executable, "-m", "appliance", "policy", "show", "osan"]
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


@pytest.mark.parametrize("name", ["LC_ALL", "LANG"])
def test_what_is_read_and_printed_is_utf_8_whatever_the_locale(name):
    environment = {"PATH": os.environ["PATH"], name: "C"}
    environment |= {
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }  # as EUC-KR, which is rarely made
    done = subprocess.run(SHOW, env=environment, capture_output=True, check=True)
    assert "녹취" in done.stdout.decode()


def test_closed_streams_are_nobodys_end(tmp_path):
    said = tmp_path / "said"
    done = subprocess.run(["sh", "-c", f'"$@" <&- >&- 2>{said}', "sh", *SHOW], check=False)
    assert (done.returncode, said.read_text()) == (0, "")
    done = subprocess.run(["sh", "-c", '"$@" <&- >&- 2>&-', "sh", *SHOW], check=False)
    assert done.returncode == 0
