import subprocess
import sys

import pytest

from appliance import deep
from appliance.index import CallIndex
from tests.appliance.scene import START


def said(trial, level="wrong"):
    return [f.what for f in deep.examine(trial, None) if f.level == level]


def test_a_sound_folder_is_said_to_be_sound(trial, replayed):
    assert said(trial) == []
    assert {"the ledger is whole and signed", "4 of 4 calls agree with reel and key"} <= {
        *said(trial, "fine")
    }


def test_a_call_that_calls_db_does_not_know_is_named(trial, replayed):
    row = replayed[0]
    with CallIndex.open(trial.index) as index:
        index._db.execute("DELETE FROM calls WHERE id = ?", (row.id,))
    assert any(row.id in what for what in said(trial))


def test_a_hearing_that_the_ledger_does_not_know_is_named(trial, replayed):
    row = replayed[0]
    with CallIndex.open(trial.index) as index:
        index.add_hearing(row.id, START, ("p1", "listen", "claim"), 3)
    assert f"call {row.id}: who heard it is not what the ledger says" in said(trial)


def test_a_folder_without_its_log_is_examined_all_the_same(trial, replayed):
    (trial.ledger / "entries.log").unlink()
    assert any("ledger" in what for what in said(trial))
    assert "4 of 4 calls agree with reel and key" in said(trial, "fine")


@pytest.mark.parametrize("name", ["000.reel", "keys.db"])
@pytest.mark.parametrize("instead", ["a folder", "a link to nothing"])
def test_what_cannot_be_read_is_named_and_the_rest_is_examined(trial, replayed, name, instead):
    path = trial.vault / replayed[0].day / name
    path.unlink()
    path.mkdir() if instead == "a folder" else path.symlink_to("/nowhere/else")
    wrong = said(trial)
    assert all(any(row.id in what for what in wrong) for row in replayed if row.recorded)
    assert not any("could not be looked at" in what for what in wrong)
    assert "the ledger is whole and signed" in said(trial, "fine")


#: Says how often the ledger is opened: an audit hook cannot be taken away again.
COUNTS = """
import sys
from pathlib import Path
from appliance import box, deep
opened, seen = box.open_box(Path(sys.argv[1])), []
sys.addaudithook(lambda name, args: name == "open" and seen.append(str(args[0])))
list(deep.examine(opened, None))
print(len([path for path in seen if path.endswith("entries.log")]))
"""


def test_a_ledger_of_years_is_read_once(trial, replayed):
    done = subprocess.run(
        [sys.executable, "-c", COUNTS, trial.data], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"
