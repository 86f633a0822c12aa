"""Erases calls: their keys, their audio, then their rows, with a certificate for each.

Step by step, and what is there if the power goes after it:

    noted        the calls stand in the index's table `erasing`: nobody is given their keys any
                 more, and the next start goes on from here, whatever the clock says
    keys gone    a whole day: secret, keys.db and reels (vault/erase.py); some of a day: the other
                 keys under a new secret (key_table.forget_calls). Nothing opens the audio
    certified    entered in the ledger, on the disk; the next start enters it again
    entombed     the row is a tombstone, and does not stand in `erasing`
    log cut      what the rows said before is gone from the index's log too

A day stays for the calls of it that are held: the others go from their reels (vault/clear.py).

Everything is a generator, run on the writer's thread: at each `yield` the lines' audio goes first.
A day that cannot be erased is tried again at the next sweep and said until then: that is no
reason to stop recording.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from appliance import asides, disk_failure, typed_copy
from appliance.index import CallIndex
from appliance.index_row import CallRow, iso
from appliance.policy import Policy
from appliance.retention import Moment, decide
from appliance.tombstone import certificate, tombstone
from appliance.vault.clear import clear_others
from appliance.vault.day_secrets import SecretStore
from appliance.vault.erase import erase_day
from appliance.vault.key_table import CANNOT_OPEN, KeyTable, forget_calls
from appliance.vault.segment import TamperedError

log = logging.getLogger(__name__)

Clock = Callable[[], Moment]

#: Rows in one step, with two flushes.
AT_ONCE: Final = 100


class Log(Protocol):
    """The ledger, as far as erasing needs it."""

    def append(self, act: str, /, **facts: object) -> int: ...

    def sync(self) -> None: ...


class Parts(Protocol):
    """What is erased from."""

    @property
    def vault(self) -> Path: ...
    @property
    def secrets(self) -> SecretStore: ...
    @property
    def index(self) -> CallIndex: ...
    @property
    def ledger(self) -> Log: ...
    @property
    def policy(self) -> Policy: ...


class Days(Protocol):
    """The store's open files."""

    def table(self, day: str) -> KeyTable: ...

    def is_open(self, day: str) -> bool: ...

    def close_day(self, day: str) -> None: ...

    def forget_table(self, day: str) -> None: ...


