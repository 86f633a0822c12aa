"""Where the office's documents are: tables of the registry, one row a document.

    line_files requests media restrictions notice_marks reviews

Written by the page's process alone, each document together with the notes that are for the ledger,
in one write: a power cut leaves both or neither, and notes wait until the recorder has them.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any, Final, TypeVar

from appliance.office.documents import (
    LineFile,
    Medium,
    NoticeMark,
    Request,
    Restriction,
    Review,
)
from appliance.registry import Registry
from appliance.registry_storage import RegistryBroken
from appliance.strict import NotAsTheSchema, build

_TABLES: Final[Mapping[type, str]] = {
    LineFile: "line_files",
    Request: "requests",
    Medium: "media",
    Restriction: "restrictions",
    NoticeMark: "notice_marks",
    Review: "reviews",
}
#: What ids begin with; a line's file, a call's mark and a month's review are named by them.
_LETTERS: Final[Mapping[type, str]] = {Request: "r", Medium: "m", Restriction: "x"}

D = TypeVar("D", LineFile, Request, Medium, Restriction, NoticeMark, Review)


class NoSuchDocument(LookupError):
    """There is no document with this id."""


class Cabinet:
    """For any number of threads."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def all(self, kind: type[D]) -> list[D]:
        """Return every document of a kind, oldest first.

        Raises:
            RegistryBroken: a row is not as it was written.
        """
        return [_built(kind, row) for row in self._registry.rows(_TABLES[kind])]

    def get(self, kind: type[D], document_id: str) -> D:
        """Return one document.

        Raises:
            NoSuchDocument, RegistryBroken
        """
        for row in self._registry.rows(_TABLES[kind]):
            if row.get("id") == document_id:
                return _built(kind, row)
        raise NoSuchDocument(document_id)

    def one_at_a_time(self) -> AbstractContextManager[object]:
        """Return what keeps others from writing between a reading and the writing after it."""
        return self._registry.lock

    def new_id(self, kind: type[D]) -> str:
        """Return an id that no document of a kind has had: "r1", "r2" and so on."""
        letter = _LETTERS[kind]
        ids = (str(row["id"]) for row in self._registry.rows(_TABLES[kind]))
        return f"{letter}{1 + max((int(each[1:]) for each in ids), default=0)}"

    def put(self, document: D, notes: Sequence[Mapping[str, str]] = ()) -> None:
        """Keep a document, new or changed, and what the ledger is to be told of it."""
        self._registry.put_row(_TABLES[type(document)], asdict(document), notes)


def _built(kind: type[D], row: Mapping[str, Any]) -> D:
    try:
        return build(kind, row)
    except NotAsTheSchema as error:
        message = f"a row of {_TABLES[kind]} in the registry is not whole ({error})"
        raise RegistryBroken(f"{message}: put back a copy") from None
