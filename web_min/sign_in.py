"""Coming in, staying, going out; and the language, which anybody may choose."""

import math

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.people import Opener
from appliance.registry import Person
from web_min import forms, guard
from web_min.door import Barred, Busy, Refused
from web_min.languages import COOKIE, COOKIE_S, NAMES, ngettext
from web_min.languages import gettext as _
from web_min.parts import parts, signed_in

bp = Blueprint("sign_in", __name__)


@bp.route("/sign-in", methods=["GET", "POST"])
def form() -> Response | tuple[str, int]:
    onward = guard.local_path(request.values.get("next"))
    if g.session is not None:
        return redirect(onward, code=303)
    if request.method == "GET":
        return _show({}, onward), 200
    name, passphrase = forms.text("name"), forms.secret("passphrase")
    errors = {}
    if not name:
        errors["name"] = _("Enter your name.")
    if not passphrase:
        errors["passphrase"] = _("Enter your passphrase.")
    if errors:
        return _show(errors, onward), 400
    return _try(name, passphrase, onward)


def _try(name: str, passphrase: str, onward: str) -> Response | tuple[str, int]:
    address = request.remote_addr or ""
    try:
        person, opener = parts().door.open(name, passphrase, address)
    except Refused:
        known = parts().registry.person_named(name)
        parts().notebook.note("login_refused", known.id if known else "", address=address)
        wrong = _("Name and passphrase do not belong together. Check both and try again.")
        return _show({"name": wrong}, onward), 403
    except Barred as bar:
        return _show({"name": wait_text(bar.wait_s)}, onward), 429
    except Busy:
        return _show({"name": _("The box is busy. Try again in a moment.")}, onward), 503
    if person.factor:
        response = redirect(url_for("factor.ask"), code=303)
        guard.set_browser(response, parts().halfway.begin(opener, onward))
        return response
    return come_in(person, opener, onward)


def come_in(person: Person, opener: Opener, onward: str) -> Response:
    """Enter in the ledger that somebody has signed in, and begin their session."""
    parts().notebook.note("login", person.id, address=request.remote_addr or "")
    return begin(person, opener, onward)


def begin(person: Person, opener: Opener, onward: str) -> Response:
    """Start a session under a fresh id, so that one planted before is worth nothing."""
    session = parts().sessions.begin(opener, person.name, person.role)
    parts().pending.begin(session)
    response = redirect(onward, code=303)
    guard.set_browser(response, session.id)
    return response


@bp.post("/sign-out")
def out() -> Response:
    parts().sessions.end(signed_in().id)
    parts().notebook.note("logout", signed_in().person_id, address=request.remote_addr or "")
    response = redirect(url_for("sign_in.form"), code=303)
    response.delete_cookie(parts().site.cookie, path="/", secure=parts().site.behind_tls)
    return response


@bp.get("/session")
def left() -> dict[str, int]:
    """Return how long the session lasts yet, without making it last longer."""
    return {"left_s": math.ceil(parts().sessions.left_s(signed_in()))}


@bp.post("/session")
def stay() -> dict[str, int]:
    """Make the session last its whole time again: passing the guard has done it."""
    return left()


@bp.get("/language/<code>")
def language(code: str) -> Response:
    if code not in NAMES:
        abort(404)
    response = redirect(guard.local_path(request.args.get("next")), code=303)
    response.set_cookie(
        COOKIE,
        code,
        max_age=COOKIE_S,
        secure=parts().site.behind_tls,
        httponly=True,
        samesite="Strict",
    )
    return response


def wait_text(wait_s: float) -> str:
    """Return how long somebody who is barred must wait, in words."""
    minutes = math.ceil(wait_s / 60)
    return ngettext(
        "Too many failed tries. Wait %(count)s minute, then try again.",
        "Too many failed tries. Wait %(count)s minutes, then try again.",
        minutes,
    ) % {"count": minutes}


def _show(errors: forms.Errors, onward: str) -> str:
    return render_template("sign_in.html", errors=errors, onward=onward, name=forms.text("name"))
