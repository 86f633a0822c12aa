"""Several writes to a SQLite database, one flush."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of the writes are there after a power cut, or none.

    On a full or failing disk SQLite itself takes the writes back at times; then there is nothing
    to take back any more, and the disk's own error goes up.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