class Eraser:
    """Not for two threads; a sweep that is asked for while one goes on is none.

    Attributes:
        failed: days that could not be erased, and why.
    """

    def __init__(self, parts: Parts, days: Days) -> None:
        self.failed: dict[str, str] = {}
        self._parts = parts
        self._days = days
        self._sweeping = False

    def sweep(self, clock: Clock) -> Iterator[None]:
        """Erase what is due, and finish what an earlier start began."""
        if self._sweeping:
            return
        self._sweeping = True
        try:
            yield from self._finish(clock)
            if not clock().trusted:
                return
            for day in self._parts.index.days_due(clock().utc):
                due: list[str] = []
                for rows in self._kept_on(day):
                    due += [
                        each.id for each in decide(rows, clock(), self._parts.policy) if each.erase
                    ]
                    yield
                if due:
                    yield from self.erase(day, due, "expired", clock)
            yield from self._erase_old_indexes(clock)
        finally:
            self._sweeping = False

    def make_room(self, clock: Clock) -> Iterator[None]:
        """Erase the oldest day but for held calls, as on a full disk some rules say.

        It is for the caller to know that this one does.
        """
        for day in self._parts.index.days_due(datetime.max.replace(tzinfo=UTC)):
            rows = [] if self._days.is_open(day) else self._parts.index.kept_on(day)
            oldest = [row.id for row in rows if row.hold is None and row.end is not None]
            if oldest:
                yield from self.erase(day, oldest, "overwritten", clock)
                return
            yield

    def erase(self, day: str, call_ids: Collection[str], why: str, clock: Clock) -> Iterator[None]:
        """Erase calls of a day.

        Args:
            why: see `tombstone.certificate`.
        """
        self._parts.index.begin_erasing(call_ids, why)
        # Power goes now: noted.
        yield
        yield from self._erase(day, clock)

    def _finish(self, clock: Clock) -> Iterator[None]:
        for day in self._parts.index.being_erased():
            yield from self._erase(day, clock)

    def _erase(self, day: str, clock: Clock) -> Iterator[None]:
        kept = self._parts.index.kept_on(day)
        try:
            if kept:
                self._forget(day)
            else:
                self._days.close_day(day)
                erase_day(self._parts.vault, day, self._parts.secrets)
        except (OSError, *CANNOT_OPEN) as error:
            if self.failed.get(day) != str(error):
                advice = disk_failure.remedy(error) or "see `kirok doctor --deep`"
                log.error("calls of %s could not be erased: %s; %s", day, error, advice)
            self.failed[day] = str(error)
            return
        self.failed.pop(day, None)
        # Power goes now: keys gone.
        yield
        yield from self._bury(day, clock)
        if kept and (self._parts.vault / day).is_dir():
            yield from self._erase_lost_keys(day, kept, clock)
            self._clear(day, kept)

    def _erase_old_indexes(self, clock: Clock) -> Iterator[None]:
        now, policy = clock().utc, self._parts.policy
        for path, at in asides.old_indexes(self._parts.vault.parent):
            if policy.due(at) <= now and not self._parts.index.keeps_before(at):
                yield from self._erase_aside(path, clock, due=iso(policy.due(at)))

    def _erase_aside(self, path: Path, clock: Clock, **facts: object) -> Iterator[None]:
        """Erase a damaged file that was put aside; one that does not let itself be stays."""
        try:
            size = path.stat().st_size
            yield from asides.write_over(path)
            # Power goes now: zeros.
            facts |= {"article": self._parts.policy.retention_clause, "done": iso(clock().utc)}
            self._parts.ledger.append("aside_erased", file=path.name, bytes=size, **facts)
            self._parts.ledger.sync()
            # Power goes now: zeros, and certified.
            asides.unlink(path)
        except OSError as error:
            log.error("%s could not be erased: %s", path, error)

    def _forget(self, day: str) -> None:
        """Erase the keys of the calls that are noted; the others of the day keep theirs."""
        going = self._parts.index.being_erased().get(day, set())
        try:
            table = self._days.table(day)
            if present := going & set(table.calls()):
                forget_calls(table, self._parts.secrets, present)
        except FileNotFoundError:
            return  # there is nothing of the day
        except BaseException:
            self._days.forget_table(day)
            raise

    def _erase_lost_keys(self, day: str, kept: list[CallRow], clock: Clock) -> Iterator[None]:
        recorded = [row.id for row in kept if row.recorded]
        keyed = self._days.table(day).calls()
        for path in asides.needless_keys(self._parts.vault / day, keyed, recorded):
            yield from self._erase_aside(path, clock, day=day)

    def _bury(self, day: str, clock: Clock) -> Iterator[None]:
        """Enter the certificates, and put tombstones in the rows' place."""
        index, policy = self._parts.index, self._parts.policy
        while going := index.next_being_erased(day, AT_ONCE):
            done = clock().utc
            for row, why in going:
                self._parts.ledger.append("erased", **certificate(row, policy, why, done))
            self._parts.ledger.sync()
            # Power goes now: certified.
            index.entomb([tombstone(row, policy, done) for row, _ in going])
            # Power goes now: entombed.
            typed_copy.settle(self._parts.vault.parent, index)
            yield
        index.forget_log()

    def _clear(self, day: str, kept: list[CallRow]) -> None:
        """Give back what a day's erased calls take up, once the day is over."""
        if self._days.is_open(day) or any(row.end is None for row in kept):
            return
        if set(self._days.table(day).calls()) - {row.id for row in kept}:
            return  # a call that the index does not know has a key, and so may have audio
        for reel in sorted((self._parts.vault / day).glob("*.reel")):
            name = f"{day}/{reel.name}"
            ends = {row.id: row.last_offset for row in kept if row.reel == name}
            places = {call: at for call, at in ends.items() if at is not None}
            try:
                clear_others(reel, places)
            except (OSError, TamperedError) as error:
                log.warning("%s stays as it is: %s", name, error)

    def _kept_on(self, day: str) -> Iterator[list[CallRow]]:
        after = ""
        while rows := self._parts.index.kept_on(day, after, AT_ONCE):
            yield rows
            after = rows[-1].id
