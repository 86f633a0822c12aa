"""What the box does by itself in the office: nothing that a person decides.

    a call that is asked for has been erased      its request lapses; one that was heard is closed
    a report is overdue                           a restriction is proposed: the rule says "may"
    every medium of a request is back             the request is returned
    every medium of a request is destroyed        the request is closed

Each is an act of the tables, and can be done again without harm: what has been done is not there
to be done.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Final

from appliance.api import NoSuchCall
from appliance.office.cabinet import Cabinet
from appliance.office.clerk import BOX, Clerk, Refusal
from appliance.office.conditions import Calls, alike
from appliance.office.cycles import ENDED
from appliance.office.deadlines import report
from appliance.office.documents import Document, Medium, Request, Restriction
from appliance.profile import Profile

_BACK: Final = frozenset({"returned", "erased", "destroyed"})


class Chores:
    def __init__(self, clerk: Clerk, calls: Calls) -> None:
        self._clerk = clerk
        self._calls = calls

    def do(self, today: date) -> list[Document]:
        """Do all that is there to be done, and return the documents that changed."""
        done: list[Document] = []
        for request in self._cabinet.all(Request):
            for act in self._acts(request):
                with suppress(Refusal):  # somebody was quicker
                    done.append(self._clerk.do(BOX, request, act))
        done += self._propose(today)
        return done

    @property
    def _cabinet(self) -> Cabinet:
        return self._clerk.cabinet

    @property
    def _profile(self) -> Profile:
        return self._clerk.profile

    def _acts(self, request: Request) -> Iterator[str]:
        if request.calls and all(self._is_gone(call) for call in request.calls):
            yield "lapse"
        media = [medium for medium in self._cabinet.all(Medium) if medium.request == request.id]
        if self._all_handed_over(media) and all(medium.state in _BACK for medium in media):
            yield "all_back"
        if request.state == "returned" and all(each.state == "destroyed" for each in media):
            yield "all_destroyed"

    def _all_handed_over(self, media: list[Medium]) -> bool:
        """Whether each whom the rule names has had a medium."""
        provision = self._profile.provision
        wanted = set(provision.recipients) if provision else set()
        issued = (each for medium in media for each in medium.history if each.act == "issue")
        return bool(media) and wanted <= {entry.facts.get("as") for entry in issued}

    def _is_gone(self, call_id: str) -> bool:
        try:
            return self._calls.get(call_id).erased is not None
        except NoSuchCall:
            return True

    def _propose(self, today: date) -> Iterator[Restriction]:
        rule = self._profile.restriction
        ground = next((g for g in rule.ground if g.propose_when == "report_overdue"), None)
        if not rule.allowed or ground is None:
            return
        for request in self._cabinet.all(Request):
            deadline = report(self._profile, request, today)
            if deadline and deadline.is_over:
                person = request.applicant.name if request.on_paper else request.made_by
                new = Restriction(self._cabinet.new_id(Restriction), person, ground.id, request.id)
                if not self._has_one(new):
                    yield self._clerk.file(BOX, "propose", new)

    def _has_one(self, new: Restriction) -> bool:
        """Whether it was proposed for this request, whatever came of it, or one is under way."""
        known = alike(self._cabinet, new)
        return any(each.request == new.request or each.state not in ENDED for each in known)
