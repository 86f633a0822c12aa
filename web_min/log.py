"""The access log: who did what, when, from where, with whose recording; and its monthly review."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from appliance.access_log import Access, AccessQuery
from appliance.call_list import CallListAway
from appliance.index_row import from_ms, to_ms
from appliance.office import reviews
from appliance.office.clerk import Refusal
from appliance.office.documents import Review
from appliance.office.forms import csv_bytes
from appliance.typed import FACT
from appliance.words import N_
from web_min import forms, office, refusals, words
from web_min.languages import gettext as _
from web_min.parts import parts, signed_in

bp = Blueprint("log", __name__, url_prefix="/log")

PAGE_ROWS: Final = 100
REMARKS_MAX: Final = 2000
#: What can be looked for: its words, and patterns of acts in the ledger.
KINDS: Final[Mapping[str, tuple[str, Sequence[str]]]] = {
    "sign_in": (N_("Signing in and out"), ("login*", "logout", "code_*", "join_*", "setup*")),
    "hear": (N_("Listening"), ("listen",)),
    "out": (N_("Downloads and copies"), ("export", "download", "package", "*_export")),
    "refused": (N_("Refusals and failures"), ("refused", "*_refused")),
    "rights": (N_("People and rights"), ("person_*", "rights_*", "factor_*", "recover*", "passp*")),
    "papers": (N_("Requests and media"), ("request_*", "line_*", "medium_*", "restriction_*")),
    "hold": (N_("Holds"), ("hold", "release")),
}

#: Why a log is taken out: codes, since the ledger takes nothing that somebody typed.
REASONS: Final[Mapping[str, str]] = {
    "review": N_("Monthly review"),
    "audit": N_("Audit or inspection"),
    "incident": N_("A suspected leak or misuse"),
    "law": N_("Asked for by law, in writing"),
}


@bp.before_request
def _those_who_review() -> None:
    office.only_if(office.may(reviews.RIGHT), parts().profile.safeguards.clause, status=404)


@bp.get("")
def show() -> str:
    return _page({})


@bp.post("/review")
def review() -> Answer | tuple[str, int]:
    """Sign a month off."""
    month, remarks = _month(), forms.text("remarks", REMARKS_MAX)
    cabinet, now = parts().cabinet, parts().now().astimezone(parts().site.zone)
    errors = office.attempt(
        lambda: reviews.sign_off(parts().profile, cabinet, office.actor(), (month, remarks), now)
    )
    if errors:
        return _page({"remarks": next(iter(errors.values()))}), 409
    return redirect(url_for("log.show", month=month), code=303)


@bp.get("/log.csv")
def table() -> Response | tuple[str, int]:
    """Return a month's log for a spreadsheet; taking it out is entered, and why."""
    month, reason = _month(), forms.text("reason")
    if reason not in REASONS:
        office.note_refusal(Refusal("missing", parts().profile.safeguards.clause, "reason"))
        return _page({"reason": _("Choose the reason.")}), 400
    parts().access.catch_up()
    found = parts().access.search(_query(month))
    parts().notebook.note("log_export", signed_in().person_id, month=month, reason=reason)
    titles = [
        _("When"),
        _("By whom"),
        _("From where"),
        _("What was done"),
        _("Recording"),
        _("Details"),
    ]
    texts = _typed(found)
    content = csv_bytes(titles, (_cells(each, texts.get(each.entry, "")) for each in found))
    response = Response(content, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="kirok-log-{month}.csv"'
    return response


def months() -> list[str]:
    """Return the months that there is a log of, oldest first."""
    first = parts().access.first()
    begin = first.astimezone(parts().site.zone).date() if first else office.today()
    return reviews.months(min(begin, office.today()), office.today())


def waiting() -> list[str]:
    """Return the months whose review waits for the person of this request, oldest first."""
    if not office.may(reviews.RIGHT):
        return []
    parts().access.catch_up()
    done = {each.id for each in parts().cabinet.all(Review)}
    return reviews.waiting(months(), done, office.today())


def _page(errors: forms.Errors) -> str:
    access, month = parts().access, _month()
    access.catch_up()
    access.prune(parts().now())
    found = access.search(
        _query(month, person=_person(), acts=_acts(), before=_before(), limit=PAGE_ROWS + 1)
    )
    signed = {each.id: each for each in parts().cabinet.all(Review)}
    return render_template(
        "log.html",
        errors=errors,
        months=months()[::-1],
        month=month,
        waiting=reviews.waiting(months(), signed, office.today()),
        signed=signed.get(month),
        is_over=month < reviews.month_of(office.today()),
        runs_it=reviews.runs_the_recorder(parts().profile, office.actor()),
        rows=found[:PAGE_ROWS],
        typed=_typed_if_known(found),
        details=details,
        older=_older(found),
        counts=access.counts(_query(month)),
        act_text=words.act_text,
        kinds=[(name, _(text)) for name, (text, _patterns) in KINDS.items()],
        reasons=[(code, _(text), "") for code, text in REASONS.items()],
        people=[(p.id, p.name) for p in parts().registry.people()],
        asked=request.values,
        remarks=forms.text("remarks", REMARKS_MAX) if errors else "",
    )


def details(access: Access, typed: str = "") -> str:
    """Return what else is known of an act, for people: reason, request, whom it is about.

    Args:
        typed: what the person typed; the ledger has a commitment to it.
    """
    facts = access.facts
    said = [
        words.purpose_said(str(facts.get("purpose") or "")),
        words.document_name(str(facts.get("of") or facts.get("request") or "")),
        parts().registry.name_of(str(facts["who"])) if facts.get("who") else "",
        refusals.text(Refusal(str(facts["why"]))) if facts.get("why") else "",
        str(facts.get("month") or ""),
        _(REASONS[str(facts["reason"])]) if facts.get("reason") in REASONS else "",
        office.clause_name(str(facts["clause"])) if facts.get("clause") else "",
        typed,
    ]
    return " · ".join(each for each in said if each)


def _typed(found: list[Access]) -> dict[int, str]:
    """Return what was typed at these acts, by entry, as long as its recording is kept."""
    texts = parts().calls.typed(each.entry for each in found if each.facts.get(FACT))
    return {entry: said.text for entry, said in texts.items()}


def _typed_if_known(found: list[Access]) -> dict[int, str]:
    try:
        return _typed(found)
    except CallListAway:  # an alarm says so; the acts themselves are there
        return {}


def _cells(access: Access, typed: str) -> list[str]:
    at = access.at.astimezone(parts().site.zone).isoformat(sep=" ", timespec="seconds")
    who = parts().registry.name_of(access.person) if access.person else ""
    act = words.act_text(access.act)
    return [at, who, access.address, act, access.call_id, details(access, typed)]


def _month() -> str:
    """Return the month that is asked for; this one if none is."""
    month = forms.text("month", 7)
    try:
        return reviews.month_of(reviews.first_day(month)) if month else _this()
    except ValueError:
        abort(404)


def _this() -> str:
    return reviews.month_of(office.today())


def _query(
    month: str,
    *,
    person: str | None = None,
    acts: Sequence[str] = (),
    before: tuple[datetime, int] | None = None,
    limit: int = -1,
) -> AccessQuery:
    """Return what looks through one month of the site's."""
    since, until = (_midnight(reviews.first_day(m)) for m in (month, reviews.next_month(month)))
    return AccessQuery(
        since=since, until=until, person=person, acts=acts, before=before, limit=limit
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), parts().site.zone)


def _person() -> str | None:
    return forms.text("person", 20) or None


def _acts() -> Sequence[str]:
    return KINDS.get(forms.text("kind", 20), ("", ()))[1]


def _before() -> tuple[datetime, int] | None:
    """Return where the page before ended: "MILLISECONDS-ENTRY"."""
    at_ms, dash, entry = forms.text("before", 40).partition("-")
    if not (dash and at_ms.isdecimal() and entry.isdecimal()):
        return None
    return from_ms(int(at_ms[:15])), int(entry[:15])


def _older(found: list[Access]) -> str:
    if len(found) <= PAGE_ROWS:
        return ""
    last = found[PAGE_ROWS - 1]
    before = f"{to_ms(last.at)}-{last.entry}"
    person, kind = request.values.get("person"), request.values.get("kind")
    return url_for("log.show", month=_month(), before=before, person=person, kind=kind)
