"""The rule's own conditions, which no table of states can say, and what follows from an act.

Who is restricted is given nothing; a ground must be one that the profile lists, filed by whom it
names, with the paper that it asks for; what is asked for must still be there; and a copy that is
provided has a day by which it must be reported.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from appliance.api import NoSuchCall
from appliance.calendar import report_due
from appliance.index_row import CallRow, iso
from appliance.office.cabinet import Cabinet, NoSuchDocument
from appliance.office.clerk import BOX, Actor, Given, Refusal
from appliance.office.cycles import NEW
from appliance.office.documents import Document, LineFile, Medium, Proof, Request, Restriction
from appliance.office.hearing import unrestricted
from appliance.profile import Ground, Profile

#: An approval lasts so long unless its giver says otherwise: our own choice, the rules are silent.
APPROVAL_DAYS: Final = 14

Changes = Mapping[str, Any]
_Rule = Callable[[Actor, Any, Given], Changes]


class Calls(Protocol):
    """The call index, read-only."""

    def get(self, call_id: str) -> CallRow: ...


class Conditions:
    """Called by the clerk with each act that the tables allow."""

    def __init__(
        self,
        profile: Profile,
        cabinet: Cabinet,
        calls: Calls,
        now: Callable[[], datetime],
        departments: Mapping[str, str] | None = None,
    ) -> None:
        """Know the rule's conditions.

        Args:
            departments: whose each line is, by the id of its file.
        """
        self._departments = departments or {}
        self._profile = profile
        self._cabinet = cabinet
        self._calls = calls
        self._now = now
        self._zone = ZoneInfo(profile.city.timezone)
        self._rules: Mapping[tuple[type, str], _Rule] = {
            (Request, "file"): self._file,
            (Request, "attach"): self._attach,
            (Request, "approve"): self._approve,
            (Request, "pledge"): self._still_open,
            (Request, "view"): self._still_open,
            (Request, "provide"): self._provide,
            (Request, "provide_again"): self._still_open,
            (Request, "report"): self._report,
            (Request, "ask_extension"): self._ask_extension,
            (Request, "grant"): self._grant,
            (LineFile, "apply"): self._apply,
            (LineFile, "apply_release"): self._their_line,
            (Medium, "register"): self._register,
            (Medium, "write"): self._write,
            (Medium, "issue"): self._issue,
            (Medium, "grant_recopy"): self._grant_recopy,
            (Medium, "take_back"): self._take_back,
            (Medium, "destroy"): self._destroy,
            (Restriction, "propose"): self._restrict,
            (Restriction, "impose"): self._restrict,
        }

    def __call__(self, actor: Actor, document: Document, act: str, given: Given) -> Changes:
        """Return what else of a document changes.

        Raises:
            Refusal: the rule does not allow it.
        """
        rule = self._rules.get((type(document), act))
        return rule(actor, document, given) if rule else {}

    @property
    def today(self) -> date:
        return self._now().astimezone(self._zone).date()

    # ------------------------------------------------------------ requests

    def _file(self, actor: Actor, request: Request, given: Given) -> Changes:
        ground = self._ground(request.ground)
        clause = ground.clause
        if ground.kinds and request.kind not in ground.kinds:
            raise Refusal("no_ground", clause, "kind")
        if not request.on_paper and not self._may_give(actor, ground):
            raise Refusal("no_ground", clause, "by")
        if ground.document and not _is_whole(request.proof):
            raise Refusal("missing", clause, "proof")
        if not request.applicant.name.strip():
            raise Refusal("missing", self._provision_clause, "applicant")
        beyond = ground in self._profile.outside_use.reason
        if request.purpose not in {each.id for each in self._profile.purpose} and not beyond:
            raise Refusal("missing", self._provision_clause, "purpose")
        if not request.calls and not request.wanted.strip():
            raise Refusal("missing", self._provision_clause, "calls")
        unrestricted(self._profile, self._cabinet, request)
        self._there(request.calls)
        return {"made": self._iso_now()}

    def _attach(self, actor: Actor, request: Request, given: Given) -> Changes:
        calls = tuple(given.changes.get("calls", ()))
        if not calls:
            raise Refusal("missing", self._provision_clause, "calls")
        self._there(calls)
        return {"calls": calls}

    def _approve(self, actor: Actor, request: Request, given: Given) -> Changes:
        unrestricted(self._profile, self._cabinet, request)
        if not request.calls:
            raise Refusal("missing", self._provision_clause, "calls")
        self._there(request.calls)
        until = self._day(given, "until", self.today + timedelta(days=APPROVAL_DAYS))
        if until < self.today:
            raise Refusal("too_early", self._provision_clause, "until")
        return {"until": iso(self._end_of(until))}

    def _still_open(self, actor: Actor, request: Request, given: Given) -> Changes:
        unrestricted(self._profile, self._cabinet, request)
        self._in_time(request)
        self._there(request.calls)
        return {}

    def _provide(self, actor: Actor, request: Request, given: Given) -> Changes:
        if request.kind != "provide":
            raise Refusal("out_of_scope", self._provision_clause, "kind")
        self._still_open(actor, request, given)
        report, today = self._profile.report, self.today
        due = (
            report_due(self._profile.calendar, today, report.due_days) if report.required else None
        )
        day = due.isoformat() if due else None
        return {
            "provided": self._iso_now(),
            "due": day,
            "planned": day,
            "files": len(request.calls),
        }

    def _report(self, actor: Actor, request: Request, given: Given) -> Changes:
        outcome, clause = given.facts["outcome"], self._profile.report.clause
        if outcome not in self._profile.report.outcomes:
            raise Refusal("missing", clause, "outcome")
        if outcome == "other" and not given.facts.get("outcome_other", "").strip():
            raise Refusal("missing", clause, "outcome_other")
        kept = given.facts.get("not_destroyed", "") in self._profile.report.not_destroyed
        if kept is (outcome == "destroyed"):
            raise Refusal("missing", clause, "not_destroyed")
        if kept:
            return {"outcome": outcome}
        destroyed = self._day(given, "destroyed", self.today)
        if not self._day_of(request.provided) <= destroyed <= self.today:
            raise Refusal("too_early", clause, "destroyed")
        if not given.facts.get("destroyer", "").strip():
            raise Refusal("missing", clause, "destroyer")
        return {"outcome": outcome, "destroyed": destroyed.isoformat()}

    def _ask_extension(self, actor: Actor, request: Request, given: Given) -> Changes:
        planned = self._day(given, "planned_day", self.today)
        rule = self._profile.report
        if request.due and planned <= date.fromisoformat(request.due):
            raise Refusal("too_early", rule.clause, "planned_day")
        most = rule.extension.max_days
        if most and request.due:
            last = date.fromisoformat(request.due) + timedelta(days=most)
            if planned > last:
                raise Refusal("too_late", rule.clause, last.isoformat())
        return {}

    def _grant(self, actor: Actor, request: Request, given: Given) -> Changes:
        asked = next(e for e in reversed(request.history) if e.act == "ask_extension")
        day = self._day(given, "planned_day", date.fromisoformat(asked.facts["planned_day"]))
        return {"due": day.isoformat(), "planned": day.isoformat()}

    # ------------------------------------------------------------ lines

    def _their_line(self, actor: Actor, line: LineFile, given: Given) -> Changes:
        department = self._departments.get(line.id, "")
        if department and actor.department and actor.department != department:
            raise Refusal("not_yours", self._profile.line_application.clause)
        return {}

    def _apply(self, actor: Actor, line: LineFile, given: Given) -> Changes:
        self._their_line(actor, line, given)
        rule = self._profile.line_application
        ground = _one(rule.ground, str(given.changes.get("ground", "")))
        if ground is None:
            raise Refusal("no_ground", rule.clause)
        if ground.needs and ground.needs not in actor.roles:
            raise Refusal("no_ground", ground.clause, "by")
        return {"made_by": actor.id, "department": actor.department, "made": self._iso_now()}

    # ------------------------------------------------------------ media

    def _register(self, actor: Actor, medium: Medium, given: Given) -> Changes:
        if medium.kind not in self._profile.media.kinds:
            raise Refusal("missing", self._profile.media.clause, "kind")
        serial = medium.serial.strip()
        if not serial:
            raise Refusal("missing", self._profile.media.clause, "serial")
        if any(other.serial == serial for other in self._cabinet.all(Medium)):
            raise Refusal("taken", self._profile.media.clause, "serial")
        return {"serial": serial}

    def _write(self, actor: Actor, medium: Medium, given: Given) -> Changes:
        try:
            request = self._cabinet.get(Request, str(given.changes.get("request", "")))
        except NoSuchDocument:
            raise Refusal("missing", self._provision_clause, "request") from None
        if request.state != "provided" or not request.copies:
            raise Refusal("out_of_scope", self._provision_clause, request.id)
        newest = _newest(request)
        if given.facts["file"].strip().lower() != newest:
            raise Refusal("other_copy", self._profile.media.clause, "file")
        return {"sha256": newest}

    def _issue(self, actor: Actor, medium: Medium, given: Given) -> Changes:
        if not str(given.changes.get("made_by", "")):
            raise Refusal("missing", self._profile.media.clause, "recipient")
        provision = self._profile.provision
        if provision and given.facts.get("as") not in provision.recipients:
            raise Refusal("not_a_recipient", self._profile.media.clause)
        if medium.sha256 != _newest(self._cabinet.get(Request, medium.request)):
            # Another copy was made since it was written.
            raise Refusal("other_copy", self._profile.media.clause)
        return {"issued": self._iso_now()}

    def _grant_recopy(self, actor: Actor, medium: Medium, given: Given) -> Changes:
        """A further copy too goes to a medium that is managed."""
        serial = given.facts["medium"].strip()
        free = (each.serial for each in self._cabinet.all(Medium) if each.state == "in_stock")
        if serial not in free:
            raise Refusal("missing", self._profile.copy.clause, "medium")
        return {}

    def _take_back(self, actor: Actor, medium: Medium, given: Given) -> Changes:
        return {"back": self._iso_now()}

    def _destroy(self, actor: Actor, medium: Medium, given: Given) -> Changes:
        if given.facts["method"] not in self._profile.media.destroy_methods:
            raise Refusal("missing", self._profile.media.clause, "method")
        return {}

    # ------------------------------------------------------------ restrictions

    def _restrict(self, actor: Actor, restriction: Restriction, given: Given) -> Changes:
        rule = self._profile.restriction
        if _one(rule.ground, restriction.ground) is None:
            raise Refusal("no_ground", rule.clause)
        if not restriction.person:
            raise Refusal("missing", rule.clause, "person")
        open_to = ("active", "proposed") if restriction.state == NEW else ("active",)
        if any(each.state in open_to for each in alike(self._cabinet, restriction)):
            raise Refusal("in_force", rule.clause)
        by = {} if actor is BOX else {"made_by": restriction.made_by or actor.id}
        return {"made": restriction.made or self._iso_now(), **by}

    # ------------------------------------------------------------ what they share

    @property
    def _provision_clause(self) -> str:
        return self._profile.provision.clause if self._profile.provision else ""

    def _ground(self, ground_id: str) -> Ground:
        ground = ground_of(self._profile, ground_id)
        if ground is None:
            raise Refusal("no_ground", self._provision_clause)
        return ground

    def _may_give(self, actor: Actor, ground: Ground) -> bool:
        makers = self._profile.provision.made_by if self._profile.provision else ()
        return bool(actor.roles & set(ground.by or makers))

    def _there(self, calls: tuple[str, ...]) -> None:
        for call_id in calls:
            try:
                row = self._calls.get(call_id)
            except NoSuchCall:
                raise Refusal("no_call", detail=call_id) from None
            if not row.recorded or row.end is None or row.erased is not None:
                raise Refusal("no_call", self._profile.retention.clause, call_id)

    def _in_time(self, request: Request) -> None:
        if request.until and self._now() > datetime.fromisoformat(request.until):
            raise Refusal("too_late", self._provision_clause, request.until)

    def _day(self, given: Given, fact: str, otherwise: date) -> date:
        text = given.facts.get(fact, "").strip()
        if not text:
            return otherwise
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise Refusal("missing", detail=fact) from None

    def _day_of(self, at: str | None) -> date:
        """Return the day of a moment; of no moment, the first that there is."""
        return datetime.fromisoformat(at).astimezone(self._zone).date() if at else date.min

    def _end_of(self, day: date) -> datetime:
        return datetime.combine(day + timedelta(days=1), time(), self._zone).astimezone(UTC)

    def _iso_now(self) -> str:
        return str(iso(self._now()))


def alike(cabinet: Cabinet, restriction: Restriction) -> list[Restriction]:
    """Return the restrictions of the same person on the same ground that are in the cabinet."""
    whose = (restriction.person, restriction.ground)
    return [each for each in cabinet.all(Restriction) if (each.person, each.ground) == whose]


def grounds(profile: Profile) -> tuple[Ground, ...]:
    """Return all grounds on which recordings may be asked for, use beyond the purpose included."""
    own = profile.provision.reason if profile.provision else ()
    return (*own, *profile.outside_use.reason)


def ground_of(profile: Profile, ground_id: str) -> Ground | None:
    """Return one of them; None if the profile lists no such ground."""
    return _one(grounds(profile), ground_id)


def _newest(request: Request) -> str:
    """Return the SHA-256 of the copy that counts."""
    return str(request.copies[-1].facts["file"]).lower()


def _is_whole(proof: Proof | None) -> bool:
    """Say whether a paper can be found by what is said of it: issuer, number and day."""
    if proof is None or not (proof.issuer.strip() and proof.number.strip()):
        return False
    try:
        return bool(date.fromisoformat(proof.day))
    except ValueError:
        return False


def _one(among: tuple[Ground, ...], ground_id: str) -> Ground | None:
    return next((ground for ground in among if ground.id == ground_id), None)
