from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.access_log import KEPT, AccessLog, AccessQuery
from appliance.ledger_walk import pack_line

AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
ALL = AccessQuery(since=AT - timedelta(days=3000), until=AT + timedelta(days=1))


class Book:
    """A ledger's file that tests write."""

    def __init__(self, folder):
        self.path = folder / "entries.log"
        self.size = 0

    def line(self, act, minutes=0, **facts):
        time = (AT + timedelta(minutes=minutes)).isoformat(timespec="milliseconds")
        entry = {"act": act, "clock": "ntp", "facts": facts, "index": self.size, "prev": ""}
        self.size += 1
        return pack_line({**entry, "time": time.replace("+00:00", "Z")})

    def enter(self, *given, **facts):
        self.write(self.line(*given, **facts))

    def write(self, data):
        with open(self.path, "ab") as file:
            file.write(data)


@pytest.fixture
def book(tmp_path):
    return Book(tmp_path)


@pytest.fixture
def log(tmp_path, book):
    log = AccessLog(tmp_path / "access.db", book.path)
    yield log
    log.close()


def acts(log, query=ALL):
    log.catch_up()
    return [one.act for one in log.search(query)]


def test_what_people_did_is_found_newest_first(log, book):
    book.enter("login", person="p1", address="192.0.2.7")
    book.enter("call", call="01ABC")
    book.enter("listen", 5, person="p1", call="01ABC", purpose="r1 dispute")
    log.catch_up()
    newest, oldest = log.search(ALL)
    assert (newest.entry, newest.act, newest.call_id) == (2, "listen", "01ABC")
    assert (newest.person, newest.at, newest.facts) == (
        "p1",
        AT + timedelta(minutes=5),
        {"purpose": "r1 dispute"},
    )
    assert (oldest.act, oldest.address, oldest.facts) == ("login", "192.0.2.7", {})


def test_an_act_has_the_address_that_it_was_done_from_and_no_other(log, book):
    book.enter("login", person="p1", address="192.0.2.7")
    book.enter("login", person="p1", address="192.0.2.8")
    book.enter("listen", 1, person="p1", call="01ABC", address="192.0.2.7")
    book.enter("export", 2, person="p1", call="01ABC")  # by a command, at the box itself
    log.catch_up()
    assert [each.address for each in log.search(ALL)] == [
        "",
        "192.0.2.7",
        *("192.0.2.8", "192.0.2.7"),
    ]


def test_a_note_that_waited_has_the_time_at_which_it_happened(log, book):
    book.enter("login", 60, person="p1", at="2026-11-23T01:31:00.000Z")
    log.catch_up()
    assert log.search(ALL)[0].at == AT + timedelta(minutes=1)


def test_what_is_being_written_is_taken_once_it_is_whole(log, book):
    book.enter("login", person="p1")
    line = book.line("logout", 1, person="p1")
    book.write(line[:30])
    assert acts(log) == ["login"]
    book.write(line[30:])
    assert acts(log) == ["logout", "login"]
    assert acts(log) == ["logout", "login"]


def test_a_damaged_line_is_passed_over(log, book):
    book.enter("login", person="p1")
    book.write(book.line("listen", 1, person="p1").replace(b"p1", b"p2"))
    book.enter("logout", 2, person="p1")
    assert acts(log) == ["logout", "login"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"person": "p2"}, ["login_refused"]),
        ({"person": ""}, ["join_refused"]),
        ({"acts": ("*_refused",)}, ["join_refused", "login_refused"]),
        ({"acts": ("listen", "login")}, ["listen", "login"]),
        ({"until": AT + timedelta(minutes=1)}, ["login"]),
        ({"since": AT + timedelta(minutes=3)}, ["join_refused"]),
        ({"limit": 2}, ["join_refused", "login_refused"]),
        ({"before": (AT + timedelta(minutes=2), 2)}, ["listen", "login"]),
    ],
)
def test_it_is_searched_by_time_person_and_act(log, book, changes, found):
    for minutes, (act, person) in enumerate(
        [("login", "p1"), ("listen", "p1"), ("login_refused", "p2"), ("join_refused", "")]
    ):
        book.enter(act, minutes, person=person)
    whole = {"since": ALL.since, "until": ALL.until}
    assert acts(log, AccessQuery(**{**whole, **changes})) == found


