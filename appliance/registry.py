"""The people who may sign in, and the vault's secret wrapped for each of them.

    people    id, name, role, department, rank, added; wrapped, recipient, vault, factor: their keys
              (keyring.py), and factor_step, the last step that a code was taken of; code_until
              while they are under a one-time code still, and cannot sign in
    removed   id, name, role, added, removed: who they were, for the ledger's readers; no secret
    setup     one row until the first administrator exists: the secret under the one-time code
    failures  a row for each account and address that failed to sign in: key, count, last
    rights    who was given which roles by whom, or lost them: kept for good
    unsent    what happened at the page while the recorder was away, until its ledger has it
    told      the newest of that which its ledger has (registry_age.py)
    others    the office's documents (office/cabinet.py)

TinyDB in one small file that a person can read with an editor; `registry_storage` keeps it whole.
One process writes it, from several threads.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any, Final

from tinydb import Query, TinyDB
from tinydb.table import Document, Table

from appliance import durable
from appliance.keyring import Wrapped
from appliance.registry_storage import (
    CrashSafeStorage,
    RegistryBroken,
    as_file,
    read_tables,
    spare_of,
)

#: Failures and unsent notes beyond this are not kept: a flood must not fill the card.
ROWS_MAX: Final = 1000
#: Of the notes that the ledger has, so many: what it was given last a power cut may have taken.
TOLD_MAX: Final = 16
#: A row of failures that nothing was added to for a day is forgotten.
FORGET_S: Final = 86_400.0


class NameTaken(ValueError):
    """Somebody with this name is in the registry."""


class LedgerBehind(RuntimeError):
    """The recorder has been away for so long that no more can be noted: nothing may be done."""


class AlreadySetUp(RuntimeError):
    """The first administrator exists; there is no second first one."""


class NobodyThere(LookupError):
    """Nobody has this id or name, or they were removed."""


class LastPerson(RuntimeError):
    """Without this person only the recovery sheet opens anything."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account.

    Attributes:
        id: "p1", never used again.
        role: ids of the policy's roles, with a space between them.
        department, rank: as they stand on forms.
        added, code_until: ISO 8601 UTC.
        recipient, vault, factor: see keyring.py.
        factor_step: the newest step of 30 s of which a code has been taken; none is taken twice.
    """

    id: str
    name: str
    role: str
    wrapped: Wrapped
    added: str
    code_until: str | None = None
    department: str = ""
    rank: str = ""
    recipient: str = ""
    vault: str = ""
    factor: str = ""
    factor_step: int = 0

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(self.role.split())

    @property
    def opens(self) -> bool:
        """Whether their passphrase, or their one-time code, opens the vault."""
        return bool(self.vault) or not self.recipient


@dataclass(frozen=True, slots=True)
class RightsChange:
    """Attributes: act: of the ledger; before, after: role ids with a space between."""

    at: str
    by: str
    who: str
    act: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Failures:
    """Attributes: count: failures in a row; last_s: the newest, seconds since 1970."""

    count: int = 0
    last_s: float = 0.0


def read_people(path: Path) -> list[Person]:
    """Return the people in a registry's file, which another process may have open.

    Raises:
        RegistryMissing, RegistryBroken: see there.
    """
    return [_person(row) for row in read_tables(path).get("people", {}).values()]


def same_name(name: str) -> str:
    """Return the form in which two spellings of one name are equal."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


