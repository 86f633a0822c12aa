"""A copy under an approved request, taken out at the command line while the page is not running.

The registry has one writer: while the page runs it is the page, and copies are made there. Else the
request is looked at here as the page would, its calls are packed, and it is entered as provided;
the ledger is told by the page when it starts again. Who needs a second factor at the page needs it
here.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from appliance import registry_age, second_factor
from appliance.box import Box
from appliance.export import NotAllowed, Taker, holder, unlock, write_package
from appliance.factors import Factors, WrongCode
from appliance.index import CallIndex
from appliance.notebook import Notebook
from appliance.office.cabinet import Cabinet, NoSuchDocument
from appliance.office.clerk import Actor, Clerk, Given, Refusal
from appliance.office.conditions import Conditions
from appliance.office.documents import Facts, Request
from appliance.people import Opener
from appliance.registry import Person, Registry
from appliance.registry_storage import RegistryInUse
from appliance.stand_in import StandIn

#: What is not known before the copy is made: the clerk is asked whether it may be made at all.
_TO_COME = "."


class _Desk(NamedTuple):
    registry: Registry
    person: Person
    clerk: Clerk
    actor: Actor
    found: Request


def export_for(
    box: Box, wanted: tuple[str, str], out: Path, taker: Taker, now: datetime
) -> list[Path]:
    """Write the package of each call that a request names into a folder; return their paths.

    Args:
        wanted: a request's id, and that of one of its calls.

    Raises:
        NotAllowed: the request does not allow it, or the page is running.
        NoSuchCall, WrongPassphrase, CannotOpen, CannotPrint, OSError: see there.
    """
    request_id, call_id = wanted
    with _desk(box, request_id, taker.name, now) as desk:
        if call_id not in desk.found.calls:
            raise NotAllowed(f"request {request_id} does not name call {call_id}")
        act, said = ("provide_again", {"reason": taker.again}) if taker.again else ("provide", {})
        _ask(desk, act, {**said, "file": _TO_COME})
        opener = _opener(box, desk, taker, now)
        who = holder(opener, replace(taker, purpose=request_id))
        paths = [write_package(box, each, out, who, now) for each in desk.found.calls]
        made = sha256(paths[0].read_bytes()).hexdigest()
        desk.clerk.do(desk.actor, desk.found, act, Given({**said, "file": made}))
    return paths


def _opener(box: Box, desk: _Desk, taker: Taker, now: datetime) -> Opener:
    """Return whom passphrase and second factor open."""
    needed = second_factor.needed(box.policy.profile, desk.person.roles) and not box.trial
    if needed and not desk.person.factor:
        raise NotAllowed(f"{taker.name} has no second factor yet: sign in at the page first")
    opener = unlock(box, taker)
    if desk.person.factor:
        _take_code(box, desk, opener, taker, now)
    return opener


def _take_code(box: Box, desk: _Desk, opener: Opener, taker: Taker, now: datetime) -> None:
    notebook = Notebook(StandIn(box), desk.registry, lambda: now)
    try:
        Factors(desk.registry, notebook, lambda: now).take(opener, taker.ask_code())
    except WrongCode:
        notebook.keep("code_refused", opener.id)
        raise NotAllowed("this code is wrong, or has been used: wait for the next one") from None


@contextmanager
def _desk(box: Box, request_id: str, name: str, now: datetime) -> Iterator[_Desk]:
    try:
        registry = Registry(box.registry)
    except RegistryInUse:
        raise NotAllowed("the page is running: make the copy there, or stop it first") from None
    with closing(registry), CallIndex.open_readonly(box.index) as index:
        registry_age.settle(registry, Notebook(StandIn(box), registry, lambda: now), box)
        cabinet, profile = Cabinet(registry), box.policy.profile
        person = registry.person_named(name)
        if person is None:
            raise NotAllowed(f"there is nobody called {name!r}")
        try:
            found = cabinet.get(Request, request_id)
        except NoSuchDocument:
            raise NotAllowed(f"there is no request {request_id!r}") from None
        conditions = Conditions(profile, cabinet, index, lambda: now)
        clerk = Clerk(profile, cabinet, lambda: now, conditions)
        actor = Actor(person.id, person.roles, person.department)
        yield _Desk(registry, person, clerk, actor, found)


def _ask(desk: _Desk, act: str, facts: Facts) -> None:
    try:
        desk.clerk.check(desk.actor, desk.found, act, Given(facts))
    except Refusal as refusal:
        article = f" (article {refusal.clause})" if refusal.clause else ""
        raise NotAllowed(
            f"request {desk.found.id} is {desk.found.state}: {refusal.why}{article}"
        ) from None
