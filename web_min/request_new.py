"""The form by which recordings are asked for: what the city's own form asks, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from flask import render_template, request
from werkzeug.datastructures import MultiDict

from appliance.api import NoSuchCall
from appliance.index_row import CallRow
from appliance.office.conditions import ground_of, grounds
from appliance.office.documents import Applicant, Proof, Request
from appliance.office.questions import Question, questions, told_by_ground
from appliance.profile import Ground
from web_min import forms, office, words
from web_min.parts import parts, signed_in

#: Belongs to a ground.
_OTHER: Final = "reason.other"
#: What has a place of its own on the page.
_ASKED_APART: Final = ("purpose", "proof", "form_reason_other")
#: Written in sentences.
_LONG: Final = frozenset({"reason", "call.content", "note", "notes", "remarks"})


def page(errors: forms.Errors, on_paper: bool) -> str:
    asked = questions(parts().profile, on_paper)
    provision, offered = parts().profile.provision, _offered(on_paper)
    return render_template(
        "request_new.html",
        errors=errors,
        typed=MultiDict(request.form),
        on_paper=on_paper,
        grounds=[(g.id, g.text, office.clause_name(g.clause)) for g in offered],
        purposes=[(p.id, p.text, office.clause_name(p.clause)) for p in parts().profile.purpose],
        call=_chosen_call(),
        person=parts().registry.person(signed_in().person_id),
        asked=[each for each in asked if each.name not in _ASKED_APART],
        other_reason=next((each for each in asked if each.field == _OTHER), None),
        names={each.name for each in asked},
        asks_purpose=_asks_purpose(asked, offered),
        asks_proof=_asks_proof(offered),
        called=called,
        options_of=lambda each: [(key, called(key)[0], "") for key in each.choices],
        is_long=lambda each: each.field in _LONG,
        attachment=provision.attachment if provision else "",
    )


def typed(on_paper: bool) -> Request:
    """Return the request as it was typed; what is wrong with it, the clerk says."""
    actor, asked = office.actor(), questions(parts().profile, on_paper)
    call_id, ground = forms.text("call"), forms.text("ground")
    return Request(
        id=parts().cabinet.new_id(Request),
        kind="view" if request.form.get("kind") == "view" else "provide",
        ground=ground,
        purpose=_purpose(asked, ground),
        reason=forms.prose("reason"),
        relation=forms.text("relation"),
        applicant=_applicant({each.name for each in asked}),
        made_by=actor.id,
        department="" if on_paper else actor.department,
        made="",
        calls=(call_id,) if call_id else (),
        wanted=forms.prose("wanted"),
        proof=_proof(),
        filled=dict(_filled(asked)),
        on_paper=on_paper,
    )


def twin(made: Request) -> Request | None:
    """Return a request that waits for a decision and was typed just so by the same person."""
    for each in parts().cabinet.all(Request):
        if replace(each, id=made.id, made="", history=()) == made:
            return each
    return None


def called(field: str) -> tuple[str, bool]:
    """Return what a field of the city's form is called, and whether that is the city's own word."""
    profile = parts().profile
    form = profile.forms.get(profile.provision.form) if profile.provision else None
    own = form.names.get(field, "") if form else ""
    if own or field not in words.FIELDS:
        return own or field, True
    return str(words.FIELDS[field]), False


def told_as() -> str:
    """Return what the field of the city's form is called in which the reason is told."""
    asked = questions(parts().profile)
    return called(next(each.field for each in asked if each.name == "reason"))[0]


def answers(found: Request) -> Iterator[tuple[str, str]]:
    """Yield what else the city's form asked, and what was answered, in the form's order."""
    for each in questions(parts().profile, found.on_paper):
        answer = found.filled.get(each.field, "")
        if answer:
            yield called(each.field)[0], called(answer)[0] if each.choices else answer


def _applicant(asked: set[str]) -> Applicant:
    """Return who asks: as typed, and where the form does not ask it, as their account says."""
    person = parts().registry.person(signed_in().person_id)
    name, unit, rank = (person.name, person.department, person.rank) if person else ("", "", "")
    return Applicant(
        name=forms.text("applicant") if "applicant" in asked else name,
        unit=forms.text("unit") if "unit" in asked else unit,
        rank=forms.text("rank") if "rank" in asked else rank,
        duty=forms.text("duty"),
        born=forms.text("born"),
    )


def _purpose(asked: list[Question], ground: str) -> str:
    if any(each.name == "purpose" for each in asked):
        return forms.text("purpose")
    profile = parts().profile
    return forms.text("purpose") or told_by_ground(profile, ground_of(profile, ground))


def _filled(asked: list[Question]) -> Iterator[tuple[str, str]]:
    for each in asked:
        value = "" if each.is_own else forms.prose(each.name)
        if value and (not each.choices or value in each.choices):
            yield each.field, value


def _proof() -> Proof | None:
    issuer, number, day = (forms.text(f"proof_{part}") for part in ("issuer", "number", "day"))
    return Proof(issuer, number, day) if number or issuer else None


def _asks_purpose(asked: list[Question], offered: list[Ground]) -> bool:
    """Say whether there is a ground that leaves open what the recording is for."""
    profile = parts().profile
    own = [each for each in offered if each not in profile.outside_use.reason]
    named = any(each.name == "purpose" for each in asked)
    return named or not all(told_by_ground(profile, each) for each in own)


def _asks_proof(offered: list[Ground]) -> bool:
    """Say whether a ground can need a document: it asks for one, or lies beyond the purpose."""
    return any(each.document or each in parts().profile.outside_use.reason for each in offered)


def _chosen_call() -> CallRow | None:
    """Return the call from whose page the form was opened."""
    try:
        return parts().calls.get(request.values.get("call", ""))
    except NoSuchCall:
        return None


def _offered(on_paper: bool) -> list[Ground]:
    """Return the grounds that this person may give."""
    provision = parts().profile.provision
    makers = frozenset(provision.made_by if provision else ())
    roles = office.actor().roles
    every = grounds(parts().profile)
    return [each for each in every if on_paper or roles & (frozenset(each.by) or makers)]
