"""Who can open the recordings: an administrator lets people in, and removes them."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.people import Opener, code_lasts
from appliance.registry import LastPerson, NameTaken, NobodyThere, Person
from web_min import forms
from web_min.languages import gettext as _
from web_min.parts import manages_people, parts, signed_in

bp = Blueprint("people", __name__)


@bp.before_request
def _administrators_only() -> None:
    if not manages_people():
        abort(404)


@bp.get("/people")
def index() -> str:
    return _show({})


@bp.post("/people")
def add() -> tuple[str, int]:
    """Let somebody in; their one-time code is on this answer and nowhere else."""
    name = forms.text("name", forms.NAME_MAX)
    if not name:
        return _show({"name": _("Enter the name of the new person.")}), 400
    by = Opener(signed_in().person_id, signed_in().secret)
    try:
        person, code = parts().people.invite(by, name, parts().site.first_role)
    except NameTaken:
        return _show({"name": _("Somebody of this name is here already.")}), 409
    return _show({}, invited=(person, code)), 200


@bp.route("/people/<person_id>/remove", methods=["GET", "POST"])
def remove(person_id: str) -> Response | str | tuple[str, int]:
    person = parts().registry.person(person_id)
    if person is None:
        abort(404)
    if request.method == "GET":
        return render_template("person_remove.html", person=person, errors={})
    try:
        parts().people.remove(signed_in().person_id, person_id)
    except LastPerson:
        last = _("Nobody else could open the recordings. Let somebody in first.")
        return render_template("person_remove.html", person=person, errors={"person": last}), 409
    except NobodyThere:  # two did it at once
        pass
    parts().sessions.end_person(person_id)
    return redirect(url_for("people.index"), code=303)


def _show(errors: forms.Errors, invited: tuple[Person, str] | None = None) -> str:
    now = parts().now()
    too_old = {p.id for p in parts().registry.people() if p.code_until and not code_lasts(p, now)}
    return render_template(
        "people.html",
        errors=errors,
        people=parts().registry.people(),
        too_old=too_old,
        invited=invited,
        name=forms.text("name", forms.NAME_MAX) if errors else "",
    )
