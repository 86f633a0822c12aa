import json
import subprocess
import sys

from appliance.bench.path import write_frames


def test_every_call_is_recorded_and_proved(tmp_path):
    write_frames(tmp_path / "frames", 4.0)
    given = [str(tmp_path / "frames"), "8", str(tmp_path / "data")]
    command = [sys.executable, "-m", "appliance.bench.path_run", *given]
    taken = json.loads(subprocess.check_output(command, text=True))
    assert (taken["lines"], taken["proved"]) == (8, 8)
    assert 0.5 < taken["seconds"] <= 1.0
    assert taken["sealed_bytes"] > 8 * 1000
    assert taken["flushes"] >= 1
    assert (tmp_path / "data" / "calls.db").exists()
