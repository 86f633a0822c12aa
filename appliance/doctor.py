"""What an installer needs to know is wrong, each with its remedy.

Nothing is changed: the doctor only reads. `--deep` re-checks every segment's chain against its
row and its key, and the whole ledger.
"""

import logging
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from appliance import (
    box,
    clock_report,
    deep,
    disk_failure,
    install_check,
    keep_report,
    kept_days,
    key_check,
    ledger_people,
    notice_file,
    owners,
    registry_age,
    rollback,
    service_check,
    site,
)
from appliance.alarms import kind_of
from appliance.api import RecorderAway
from appliance.box import Box
from appliance.box_clock import clock_state
from appliance.box_file import BoxBroken
from appliance.clock_anchor import NAME as ANCHOR
from appliance.clock_anchor import AnchorDamaged, read_anchor
from appliance.control import ControlClient
from appliance.finding import Finding, named
from appliance.index import CallIndex
from appliance.index_schema import IndexBroken
from appliance.ledger_walk import ENTRIES
from appliance.policy import PolicyError
from appliance.registry import read_people
from appliance.registry_storage import RegistryBroken, RegistryMissing
from appliance.secret_keeping import day_secrets
from appliance.site import Site
from appliance.witness import Stick, last_taken
from dsp.opus import Encoder, OpusMissing
from dsp.units import AUDIO_HZ
from firmware_bridge.host_clock import clock_quality, look, time_service

log = logging.getLogger(__name__)


def examine(config: Path | None, data: Path | None, *, deeper: bool = False) -> list[Finding]:
    """Examine this machine and, if either is given, a site or a data folder."""
    found = [*named("machine", _machine()), *named("machine", install_check.machine())]
    here: Site | None = None
    try:
        if config is not None:
            here = site.load(config)
            data = here.data
        elif data is not None:
            here = site.load(data / "site.toml")
    except site.SiteError as error:
        found.append(Finding("wrong", str(error), "correct the file", "site"))
    if here is not None:
        found += [Finding("fine", f"{here.file} can be used", "", "site")]
    if data is None:
        return found
    try:
        opened = box.open_box(data)
    except (box.BoxMissing, BoxBroken, PolicyError) as error:
        remedy = "give the data folder that `init` made"
        return [*found, Finding("wrong", str(error), remedy, "folder")]
    checks = {**_of_folder(opened), **(_of_site(here, opened) if here else {})}
    checks["twice"] = _twice(opened, here)
    checks["watch"] = service_check.watch(opened, here)
    if deeper:
        checks["deep"] = deep.examine(opened, here)
    return [*found, *(each for name, check in checks.items() for each in named(name, check))]


_Check = Iterable[Finding | tuple[str, str, str]]


def _of_folder(opened: Box) -> dict[str, _Check]:
    """Return the checks of a data folder, by name."""
    return {
        "folder": _folder(opened),
        "access": chain(
            install_check.folder(opened), install_check.users(opened, owners.of_this_machine())
        ),
        "keys": key_check.examine(opened),
        "roles": install_check.roles(opened),
        "people": _people(opened),
        "room": keep_report.examine(opened, datetime.now(UTC)),
        "disk": service_check.disk(opened),
        "clock": _clock(opened),
        "index": chain(_index(opened), _rolled_back(opened)),
        "recorder": _running(opened),
        "units": install_check.units(),
    }


def _of_site(here: Site, opened: Box) -> dict[str, _Check]:
    """Return the checks of what site.toml asks for, by name."""
    return {
        "lines": install_check.lines(here),
        "board": _board(here, opened),
        "panel": install_check.panel(here),
        "notice": _notice(here, opened),
        "exchange": _exchange(here, opened),
        "page": install_check.page(opened, here.web),
        "witness": _witness(here, opened),
    }