class Registry:
    """An open registry; `close` it to let another process write."""

    def __init__(self, path: Path) -> None:
        """Take over an existing registry.

        Raises:
            RegistryMissing, RegistryBroken, RegistryInUse: nothing is changed.
        """
        read_people(path)
        self.lock = RLock()
        self._db = TinyDB(path, storage=CrashSafeStorage)
        storage = self._db.storage
        assert isinstance(storage, CrashSafeStorage)
        self._storage = storage

    @staticmethod
    def create(path: Path, setup_wrap: Wrapped) -> None:
        """Begin a registry with no person and the secret wrapped under the one-time code.

        Raises:
            FileExistsError: there is a file; it is untouched.
        """
        content = as_file({"setup": {"1": {"wrapped": setup_wrap}}, "told": {}})
        durable.publish(path, content)
        durable.replace(spare_of(path), content)

    def close(self) -> None:
        self._db.close()

    def people(self) -> list[Person]:
        with self.lock:
            return [_person(row) for row in self._all("people")]

    def person(self, person_id: str) -> Person | None:
        return next((p for p in self.people() if p.id == person_id), None)

    def person_named(self, name: str) -> Person | None:
        return next((p for p in self.people() if same_name(p.name) == same_name(name)), None)

    def name_of(self, person_id: str) -> str:
        """Return the name of somebody who is here, or was; the id of one never heard of."""
        with self.lock:
            rows = [*self._all("people"), *self._all("removed")]
        return next((str(row["name"]) for row in rows if row["id"] == person_id), person_id)

    def setup_wrap(self) -> Wrapped | None:
        """Return the secret under the one-time code, or None once somebody has used it."""
        with self.lock:
            rows = self._all("setup")
            return rows[0]["wrapped"] if rows else None

    def add_first(self, name: str, role: str, wrapped: Wrapped, added: str) -> Person:
        """Add the first administrator and forget the code's copy of the secret, in one write.

        Raises:
            AlreadySetUp: there is somebody; nothing is changed.
        """
        with self.one_write():
            if self.people():
                raise AlreadySetUp("the first administrator has been added before")
            person = self._add(name, role, wrapped, added)
            self._table("setup").truncate()
            return person

    @contextmanager
    def one_write(self) -> Iterator[None]:
        """Gather what is changed inside into one write, such as an act and the note of it."""
        with self.lock, self._storage.one_write():
            yield

    def add(
        self, name: str, role: str, wrapped: Wrapped, added: str, code_until: str | None = None
    ) -> Person:
        """Add somebody; with `code_until`, under a one-time code.

        Raises:
            NameTaken: nothing is changed.
        """
        with self.one_write():
            if self.person_named(name):
                raise NameTaken(name)
            return self._add(name, role, wrapped, added, code_until)

    def rewrap(self, person_id: str, wrapped: Wrapped) -> None:
        """Put the secret under another passphrase of theirs; a one-time code is worth nothing now.

        Raises:
            NobodyThere: nothing is changed.
        """
        self.change(person_id, wrapped=wrapped, code_until=None)

    def place(self, person_id: str, role: str, department: str, rank: str) -> None:
        """Give somebody other roles, or another post.

        Raises:
            NobodyThere: nothing is changed.
        """
        self.change(person_id, role=role, department=department, rank=rank)

    def change(self, person_id: str, **columns: Any) -> None:
        """Change columns of somebody's row.

        Raises:
            NobodyThere: nothing is changed.
        """
        with self.one_write():
            if self.person(person_id) is None:
                raise NobodyThere(person_id)
            self._table("people").update(columns, Query().id == person_id)

    def keep_rights_change(self, change: RightsChange) -> None:
        with self.lock:
            self._table("rights").insert(asdict(change))

    def rights_changes(self) -> list[RightsChange]:
        """Return who was given which roles, or lost them, oldest first."""
        return [RightsChange(**row) for row in self.rows("rights")]

    def remove(self, person_id: str, removed: str, *, last_too: bool = False) -> Person:
        """Forget somebody's copy of the secret; who they were is kept.

        Raises:
            NobodyThere: or there was no such person.
            LastPerson: nobody else opens the vault, and `last_too` does not allow it.
        """
        with self.one_write():
            gone = self.person(person_id)
            if gone is None:
                raise NobodyThere(person_id)
            if not last_too:
                self.see_another_opens(gone)
            self._table("people").remove(Query().id == person_id)
            self._bury(gone.id, gone.name, gone.role, gone.added, removed)
            return gone

    def bury(self, person_id: str, role: str, at: str) -> None:
        """Note somebody of whom only their id is left: nobody is given it again."""
        with self.one_write():
            known = [*self._all("people"), *self._all("removed")]
            if not any(row["id"] == person_id for row in known):
                self._bury(person_id, person_id, role, at, at)

    def see_another_opens(self, person: Person) -> None:
        """See that somebody else's passphrase opens the vault.

        Raises:
            LastPerson: it is this person's alone.
        """
        others = (p for p in self.people() if p.id != person.id)
        if person.opens and not any(p.opens and not p.code_until for p in others):
            raise LastPerson(person.name)

    def forget_setup(self) -> None:
        """Forget the secret's copy under the first one-time code."""
        with self.lock:
            self._table("setup").truncate()

    def failures(self, key: str) -> Failures:
        with self.lock:
            rows = self._table("failures").search(Query().key == key)
            return Failures(rows[0]["count"], rows[0]["last_s"]) if rows else Failures()

    def add_failure(self, key: str, now_s: float) -> None:
        """Count one more, on the disk before the refusal is shown: a restart forgives none."""
        with self.lock, self._storage.one_write():
            table = self._table("failures")
            count = self.failures(key).count + 1
            table.remove(Query().last_s < now_s - FORGET_S)
            table.upsert({"key": key, "count": count, "last_s": now_s}, Query().key == key)
            _drop_oldest(table, ROWS_MAX)

    def clear_failures(self, key: str) -> None:
        with self.lock:
            if self.failures(key).count:
                self._table("failures").remove(Query().key == key)

    def unsent(self) -> list[Mapping[str, str]]:
        """Return what the ledger has not got yet, oldest first."""
        with self.lock:
            return [dict(row) for row in self._all("unsent")]

    def keep_unsent(self, note: Mapping[str, str]) -> bool:
        """Keep a note until the recorder is back; False when ROWS_MAX wait already."""
        with self.lock:
            table = self._table("unsent")
            if len(table) >= ROWS_MAX:
                return False
            table.insert(dict(note))
            return True

    def drop_unsent(self, count: int) -> None:
        """Forget the oldest notes: the ledger has them."""
        with self.lock, self._storage.one_write():
            gone = self._all("unsent")[:count]
            self._table("unsent").remove(doc_ids=[row.doc_id for row in gone])
            self.put_told([*(self.told() or ()), *(dict(row) for row in gone)])

    def told(self) -> list[dict[str, str]] | None:
        """Return the newest notes that the ledger has; None in a registry of before 2026-11-28."""
        with self.lock:
            kept = "told" in self._storage.read()
            return [dict(row) for row in self._all("told")] if kept else None

    def put_told(self, notes: Sequence[Mapping[str, str]]) -> None:
        """Keep the newest of the notes that the ledger has."""
        with self.lock, self._storage.one_write():
            table = self._table("told")
            table.truncate()
            table.insert_multiple(dict(note) for note in notes[-TOLD_MAX:])

    def was_changed(self) -> bool:
        """Say, once, whether another hand has changed the file; what it was before is back."""
        with self.lock:
            changed, self._storage.disturbed = self._storage.disturbed, False
            return changed

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of one of the office's tables, oldest first."""
        with self.lock:
            return [dict(row) for row in self._all(table)]

    def put_row(
        self, table: str, row: Mapping[str, Any], notes: Sequence[Mapping[str, str]] = ()
    ) -> None:
        """Add a row, or put it in the place of that with its id, in one write with its notes.

        Raises:
            LedgerBehind: too many notes wait for the recorder; nothing is changed.
        """
        with self.lock, self._storage.one_write():
            if notes and len(self._table("unsent")) + len(notes) > ROWS_MAX:
                raise LedgerBehind(f"{ROWS_MAX} notes wait for the recorder: start it again")
            self._table(table).upsert(dict(row), Query().id == row["id"])
            self._table("unsent").insert_multiple(dict(note) for note in notes)

    def _table(self, name: str) -> Table:
        # Without the cache: a write undone by `one_write` must not live on in it.
        return self._db.table(name, cache_size=0)

    def _all(self, name: str) -> list[Document]:
        """Return a table's rows in the order in which they came; in the file "10" is before "2"."""
        return sorted(self._table(name).all(), key=lambda row: row.doc_id)

    def _bury(self, person_id: str, name: str, role: str, added: str, removed: str) -> None:
        row = {"id": person_id, "name": name, "role": role, "added": added, "removed": removed}
        self._table("removed").insert(row)

    def _add(
        self, name: str, role: str, wrapped: Wrapped, added: str, code_until: str | None = None
    ) -> Person:
        known = [*self._all("people"), *self._all("removed")]
        number = 1 + max((int(row["id"][1:]) for row in known), default=0)
        tidy = " ".join(unicodedata.normalize("NFC", name).split())
        person = Person(f"p{number}", tidy, role, wrapped, added, code_until)
        self._table("people").insert(asdict(person))
        return person


def _person(row: Mapping[str, Any]) -> Person:
    try:
        person = Person(
            **{field.name: row[field.name] for field in fields(Person) if field.name in row}
        )
        if person.code_until is not None:
            datetime.fromisoformat(person.code_until)
        return person
    except (AttributeError, TypeError, ValueError) as wrong:
        message = f"a person in the registry is not whole ({wrong}): put back a copy"
        raise RegistryBroken(message) from None


def _drop_oldest(table: Table, keep: int) -> None:
    rows = sorted(table.all(), key=lambda row: float(row["last_s"]))
    table.remove(doc_ids=[row.doc_id for row in rows[: max(0, len(rows) - keep)]])
