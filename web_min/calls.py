"""The list of calls, and one call."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.datastructures import MultiDict

from appliance.api import Hearing, NoSuchCall, RecorderAway
from appliance.erasure_sheet import NotYet
from appliance.index_query import CallQuery
from appliance.index_row import CallRow
from appliance.office.clerk import Refusal, documents_of
from appliance.office.documents import Request
from web_min import forms, office, search, timeline
from web_min.languages import gettext as _
from web_min.parts import parts, signed_in

bp = Blueprint("calls", __name__)


@bp.get("/calls")
def index() -> tuple[str, int]:
    asked = search.read(request.args, parts().site.zone)
    found = [] if asked.errors else _search(asked.query)
    page, more = found[: search.PAGE_LEN], len(found) > search.PAGE_LEN
    if not asked.errors:
        search.note(asked, len(page))
    html = render_template(
        "calls.html",
        calls=page,
        asked=asked,
        errors=asked.errors,
        older={**asked.filters, "before": page[-1].id} if more else None,
        first_page=asked.query.before_id is None,
        lines=_lines(),
        sees_all=office.may("call.search"),
        may_ask=parts().clerk.may_file(office.actor(), Request, "file"),
    )
    return html, 400 if asked.errors else 200


@bp.get("/calls/<call_id>")
def show(call_id: str) -> str:
    return page(call_id, {})


@bp.get("/calls/<call_id>/erasure.pdf")
def erasure(call_id: str) -> Response | tuple[str, int]:
    """Return the certificate of an erased call."""
    call = find(call_id)
    clause = parts().profile.retention.clause
    office.only_if(call.erased is not None, clause, why="wrong_state", status=404)
    try:
        made = parts().certify_erasure(call, parts().now())
    except NotYet:
        soon = _("The certificate can be printed in a minute, once the ledger's head is signed.")
        return page(call_id, {"erasure": soon}), 503
    except ValueError as wrong:  # CannotPrint is one too
        cannot = _("The certificate cannot be printed: %(why)s") % {"why": wrong}
        return page(call_id, {"erasure": cannot}), 500
    return Response(made, mimetype="application/pdf")


def page(call_id: str, errors: forms.Errors) -> str:
    """Return one call's page, with what its listening form got wrong."""
    call = find(call_id)
    audio = parts().opened.get(signed_in().id, call_id) if call.recorded else None
    opening, barred = _opening(call)
    return render_template(
        "call.html",
        call=call,
        audio=audio,
        marks=timeline.marks(call),
        hearings=_hearings(call_id),
        opening=opening,
        barred=barred,
        may_ask=parts().clerk.may_file(office.actor(), Request, "file"),
        may_take_in=parts().clerk.may_file(office.actor(), Request, "file", on_paper=True),
        agreements=_agreements(call),
        errors=errors,
        typed=MultiDict(request.form),
    )


def _agreements(call: CallRow) -> list[tuple[datetime, str, str]]:
    """Return what was begun by hand with both parties' agreement: when, by what, which clause."""
    return [
        (call.start + timedelta(seconds=part["at_s"]), part["by"], part["agreed"])
        for part in call.stretches
        if part.get("agreed")
    ]


def _opening(call: CallRow) -> tuple[Request | None, Refusal | None]:
    """Return the request that opens a call for this person, or why nothing does."""
    try:
        return office.permit(call.id), None
    except Refusal as refusal:
        return None, refusal


def find(call_id: str) -> CallRow:
    """Return a call that this person may know of, or answer 404."""
    try:
        call = parts().calls.get(call_id)
    except NoSuchCall:
        abort(404)
    clause = parts().profile.safeguards.clause
    known = office.knows_of(call.department) or _asked_for(call)
    office.only_if(known, clause, why="not_yours", status=404)
    return call


def _asked_for(call: CallRow) -> bool:
    """Say whether a request of this person, or of their department, is about a call."""
    mine = documents_of(parts().cabinet.all(Request), office.actor())
    return any(call.id in each.calls for each in mine)


def _search(query: CallQuery) -> list[CallRow]:
    """Return the calls that fit: their own department's for who may not look for others."""
    if office.may("call.search"):
        return parts().calls.search(query)
    own = office.actor().department
    return parts().calls.search(replace(query, department=own)) if own else []


def _hearings(call_id: str) -> Sequence[Hearing] | None:
    try:
        return parts().recorder.hearings(call_id)
    except RecorderAway:
        return None
    except NoSuchCall:
        return []


def _lines() -> list[tuple[int, str]]:
    """Return the lines that there are, for the form; none while the recorder is away."""
    box = parts().status.get()
    return [(line.line, line.name) for line in box.lines] if box else []
