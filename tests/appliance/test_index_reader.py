"""A reader that runs for months sees what the recorder writes, whenever that starts."""

import os
import sqlite3
import subprocess
import sys

import pytest

from appliance.index import CallIndex
from appliance.index_reader import IndexReader
from tests.another_user import BECOME_ANOTHER, needs_root, open_to_all
from tests.appliance.test_index import row

#: A recorder's connection.
OPENED = """
import os, sys
from pathlib import Path
from appliance.index import CallIndex
index = CallIndex.open(Path(sys.argv[1]))
index.since_row(0)
"""
#: The page's.
READS = f"""
import os, sys
from pathlib import Path
from appliance.index import CallIndex
{BECOME_ANOTHER}
with CallIndex.open_readonly(Path(sys.argv[1])) as reader:
    print([call.id for call in reader.since_row(0)], flush=True)
    input()
    print([call.id for call in reader.since_row(0)], flush=True)
"""


def ids(index):
    return [call.id for call in index.since_row(0)]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "calls.db"
    with CallIndex.open(path) as index:
        index.put(row(1))
    return path


def test_an_index_that_was_made_again_is_read_from_the_next_question_on(path):
    with CallIndex.open_readonly(path) as reader:
        assert ids(reader) == [row(1).id]
        os.rename(path, path.with_name("calls.db.damaged"))
        assert ids(reader) == [row(1).id]  # there is no other yet
        with CallIndex.open(path) as again:
            again.put(row(2))
            assert ids(reader) == [row(2).id]


def test_what_is_put_in_the_place_of_the_index_and_is_none_is_said(path):
    with CallIndex.open_readonly(path) as reader:
        path.rename(path.with_name("calls.db.damaged"))
        path.write_bytes(b"not a database at all" * 500)
        with pytest.raises(sqlite3.DatabaseError):
            ids(reader)


def test_closing_what_was_replaced_closes_all(path):
    reader = IndexReader(path)
    path.rename(path.with_name("calls.db.damaged"))
    CallIndex.open(path).close()
    with reader.current() as now:
        assert now.execute("SELECT count(*) FROM calls").fetchone()[0] == 0
    reader.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        now.execute("SELECT 1")


@needs_root
@pytest.mark.parametrize("how_it_ended", ["closed", "killed"])
def test_another_user_who_may_not_write_here_sees_every_call_that_begins_later(path, how_it_ended):
    if how_it_ended == "killed":
        subprocess.run(
            [sys.executable, "-c", f"{OPENED}\nos.kill(os.getpid(), 9)", path], check=False
        )
    assert path.with_name("calls.db-shm").exists() == (how_it_ended == "killed")
    open_to_all(path.parent)
    reader = subprocess.Popen(
        [sys.executable, "-c", READS, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with reader:
        assert reader.stdout.readline() == f"{[row(1).id]}\n"
        with CallIndex.open(path) as index:
            index.put(row(2))
            open_to_all(path.parent)
            assert reader.communicate("go on\n", 30)[0] == f"{[row(1).id, row(2).id]}\n"
    assert reader.returncode == 0