def test_acts_are_counted(log, book):
    for _ in range(3):
        book.enter("listen", person="p1")
    book.enter("login", person="p1")
    log.catch_up()
    assert log.counts(ALL) == {"listen": 3, "login": 1}
    assert log.first() == AT


def test_after_two_years_it_is_in_the_ledger_alone(log, book):
    book.enter("login", person="p1")
    log.catch_up()
    log.prune(AT + KEPT)
    assert acts(log) == ["login"]
    log.prune(AT + KEPT + timedelta(seconds=1))
    assert acts(log) == []
    assert timedelta(days=2 * 365) < KEPT


@pytest.mark.parametrize("spoil", ["gone", "damaged", "other version"])
def test_the_table_is_made_again_from_the_ledger(tmp_path, book, spoil):
    path = tmp_path / "access.db"
    book.enter("login", person="p1")
    log = AccessLog(path, book.path)
    log.catch_up()
    if spoil == "other version":
        log._db.execute("PRAGMA user_version = 9")
    log.close()
    if spoil == "gone":
        path.unlink()
    elif spoil == "damaged":
        path.write_bytes(b"no database at all, but some text" * 100)
    log = AccessLog(path, book.path)
    assert acts(log) == ["login"]
    log.close()


def test_another_ledger_in_its_place_is_read_from_its_beginning(log, book):
    for _ in range(5):
        book.enter("login", person="p1")
    assert len(acts(log)) == 5
    book.path.unlink()
    book.size = 0
    book.enter("logout", person="p2")
    assert acts(log) == ["logout"]


def test_without_a_ledger_there_is_nothing_and_it_says_so(log, book):
    assert acts(log) == []
    assert log.first() is None
    assert "put back a copy" in log.wrong
    book.enter("login", person="p1")
    assert acts(log) == ["login"]
    assert log.wrong == ""


@pytest.mark.parametrize("name", ["access.db", "access.db-wal", "access.db-shm"])
@pytest.mark.parametrize("left", [Path.mkdir, lambda path: path.symlink_to("gone/away")])
def test_what_is_no_file_makes_room_for_the_table(tmp_path, book, name, left):
    book.enter("login", person="p1")
    left(tmp_path / name)
    log = AccessLog(tmp_path / "access.db", book.path)
    assert acts(log) == ["login"]
    log.close()
    assert (tmp_path / "access.db").is_file()


def test_where_no_table_can_be_made_it_is_in_memory(tmp_path, book, caplog):
    book.enter("login", person="p1")
    log = AccessLog(tmp_path / "gone" / "access.db", book.path)
    assert acts(log) == ["login"]
    assert (log.wrong, (tmp_path / "gone").exists()) == ("", False)
    assert "in memory alone" in caplog.text
    log.close()


def test_a_ledger_that_cannot_be_read_is_told_once_with_its_remedy(tmp_path, log, book, caplog):
    book.path.mkdir()
    assert acts(log) == acts(log) == []
    assert "restart the recorder" in log.wrong
    assert caplog.text.count("who did what cannot be followed") == 1


def test_a_table_that_is_damaged_meanwhile_is_made_again(tmp_path, book):
    for minutes in range(2000):
        book.enter("login", minutes % 60, person="p1", address="192.0.2.7")
    log = AccessLog(tmp_path / "access.db", book.path)
    log.catch_up()
    log._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = (tmp_path / "access.db").read_bytes()
    (tmp_path / "access.db").write_bytes(content[:8192] + bytes(len(content) - 8192))
    log._db.execute("PRAGMA shrink_memory")
    assert log.counts(ALL) == {"login": 2000}
    assert len(log.search(ALL)) == 2000
    log.close()
