from datetime import UTC, datetime, timedelta

import pytest

from appliance.api import Alarm
from appliance.watch.notices import PASSED_MAX, Book, Digest, book_of

AT = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
DOWN = Alarm("line_down", "line 3", "2026-11-23T02:00:00.000Z")
LOST = Alarm("board_lost", "", "2026-11-23T03:00:00.000Z")
AGAIN = Alarm("line_down", "line 3", "2026-11-23T04:00:00.000Z")


def told(book, *alarms):
    """Look, and have the digest arrive."""
    book = book.look(alarms)
    digest = book.digest(alarms, AT)
    return digest, book.after(digest, AT) if digest else book


def test_what_is_new_is_told_once():
    digest, book = told(Book(), DOWN)
    assert digest == Digest((DOWN,), (), (), ())
    assert told(book, DOWN)[0] is None


def test_several_go_into_one_digest_with_what_goes_on():
    _, book = told(Book(), DOWN)
    digest, _ = told(book, DOWN, LOST)
    assert digest == Digest((LOST,), (), (), (DOWN,))
    assert not digest.all_clear


def test_the_end_is_told_and_the_last_one_is_the_all_clear():
    _, book = told(Book(), DOWN, LOST)
    digest, book = told(book, LOST)
    assert (digest.over, digest.still, digest.all_clear) == ((DOWN,), (LOST,), False)
    digest, book = told(book)
    assert (digest.over, digest.all_clear) == ((LOST,), True)
    assert told(book)[0] is None


def test_what_came_and_went_untold_is_told_all_the_same():
    book = Book().look([DOWN]).look([])
    digest = book.digest([], AT)
    assert digest == Digest((), (DOWN,), (), ())
    assert digest.all_clear
    assert book.after(digest, AT).digest([], AT) is None


def test_one_that_comes_again_is_another():
    _, book = told(Book(), DOWN)
    digest, book = told(book, AGAIN)
    assert (digest.new, digest.over) == ((AGAIN,), (DOWN,))


def test_what_came_while_the_mail_was_on_its_way_waits_for_the_next():
    book = Book().look([DOWN])
    digest = book.digest([DOWN], AT)
    book = book.look([DOWN, LOST]).after(digest, AT)
    assert book.digest([DOWN, LOST], AT) == Digest((LOST,), (), (), (DOWN,))


def test_what_went_while_the_mail_was_on_its_way_is_told_as_over():
    book = Book().look([DOWN])
    digest = book.digest([DOWN], AT)
    book = book.look([]).after(digest, AT)
    assert book.digest([], AT).over == (DOWN,)


def test_a_night_of_comings_and_goings_is_bounded():
    book = Book()
    for n in range(500):
        book = book.look([Alarm("line_down", "line 3", f"{n:03}")]).look([])
    assert len(book.passed) == PASSED_MAX
    assert book.passed[-1].since == "499"


def test_a_book_survives_the_disk():
    book = Book((DOWN,), (LOST,), (AGAIN,))
    assert book_of(book.as_json()) == book


@pytest.mark.parametrize("days, alive", [(6.9, False), (7, True), (-7, True), (400, True)])
def test_when_there_is_nothing_to_tell_for_a_week_that_is_told(days, alive):
    _, book = told(Book(), DOWN)
    digest = book.digest([DOWN], AT + timedelta(days=days))
    assert (digest is not None) == alive
    if digest:
        assert digest == Digest((), (), (), (DOWN,)) and digest.sign_of_life
        later = book.after(digest, AT + timedelta(days=days))
        assert later.told == book.told
        assert later.digest([DOWN], AT + timedelta(days=days, hours=1)) is None


def test_a_book_of_before_there_were_signs_of_life_can_be_read():
    old = {"told": [], "waiting": [], "passed": []}
    assert book_of(old) == Book()
    assert Book().digest([], AT) is None
