"""A hold on a recording, where the rule knows one: reason, owner and last day."""

from flask import Blueprint, abort, redirect, url_for
from werkzeug.wrappers import Response

from appliance.api import NoSuchCall, RecorderAway, Refused
from appliance.office.clerk import Refusal
from web_min import calls, forms, office, refusals
from web_min.languages import gettext as _
from web_min.parts import parts, signed_in

bp = Blueprint("holds", __name__, url_prefix="/calls")


@bp.before_request
def _where_the_rule_knows_it() -> None:
    hold = parts().profile.retention.hold
    office.only_if(hold.allowed, hold.clause, why="not_in_rule", status=404)


@bp.post("/<call_id>/hold")
def hold(call_id: str) -> Response | tuple[str, int]:
    """Keep a recording beyond its day."""
    office.require("call.hold", _clause())
    calls.find(call_id)
    reason, until = forms.prose("reason"), forms.text("until")
    if not reason:
        return _refused(call_id, Refusal("missing", _clause(), "reason")), 400
    try:
        parts().recorder.hold(call_id, signed_in().person_id, reason, until)
    except Refused:
        office.note_refusal(Refusal("too_early", _clause(), "until"))
        return calls.page(call_id, {"until": _("Enter a last day that is still to come.")}), 400
    except NoSuchCall:
        abort(404)
    except RecorderAway:
        return calls.page(call_id, {"hold": _away()}), 503
    return redirect(url_for("calls.show", call_id=call_id), code=303)


@bp.post("/<call_id>/release")
def release(call_id: str) -> Response | tuple[str, int]:
    """End a hold: the recording is erased when it is due, or now if it was."""
    office.require("call.hold", _clause())
    reason = forms.prose("reason")
    calls.find(call_id)
    if not reason:
        return _refused(call_id, Refusal("missing", _clause(), "reason")), 400
    try:
        parts().recorder.release(call_id, signed_in().person_id, reason)
    except NoSuchCall:
        abort(404)
    except RecorderAway:
        return calls.page(call_id, {"hold": _away()}), 503
    return redirect(url_for("calls.show", call_id=call_id), code=303)


def _clause() -> str:
    return parts().profile.retention.hold.clause


def _refused(call_id: str, refusal: Refusal) -> str:
    office.note_refusal(refusal)
    return calls.page(call_id, {refusals.field(refusal): refusals.text(refusal)})


def _away() -> str:
    return _("The recorder does not answer, so nothing was kept. Try again.")
