"""A service's number is shown while it runs, in a folder of its own and in another's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.pid_file import shown_in
from tests.another_user import BECOME_ANOTHER, UID, needs_root, open_to_all

SERVICE = f"""
import os, sys
from pathlib import Path
from appliance.pid_file import shown_in
{BECOME_ANOTHER}
path = Path(sys.argv[1])
with shown_in(path):
    print(path.exists() and path.read_text() == f"{{os.getpid()}}\\n")
"""


def test_it_is_there_while_the_service_runs(tmp_path):
    path = tmp_path / "run" / "web.pid"
    with shown_in(path):
        assert path.read_text() == f"{os.getpid()}\n"
    assert not path.exists()


def test_it_is_taken_away_also_when_the_service_fails(tmp_path):
    path = tmp_path / "web.pid"
    with pytest.raises(RuntimeError), shown_in(path):
        raise RuntimeError
    assert not path.exists()


@pytest.mark.parametrize("left", [Path.mkdir, lambda path: path.symlink_to("gone/x"), os.mkfifo])
def test_what_is_no_file_is_put_aside(tmp_path, left):
    path = tmp_path / "web.pid"
    left(path)
    with shown_in(path):
        assert path.read_text() == f"{os.getpid()}\n"
    assert len(list(tmp_path.glob("web.pid.damaged-*"))) == 1


@pytest.mark.parametrize("left", [Path.touch, lambda path: path.symlink_to("gone/x")])
def test_where_there_can_be_no_folder_for_it_the_service_runs_without(tmp_path, left, caplog):
    left(tmp_path / "run")
    with shown_in(tmp_path / "run" / "web.pid"):
        assert "run" in caplog.text


@needs_root
@pytest.mark.parametrize("given", [True, False])
def test_in_anothers_folder_the_file_is_emptied_or_the_service_runs_without(tmp_path, given):
    path = tmp_path / "web.pid"
    if given:
        path.touch()
    open_to_all(tmp_path)
    if given:
        os.chown(path, UID, UID)
    done = subprocess.run(
        [sys.executable, "-c", SERVICE, path], capture_output=True, text=True, check=True
    )
    assert done.stdout == ("True\n" if given else "False\n")
    assert ("kirok own" in done.stderr) == (not given)
    assert path.exists() == given and (not given or path.read_text() == "")
