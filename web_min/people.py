"""Who has an account and which of the rule's roles: letting in, changing, removing.

Who loses a role, or gets one, is signed out at once, so that no session outlives a right.
"""

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.office.clerk import Refusal
from appliance.people import LastGranter, NoSecret, Opener, Post, code_lasts
from appliance.profile import Role
from appliance.registry import LastPerson, NameTaken, NobodyThere, Person
from web_min import forms, office
from web_min.languages import gettext as _
from web_min.parts import manages_people, parts, signed_in

bp = Blueprint("people", __name__, url_prefix="/people")

#: The longest department or rank.
POST_MAX = 60


@dataclass(frozen=True, slots=True)
class Shown:
    """A one-time code, on this answer and nowhere else."""

    person: Person
    code: str


@bp.before_request
def _those_who_grant() -> None:
    office.only_if(manages_people(), parts().profile.safeguards.clause, status=404)


@bp.get("")
def index() -> str:
    return _show({})


@bp.post("")
def add() -> tuple[str, int]:
    """Let somebody in."""
    name, post, errors = forms.text("name", forms.NAME_MAX), _post(), _wrong()
    if not name:
        errors = {"name": _("Enter the name of the new person."), **errors}
    if errors:
        return _show(errors), 400
    try:
        person, code = parts().people.invite(_by(), name, post)
    except NameTaken:
        return _show({"name": _("Somebody of this name is here already.")}), 409
    except NoSecret:
        _note("no_secret")
        return _show({"role": _no_secret()}), 403
    return _show({}, Shown(person, code)), 200


@bp.route("/<person_id>", methods=["GET", "POST"])
def change(person_id: str) -> Response | str | tuple[str, int]:
    """Show somebody's account, or give them other roles or another post."""
    person = _find(person_id)
    if request.method == "GET":
        return _show_one(person, {})
    errors = _wrong()
    if errors:
        return _show_one(person, errors), 400
    try:
        code = parts().people.place(_by(), person_id, _post())
    except (LastPerson, LastGranter) as last:
        _note("last_one")
        return _show_one(person, {"role": _last(last)}), 409
    except NoSecret:
        _note("no_secret")
        return _show_one(person, {"role": _no_secret()}), 403
    if person.role != _post().role:
        parts().sign_out(person_id)
    if code:
        return _show({}, Shown(_find(person_id), code))
    return redirect(url_for("people.index"), code=303)


@bp.post("/<person_id>/code")
def renew(person_id: str) -> tuple[str, int]:
    """Give somebody who has forgotten their passphrase a new one-time code."""
    person = _find(person_id)
    if person_id == signed_in().person_id:
        _note("same_person")
        return _show_one(person, {"person": _("Change your own passphrase instead.")}), 409
    try:
        code = parts().people.renew(_by(), person_id)
    except NoSecret:
        _note("no_secret")
        return _show_one(person, {"person": _no_secret()}), 403
    except (LastPerson, LastGranter) as last:
        _note("last_one")
        return _show_one(person, {"person": _last(last)}), 409
    parts().sign_out(person_id)
    return _show({}, Shown(_find(person_id), code)), 200


@bp.post("/<person_id>/factor")
def reset_factor(person_id: str) -> Response | tuple[str, int]:
    """Take the second factor off somebody whose phone is lost; never off oneself."""
    person = _find(person_id)
    if person_id == signed_in().person_id:
        _note("same_person")
        own = _("Exchange your own second factor instead, or ask somebody else to take it off.")
        return _show_one(person, {"person": own}), 409
    parts().factors.reset(signed_in().person_id, person_id)
    parts().sign_out(person_id)
    return redirect(url_for("people.change", person_id=person_id), code=303)


@bp.route("/<person_id>/remove", methods=["GET", "POST"])
def remove(person_id: str) -> Response | str | tuple[str, int]:
    person = _find(person_id)
    if request.method == "GET":
        return render_template("person_remove.html", person=person, errors={})
    try:
        parts().people.remove(signed_in().person_id, person_id)
    except (LastPerson, LastGranter) as last:
        _note("last_one")
        errors = {"person": _last(last)}
        return render_template("person_remove.html", person=person, errors=errors), 409
    except NobodyThere:  # two did it at once
        pass
    parts().sign_out(person_id)
    return redirect(url_for("people.index"), code=303)


def offered() -> list[Role]:
    """Return the roles that an account can have: those that may do something."""
    return [role for role in parts().profile.role if role.can]


def held_twice(people: list[Person]) -> list[Role]:
    """Return the roles that the rule gives to one, and that several have."""
    held = [role for person in people for role in person.roles]
    return [role for role in offered() if role.single and held.count(role.id) > 1]


def _note(why: str) -> None:
    office.note_refusal(Refusal(why, parts().profile.safeguards.clause))


def _find(person_id: str) -> Person:
    person = parts().registry.person(person_id)
    if person is None:
        abort(404)
    return person


def _by() -> Opener:
    return signed_in().opener


def _post() -> Post:
    chosen = request.form.getlist("role")
    return Post(
        " ".join(role.id for role in offered() if role.id in chosen),
        forms.text("department", POST_MAX),
        forms.text("rank", POST_MAX),
    )


def _wrong() -> forms.Errors:
    return {} if _post().role else {"role": _("Choose at least one role.")}


def _last(last: LastPerson | LastGranter) -> str:
    if isinstance(last, LastPerson):
        return _("Nobody else could open the recordings. Let somebody in first.")
    return _("Nobody else could let people in. Give somebody else this role first.")


def _no_secret() -> str:
    return _("You cannot open the recordings yourself, so you cannot open them to somebody else.")


def _show(errors: forms.Errors, shown: Shown | None = None) -> str:
    now, people = parts().now(), parts().registry.people()
    return render_template(
        "people.html",
        errors=errors,
        people=people,
        too_old={p.id for p in people if p.code_until and not code_lasts(p, now)},
        held_twice=held_twice(people),
        shown=shown,
        roles=offered(),
        history=parts().registry.rights_changes()[::-1],
        name=forms.text("name", forms.NAME_MAX) if errors else "",
        post=_post() if errors else Post(""),
    )


def _show_one(person: Person, errors: forms.Errors) -> str:
    typed = _post() if errors.get("role") else Post(person.role, person.department, person.rank)
    return render_template("person.html", person=person, errors=errors, roles=offered(), post=typed)
