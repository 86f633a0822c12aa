"""Lines that are recorded in full: applied for, decided, switched on and off (form 1)."""

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from appliance.api import RecorderAway
from appliance.call_machine import Mode
from appliance.office.cabinet import NoSuchDocument
from appliance.office.clerk import Given
from appliance.office.documents import Applicant, LineFile
from appliance.site import Line
from web_min import forms, office, words
from web_min.acts import LINE_ACTS, one_of
from web_min.languages import gettext as _
from web_min.parts import parts, signed_in

bp = Blueprint("lines", __name__, url_prefix="/lines")

#: How a line is recorded once an act has switched it.
_SWITCHES = {"enable": Mode.FULL, "disable": Mode.SELECTIVE}


@bp.get("")
def index() -> str:
    return render_template("lines.html", lines=[(line, file_of(line)) for line in parts().lines])


@bp.get("/<int:line>")
def show(line: int) -> str:
    return _page(_find(line), {}, "")


@bp.post(f"/<int:line>/{one_of(*LINE_ACTS)}")
def do(line: int, act: str) -> Answer | tuple[str, int]:
    """Do one of the acts that the page offers; the recorder is told before it is entered."""
    here = _find(line)
    file, given = file_of(here), _given(act)
    errors = office.attempt(lambda: parts().clerk.check(office.actor(), file, act, given))
    if not errors and act in _SWITCHES:
        errors = _switch(line, file, _SWITCHES[act])
    if not errors:
        errors = office.attempt(lambda: parts().clerk.do(office.actor(), file, act, given))
    if errors:
        return _page(here, errors, act), 400
    return redirect(url_for("lines.show", line=line), code=303)


@bp.get("/<int:line>/form.pdf")
def printed(line: int) -> Response:
    """Return the application, filled in from the last one, or blank."""
    here = _find(line)
    rule = parts().profile.line_application
    form = rule.form
    office.only_if(bool(form), rule.clause, why="not_in_rule", status=404)
    return office.printed(form, office.forms().line(line, file_of(here)))


def file_of(line: Line) -> LineFile:
    """Return a line's file; one that the installer has set to full was applied for on paper."""
    try:
        return parts().cabinet.get(LineFile, f"l{line.number}")
    except NoSuchDocument:
        return LineFile(f"l{line.number}", state="on" if line.mode is Mode.FULL else "off")


def _find(number: int) -> Line:
    found = next((line for line in parts().lines if line.number == number), None)
    return found or abort(404)


def _switch(line: int, file: LineFile, mode: Mode) -> forms.Errors:
    try:
        parts().recorder.set_mode(line, mode.value, signed_in().person_id, file.id)
    except RecorderAway:
        return {"main": _("The recorder does not answer, so nothing was switched. Try again.")}
    return {}


def _given(act: str) -> Given:
    facts = office.typed_facts(LINE_ACTS[act])
    if act != "apply":
        return Given(facts)
    applicant = Applicant(
        name=forms.text("applicant"),
        unit=forms.text("unit"),
        rank=forms.text("rank"),
        duty=forms.text("duty"),
    )
    reason = facts.get("reason", "")
    ground = facts.get("ground", "")
    return Given({"reason": reason}, {"ground": ground, "reason": reason, "applicant": applicant})


def _page(line: Line, errors: forms.Errors, tried: str) -> str:
    file = file_of(line)
    rule = parts().profile.line_application
    return render_template(
        "line.html",
        line=line,
        file=file,
        ground=next((each for each in rule.ground if each.id == file.ground), None),
        rule=rule,
        acts=[(act, how) for act, how in office.offered(file, LINE_ACTS) if _is_for(act, line)],
        choices={"grounds": [(g.id, g.text, office.clause_name(g.clause)) for g in rule.ground]},
        act_name=lambda act: words.word(words.DONE, act),
        errors=errors,
        tried=tried,
        typed=_typed(),
    )


def _is_for(act: str, line: Line) -> bool:
    """Say whether an act is for the person of this request: who applies has the line."""
    own = office.actor().department
    theirs = not (line.department and own) or own == line.department
    return theirs or act not in ("apply", "apply_release")


def _typed() -> MultiDict[str, str]:
    """Return what was typed, or who is signed in as the applicant."""
    if request.method == "POST":
        return MultiDict(request.form)
    person = parts().registry.person(signed_in().person_id)
    if person is None:
        return MultiDict()
    return MultiDict({"applicant": person.name, "unit": person.department, "rank": person.rank})
