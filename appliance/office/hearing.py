"""Who may hear which recording, and under which request.

Nobody hears anything without an approved request: by whom the profile lets listen, of a call that
the request names, signed for where a pledge is asked for, and until the approval's time is over.
Those who keep the recordings hear under anybody's request, to carry it out or to decide on it; who
may listen only as one of those who ask hears under their own, or their department's.

Source: Osan Directive 306, articles 8(2) and 9; Goshogawara's guideline, articles 6(2), 9 and 10.
"""

from datetime import datetime
from typing import Final

from appliance.office.cabinet import Cabinet
from appliance.office.clerk import Actor, Refusal, documents_of
from appliance.office.documents import Request, Restriction
from appliance.profile import Profile

#: States in which a request opens its calls, beside the one that the profile's steps end in.
_VIEWED: Final = "viewed"


def permit(
    profile: Profile, cabinet: Cabinet, actor: Actor, call_id: str, now: datetime
) -> Request:
    """Return the request under which a person may hear a call now.

    Raises:
        Refusal: there is none; it says what is wanting.
    """
    clause = profile.safeguards.clause
    if not profile.may(actor.roles, "call.listen"):
        raise Refusal("no_right", clause)
    about = [r for r in cabinet.all(Request) if call_id in r.calls]
    asked = about if keeps_recordings(profile, actor) else documents_of(about, actor)
    if about and not asked:
        raise Refusal("not_yours", _clause(profile))
    open_to = {opening_state(profile), _VIEWED}
    opening = [request for request in asked if request.state in open_to]
    if not opening:
        waiting = next((r.id for r in asked if r.state in ("requested", "approved")), "")
        raise Refusal("no_request", _clause(profile), waiting)
    in_time = [request for request in opening if not is_over(request, now)]
    if not in_time:
        raise Refusal("too_late", _clause(profile), opening[-1].until or "")
    unrestricted(profile, cabinet, in_time[-1])
    return in_time[-1]


def keeps_recordings(profile: Profile, actor: Actor) -> bool:
    """Say whether a person may listen by a role that does not ask for recordings itself."""
    asking = profile.provision.made_by if profile.provision else ()
    return profile.may(actor.roles - set(asking), "call.listen")


def unrestricted(profile: Profile, cabinet: Cabinet, request: Request) -> None:
    """Go on unless who asks is given nothing for a time.

    Raises:
        Refusal: they are; its clause is the restriction's ground.
    """
    rule = profile.restriction
    asks = request.applicant.name if request.on_paper else request.made_by
    for each in cabinet.all(Restriction):
        if each.state == "active" and each.person == asks:
            clause = next((g.clause for g in rule.ground if g.id == each.ground), rule.clause)
            raise Refusal("restricted", clause, each.id)


def opening_state(profile: Profile) -> str:
    """Return the state in which a request's calls may be heard, or a copy of them be made."""
    return "pledged" if profile.pledge.required else "approved"


def is_over(request: Request, now: datetime) -> bool:
    """Say whether an approval's time is over."""
    return request.until is not None and now >= datetime.fromisoformat(request.until)


def _clause(profile: Profile) -> str:
    return profile.provision.clause if profile.provision else ""
