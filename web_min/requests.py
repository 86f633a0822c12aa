"""Requests to view recordings or to be given a copy: the form, its way, and what is to be done."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from appliance.index_row import CallRow
from appliance.office import deadlines
from appliance.office.cabinet import NoSuchDocument
from appliance.office.clerk import Given, documents_of
from appliance.office.conditions import ground_of
from appliance.office.cycles import ENDED
from appliance.office.documents import Request
from web_min import forms, office, request_new, search, words
from web_min.acts import REQUEST_ACTS, one_of
from web_min.packages import KEEP_S
from web_min.parts import parts, signed_in

bp = Blueprint("requests", __name__, url_prefix="/requests")


@bp.get("")
def index() -> str:
    found = sorted(_visible(), key=lambda each: each.made, reverse=True)
    return render_template(
        "requests.html",
        open_ones=[each for each in found if each.state not in ENDED],
        ended=[each for each in found if each.state in ENDED],
        may_file=parts().clerk.may_file(office.actor(), Request, "file"),
        on_paper=parts().clerk.may_file(office.actor(), Request, "file", on_paper=True),
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> Answer | str | tuple[str, int]:
    actor = office.actor()
    on_paper = request.values.get("on_paper") == "1"
    may_file = parts().clerk.may_file(actor, Request, "file", on_paper)
    office.only_if(may_file, office.provision_clause())
    if request.method == "GET":
        return request_new.page({}, on_paper)
    made = request_new.typed(on_paper)
    twin = request_new.twin(made)
    if twin:  # sent twice
        return redirect(url_for("requests.show", request_id=twin.id), code=303)
    facts = {"reason": made.reason}
    errors = office.attempt(lambda: parts().clerk.file(actor, "file", made, facts))
    if errors:
        return request_new.page(errors, on_paper), 400
    return redirect(url_for("requests.show", request_id=made.id), code=303)


@bp.get("/<request_id>")
def show(request_id: str) -> str:
    return page(find(request_id), {}, "")


@bp.post(f"/<request_id>/{one_of('attach', *REQUEST_ACTS)}")
def do(request_id: str, act: str) -> Answer | tuple[str, int]:
    """Do one of the acts that the page offers."""
    found = find(request_id)
    if act == "attach":
        return _attach(found)
    facts = office.typed_facts(REQUEST_ACTS[act])
    errors = office.attempt(lambda: parts().clerk.do(office.actor(), found, act, Given(facts)))
    if errors:
        return page(find(request_id), errors, act), 400
    return redirect(url_for("requests.show", request_id=request_id), code=303)


@bp.get("/<request_id>/<form_id>.pdf")
def printed(request_id: str, form_id: str) -> Response:
    """Return one of the rule's forms, filled in."""
    found = find(request_id)
    values = _values(found, form_id)
    clause = office.provision_clause()
    office.only_if(values is not None, clause, why="wrong_state", status=404)
    assert values is not None
    return office.printed(form_id, values)


def _attach(found: Request) -> Answer | tuple[str, int]:
    calls = tuple(dict.fromkeys(request.form.getlist("calls")))
    given = Given(changes={"calls": calls})
    errors = office.attempt(lambda: parts().clerk.do(office.actor(), found, "attach", given))
    if errors:
        return page(found, errors, "attach"), 400
    return redirect(url_for("requests.show", request_id=found.id), code=303)


# ---------------------------------------------------------------- what is shown


def _visible() -> list[Request]:
    every = parts().cabinet.all(Request)
    return every if office.sees_all() else documents_of(every, office.actor())


def find(request_id: str) -> Request:
    """Return a request that this person may see, or answer 404."""
    try:
        found = parts().cabinet.get(Request, request_id)
    except NoSuchDocument:
        abort(404)
    seen = office.sees_all() or bool(documents_of([found], office.actor()))
    office.only_if(seen, office.provision_clause(), why="not_yours", status=404)
    return found


