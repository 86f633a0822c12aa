"""Who acts in the office, and what the areas of the office share."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date

from flask import Response, abort, url_for

from appliance import articles
from appliance.api import NoSuchCall, RecorderAway
from appliance.index_row import CallRow
from appliance.office import hearing
from appliance.office.clerk import Actor, Refusal
from appliance.office.documents import Document, LineFile, Medium, Request, Restriction, Review
from appliance.office.forms import Forms, Phone, Values
from web_min import forms as web_forms
from web_min import guard, languages, refusals
from web_min.acts import Act
from web_min.forms import Errors
from web_min.parts import parts, signed_in

#: Rights of those who see every department's documents, and not their own alone.
_SEEING_ALL = ("request.approve", "register.write", "copy.make", "log.review")


def actor() -> Actor:
    """Return the person of this request, with the roles that they have at this moment."""
    person = parts().registry.person(signed_in().person_id)
    if person is None:  # removed while the request was on its way
        return Actor(signed_in().person_id, frozenset())
    return Actor(person.id, frozenset(person.roles), person.department)


def may(right: str) -> bool:
    """Say whether the person of this request has a right."""
    return parts().profile.may(actor().roles, right)


def sees_all() -> bool:
    """Say whether the person of this request sees every department's documents."""
    return any(may(right) for right in _SEEING_ALL)


def knows_of(department: str) -> bool:
    """Say whether the person of this request may know of calls on a department's lines.

    Who was called, and when, is known to the parties, to who may look for calls, and to who
    answers for the recorder.
    """
    own = actor().department
    return may("call.search") or sees_all() or (bool(own) and own == department)


def permit(call_id: str) -> Request:
    """Return the request under which the person of this request may hear a call now.

    Raises:
        Refusal: there is none.
    """
    return hearing.permit(parts().profile, parts().cabinet, actor(), call_id, parts().now())


def purpose_text(purpose_id: str) -> str:
    """Return a purpose in the profile's words."""
    known = {each.id: each.text for each in parts().profile.purpose}
    return known.get(purpose_id, purpose_id)


def documents() -> list[Document]:
    """Return every document of the office."""
    cabinet = parts().cabinet
    return [
        *cabinet.all(Request),
        *cabinet.all(LineFile),
        *cabinet.all(Medium),
        *cabinet.all(Restriction),
    ]


def address_of(document: Document | Review | CallRow) -> str:
    """Return where the page of a document, or of a call, is."""
    if isinstance(document, CallRow):
        return url_for("calls.show", call_id=document.id)
    if isinstance(document, Review):
        return url_for("log.show", month=document.id)
    if isinstance(document, Request):
        return url_for("requests.show", request_id=document.id)
    if isinstance(document, LineFile):
        return url_for("lines.show", line=int(document.id[1:]))
    if isinstance(document, Medium):
        return url_for("media.show", medium_id=document.id)
    return url_for("restrictions.show", restriction_id=document.id)


def today() -> date:
    return parts().today()


def calls_of(request: Request) -> list[CallRow]:
    """Return the calls that a request names, those that are known still."""
    found = []
    for call_id in request.calls:
        try:
            found.append(parts().calls.get(call_id))
        except NoSuchCall:
            continue
    return found


def tell_opened(call: CallRow, *, whole: bool) -> None:
    """Tell the recorder how a call opened: one without a proof has it now, damage is an alarm."""
    if call.proof == "pending" or not whole:
        with suppress(RecorderAway):  # the next to open it will tell
            parts().recorder.opened(call.id, whole)


def forms() -> Forms:
    """Return what fills in the city's forms, with the names and lines of this moment."""
    names = {person.id: person.name for person in parts().registry.people()}
    phones = {
        line.number: Phone(
            line.phone or str(line.number),
            " ".join(dict.fromkeys(filter(None, (line.department, line.name)))),
        )
        for line in parts().lines
    }
    return Forms(parts().profile, phones, names)


def printed(form_id: str, values: Values) -> Response:
    """Return one of the city's forms, filled in, as a PDF."""
    return Response(forms().printed(form_id, values, parts().now()), mimetype="application/pdf")


def provision_clause() -> str:
    provision = parts().profile.provision
    return provision.clause if provision else ""


def clause_name(named: str) -> str:
    """Return what the profile names as one would say it, in the request's language."""
    language = languages.language()
    return ", ".join(articles.called(each, language) for each in articles.clauses_of(named))


def offered(document: Document, acts: Mapping[str, Act]) -> list[tuple[str, Act]]:
    """Return the acts, of those that have a form, that this person may do with a document."""
    named = (act for act in parts().clerk.acts(actor(), document) if act in acts)
    return [(act, _as_asked(acts[act], parts().clerk.asks(document, act))) for act in named]


def _as_asked(act: Act, needed: Collection[str]) -> Act:
    """Return an act's form in which nothing is called optional that the act needs."""
    asks = (replace(ask, optional=ask.optional and ask.name not in needed) for ask in act.asks)
    return replace(act, asks=tuple(asks))


def typed_facts(act: Act) -> dict[str, str]:
    """Return what was typed into an act's form, without what was left empty."""
    typed = {ask.name: web_forms.prose(ask.name) for ask in act.asks}
    return {name: value for name, value in typed.items() if value}


def attempt(act: Callable[[], object]) -> Errors:
    """Do an act; return what the page is to say if it is refused. The refusal is noted."""
    try:
        act()
    except Refusal as refusal:
        note_refusal(refusal)
        return {refusals.field(refusal): refusals.text(refusal)}
    parts().notebook.send()
    return {}


def require(right: str, clause: str) -> None:
    """Go on only if the person of this request has a right."""
    only_if(may(right), clause)


def only_if(allowed: bool, clause: str, *, why: str = "no_right", status: int = 403) -> None:
    """Go on only with what the person of this request may do; else note it, and answer.

    Args:
        clause: of the rule, whose ground it is.
        status: 404 where they need not know that it is there.
    """
    if not allowed:
        note_refusal(Refusal(why, clause))
        abort(status)


def note_refusal(refusal: Refusal) -> None:
    """Enter in the ledger that somebody was refused: what they tried, and by which clause."""
    facts = {"why": refusal.why, "clause": refusal.clause, "what": guard.tried()}
    parts().notebook.note("refused", signed_in().person_id, **facts)
