"""Changing one's own passphrase; whoever else is signed in as the same person is signed out."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from appliance.keys import PASSPHRASE_MIN
from web_min import forms
from web_min.door import Barred, Busy, Refused
from web_min.languages import gettext as _
from web_min.parts import parts, signed_in
from web_min.sign_in import wait_text

bp = Blueprint("passphrase", __name__)


@bp.route("/passphrase", methods=["GET", "POST"])
def form() -> Response | tuple[str, int]:
    if request.method == "GET":
        return _show({}), 200
    errors: forms.Errors = {}
    if not forms.secret("current"):
        errors["current"] = _("Enter your passphrase.")
    errors |= forms.wrong_passphrase()
    return (_show(errors), 400) if errors else _try()


def _try() -> tuple[str, int]:
    session, address = signed_in(), request.remote_addr or ""
    try:
        person, opener = parts().door.open(session.name, forms.secret("current"), address)
    except Refused:
        parts().notebook.note("login_refused", session.person_id, address=address)
        return _show({"current": _("This is not your passphrase.")}), 403
    except Barred as bar:
        return _show({"current": wait_text(bar.wait_s)}), 429
    except Busy:
        return _show({"current": _("The box is busy. Try again in a moment.")}), 503
    parts().people.set_passphrase(opener, forms.secret("passphrase"))
    parts().sign_out(person.id, but=session.id)
    return _show({}, done=True), 200


def _show(errors: forms.Errors, *, done: bool = False) -> str:
    return render_template(
        "passphrase.html", errors=errors, done=done, passphrase_min=PASSPHRASE_MIN
    )