def page(found: Request, errors: forms.Errors, tried: str) -> str:
    """Return a request's page, with what the act that was tried got wrong."""
    acts = parts().clerk.acts(office.actor(), found)
    calls = office.calls_of(found)
    today = office.today()
    offered = office.offered(found, REQUEST_ACTS)
    over = deadlines.has_run_out(parts().profile, found, today)
    lacks_calls = not found.calls and "approve" in acts
    barred = {"approve"} if lacks_calls else {"pledge"} if over else set()
    asked = search.read(request.args, parts().site.zone)
    return render_template(
        "request.html",
        found=found,
        ground=ground_of(parts().profile, found.ground),
        purpose=office.purpose_text(found.purpose),
        proof=office.forms().proof(found),
        told_as=request_new.told_as(),
        answers=request_new.answers(found),
        calls=calls,
        acts=[(act, how) for act, how in offered if act not in barred],
        lacks_calls=lacks_calls,
        over=over,
        asked=asked,
        candidates=_candidates(asked) if "attach" in acts else [],
        may_attach="attach" in acts,
        report=deadlines.report(parts().profile, found, today),
        expiry=deadlines.expiry(parts().profile, found, calls, today),
        papers=_papers(found),
        may_provide="provide" in acts and found.kind == "provide" and not over,
        may_provide_again="provide_again" in acts and not over,
        keep_minutes=round(KEEP_S / 60),
        package=parts().packages.get(signed_in().id, found.id),
        steps_of=_steps,
        choices=_choices(),
        act_name=lambda act: words.word(words.DONE, act),
        errors=errors,
        tried=tried,
        typed=MultiDict(request.form),
    )


def _candidates(asked: search.Search) -> list[CallRow]:
    """Return recorded calls that fit what was looked for; none before anything was."""
    if not asked.filters or asked.errors:
        return []
    found = parts().calls.search(replace(asked.query, recorded=True))
    search.note(asked, len(found))
    return found


#: How far a request in a state has come, as the step that it waits for.
_WAITS_FOR: Final[Mapping[str, str]] = {
    "requested": "approve",
    "viewed": "close",
    "provided": "report",
    "extension_asked": "report",
    "reported": "close",
    "returned": "destroy",
}


def _steps(found: Request) -> list[tuple[str, bool, bool]]:
    """Return the steps of a request's way: name, done, now."""
    profile = parts().profile
    steps: list[str] = list(profile.provision.steps) if profile.provision else []
    if found.kind == "view":
        steps = [s for s in steps if s not in ("provide", "report", "return", "destroy")]
        steps.insert(len(steps) - 1, "view")
    waits = _WAITS_FOR.get(found.state)
    if found.state == "approved" and profile.pledge.required:
        waits = "pledge"
    elif found.state in ("approved", "pledged"):
        waits = "view" if found.kind == "view" else "provide"
    elif found.state == "provided" and profile.media.controlled:
        waits = "return"
    ended = found.state == "closed"
    at = len(steps) if ended else steps.index(waits) if waits in steps else 1
    over = deadlines.has_run_out(profile, found, office.today()) and not found.provided
    waits_on = found.state not in ENDED and not over
    return [(step, n < at, n == at and waits_on) for n, step in enumerate(steps)]


def _choices() -> Mapping[str, list[tuple[str, str, str]]]:
    report = parts().profile.report
    return {
        name: [(each, str(words.word(words.OUTCOMES, each)), "") for each in offered]
        for name, offered in (
            ("outcomes", report.outcomes),
            ("not_destroyed", report.not_destroyed),
        )
    }


def _papers(found: Request) -> list[str]:
    """Return the forms that belong to a request so far."""
    profile = parts().profile
    papers = [profile.provision.form] if profile.provision else []
    if profile.pledge.required and found.state not in ("requested", "refused", "withdrawn"):
        papers.append(profile.pledge.form)
    if profile.report.required and found.provided:
        papers.append(profile.report.form)
    return papers


def _values(found: Request, form_id: str) -> Mapping[str, object] | None:
    if form_id not in _papers(found):
        return None
    profile, fill, calls = parts().profile, office.forms(), office.calls_of(found)
    if form_id == profile.pledge.form:
        return fill.pledge(found, calls)
    if form_id == profile.report.form:
        return fill.report(found, calls)
    return fill.request(found, calls)
