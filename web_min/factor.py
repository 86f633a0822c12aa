"""The second factor: asked for when signing in, set up, and exchanged for another."""

import io

import segno
from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance import second_factor
from appliance.factors import WrongCode
from appliance.office.clerk import Refusal
from appliance.people import Opener
from web_min import forms, office
from web_min.door import Barred, Busy, Refused
from web_min.languages import gettext as _
from web_min.parts import factor_due, parts, signed_in
from web_min.sign_in import come_in, wait_text

bp = Blueprint("factor", __name__)

#: The longest code as typed: a recovery code with spaces around its groups.
CODE_MAX = 40


@bp.route("/sign-in/code", methods=["GET", "POST"])
def ask() -> Response | tuple[str, int]:
    """Ask whoever has given their passphrase for a code."""
    waiting = parts().halfway.find(g.browser)
    if waiting is None:
        return redirect(url_for("sign_in.form"), code=303)
    if request.method == "GET":
        return _asked({}), 200
    errors, status = _take(waiting.opener)
    if errors:
        return _asked(errors), status
    person = parts().registry.person(waiting.opener.id)
    parts().halfway.end(g.browser)
    if person is None:  # removed while they looked for their phone
        return redirect(url_for("sign_in.form"), code=303)
    return come_in(person, waiting.opener, waiting.onward)


@bp.route("/second-factor", methods=["GET", "POST"])
def form() -> tuple[str, int]:
    """Show the state of one's own factor, or set one up."""
    if request.method == "POST":
        return _set_up()
    if _has_one() and signed_in().proposed is None:
        return _state({}), 200
    return _proposal({}), 200


@bp.post("/second-factor/replace")
def replace() -> Response | tuple[str, int]:
    """Begin another factor, for a new phone: first a code of the one that goes."""
    if not _has_one():
        return redirect(url_for("factor.form"), code=303)
    errors, status = _take(signed_in().opener)
    if errors:
        return _state(errors), status
    signed_in().proposed = second_factor.new()
    return redirect(url_for("factor.form"), code=303)


@bp.get("/second-factor/qr.svg")
def qr() -> Response:
    """Return the QR code of the factor that is being set up, to this session alone."""
    proposed = signed_in().proposed
    office.only_if(proposed is not None, "", why="not_opened", status=404)
    assert proposed is not None
    image = io.BytesIO()
    label = f"Kirok {parts().site.city}"
    code = segno.make(second_factor.uri(proposed, signed_in().name, label), error="m", micro=False)
    code.save(image, kind="svg", scale=6, border=4, light="#fff")
    return Response(image.getvalue(), mimetype="image/svg+xml")


def _set_up() -> tuple[str, int]:
    session, proposed = signed_in(), signed_in().proposed
    if proposed is None:
        office.note_refusal(Refusal("not_opened"))
        return _proposal({}) if not _has_one() else _state({}), 409
    if not _clock_trusted():
        return _proposal({}), 409
    try:
        parts().factors.set_up(session.person_id, proposed, forms.text("code", CODE_MAX))
    except WrongCode:
        office.note_refusal(Refusal("wrong_code"))
        wrong = _("This is not the code of this moment. Wait for the next one, and type it again.")
        return _proposal({"code": wrong}), 403
    session.proposed = None
    parts().sign_out(session.person_id, but=session.id)
    return render_template("factor_papers.html", papers=proposed.papers, errors={}), 200


def _take(opener: Opener) -> tuple[forms.Errors, int]:
    """Take a code; return what the page is to say if it is not taken, and its status."""
    address, typed = request.remote_addr or "", forms.text("code", CODE_MAX)
    if not typed:
        return {"code": _("Enter the code.")}, 400
    try:
        parts().door.prove(opener.id, address, lambda: parts().factors.take(opener, typed))
    except Refused:
        parts().notebook.note("code_refused", opener.id, address=address)
        wrong = _("This code is wrong, or has been used. Wait for the next one, and type it again.")
        return {"code": wrong}, 403
    except Barred as bar:
        return {"code": wait_text(bar.wait_s)}, 429
    except Busy:
        return {"code": _("The box is busy. Try again in a moment.")}, 503
    return {}, 200


def _has_one() -> bool:
    person = parts().registry.person(signed_in().person_id)
    return person is not None and bool(person.factor)


def _clock_trusted() -> bool:
    """Say whether the box knows the time: with a wrong one, its codes would fit no phone later."""
    box = parts().status.get()
    return box is not None and box.clock_trusted


def _asked(errors: forms.Errors) -> str:
    return render_template("factor_ask.html", errors=errors, clock_trusted=_clock_trusted())


def _state(errors: forms.Errors) -> str:
    left = parts().factors.papers_left(signed_in().opener)
    return render_template("factor_state.html", errors=errors, left=left)


def _proposal(errors: forms.Errors) -> str:
    session, trusted = signed_in(), _clock_trusted()
    if trusted and session.proposed is None:
        session.proposed = second_factor.new()
    return render_template(
        "factor_new.html",
        errors=errors,
        due=factor_due(),
        trusted=trusted,
        key=second_factor.spaced(session.proposed) if session.proposed else "",
    )
