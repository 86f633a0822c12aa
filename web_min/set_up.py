"""The first start: whoever reads the one-time code on the box becomes its first administrator."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.keys import PASSPHRASE_MIN
from appliance.registry import AlreadySetUp
from web_min import colleagues, forms
from web_min.door import Barred, Busy, NewPerson, Refused
from web_min.languages import gettext as _
from web_min.parts import parts
from web_min.sign_in import begin, wait_text

bp = Blueprint("set_up", __name__)


@bp.route("/setup", methods=["GET", "POST"])
def form() -> Response | str | tuple[str, int]:
    if parts().registry.people():
        return redirect(url_for("sign_in.form"), code=303)
    if request.method == "GET":
        return _show({}), 200
    errors = _wrong()
    if errors:
        return _show(errors), 400
    return _try()


def _try() -> Response | tuple[str, int]:
    new = NewPerson(
        forms.text("name", forms.NAME_MAX), parts().site.first_role, forms.secret("passphrase")
    )
    address = request.remote_addr or ""
    try:
        person, opener = parts().door.set_up(forms.text("code"), new, address)
    except Refused:
        parts().notebook.note("setup_refused", "", address=address)
        return _show({"code": _("This is not the code that the box shows.")}), 403
    except Barred as bar:
        return _show({"code": wait_text(bar.wait_s)}), 429
    except Busy:
        return _show({"code": _("The box is busy. Try again in a moment.")}), 503
    except AlreadySetUp:
        return redirect(url_for("sign_in.form"), code=303)
    parts().notebook.note("setup", person.id, address=address)
    if parts().site.trial:
        colleagues.add(parts(), opener.secret, new.passphrase)
    return begin(person, opener, url_for("board.show"))


def _wrong() -> forms.Errors:
    errors: forms.Errors = {}
    if not forms.text("code"):
        errors["code"] = _("Enter the code that the box shows.")
    if not forms.text("name", forms.NAME_MAX):
        errors["name"] = _("Enter your name.")
    return {**errors, **forms.wrong_passphrase()}


def _show(errors: forms.Errors) -> str:
    return render_template(
        "set_up.html",
        errors=errors,
        code=forms.text("code"),
        name=forms.text("name", forms.NAME_MAX),
        passphrase_min=PASSPHRASE_MIN,
        lost=parts().registry.setup_wrap() is None,
    )