def _machine() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("fine", f"Python {version}, SQLite {sqlite3.sqlite_version}")
    try:
        Encoder().close()
        yield Finding("fine", "libopus encodes")
    except OpusMissing as error:
        yield Finding("wrong", str(error), "apt install libopus0")
    quality, service = clock_quality(), time_service()
    if quality == "unsynced":
        yield Finding(
            "note",
            f"the clock is not synchronised: {service or 'no time service'} runs",
            "give the box an NTP server, or a battery-backed clock",
        )
    else:
        yield Finding("fine", f"clock: {quality}")


def _clock(opened: Box) -> Iterator[Finding]:
    """Say whether the folder's dates may be taken from the clock."""
    now = look()
    state = clock_state(opened, now)
    doubted = "wrong" if state.quality == "stepped" else "note"
    level = "fine" if state.trusted else doubted
    yield Finding(level, state.why, clock_report.remedy(now, state, opened.data))
    try:
        if read_anchor(opened.data) is None and opened.trial:
            yield Finding("note", f"{opened.data / ANCHOR} is missing", "start the recorder")
    except AnchorDamaged as error:
        yield Finding("wrong", str(error), "start the recorder: it writes the file anew")


def _board(here: Site, opened: Box) -> Iterator[Finding]:
    port = Path(here.board_port)
    if not port.exists():
        yield Finding(
            "note" if opened.trial else "wrong",  # a replay needs none
            f"no tap board at {port}",
            "plug it in; name its port, from /dev/serial/by-id/, under [board] in site.toml",
        )
    elif not os.access(port, os.R_OK | os.W_OK):
        yield Finding("wrong", f"{port} may not be opened", "adduser the service to group dialout")
    else:
        yield Finding("fine", f"tap board at {port}")


def _notice(here: Site, opened: Box) -> Iterator[Finding]:
    path = here.data / here.notice
    try:
        seconds = len(notice_file.read(path)) / AUDIO_HZ
        yield Finding("fine", f"{path}: announcement of {seconds:.1f} s")
    except notice_file.NoticeFileError as error:
        yield Finding(
            "wrong" if path.exists() and opened.policy.notice_required else "note",
            f"no announcement is looked for in calls: {error}",
            "put the announcement there, 8 kHz mono; name it under [recording] in site.toml",
        )


def _exchange(here: Site, opened: Box) -> Iterator[Finding]:
    """Tell what is listened for: a tone or a flash that is not heard is often only not armed."""
    country, own = opened.policy.profile.city.country, here.exchange.tone
    plans = ", ".join(here.exchange.armed(country))
    count = len(here.exchange.tones(country))
    added = f"; {len(own)} of this site's own" if own else ""
    yield Finding("fine", f"exchange: {count} tones listened for: {plans}{added}")
    yield Finding(
        "fine",
        f"exchange: a flash is a break of {here.exchange.flash_min_ms} to"
        f" {here.exchange.flash_max_ms} ms",
    )


def _twice(opened: Box, here: Site | None) -> Iterator[Finding]:
    """Look at the files that are there twice."""
    for one in (*box.fixed_files(opened), *(site.own_files(here) if here else ())):
        if why := one.wrong(one.path):
            left = (
                "its spare cannot be used either" if one.wrong(one.spare) else "its spare is used"
            )
            yield Finding("wrong", f"{why}; {left}", f"correct {one.path}, or put back a copy")
        elif why := one.wrong(one.spare):
            yield Finding("wrong", f"the spare: {why}", "the next start makes it again")
        else:
            yield Finding("fine", f"{one.path.name} and its spare are sound")


def _folder(opened: Box) -> Iterator[Finding]:
    kind = "trial" if opened.trial else "real"
    yield Finding("fine", f"{opened.data}: {kind} folder, policy {opened.policy.id}")
    for path in (opened.registry, opened.index, opened.vault, opened.secrets):
        if not path.exists():
            yield Finding("wrong", f"{path} is missing", "put back the copy of the folder")


