"""Media that the supervisor manages: written, handed over, taken back, destroyed."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from appliance.office import deadlines
from appliance.office.cabinet import NoSuchDocument
from appliance.office.clerk import Given, documents_of
from appliance.office.cycles import ENDED
from appliance.office.documents import Medium, Request
from appliance.registry import Person
from web_min import forms, office, words
from web_min.acts import MEDIUM_ACTS, one_of
from web_min.parts import parts

bp = Blueprint("media", __name__, url_prefix="/media")


@bp.before_request
def _where_the_rule_has_them() -> None:
    rule = parts().profile.media
    office.only_if(rule.controlled, rule.clause, why="not_in_rule", status=404)


@bp.get("")
def index() -> str:
    return _list({})


@bp.post("")
def register() -> Response | tuple[str, int]:
    """Take a new medium into the stock."""
    new = Medium(
        parts().cabinet.new_id(Medium), forms.text("serial", forms.NAME_MAX), forms.text("kind")
    )
    errors = office.attempt(lambda: parts().clerk.file(office.actor(), "register", new))
    if errors:
        return _list(errors), 400
    return redirect(url_for("media.index"), code=303)


@bp.get("/<medium_id>")
def show(medium_id: str) -> str:
    return _page(_find(medium_id), {}, "")


@bp.post(f"/<medium_id>/{one_of(*MEDIUM_ACTS)}")
def do(medium_id: str, act: str) -> Response | tuple[str, int]:
    """Do one of the acts that the page offers."""
    found = _find(medium_id)
    given = _given(found, act)
    errors = office.attempt(lambda: parts().clerk.do(office.actor(), found, act, given))
    if errors:
        return _page(_find(medium_id), errors, act), 400
    return redirect(url_for("media.show", medium_id=medium_id), code=303)


def _given(found: Medium, act: str) -> Given:
    facts = office.typed_facts(MEDIUM_ACTS[act])
    if act == "write":
        return Given(facts, {"request": facts.get("request", "")})
    if act == "issue":
        to = parts().registry.person(facts.get("recipient", ""))
        if to is None:
            return Given(facts)
        as_what = {"as": _as_what(found, to)}
        return Given({**facts, **as_what}, {"made_by": to.id, "department": to.department})
    return Given(facts)


def _list(errors: forms.Errors) -> str:
    every = parts().cabinet.all(Medium)
    mine = every if _sees_all() else documents_of(every, office.actor())
    return render_template(
        "media.html",
        media=[each for each in mine if each.state not in ENDED],
        ended=[each for each in mine if each.state in ENDED],
        may_register=parts().clerk.may_file(office.actor(), Medium, "register"),
        kinds=[(kind, words.kind_name(kind), "") for kind in parts().profile.media.kinds],
        errors=errors,
        typed=MultiDict(request.form),
    )


def _page(found: Medium, errors: forms.Errors, tried: str) -> str:
    return render_template(
        "medium.html",
        found=found,
        deadline=deadlines.medium(parts().profile, found, office.today()),
        acts=office.offered(found, MEDIUM_ACTS),
        choices={
            "requests": _requests(),
            "recipients": _recipients(found),
            "methods": [(m, str(words.word(words.METHODS, m)), "") for m in _methods()],
        },
        act_name=lambda act: words.word(words.DONE, act),
        errors=errors,
        tried=tried,
        typed=MultiDict(request.form),
    )


def _methods() -> tuple[str, ...]:
    return parts().profile.media.destroy_methods


def _requests() -> list[tuple[str, str, str]]:
    """Return the requests that a copy may be written for."""
    return [
        (each.id, f"{each.id[1:]} · {each.applicant.name}", each.applicant.unit)
        for each in parts().cabinet.all(Request)
        if each.kind == "provide" and each.state == "provided"
    ]


def _recipients(found: Medium) -> list[tuple[str, str, str]]:
    """Return those to whom the rule has a medium handed over."""
    people = (each for each in parts().registry.people() if _as_what(found, each))
    return [(person.id, person.name, person.department) for person in people]


def _as_what(found: Medium, person: Person) -> str:
    """Return as which of the rule's recipients somebody is given a medium, "" for none."""
    profile = parts().profile
    if not profile.may(person.roles, "medium.receive"):
        return ""
    asked = next((r for r in parts().cabinet.all(Request) if r.id == found.request), None)
    if asked and (person.id == asked.made_by or person.department == asked.department != ""):
        return "requester"
    named = profile.provision.recipients if profile.provision else ()
    return next((each for each in named if each in person.roles), "")


def _sees_all() -> bool:
    return office.may("medium.issue") or office.may("copy.make") or office.may("log.review")


def _find(medium_id: str) -> Medium:
    try:
        found = parts().cabinet.get(Medium, medium_id)
    except NoSuchDocument:
        abort(404)
    seen = _sees_all() or bool(documents_of([found], office.actor()))
    office.only_if(seen, parts().profile.media.clause, why="not_yours", status=404)
    return found
