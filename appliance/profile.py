"""A city's rule as data, whole: every section of a policy profile, strictly read.

A profile is TOML. What the schema does not know is refused, so is a right that is not in the closed
list, a right that nobody has but somebody needs, and a value that is not written in the rule
without being named under `local`. A third city is a file, not code.

    schema = 1
    local = ["line_application.decided_by", ...]    values that are ours: the rule is silent
    [city] [terms] [[purpose]] [calendar] [[role]] [[mode]] [line_application] [notice] [retention]
    [integrity] [safeguards] [provision] [pledge] [copy] [report] [media] [restriction] [secrecy]
    [outside_use] [publication] [forms.ID] [law]

Every section names the clause it comes from; the clauses' words stand beside the profile in
NAME.rule.toml.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

# fmt: off
#: All that a role can be given. A profile names no other.
RIGHTS: Final = frozenset({
    "line.apply", "line.approve", "line.set",
    "call.search", "call.listen", "call.mark", "call.record", "call.hold",
    "notice.mark",
    "request.make", "request.approve", "request.refuse",
    "pledge.sign", "pledge.receive",
    "copy.make", "copy.deliver",
    "recopy.ask", "recopy.approve",
    "register.write",
    "report.file", "report.receive", "report.accept",
    "extension.ask", "extension.approve",
    "medium.issue", "medium.receive", "medium.return", "medium.take_back", "medium.destroy",
    "restriction.set", "restriction.lift",
    "rights.grant",
    "handler.name",
    "log.review",
})
# fmt: on
#: What opens the vault: who has one of these holds its secret.
RETRIEVING: Final = frozenset({"call.listen", "copy.make"})


@dataclass(frozen=True)
class City:
    id: str
    name: str
    name_en: str
    country: str
    language: str
    timezone: str
    rule_title: str
    rule_no: str
    enacted: date
    effective: date
    addressee: str
    date_style: Literal["ko", "ja-era", "iso"]
    rule_title_en: str = ""


@dataclass(frozen=True)
class Terms:
    """The words that the page uses, as the rule has them."""

    recording: str
    recording_line: str
    provide: str
    view: str
    register: str
    other_party: str


@dataclass(frozen=True)
class Purpose:
    """What a recording may be used for."""

    id: str
    text: str
    clause: str


@dataclass(frozen=True)
class Calendar:
    """How days are counted.

    Attributes:
        roll_forward: "report_only": a report due on a holiday is due on the next working day. An
            erasure never moves.
        holidays: the country whose holidays count, ISO 3166.
    """

    count_first_day: bool
    roll_forward: Literal["report_only", "none"]
    holidays: str


@dataclass(frozen=True)
class Role:
    """Attributes: held_by: in the rule's words; scope "unit": its own department's alone.

    single: the rule knows one holder, such as the head of a named section.
    """

    id: str
    title: str
    held_by: str
    clause: str
    can: frozenset[str]
    title_en: str = ""
    optional: bool = False
    single: bool = False
    scope: Literal["all", "unit"] = "all"


@dataclass(frozen=True)
class Mode:
    id: str
    name: str
    start: Literal["line_enabled", "key", "button", "line_or_button", "always"]
    notice_before: bool
    consent: Literal["none", "both_parties"]
    clause: str


@dataclass(frozen=True)
class Ground:
    """Why something may be asked for.

    Attributes:
        by: roles that may give it, all if none is named.
        kinds: "view", "provide"; both if none is named.
        document: a document that proves it must be named.
        note: it must be explained.
        needs: a role that must file it.
        propose_when: the box proposes it then; a person decides.
    """

    id: str
    text: str
    clause: str
    by: tuple[str, ...] = ()
    kinds: tuple[Literal["view", "provide"], ...] = ()
    document: bool = False
    note: bool = False
    needs: str = ""
    propose_when: Literal["", "report_overdue"] = ""


@dataclass(frozen=True)
class LineApplication:
    required: bool
    decided_by: str
    clause: str
    form: str = ""
    by: str = ""
    release: bool = False
    place: str = ""
    ground: tuple[Ground, ...] = ()


@dataclass(frozen=True)
class Exemption:
    """Why a call may be recorded though nobody was told."""

    code: str
    text: str
    clause: str
    note: bool = False


@dataclass(frozen=True)
class Notice:
    required: bool
    clause: str
    methods: tuple[Literal["announcement", "spoken", "beep"], ...]
    exemption: tuple[Exemption, ...]
    text: str = ""
    if_not_recorded: Literal["flag", "ask_reason", "nothing"] = "nothing"


@dataclass(frozen=True)
class Hold:
    """Whether a recording may be kept longer.

    Attributes:
        max_days: 0 for no limit.
        review_days: ask again whether it is still needed; 0 never.
        warn_days_before: warn about open requests before their call is erased.
    """

    allowed: bool
    by: str = ""
    reason_required: bool = False
    purpose_bound: bool = False
    max_days: int = 0
    review_days: int = 0
    warn_days_before: int = 7
    clause: str = ""


@dataclass(frozen=True)
class Retention:
    """How long recordings are kept, and what of them.

    Attributes:
        erase_jitter_hours: erasing is done within this long after the last kept day; when it has
            been paused for as long, that is an alarm.
        or_until_full: a full disk may take the oldest before its days are over.
        record: what counts as the recording, and is erased with it.
    """

    days: int
    from_: Literal["recorded_day"]
    erase: Literal["auto_delete", "overwrite"]
    clause: str
    on_full: Literal["alarm", "overwrite_oldest"]
    hold: Hold
    erase_jitter_hours: int = 24
    or_until_full: bool = False
    record: tuple[Literal["audio", "number", "time"], ...] = ("audio",)


@dataclass(frozen=True)
class Integrity:
    processing: Literal["forbidden", "not_regulated"]
    copying: Literal["provision_only", "not_regulated"]
    clause: str


@dataclass(frozen=True)
class Safeguards:
    access_limited: bool = True
    clause: str = ""
    place: str = ""


@dataclass(frozen=True)
class Provision:
    """Who may ask for a copy, and how it goes out.

    Attributes:
        made_by: roles.
        recipients: "requester" or roles.
        register: a form's id or "".
        encrypted: a package is a ZIP that a passphrase opens.
    """

    form: str
    made_by: tuple[str, ...]
    decided_by: str
    steps: tuple[
        Literal["request", "approve", "pledge", "provide", "report", "return", "destroy", "close"],
        ...,
    ]
    recipients: tuple[str, ...]
    delivery: tuple[Literal["file", "medium"], ...]
    clause: str
    reason: tuple[Ground, ...]
    register: str = ""
    attachment: str = ""
    encrypted: bool = False


@dataclass(frozen=True)
class Pledge:
    required: bool = False
    form: str = ""
    clause: str = ""


@dataclass(frozen=True)
class Copying:
    """What the recipient may do with a copy.

    Attributes:
        recopy: "forbidden" or "approval_of:ROLE".
    """

    storage: tuple[Literal["own_work_computer", "issued_medium"], ...] = ()
    recopy: str = "forbidden"
    liable: Literal["recipient"] = "recipient"
    clause: str = ""


@dataclass(frozen=True)
class Extension:
    """Attributes: source: "form" where only a form knows of it; max_days: 0 for no limit."""

    allowed: bool
    source: Literal["rule", "form"] = "rule"
    needs: tuple[Literal["period", "planned_destruction_day"], ...] = ()
    decided_by: str = ""
    max_days: int = 0


@dataclass(frozen=True)
class Report:
    """Attributes: due_days: from the day of provision, which is not counted."""

    required: bool = False
    form: str = ""
    due_days: int = 0
    from_: Literal["provided_day"] = "provided_day"
    to: str = ""
    destroy: Literal["", "at_once_when_purpose_met"] = ""
    clause: str = ""
    outcomes: tuple[str, ...] = ()
    not_destroyed: tuple[str, ...] = ()
    extension: Extension = field(default_factory=lambda: Extension(False))


@dataclass(frozen=True)
class Media:
    """Attributes: controlled: copies go out on registered media alone."""

    controlled: bool = False
    kinds: tuple[str, ...] = ()
    return_: Literal["none", "without_delay"] = "none"
    return_reminder_days: int = 0
    destroy: Literal["", "promptly"] = ""
    destroy_reminder_days: int = 0
    destroy_methods: tuple[str, ...] = ()
    destroyed_by: str = ""
    clause: str = ""


@dataclass(frozen=True)
class Restriction:
    allowed: bool = False
    by: str = ""
    effect: Literal["", "no_provision"] = ""
    clause: str = ""
    lift: Literal["", "by_head"] = ""
    ground: tuple[Ground, ...] = ()


@dataclass(frozen=True)
class Secrecy:
    clause: str = ""
    after_office: Literal["same", "not_stated"] = "not_stated"


@dataclass(frozen=True)
class OutsideUse:
    clause: str = ""
    allowed: tuple[str, ...] = ()
    reason: tuple[Ground, ...] = ()


@dataclass(frozen=True)
class Publication:
    required: bool = False
    by: str = ""
    where: str = ""
    items: tuple[Literal["install_status", "purpose", "operation_method"], ...] = ()
    clause: str = ""


@dataclass(frozen=True)
class Form:
    """An official form.

    Attributes:
        names: what the city calls a field, by the field; the page and the paper say it so.
    """

    title: str
    label: str
    fields: tuple[str, ...]
    orientation: Literal["portrait", "landscape"] = "portrait"
    seals: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Law:
    pack: str = ""


@dataclass(frozen=True)
class Profile:
    """A city's rule.

    Attributes:
        local: values, "section.key", that the rule does not say and we chose.
        partial: not all of the rule is known; what is missing is off.
    """

    schema: Literal[1]
    city: City
    purpose: tuple[Purpose, ...]
    calendar: Calendar
    role: tuple[Role, ...]
    mode: tuple[Mode, ...]
    line_application: LineApplication
    notice: Notice
    retention: Retention
    integrity: Integrity
    terms: Terms | None = None
    safeguards: Safeguards = field(default_factory=Safeguards)
    provision: Provision | None = None
    pledge: Pledge = field(default_factory=Pledge)
    copy: Copying = field(default_factory=Copying)
    report: Report = field(default_factory=Report)
    media: Media = field(default_factory=Media)
    restriction: Restriction = field(default_factory=Restriction)
    secrecy: Secrecy = field(default_factory=Secrecy)
    outside_use: OutsideUse = field(default_factory=OutsideUse)
    publication: Publication = field(default_factory=Publication)
    forms: Mapping[str, Form] = field(default_factory=dict)
    law: Law = field(default_factory=Law)
    local: tuple[str, ...] = ()
    partial: bool = False

    def role_of(self, role_id: str) -> Role:
        """Return a role.

        Raises:
            KeyError: there is none of this id.
        """
        for role in self.role:
            if role.id == role_id:
                return role
        raise KeyError(role_id)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(role.id for role in self.role)

    def may(self, role_ids: Collection[str], right: str) -> bool:
        """Say whether somebody who holds these roles has a right."""
        return any(right in role.can for role in self.role if role.id in role_ids)

    def who_may(self, right: str) -> tuple[Role, ...]:
        """Return the roles that have a right."""
        return tuple(role for role in self.role if right in role.can)
