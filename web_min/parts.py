"""What the page is made of, and what the request in hand belongs to."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from flask import current_app, g

from appliance.access_log import AccessLog
from appliance.api import Recorder
from appliance.articles import shipped_articles
from appliance.export import Holder
from appliance.factors import Factors
from appliance.index_query import CallQuery
from appliance.index_row import CallRow
from appliance.notebook import Notebook
from appliance.office.cabinet import Cabinet
from appliance.office.chores import Chores
from appliance.office.clerk import Clerk
from appliance.office.conditions import Conditions
from appliance.people import People, Wrapping, may_manage
from appliance.profile import Profile
from appliance.registry import Registry
from appliance.second_factor import needed
from appliance.site import Line
from appliance.site_notices import Notices
from appliance.typed import Typed
from appliance.watch.state import Shown
from web_min.audio import OpenAudio
from web_min.door import Door
from web_min.halfway import Halfway
from web_min.opened import Opened
from web_min.packages import Packages
from web_min.pending import Pending, on_a_thread
from web_min.rounds import Rounds
from web_min.sessions import Session, Sessions
from web_min.status import Status
from web_min.tokens import Tokens
from web_min.turnstile import Turnstile

#: Host names that mean this machine; others come from site.toml. A page on another name that points
#: here (DNS rebinding) gets nothing.
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


class MakePackage(Protocol):
    """Makes a call's package, for somebody outside."""

    def __call__(self, call: CallRow, holder: Holder) -> bytes:
        """Return the package.

        Raises:
            NoSuchCall, CannotOpen, CannotPrint, RecorderAway, OSError: there is none.
        """


class CertifyErasure(Protocol):
    """Prints the certificate of an erased call."""

    def __call__(self, call: CallRow, at: datetime) -> bytes:
        """Return it as PDF.

        Raises:
            NotYet, CannotPrint, ValueError: see `appliance.erasure_sheet.printed`.
        """


class Calls(Protocol):
    """The call index, read-only; each question may raise CallListAway."""

    @property
    def wrong(self) -> str:
        """Why it could not be read, with what to do; "" while it can."""

    def search(self, query: CallQuery) -> list[CallRow]: ...

    def get(self, call_id: str) -> CallRow:
        """Return one call.

        Raises:
            NoSuchCall: there is none with this id.
        """

    def held(self) -> dict[str, str]:
        """Return each held call's hold."""

    def typed(self, entries: Iterable[int]) -> dict[int, Typed]:
        """Return what was typed for these entries of the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the page says of where it stands.

    Attributes:
        city, language: the city's name, and its language, which a browser of none of ours gets.
        hosts: names that the page answers to.
        behind_tls: a server before us speaks TLS: cookies go over it alone.
        second_factor: those whose roles open recordings, decide on them or grant rights need one.
        trial: the folder is for trying out: whoever sets it up plays every role.
        first_role: what the first administrator is, by the policy's role id.
    """

    city: str
    language: str
    zone: ZoneInfo
    hosts: frozenset[str] = LOOPBACK
    behind_tls: bool = False
    second_factor: bool = True
    trial: bool = False
    first_role: str = "operator"

    @property
    def cookie(self) -> str:
        # The prefix makes browsers refuse one that a neighbouring host name has set.
        return "__Host-kirok" if self.behind_tls else "kirok"


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Parts:
    """Everything the page works with; tests put their own in.

    Attributes:
        profile: the city's rule; articles: its own words, clause by clause.
        lines: the site's.
        watch: how `kirok watch` stands, None while it does not run; notices: where it is to tell.
        behind: begins work that nobody waits for.
        now: the wall clock, aware; monotonic: seconds that never step.
    """

    site: Site
    profile: Profile
    recorder: Recorder
    calls: Calls
    access: AccessLog
    registry: Registry
    open_audio: OpenAudio
    open_what_is_left: OpenAudio
    make_package: MakePackage
    certify_erasure: CertifyErasure
    lines: tuple[Line, ...] = ()
    wrapping: Wrapping = field(default_factory=Wrapping)
    watch: Callable[[], Shown | None] = lambda: None
    notices: Notices = field(default_factory=Notices)
    behind: Callable[[Callable[[], None]], None] = on_a_thread
    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic

    door: Door = field(init=False)
    factors: Factors = field(init=False)
    halfway: Halfway = field(init=False)
    notebook: Notebook = field(init=False)
    people: People = field(init=False)
    opened: Opened = field(init=False)
    packages: Packages = field(init=False)
    sessions: Sessions = field(init=False)
    status: Status = field(init=False)
    tokens: Tokens = field(init=False)
    strangers: Turnstile = field(init=False)
    pending: Pending = field(init=False)
    cabinet: Cabinet = field(init=False)
    clerk: Clerk = field(init=False)
    rounds: Rounds = field(init=False)
    articles: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.door = Door(self.registry, self.wrapping, self.now)
        self.notebook = Notebook(self.recorder, self.registry, self.now)
        self.people = People(self.registry, self.notebook, self.wrapping, self.now, self.profile)
        self.factors = Factors(self.registry, self.notebook, self.now)
        self.halfway = Halfway(self.monotonic)
        self.opened = Opened(self.monotonic)
        self.packages = Packages(self.monotonic)
        self.sessions = Sessions(self.monotonic, self._close)
        self.status = Status(self.recorder, self.monotonic)
        self.tokens = Tokens()
        self.strangers = Turnstile(self.monotonic)
        self.pending = Pending(
            self.recorder, self.calls.search, self.open_audio, self._lives, self.behind
        )
        self.cabinet = Cabinet(self.registry)
        departments = {f"l{line.number}": line.department for line in self.lines}
        conditions = Conditions(self.profile, self.cabinet, self.calls, self.now, departments)
        self.clerk = Clerk(self.profile, self.cabinet, self.now, conditions)
        self.rounds = Rounds(Chores(self.clerk, self.calls), self.notebook, self.today)
        self.articles = shipped_articles(self.profile)

    def sign_out(self, person_id: str, *, but: str = "") -> None:
        """End all that somebody has begun, but for one session."""
        self.halfway.end_person(person_id)
        self.sessions.end_person(person_id, but=but)

    def _lives(self, session: Session) -> bool:
        return self.sessions.find(session.id, touch=False) is not None

    def today(self) -> date:
        """Return the site's day."""
        return self.now().astimezone(self.site.zone).date()

    def _close(self, session: Session) -> None:
        self.opened.close_session(session.id)
        self.packages.close_session(session.id)


def parts() -> Parts:
    """Return the parts of the application that answers this request."""
    found: Parts = current_app.extensions["kirok"]
    return found


def signed_in() -> Session:
    """Return the request's session; the guard has seen to it that there is one."""
    session: Session = g.session
    return session


def manages_people() -> bool:
    """Say whether who is signed in may add and remove people."""
    session: Session | None = g.get("session")
    people = parts().registry.people()
    person = next((p for p in people if session and p.id == session.person_id), None)
    first = parts().site.first_role
    return person is not None and may_manage(parts().profile, people, person, first)


def factor_due() -> bool:
    """Say whether who is signed in must set up a second factor before anything else."""
    person = parts().registry.person(signed_in().person_id)
    if person is None or person.factor or not parts().site.second_factor:
        return False
    return needed(parts().profile, person.roles) or manages_people()
