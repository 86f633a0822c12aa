"""One round of the watch: look, log, and mail if it is time. No port and no clock of its own.

The mail is sent by a thread beside it, one at a time: a server that hangs holds up neither the log
nor the figures. What was told is on the disk before the next one goes.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from appliance.api import Alarm, BoxStatus
from appliance.index_row import iso
from appliance.watch.notices import Book, Digest
from appliance.watch.pacing import Pacing
from appliance.watch.post import MailFailed
from appliance.watch.syslog import Entry

log = logging.getLogger(__name__)

#: A recorder that starts again is away for some seconds; its calls are cut off all the same, which
#: is in the index. A page that starts again matters less.
RECORDER_AWAY_S: Final = 30.0
PAGE_AWAY_S: Final = 120.0
#: A mail takes seconds. One that takes longer is given up, and its thread left to end by itself; if
#: it goes after all, it is told twice.
MAIL_LIMIT_S: Final = 120.0


class Log(Protocol):
    def send(self, entry: Entry, now: datetime) -> bool: ...


@dataclass
class Ways:
    """Where alarms go.

    Attributes:
        mail: begins to send a digest; None where no mail is set up.
        keep: puts the book on the disk.
    """

    keep: Callable[[Book], None]
    mail: Callable[[Digest], "Future[None]"] | None = None
    syslog: Log | None = None


@dataclass(frozen=True)
class Look:
    """What was seen.

    Attributes:
        box: None: the recorder does not answer.
        page: the page answers.
    """

    now: datetime
    now_s: float
    box: BoxStatus | None
    page: bool


@dataclass(frozen=True)
class _Sending:
    digest: Digest
    answer: "Future[None]"
    since_s: float


@dataclass
class Round:
    """Attributes: alarms, with the watch's own; mails, failed: since the start."""

    ways: Ways
    book: Book
    recorder_away_s: float = RECORDER_AWAY_S
    alarms: tuple[Alarm, ...] = ()
    box: BoxStatus | None = None
    restarts: int = 0
    mails: int = 0
    failed: int = 0
    mail_note: str = ""
    mail_since: str = ""
    _pacing: Pacing = field(default_factory=Pacing)
    _sending: "_Sending | None" = None
    _logged: dict[tuple[str, str, str], Alarm] = field(default_factory=dict)
    _away_s: dict[str, tuple[float, str]] = field(default_factory=dict)
    _started: str = ""

    def turn(self, look: Look) -> None:
        """Take a look, and tell what there is to tell."""
        self._take(look)
        self._log(look.now)
        book = self.book.look(self.alarms)
        if self._sending is not None:
            book = self._sent(book, self._sending, look)
        if self.ways.mail is not None and not book.mailed:
            book = replace(book, mailed=str(iso(look.now)))
        if book != self.book:
            self.ways.keep(book)
            self.book = book
        self._mail(look)

    # ------------------------------------------------------------ what is raised

    def _take(self, look: Look) -> None:
        if look.box is not None:
            if self._started not in ("", look.box.started):
                self.restarts += 1
            self._started = look.box.started
            self.box = look.box
        # What was raised when it was last heard of is raised still: nothing says that it is over.
        known = list(self.box.alarms) if self.box else []
        own = [
            *self._away("recorder_away", look.box is None, self.recorder_away_s, look),
            *self._away("page_away", not look.page, PAGE_AWAY_S, look),
        ]
        if self.mail_note:
            facts = {"wrong": self.mail_note}
            own.append(Alarm("mail_failed", "", self.mail_since, facts=facts))
        self.alarms = (*known, *own)
        self.box = self.box if look.box is None else look.box

    def _away(self, what: str, away: bool, after_s: float, look: Look) -> Sequence[Alarm]:
        if not away:
            self._away_s.pop(what, None)
            return ()
        since_s, since = self._away_s.setdefault(what, (look.now_s, str(iso(look.now))))
        return [Alarm(what, "", since)] if look.now_s - since_s >= after_s else ()

    # ------------------------------------------------------------ log and mail

    def _log(self, now: datetime) -> None:
        if self.ways.syslog is None:
            return
        raised = {(a.what, a.where, a.since): a for a in self.alarms}
        for key, alarm in list(self._logged.items()):
            if key not in raised and self.ways.syslog.send(Entry(alarm, "over"), now):
                del self._logged[key]
        for key, alarm in raised.items():
            if key not in self._logged and self.ways.syslog.send(Entry(alarm, "raised"), now):
                self._logged[key] = alarm

    def _mail(self, look: Look) -> None:
        if self.ways.mail is None or self._sending or not self._pacing.may_send(look.now_s):
            return
        # That mails do not go cannot be mailed: it is told once they go again.
        digest = self.book.digest(self.alarms, look.now)
        if digest is not None:
            self._sending = _Sending(digest, self.ways.mail(digest), look.now_s)

    def _sent(self, book: Book, sending: _Sending, look: Look) -> Book:
        """Take the answer to the mail on its way, if there is one."""
        if sending.answer.done():
            error = sending.answer.exception()
        elif look.now_s - sending.since_s >= MAIL_LIMIT_S:
            error = MailFailed(f"the mail server has not taken it within {MAIL_LIMIT_S:.0f} s")
        else:
            return book
        self._sending = None
        if error is None:
            self.mails += 1
            self.mail_note, self.mail_since = "", str(iso(look.now))
            self._pacing.sent(look.now_s)
            return book.after(sending.digest, look.now)
        if not isinstance(error, MailFailed):
            raise error
        self._failed(error, look)
        return book

    def _failed(self, error: MailFailed, look: Look) -> None:
        log.error("no mail: %s", error)
        self.failed += 1
        if not self.mail_note:
            self.mail_since = str(iso(look.now))
        self.mail_note = str(error)
        self._pacing.failed(look.now_s)
