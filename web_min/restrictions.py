"""Who is given no recordings for a time, and by whose decision."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from appliance.office.cabinet import NoSuchDocument
from appliance.office.clerk import Given
from appliance.office.cycles import ENDED
from appliance.office.documents import Restriction
from web_min import forms, office, words
from web_min.acts import RESTRICTION_ACTS, one_of
from web_min.parts import parts

bp = Blueprint("restrictions", __name__, url_prefix="/restrictions")


@bp.before_request
def _for_those_who_decide() -> None:
    rule = parts().profile.restriction
    office.only_if(rule.allowed, rule.clause, why="not_in_rule", status=404)
    office.only_if(office.sees_all(), rule.clause, status=404)


@bp.get("")
def index() -> str:
    return _list({})


@bp.post("")
def impose() -> Response | tuple[str, int]:
    """Impose one that the box has not proposed."""
    new = Restriction(
        parts().cabinet.new_id(Restriction), forms.text("person"), forms.text("ground")
    )
    facts = {"reason": forms.prose("reason")}
    errors = office.attempt(lambda: parts().clerk.file(office.actor(), "impose", new, facts))
    if errors:
        return _list(errors), 400
    return redirect(url_for("restrictions.show", restriction_id=new.id), code=303)


@bp.get("/<restriction_id>")
def show(restriction_id: str) -> str:
    return _page(_find(restriction_id), {}, "")


@bp.post(f"/<restriction_id>/{one_of(*RESTRICTION_ACTS)}")
def do(restriction_id: str, act: str) -> Response | tuple[str, int]:
    """Do one of the acts that the page offers."""
    found = _find(restriction_id)
    given = Given(office.typed_facts(RESTRICTION_ACTS[act]))
    errors = office.attempt(lambda: parts().clerk.do(office.actor(), found, act, given))
    if errors:
        return _page(_find(restriction_id), errors, act), 400
    return redirect(url_for("restrictions.show", restriction_id=restriction_id), code=303)


def _list(errors: forms.Errors) -> str:
    every = parts().cabinet.all(Restriction)
    rule = parts().profile.restriction
    return render_template(
        "restrictions.html",
        in_force=[each for each in every if each.state not in ENDED],
        ended=[each for each in every if each.state in ENDED],
        may_impose=parts().clerk.may_file(office.actor(), Restriction, "impose"),
        people=[(p.id, p.name, p.department) for p in parts().registry.people()],
        grounds=[(g.id, g.text, office.clause_name(g.clause)) for g in rule.ground],
        errors=errors,
        typed=MultiDict(request.form),
    )


def _page(found: Restriction, errors: forms.Errors, tried: str) -> str:
    rule = parts().profile.restriction
    return render_template(
        "restriction.html",
        found=found,
        ground=next((each for each in rule.ground if each.id == found.ground), None),
        acts=office.offered(found, RESTRICTION_ACTS),
        act_name=lambda act: words.word(words.DONE, act),
        errors=errors,
        tried=tried,
        typed=MultiDict(request.form),
    )


def _find(restriction_id: str) -> Restriction:
    try:
        return parts().cabinet.get(Restriction, restriction_id)
    except NoSuchDocument:
        abort(404)