def _running(opened: Box) -> Iterator[Finding]:
    try:
        status = ControlClient(opened.socket, timeout_s=3).status()
    except RecorderAway:
        yield Finding("note", "the recorder is not running", "systemctl start kirok-record")
        yield from (Finding(*found) for found in service_check.kept_alarms(opened))
        yield from _days(opened)
        return
    yield Finding("fine", f"the recorder runs; board {status.board}")
    yield from (Finding(*found) for found in service_check.alarms(status.alarms))
    yield from (Finding(*found) for found in service_check.flushes(status.counters))


def _days(opened: Box) -> Iterator[Finding]:
    """Say what the next start would say of days that have lost something."""
    with (
        suppress(site.SiteError, IndexBroken, OSError),
        day_secrets(opened) as secrets,
        CallIndex.open_readonly(opened.index) as index,
    ):
        for what, day in kept_days.lost(opened.vault, secrets, index):
            kind = kind_of(what)
            yield Finding("wrong", f"{day}: {kind.title}", kind.remedy)


def _index(opened: Box) -> Iterator[Finding]:
    try:
        with CallIndex.open_readonly(opened.index) as index:
            broken = index.check()
            for text in broken:
                yield Finding("wrong", f"calls.db: {text}", disk_failure.DAMAGED)
            if broken:
                return
            yield Finding("fine", f"calls.db is sound: {index.count()} calls")
            for row in index.with_proof("failed"):
                yield Finding("wrong", f"call {row.id}: {row.proof_note}", "play it and report it")
            pending = len(index.with_proof("pending"))
            undated = len(index.unsure())
            cut_off = len(index.unfinished())
    except (IndexBroken, OSError) as error:
        damaged = isinstance(error, IndexBroken)
        remedy = disk_failure.DAMAGED if damaged else disk_failure.remedy(error)
        yield Finding("wrong", str(error), remedy)
        return
    if pending:
        yield Finding("note", f"{pending} calls wait for their proof")
    if undated:
        yield Finding("note", f"{undated} calls wait for their date", "put the clock right")
    if cut_off:
        yield Finding("note", f"{cut_off} calls go on, or were cut off: the next start ends those")


def _rolled_back(opened: Box) -> Iterator[Finding]:
    """Say which calls the ledger knows and the index does not."""
    with suppress(IndexBroken, OSError), CallIndex.open_readonly(opened.index) as index:
        gone = rollback.missing(opened.ledger / ENTRIES, index)
        if gone:
            days = rollback.in_words({reel.partition("/")[0] for reel in gone.values()} - {""})
            yield Finding(
                "wrong",
                f"calls.db: {len(gone)} calls of {days} are in the ledger and not here:"
                " an earlier one was put back",
                "start the recorder: it enters them again; find out who did it, and put back the"
                " newest keys.db of those days",
            )


def _people(opened: Box) -> Iterator[Finding]:
    """Say what the ledger knows of people and documents, and the registry does not."""
    log_file = opened.ledger / ENTRIES
    with suppress(RegistryMissing, RegistryBroken, OSError):
        if found := registry_age.undone_in(opened.registry, log_file):
            yield Finding(
                "wrong",
                f"{opened.registry} is of an earlier moment than the ledger; undone:"
                f" {registry_age.in_words(found)}",
                "start the page: it closes again what was closed; see to the rest, and find out"
                " who put the file back",
            )
        gone = ledger_people.read(log_file).gone
        for person in read_people(opened.registry):
            if person.id in gone:
                yield Finding(
                    "wrong",
                    f"{person.name} ({person.id}) has an account, and was removed by the ledger",
                    f"kirok people remove --data {opened.data} --as NAME {person.id}",
                )


def _witness(here: Site, opened: Box) -> Iterator[Finding]:
    if here.witness is None:
        return
    taken = last_taken(opened.data)
    last = f"took the head over {taken.size} entries on {taken.at}" if taken else "took none yet"
    if Stick(here.witness, opened.data, opened.id).mounted():
        yield Finding("fine", f"the witness's stick is at {here.witness}; it {last}")
        return
    yield Finding(
        "note",
        f"no witness's stick at {here.witness}; the last one {last}",
        "put it in now and then: a head in other hands shows what was removed from the ledger",
    )
