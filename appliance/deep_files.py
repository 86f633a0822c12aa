"""`doctor --deep`: each file of a data folder that is not audio, against the sums there are of it.

A bit that flipped, a block that was lost, or a hand: whichever it was, it is found here, file by
file. What is not looked at has no meaning when the recorder is stopped: run/, and lock files.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from appliance import alarm_file, box, site
from appliance.box import Box
from appliance.finding import Finding
from appliance.index_check import INDEX_CLOSED, closed_facts
from appliance.ledger_walk import HEAD_ACT, Entry
from appliance.registry_storage import RegistryBroken, RegistryMissing, read_file, spare_of
from appliance.secret_keeping import day_secrets
from appliance.site import Site, SiteError
from appliance.spares import Spared
from appliance.vault.day_secrets import COPIES, SecretDamaged, SecretGone, whole_copies
from appliance.vault.key_table import NAME as KEYS
from appliance.vault.key_table import damage
from appliance.vault.reel import NotAReel, pack_header, read_header


@dataclass
class FileEntries:
    """The ledger's entries that are about files, and the last of all but heads."""

    entries: list[Entry] = field(default_factory=list)
    last: Entry | None = None

    def push(self, entry: Entry | None) -> None:
        """Take the ledger's next entry, None for one that is damaged."""
        if entry is not None and entry.act in ("init", "config", "torn"):
            self.entries.append(entry)
        if entry is None or entry.act != HEAD_ACT:
            self.last = entry


def examine(opened: Box, here: Site | None, told: FileEntries) -> Iterator[Finding]:
    """Examine the files of a data folder.

    Args:
        told: all of the ledger.
    """
    yield from _twice(opened, here, told.entries)
    yield from _registry(opened)
    yield from _alarms(opened)
    yield from _secrets(opened)
    yield from _tables(opened)
    yield from _reels(opened)
    yield from _torn(opened, told.entries)
    yield from _closed_index(opened, told.last)
    yield from _put_aside(opened)


def _twice(opened: Box, here: Site | None, entries: list[Entry]) -> Iterator[Finding]:
    """Compare the files that are there twice with their last entry in the ledger."""
    sums: dict[str, tuple[str, str]] = {}
    for entry in entries:
        files = entry.facts.get("files") if entry.act == "init" else None
        if isinstance(files, dict):
            sums.update({name: (str(value), entry.time) for name, value in files.items()})
        elif entry.act == "config":
            sums[str(entry.facts["file"])] = str(entry.facts["sha256"]), entry.time
    for one in (*box.fixed_files(opened), *(site.own_files(here) if here else ())):
        if one.name in sums:
            yield from _one_twice(one, *sums[one.name])


def _one_twice(one: Spared, wanted: str, since: str) -> Iterator[Finding]:
    if _sum(one.path) != wanted:
        remedy = f"put back {one.spare}"
        if not one.fixed:
            remedy = (
                f"if it was changed on purpose, start the recorder: it enters that; else {remedy}"
            )
        yield Finding("wrong", f"{one.path} is not as it was at {since}", remedy)
    if _sum(one.spare) != wanted:
        yield Finding(
            "wrong", f"{one.spare} is not as it was at {since}", "the next start makes it again"
        )


def _sum(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _registry(opened: Box) -> Iterator[Finding]:
    found, twice = [], (opened.registry, spare_of(opened.registry))
    for path in twice:
        try:
            found.append(read_file(path))
        except (RegistryMissing, RegistryBroken) as error:
            yield Finding("wrong", str(error), "the page's next start makes it again, of the other")
    if len(found) == len(twice) and found[0] != found[1]:
        yield Finding(
            "wrong",
            f"{opened.registry} and its spare are not of the same moment",
            "see that nobody is missing or too many (kirok people list); the page's next start"
            " makes the spare again, of the other",
        )


def _alarms(opened: Box) -> Iterator[Finding]:
    try:
        alarm_file.read(opened.alarms)
    except alarm_file.AlarmsLost as error:
        yield Finding("wrong", str(error), "the recorder's next start makes it anew")


def _secrets(opened: Box) -> Iterator[Finding]:
    for path in sorted(opened.secrets.glob("*.secret")):
        whole = whole_copies(path)
        if whole < COPIES and ".damaged-" not in path.name:
            left = "the other still opens that day" if whole else "that day opens no more"
            yield Finding(
                "wrong",
                f"{path}: {COPIES - whole} of {COPIES} copies are damaged; {left}",
                "put back a copy of that file",
            )


def _tables(opened: Box) -> Iterator[Finding]:
    """Examine those whose secret is there; that one is not, others say."""
    with suppress(SiteError, OSError), day_secrets(opened) as secrets:
        for path in sorted(opened.vault.glob(f"*/{KEYS}")):
            with suppress(SecretGone, SecretDamaged, OSError):
                if wrong := damage(path, secrets.read(path.parent.name)):
                    yield Finding("wrong", f"{path}: {wrong}", "put back a copy of that file")


def _reels(opened: Box) -> Iterator[Finding]:
    for path in sorted(opened.vault.glob("*/*.reel")):
        header = pack_header(path.parent.name, opened.id)
        try:
            if path.stat().st_size < len(header) and header.startswith(path.read_bytes()):
                continue  # what a cut leaves as a reel begins; calls that were in it miss it
            day, box_id = read_header(path)
        except (NotAReel, OSError) as error:
            yield Finding("wrong", f"{path}: {error}", "put back a copy of the reel")
            continue
        if (day, box_id) != (path.parent.name, opened.id):
            yield Finding(
                "wrong",
                f"{path} says that it is of {day} and box {box_id}",
                "put back a copy of the reel",
            )


def _torn(opened: Box, entries: list[Entry]) -> Iterator[Finding]:
    """Compare what was torn off the log with the entries that say so."""
    wanted = {str(entry.facts["sha256"]) for entry in entries if entry.act == "torn"}
    found = {_sum(path): path for path in opened.ledger.glob("torn-*.bin")}
    for missing in sorted(wanted - found.keys()):
        yield Finding("wrong", f"what was torn off the log, {missing[:8]}…, is gone", "report it")
    for unknown in sorted(found.keys() - wanted):
        yield Finding("wrong", f"{found[unknown]} is not what was torn off the log", "report it")


def _closed_index(opened: Box, last: Entry | None) -> Iterator[Finding]:
    """Compare calls.db with its sum when it was closed, if nothing has happened since.

    SQLite leaves room in its file where nothing stands: a bit that flips there means nothing yet.
    """
    with suppress(OSError):
        if last and last.act == INDEX_CLOSED and last.facts != closed_facts(opened.index):
            yield Finding(
                "wrong",
                f"{opened.index} is not as it was when it was closed at {last.time}",
                "start the recorder: it makes again what is damaged",
            )


def _put_aside(opened: Box) -> Iterator[Finding]:
    asides = (*opened.data.rglob("*.damaged-*"), *opened.vault.glob(f"*/{KEYS}.lost-*"))
    for path in sorted(asides):
        yield Finding(
            "note",
            f"{path} was damaged and was put aside",
            "remove it when nobody needs it: it may hold what is to be erased",
        )
