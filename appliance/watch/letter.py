"""A digest as a mail in the city's language. Pure.

It names alarms, lines and calls by their id: no person, no telephone number.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Final
from zoneinfo import ZoneInfo

from appliance import ulid
from appliance.alarms import Grave, detail_of, kind_of
from appliance.api import Alarm
from appliance.site_notices import Mail
from appliance.watch.notices import Digest
from appliance.words import N_, words

_CLEAR: Final = N_("all clear")
_COUNT: Final = N_("{count} alarms")
_LIFE: Final = N_("sign of life")
_LIFE_TEXT: Final = N_(
    "Nothing new. A mail like this comes when there was no other for a week: if it stays away,"
    " look after the box."
)
_HEAD_TEXT: Final = N_(
    "The ledger's signed head is attached. Keep it: with “kirok ledger verify --head FILE” it shows"
    " later whether an entry was changed or removed."
)
_TEST: Final = N_("test mail")
_TEST_TEXT: Final = N_("This mail was sent to see whether alarms arrive. There is nothing to do.")
_LINE: Final = N_("line {number}")
_CALL: Final = N_("call {id}")
_SINCE: Final = N_("since {since}")
_RAISED: Final = N_("raised {since}")
_NEW: Final = N_("New")
_STILL: Final = N_("Still so")
_PASSED: Final = N_("Came and went since the last mail")
_OVER: Final = N_("Over")
_ALL_CLEAR: Final = N_("Nothing is wrong any more.")
_ONCE_TOLD: Final = N_("One mail a minute at most; more is said on the page of health.")

_ORDER: Final = [Grave.LOSING, Grave.SOON, Grave.NOTE]


@dataclass(frozen=True)
class Writer:
    """Attributes: box, the id that tells this box from others of the city."""

    city: str
    box: str
    language: str
    zone: ZoneInfo

    def digest(self, mail: Mail, digest: Digest, now: datetime, head: str = "") -> EmailMessage:
        """Return the mail that says what is new, over, and going on.

        Args:
            head: the ledger's signed head, or "".
        """
        text = self._text(digest) + (f"{self._said(_HEAD_TEXT)}\n" if head else "")
        message = self._mail(mail, self._subject(digest), text, now)
        if head:
            name = f"kirok-{self.box}-{now:%Y%m%d}.head"
            message.add_attachment(
                head.encode(), maintype="application", subtype="octet-stream", filename=name
            )
        return message

    def test(self, mail: Mail, now: datetime) -> EmailMessage:
        """Return the mail of `kirok alarm-test`."""
        return self._mail(mail, self._said(_TEST), self._said(_TEST_TEXT) + "\n", now)

    def _mail(self, mail: Mail, subject: str, text: str, now: datetime) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = " ".join(f"[Kirok {self.city}] {subject}".split())
        message["From"] = mail.from_
        message["To"] = ", ".join(mail.to)
        message["Date"] = format_datetime(now)
        message["Message-ID"] = make_msgid(domain="kirok.invalid")
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notices in answer
        message.set_content(f"{text}\n-- \nKirok {self.city}, {self.box}\n")
        return message

    def _subject(self, digest: Digest) -> str:
        alarms = _gravest_first([*digest.new, *digest.still])
        if not alarms:
            return self._said(_LIFE if digest.sign_of_life else _CLEAR)
        first = self._title(alarms[0])
        if len(alarms) > 1:
            first = f"{self._said(_COUNT).format(count=len(alarms))}: {first}"
        return f"{self._said(_STILL)}: {first}" if digest.sign_of_life else first

    def _text(self, digest: Digest) -> str:
        parts: list[str] = []
        for title, alarms in ((_NEW, digest.new), (_STILL, digest.still)):
            if alarms:
                parts += [f"{self._said(title)}:", ""]
                parts += [self._whole(alarm) for alarm in _gravest_first(alarms)]
        for title, alarms in ((_PASSED, digest.passed), (_OVER, digest.over)):
            if alarms:
                named = (self._brief(alarm, _RAISED) for alarm in alarms)
                parts += [f"{self._said(title)}:", "", *named, ""]
        if digest.sign_of_life:
            parts += [self._said(_LIFE_TEXT), ""]
        elif digest.all_clear:
            parts += [self._said(_ALL_CLEAR), ""]
        return "\n".join([*parts, self._said(_ONCE_TOLD), ""])

    def _whole(self, alarm: Alarm) -> str:
        detail, remedy = detail_of(alarm, self._said), self._said(kind_of(alarm.what).remedy)
        rows = [self._brief(alarm), *(f"    {text}" for text in (detail, f"→ {remedy}") if text)]
        return "\n".join([*rows, ""])

    def _brief(self, alarm: Alarm, moment: str = _SINCE) -> str:
        if not alarm.since:
            return f"* {self._title(alarm)}"
        since = f"{datetime.fromisoformat(alarm.since).astimezone(self.zone):%Y-%m-%d %H:%M}"
        return f"* {self._title(alarm)} ({self._said(moment).format(since=since)})"

    def _title(self, alarm: Alarm) -> str:
        title, where = self._said(kind_of(alarm.what).title), alarm.where
        if where.startswith("line "):
            where = self._said(_LINE).format(number=where[5:])
        elif re.fullmatch(ulid.PATTERN, where):
            where = self._said(_CALL).format(id=where)
        return f"{title}: {where}" if where else title

    @property
    def _said(self) -> Callable[[str], str]:
        return words(self.language).gettext


def _gravest_first(alarms: Iterable[Alarm]) -> list[Alarm]:
    return sorted(alarms, key=lambda alarm: _ORDER.index(kind_of(alarm.what).grave))
