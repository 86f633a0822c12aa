"""Calls in which nobody was heard to be told that they are recorded: the reason is asked for.

Where the rule knows exemptions, one is chosen, and explained where it asks for that; where it knows
none, a person may say that it was told by word of mouth. What is not answered stays on the list.
"""

from datetime import timedelta
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from appliance.api import NoSuchCall, RecorderAway, Refused
from appliance.index_query import CallQuery
from appliance.index_row import CallRow, iso
from appliance.office.clerk import Refusal
from appliance.office.documents import NoticeMark
from appliance.profile import Exemption
from web_min import calls, forms, office
from web_min.languages import gettext as _
from web_min.parts import parts, signed_in

bp = Blueprint("notices", __name__, url_prefix="/notices")

SPOKEN: Final = "spoken"
#: Calls of so many days are looked through: as long as any city keeps them (bench value).
DAYS: Final = 90
LIMIT: Final = 200
_RIGHTS: Final = ("notice.mark", "call.mark", "log.review")


def answers_for_it() -> bool:
    """Say whether the person of this request has a part in answering for missing notices."""
    return any(office.may(each) for each in _RIGHTS)


@bp.before_request
def _where_the_rule_asks_for_it() -> None:
    notice = parts().profile.notice
    office.only_if(notice.required, notice.clause, why="not_in_rule", status=404)
    office.only_if(answers_for_it(), notice.clause, status=404)


@bp.get("")
def index() -> str:
    return _list({}, "")


@bp.post("/<call_id>")
def mark(call_id: str) -> Response | tuple[str, int]:
    """Keep what a person says of a call in which no notice was heard."""
    call = calls.find(call_id)
    asked = call.notice == "missing" and not call.erased
    office.only_if(asked, parts().profile.notice.clause, why="wrong_state", status=404)
    code, note = forms.text("code"), forms.prose("note")
    exemption = next((e for e in parts().profile.notice.exemption if e.code == code), None)
    errors = _wrong(code, note, exemption)
    if errors:
        office.note_refusal(Refusal("missing", parts().profile.notice.clause, *errors))
    elif exemption:
        errors = _exempt(call, exemption)
    if errors:
        return _list(errors, call_id), 400
    person = signed_in().person_id
    parts().cabinet.put(
        NoticeMark(call.id, code, note, person, str(iso(parts().now()))),
        [{"act": "notice_mark", "person": person, "at": str(iso(parts().now())), "of": call.id}],
    )
    parts().notebook.send()
    return redirect(url_for("notices.index"), code=303)


def _wrong(code: str, note: str, exemption: Exemption | None) -> forms.Errors:
    if exemption is None and code != SPOKEN:
        return {"code": _("Choose why nobody was heard to be told.")}
    if exemption and exemption.note and not note:
        return {"note": _("Explain it: the rule asks for the circumstances.")}
    return {}


def _exempt(call: CallRow, exemption: Exemption) -> forms.Errors:
    person = signed_in().person_id
    try:
        parts().recorder.exempt_notice(call.id, exemption.clause, person)
    except RecorderAway:
        return {"code": _("The recorder does not answer, so nothing was kept. Try again.")}
    except (NoSuchCall, Refused):
        return {"code": _("This cannot be done any more: look at the call again.")}
    return {}


def open_calls() -> list[CallRow]:
    """Return the calls that nobody has answered for yet, newest first."""
    since = parts().now() - timedelta(days=DAYS)
    query = CallQuery(notice="missing", recorded=True, from_utc=since, limit=LIMIT)
    marked = {each.id for each in parts().cabinet.all(NoticeMark)}
    own = office.actor().department
    return [
        row
        for row in parts().calls.search(query)
        if row.id not in marked and not row.erased and (_sees_all() or row.department == own)
    ]


def _sees_all() -> bool:
    return office.may("log.review") or office.sees_all()


def _list(errors: forms.Errors, tried: str) -> str:
    notice = parts().profile.notice
    choices = [(e.code, e.text, office.clause_name(e.clause)) for e in notice.exemption]
    if SPOKEN in notice.methods:
        choices.append((SPOKEN, _("It was said by word of mouth"), ""))
    return render_template(
        "notices.html",
        calls=open_calls(),
        choices=choices,
        notice=notice,
        errors=errors,
        tried=tried,
        typed=MultiDict(request.form),
    )
