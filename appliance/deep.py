"""`doctor --deep`: every segment's chain, row, key and ledger entry against each other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance import deep_files, keys, ledger_audit, ledger_walk, typed
from appliance.agreement import Agreement
from appliance.box import Box
from appliance.clock_anchor import NAME as ANCHOR
from appliance.entry_check import Entered, Odd, of_row, rowless
from appliance.finding import Finding
from appliance.hold import Hold
from appliance.index import CallIndex
from appliance.index_schema import IndexBroken
from appliance.ledger_walk import Entry, read_lines
from appliance.progress import Progress
from appliance.retell import HEARD, Hearing, hearing
from appliance.site import Site
from appliance.vault.reel import State, Stretch, scan

_COPY_OF_DAY = "put back a copy of that day"


@dataclass
class _Told:
    """What the ledger says, read in one walk beside its own check."""

    calls: Entered = field(default_factory=Entered)
    texts: typed.Entered = field(default_factory=typed.Entered)
    files: deep_files.FileEntries = field(default_factory=deep_files.FileEntries)
    hearings: dict[str, list[Hearing]] = field(default_factory=dict)

    def push(self, entry: Entry | None) -> None:
        self.calls.push(entry)
        self.texts.push(entry)
        self.files.push(entry)
        if entry is not None and entry.act in HEARD:
            self.hearings.setdefault(str(entry.facts.get("call")), []).append(hearing(entry))


def examine(opened: Box, here: Site | None) -> Iterator[Finding]:
    """Examine everything that is kept."""
    told = _Told()
    ledger = list(_ledger(opened, told))
    yield from deep_files.examine(opened, here, told.files)
    yield from ledger
    in_reels: set[str] = set()
    yield from _reels(opened, in_reels)
    try:
        index = CallIndex.open_readonly(opened.index)
    except (IndexBroken, OSError):
        return  # said before
    with index:
        yield from _calls(opened, index, told, in_reels)


def _calls(opened: Box, index: CallIndex, told: _Told, in_reels: set[str]) -> Iterator[Finding]:
    """Compare each row with its reel and key, its entry, and who heard it."""
    agreement, calls, odd = Agreement(opened), set[str](), list[Odd]()
    sound, believed, heard = 0, opened.trial, dict(told.hearings)
    with Progress("calls", index.count()) as progress:
        for number, row in enumerate(index.every()):
            progress.at(number)
            calls.add(row.id)
            believed = believed or row.clock in ("ntp", "rtc")
            if wrong := agreement.wrong(row):
                yield Finding("wrong", f"call {row.id}: {wrong}", _COPY_OF_DAY)
            sound += not wrong
            odd += of_row(row, told.calls)
            if told.calls.size:
                yield from _hearings(row.id, index.hearings(row.id), heard.pop(row.id, []))
    yield Finding("fine", f"{sound} of {len(calls)} calls agree with reel and key")
    if believed and not (opened.data / ANCHOR).exists():
        yield Finding("wrong", f"{opened.data / ANCHOR} is missing", "start the recorder")
    if told.calls.size:
        yield from _entries([*odd, *rowless(told.calls, calls)], len(calls))
        yield from _strangers(in_reels - calls - told.calls.calls())
        for call_id, said in sorted(heard.items()):
            yield from _hearings(call_id, [], said)
        yield from _typed(_texts(told.texts, index))


def _ledger(opened: Box, told: _Told) -> Iterator[Finding]:
    public = keys.public_key_from_text(opened.public_key)
    try:
        findings = ledger_audit.verify(opened.ledger, public, also=told.push)
    except OSError as error:
        yield Finding("wrong", f"ledger: {error}", "put back a copy of the ledger")
        return
    for finding in findings:
        yield Finding("wrong", f"ledger: {finding}", "somebody, or the disk, changed it: report it")
    if not findings:
        yield Finding("fine", "the ledger is whole and signed")


def _reels(opened: Box, calls: set[str]) -> Iterator[Finding]:
    """Look at every segment, and note whose they are."""
    reels = sorted(opened.vault.glob("*/*.reel"))
    whole = 0
    with Progress("reels", len(reels)) as progress:
        for number, reel in enumerate(reels):
            progress.at(number)
            name = f"{reel.parent.name}/{reel.name}"
            try:
                for stretch in scan(reel):
                    if stretch.head is not None:
                        whole += 1
                        calls.add(stretch.head.call_id)
                    else:
                        yield from _not_whole(name, stretch)
            except OSError as error:
                yield Finding("wrong", f"{name}: {error}", "see that the disk answers")
    yield Finding("fine", f"{len(reels)} reels, {whole} whole segments")


def _not_whole(name: str, stretch: Stretch) -> Iterator[Finding]:
    where = f"{name}: {stretch.size} bytes from {stretch.offset}"
    if stretch.state is State.TORN:
        yield Finding("note", f"{where} are what a power cut left of an unsafe second")
    elif stretch.state is State.DAMAGED:
        yield Finding("wrong", f"{where} are damaged", "put back a copy of the reel")


def typed_findings(log: Path, index: CallIndex) -> list[ledger_walk.Finding]:
    """Return what of the texts that people typed is not what the ledger commits to."""
    return _texts(typed.read_entries(line[:-1] for _, line in read_lines(log)), index)


def _texts(entered: typed.Entered, index: CallIndex) -> list[ledger_walk.Finding]:
    reasons = {call: Hold.from_text(hold).reason for call, hold in index.held().items()}
    return list(typed.compare(entered, index.typed(), reasons))


def _typed(found: Iterable[ledger_walk.Finding]) -> Iterator[Finding]:
    for one in found:
        if one.what == "typed":
            yield Finding("wrong", f"{one}", "somebody, or the disk, changed calls.db: report it")
        else:
            yield Finding("note", f"{one}")


def _entries(odd: Sequence[Odd], calls: int) -> Iterator[Finding]:
    """Tell of calls on which index and ledger do not agree."""
    for one in odd:
        level = "wrong" if one.lost else "note"
        remedy = "somebody, or the disk, changed index or ledger: report it"
        yield Finding(level, f"call {one.call_id}: {one.why}", remedy if one.lost else "")
    if not odd:
        yield Finding("fine", f"{calls} calls agree with the ledger")


def _strangers(calls: set[str]) -> Iterator[Finding]:
    for call_id in sorted(calls):
        what = f"call {call_id} is in the vault, and neither in calls.db nor in the ledger"
        yield Finding("wrong", what, "start the recorder: it makes the row again")


def _hearings(
    call_id: str, known: Sequence[tuple[object, ...]], said: Sequence[Hearing]
) -> Iterator[Finding]:
    """Compare who heard a call; the times of row and entry are some ms apart."""
    if [one[1:4] for one in known] != [one[1:4] for one in said]:
        what = f"call {call_id}: who heard it is not what the ledger says"
        yield Finding("wrong", what, "believe the ledger, and find out who changed calls.db")
