"""`kirok people` and `kirok recover`: who has an account and which roles, and the way back in.

The page does the same while it runs; then the registry is its own, and these commands say so.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from shlex import quote
from typing import Final

from appliance import box, keyring, keys, regain, registry_age
from appliance.box import Box
from appliance.commands.common import (
    DONE,
    Subparsers,
    add_command,
    add_data,
    ask_passphrase,
    ask_sheet,
)
from appliance.notebook import Notebook
from appliance.people import (
    LastGranter,
    NoSecret,
    Opener,
    PassphraseTooShort,
    People,
    Post,
    Wrapping,
    code_lasts,
    may_manage,
)
from appliance.recovery_key import SheetMisread, WrongSheet
from appliance.registry import (
    LastPerson,
    LedgerBehind,
    NameTaken,
    NobodyThere,
    Person,
    Registry,
    read_people,
)
from appliance.registry_storage import RegistryBroken, RegistryInUse, RegistryMissing
from appliance.stand_in import StandIn


class NotTheirs(PermissionError):
    """Who asks has no right to let people in or out."""


class NoSuchRole(ValueError):
    """The policy has no role of this name that an account can have."""


MISUSE: Final = (
    LastGranter,
    LastPerson,
    NameTaken,
    NoSecret,
    NoSuchRole,
    NobodyThere,
    NotTheirs,
    PassphraseTooShort,
    RegistryInUse,
    SheetMisread,
    WrongSheet,
)
FAULTS: Final = (LedgerBehind, RegistryBroken, RegistryMissing, regain.SealedIdentityDamaged)


def add(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("people", help="who has an account, and which roles")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    listed = add_command(verbs, "list", _list, "list who has an account, and which roles")
    listed.add_argument("--json", action="store_true", help="one JSON object a line")
    new = add_command(verbs, "add", _add, "let somebody in; prints their one-time code")
    other = add_command(verbs, "change", _change, "give somebody other roles, or another post")
    again = add_command(verbs, "code", _code, "a new one-time code: the passphrase is forgotten")
    gone = add_command(verbs, "remove", _remove, "take the account from somebody")
    gone.add_argument(
        "--sheet",
        action="store_true",
        help="also the last one: the recovery sheet is asked for, to see that it is there",
    )
    own = add_command(
        verbs, "passphrase", _passphrase, "choose another passphrase, or the first, with a code"
    )
    for verb in (listed, new, other, again, gone, own):
        add_data(verb)
    for verb in (new, other):
        verb.add_argument("--role", action="append", metavar="ID", help="of the policy; repeat it")
        verb.add_argument("--department", metavar="TEXT", help="as it stands on forms")
        verb.add_argument("--rank", metavar="TEXT", help="as it stands on forms")
    for verb in (new, other, again, gone, own):
        verb.add_argument(
            "--as", dest="by", metavar="NAME", required=True, help="who does it; asked to sign"
        )
    for verb in (new, other, again, gone):
        verb.add_argument("name", metavar="WHO", help="who it is about")
    back = add_command(
        commands, "recover", _recover, "come back in with the recovery sheet, as an administrator"
    )
    add_data(back)
    back.add_argument("--admin", metavar="NAME", required=True, help="a new name, or a known one")


#: What a row holds of somebody's keys: sealed, and still nobody's business.
_KEYS: Final = frozenset({"wrapped", "recipient", "vault", "factor", "factor_step"})


def _list(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    for person in read_people(opened.registry):
        shown = {k: v for k, v in asdict(person).items() if k not in _KEYS}
        print(json.dumps(shown, ensure_ascii=False) if given.json else _row(person, opened))
    return DONE


def _row(person: Person, opened: Box) -> str:
    since = datetime.fromisoformat(person.added).astimezone(opened.policy.zone)
    post = " ".join(filter(None, (person.department, person.rank)))
    row = f"{person.id:4} {since:%Y-%m-%d}  {person.role:9} {person.name}"
    row = f"{row}, {post}" if post else row
    if person.code_until is None:
        return row
    return f"{row}  (one-time code {'not used yet' if code_lasts(person, _now()) else 'too old'})"


def _named(registry: Registry, name: str) -> Person:
    person = registry.person_named(name) or registry.person(name)
    if person is None:
        raise NobodyThere(f"nobody is named {name!r}: `kirok people list` names them all")
    return person


def _add(given: argparse.Namespace) -> int:
    with _at_work(given) as (people, by, registry):
        _may_manage(given, registry, by)
        post = _post(given, Post(box.FIRST_ROLE))
        person, code = people.invite(by, given.name, post)
    print(f"{person.name} ({person.id}) chooses a passphrase with this one-time code: {code}")
    _print_how(given, person)
    return DONE


def _change(given: argparse.Namespace) -> int:
    with _at_work(given) as (people, by, registry):
        _may_manage(given, registry, by)
        person = _named(registry, given.name)
        post = _post(given, Post(person.role, person.department, person.rank))
        code = people.place(by, person.id, post)
    print(f"{person.name} ({person.id}): {', '.join(post.role.split())}")
    if code:
        print(f"they need a new passphrase; their one-time code: {code}")
        _print_how(given, person)
    return DONE


def _code(given: argparse.Namespace) -> int:
    with _at_work(given) as (people, by, registry):
        _may_manage(given, registry, by)
        person = _named(registry, given.name)
        code = people.renew(by, person.id)
    print(f"{person.name} ({person.id}) chooses a passphrase with this one-time code: {code}")
    _print_how(given, person)
    return DONE


def _print_how(given: argparse.Namespace, person: Person) -> None:
    choose = f"kirok people passphrase --data {given.data} --as {quote(person.name)}"
    print(f"on the page, or by `{choose}`")


def _post(given: argparse.Namespace, known: Post) -> Post:
    """Return the post that was given, as known where nothing was.

    Raises:
        NoSuchRole: see there.
    """
    there = [role.id for role in box.open_box(given.data).policy.profile.role if role.can]
    for role in given.role or ():
        if role not in there:
            raise NoSuchRole(f"no role {role!r}: the policy has {', '.join(there)}")
    return Post(
        " ".join(given.role) if given.role else known.role,
        known.department if given.department is None else given.department,
        known.rank if given.rank is None else given.rank,
    )


def _may_manage(given: argparse.Namespace, registry: Registry, by: Opener) -> None:
    profile = box.open_box(given.data).policy.profile
    person = registry.person(by.id)
    if person is None or not may_manage(profile, registry.people(), person, box.FIRST_ROLE):
        granting = ", ".join(role.id for role in profile.who_may("rights.grant"))
        raise NotTheirs(f"{given.by} may not do this: the policy gives it to {granting}")


def _remove(given: argparse.Namespace) -> int:
    with _at_work(given) as (people, by, registry):
        person = _named(registry, given.name)
        if given.sheet:
            regain.secret_from_sheet(box.open_box(given.data), ask_sheet())
        else:
            _may_manage(given, registry, by)
        try:
            people.remove(by.id, person.id, last_too=given.sheet)
        except LastPerson:
            raise LastPerson(
                f"{person.name} is the last who can open the recordings; if the recovery sheet is"
                " in your hands, give --sheet and type it in"
            ) from None
    print(f"{person.name} ({person.id}) can no longer sign in or open recordings")
    return DONE


def _passphrase(given: argparse.Namespace) -> int:
    with _at_work(given) as (people, by, _):
        prompt = f"New passphrase for {given.by}: "
        people.set_passphrase(by, ask_passphrase(prompt, new=True, name="KIROK_NEW_PASSPHRASE"))
    print(f"{given.by} has a new passphrase; the old one opens nothing")
    return DONE


def _recover(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    with _registry(opened) as registry:
        secret = regain.secret_from_sheet(opened, ask_sheet())
        passphrase = ask_passphrase(f"New passphrase for {given.admin}: ", new=True)
        people = _people_of(registry, opened)
        person = people.recover(secret, given.admin, box.FIRST_ROLE, passphrase)
    print(f"{person.name} ({person.id}) can open the recordings; put the sheet back in the safe")
    return DONE


@contextmanager
def _at_work(given: argparse.Namespace) -> Iterator[tuple[People, Opener, Registry]]:
    """Take the registry, and see that who does this can open the vault.

    Raises:
        WrongPassphrase: or there is nobody of this name; the two are not told apart.
    """
    opened = box.open_box(given.data)
    with _registry(opened) as registry:
        person = registry.person_named(given.by)
        typed = ask_passphrase(f"Passphrase of {given.by}: ")
        try:
            opener = _opener(given, person, typed)
        except keys.WrongPassphrase:
            raise keys.WrongPassphrase(f"no {given.by!r} with this passphrase") from None
        if opener.secret:
            regain.seal_if_missing(opened, opener.secret)
        yield _people_of(registry, opened), opener, registry


def _opener(given: argparse.Namespace, person: Person | None, typed: str) -> Opener:
    if person is None or (person.code_until and not _may_use_code(given, person)):
        raise keys.WrongPassphrase
    if person.code_until:
        typed = keys.tidy_setup_code(typed)
    own = keys.unwrap_secret(person.wrapped, typed)
    return Opener(person.id, keyring.vault_secret(person.recipient, person.vault, own), own)


def _may_use_code(given: argparse.Namespace, person: Person) -> bool:
    return given.run is _passphrase and code_lasts(person, _now())


@contextmanager
def _registry(opened: Box) -> Iterator[Registry]:
    try:
        registry = Registry(opened.registry)
    except RegistryInUse:
        raise RegistryInUse(
            "the page runs, and the registry is its own: do this on the page, under People, or"
            " stop it first: systemctl stop kirok-web"
        ) from None
    try:
        registry_age.settle(registry, Notebook(StandIn(opened), registry, _now), opened)
        yield registry
    finally:
        registry.close()


def _people_of(registry: Registry, opened: Box) -> People:
    notebook = Notebook(StandIn(opened), registry, _now)
    return People(registry, notebook, Wrapping(), _now, opened.policy.profile)


def _now() -> datetime:
    return datetime.now(UTC)
