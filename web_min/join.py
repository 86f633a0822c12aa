"""A new person's first visit: with their one-time code they choose a passphrase of their own."""

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.keys import PASSPHRASE_MIN
from web_min import forms
from web_min.door import Barred, Busy, Refused
from web_min.languages import gettext as _
from web_min.parts import parts
from web_min.sign_in import come_in, wait_text

bp = Blueprint("join", __name__)


@bp.route("/join", methods=["GET", "POST"])
def form() -> Response | tuple[str, int]:
    if request.method == "GET":
        return _show({}), 200
    errors: forms.Errors = {}
    if not forms.text("name", forms.NAME_MAX):
        errors["name"] = _("Enter your name.")
    if not forms.text("code"):
        errors["code"] = _("Enter the code that the administrator gave you.")
    errors |= forms.wrong_passphrase()
    return (_show(errors), 400) if errors else _try()


def _try() -> Response | tuple[str, int]:
    address = request.remote_addr or ""
    name, code = forms.text("name", forms.NAME_MAX), forms.text("code")
    try:
        person, opener = parts().door.join(name, code, address)
    except Refused:
        parts().notebook.note("join_refused", "", address=address)
        wrong = _("Name and code do not belong together, or the code is too old. Ask for another.")
        return _show({"code": wrong}), 403
    except Barred as bar:
        return _show({"code": wait_text(bar.wait_s)}), 429
    except Busy:
        return _show({"code": _("The box is busy. Try again in a moment.")}), 503
    parts().people.set_passphrase(opener, forms.secret("passphrase"))
    return come_in(person, opener, url_for("board.show"))


def _show(errors: forms.Errors) -> str:
    return render_template(
        "join.html",
        errors=errors,
        name=forms.text("name", forms.NAME_MAX),
        code=forms.text("code"),
        passphrase_min=PASSPHRASE_MIN,
    )
