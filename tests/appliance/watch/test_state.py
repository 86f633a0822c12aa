import errno
import os

import pytest

from appliance.api import Alarm
from appliance.watch.notices import Book
from appliance.watch.state import Shown, read_book, show, shown, write_book
from tests.faults import FaultyDisk, PowerCut

DOWN = Alarm("line_down", "line 3", "2026-11-23T02:00:00.000Z")
BOOK = Book(told=(DOWN,))


def test_what_was_told_is_known_after_a_restart(tmp_path):
    assert read_book(tmp_path) == Book()
    write_book(tmp_path, BOOK)
    assert read_book(tmp_path) == BOOK


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"told": 3}', '{"told": [{}]}', "\xff"])
def test_what_cannot_be_read_is_told_anew(tmp_path, text, caplog):
    write_book(tmp_path, BOOK)
    (tmp_path / "watch" / "told.json").write_text(text, encoding="latin-1")
    assert read_book(tmp_path) == Book()
    assert "told anew" in caplog.text


@pytest.mark.parametrize("error", [OSError(errno.EIO, "disk"), PowerCut()])
@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("call", range(7))
def test_a_failing_disk_leaves_the_old_book_or_the_new(tmp_path, call, done, error):
    write_book(tmp_path, Book())
    with pytest.raises(type(error)):
        write_book(tmp_path, BOOK, disk=FaultyDisk(call, error, done=done))
    assert read_book(tmp_path) in (Book(), BOOK)
    write_book(tmp_path, BOOK)
    assert read_book(tmp_path) == BOOK


def test_how_the_watch_stands_is_shown_while_it_runs(tmp_path):
    assert shown(tmp_path) is None
    show(tmp_path, Shown("ok", "", "2026-11-23T02:00:00.000Z", os.getpid()))
    assert shown(tmp_path).mail == "ok"
    show(tmp_path, Shown("ok", "", "", 2**22 - 1))
    assert shown(tmp_path) is None
