"""The people who have an account: adding and removing them, their roles, and their passphrases.

Whoever may grant rights lets another in: a key pair is made for the new person under a one-time
code, which they take to choose a passphrase of their own that nobody else ever has. If one of their
roles opens recordings, the vault's secret is sealed to them (keyring.py); when the last such role
is taken away it is forgotten at once. Each change and the note of it for the ledger are one write
(`Registry.one_write`), and each change of rights stands in the registry's history as well.

What a person once had in hand is not called back: somebody who copied the registry's file and the
disk while they had a passphrase keeps what they copied. On the box nothing opens for them.

Source: 개인정보의 안전성 확보조치 기준 (PIPC notice), art. 5: rights by need, one account a person,
grants, changes and removals of rights kept for 3 years.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from appliance import keyring, keys
from appliance.index_row import iso
from appliance.keyring import Wrapped
from appliance.notebook import Notebook
from appliance.profile import RETRIEVING, Profile
from appliance.registry import LedgerBehind, NobodyThere, Person, Registry, RightsChange

#: A one-time code is good for a week and the weekend after it (bench value).
CODE_LASTS: Final = timedelta(days=9)


class PassphraseTooShort(ValueError):
    """Got fewer characters than PASSPHRASE_MIN, or more than PASSPHRASE_MAX."""


class LastGranter(RuntimeError):
    """Nobody else may grant rights: without this person nobody could be let in any more."""


class NoSecret(PermissionError):
    """Who cannot open the vault cannot open it to somebody else."""


@dataclass(frozen=True, slots=True)
class Wrapping:
    """How a secret is sealed under a passphrase and got out again; argon2id but in tests.

    Attributes:
        as_now: whether it is wrapped as it would be today.
    """

    wrap: Callable[[bytes, str], Wrapped] = keys.wrap_secret
    unwrap: Callable[[Wrapped, str], bytes] = keys.unwrap_secret
    as_now: Callable[[Wrapped], bool] = keys.wrapped_as_now


@dataclass(frozen=True, slots=True)
class Opener:
    """Somebody who has given their passphrase.

    Attributes:
        secret: the vault's; b"" for whose roles open no recording.
        own: their own identity, which their passphrase opened.
    """

    id: str
    secret: bytes = field(repr=False)
    own: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody is. Attributes: role: ids of the profile's roles, with a space between."""

    role: str
    department: str = ""
    rank: str = ""


class People:
    def __init__(
        self,
        registry: Registry,
        notebook: Notebook,
        wrapping: Wrapping,
        now: Callable[[], datetime],
        profile: Profile,
    ) -> None:
        self._registry = registry
        self._notebook = notebook
        self._wrapping = wrapping
        self._now = now
        self._profile = profile

    def invite(self, by: Opener, name: str, post: Post) -> tuple[Person, str]:
        """Add somebody; return them, and the one-time code that they choose a passphrase with.

        Raises:
            NameTaken, NoSecret, LedgerBehind: nothing is changed.
        """
        code, changes = self._under_code(self._secret_for(by, post))
        with self._registry.one_write():
            person = self._registry.add(name, post.role, changes["wrapped"], self._time())
            self._registry.change(person.id, **{**changes, **asdict(post)})
            self._note_rights("person_added", by.id, person.id, ("", post.role))
        self._notebook.send()
        return self._person(person.id), code

    def place(self, by: Opener, person_id: str, post: Post) -> str:
        """Give somebody other roles or another post; return a one-time code if they need one.

        Raises:
            NobodyThere, LastPerson, LastGranter, NoSecret, LedgerBehind: nothing is changed.
        """
        with self._registry.one_write():
            person = self._person(person_id)
            self._see_granter_left(person, post.role)
            code, changes = self._opened_or_closed(by, person, post)
            self._registry.change(person_id, **{**changes, **asdict(post)})
            self._note_rights("rights_changed", by.id, person_id, (person.role, post.role))
        self._notebook.send()
        return code

    def renew(self, by: Opener, person_id: str) -> str:
        """Return a new one-time code for somebody who has lost theirs, or their passphrase.

        What they had opens nothing any more; their second factor is to be set up anew.

        Raises:
            NobodyThere, LastPerson, LastGranter, NoSecret, LedgerBehind: nothing is changed.
        """
        person = self._person(person_id)
        secret = self._secret_for(by, Post(person.role))
        code, changes = self._under_code(secret)
        with self._registry.one_write():
            self._see_granter_left(person, "")
            self._registry.see_another_opens(person)
            self._registry.change(person_id, **changes)
            self._note_rights("code_renewed", by.id, person_id, (person.role, person.role))
        self._notebook.send()
        return code

    def set_passphrase(self, who: Opener, passphrase: str) -> None:
        """Put somebody's own identity under a passphrase that they chose.

        Raises:
            PassphraseTooShort, NobodyThere, LedgerBehind: nothing is changed.
        """
        check_passphrase(passphrase)
        recipient = self._person(who.id).recipient
        own = who.own or who.secret
        changes, _ = keyring.rewrapped(self._wrapping.wrap, passphrase, recipient, own)
        with self._registry.one_write():
            self._registry.change(who.id, code_until=None, **changes)
            self._note("passphrase_set", who.id)
        self._notebook.send()

    def remove(self, by: str, person_id: str, *, last_too: bool = False) -> Person:
        """Take the account from somebody.

        Args:
            by: the id of who does it.
            last_too: the recovery sheet has been seen, so that nobody need be left.

        Raises:
            NobodyThere, LastPerson, LastGranter, LedgerBehind: nothing is changed.
        """
        with self._registry.one_write():
            if not last_too:
                self._see_granter_left(self._person(person_id), "")
            gone = self._registry.remove(person_id, self._time(), last_too=last_too)
            self._note_rights("person_removed", by, gone.id, (gone.role, ""))
        self._notebook.send()
        return gone

    def recover(self, secret: bytes, name: str, role: str, passphrase: str) -> Person:
        """Let somebody in who has the recovery sheet: a new person, or one whose name is known.

        Raises:
            PassphraseTooShort, LedgerBehind: nothing is changed.
        """
        check_passphrase(passphrase)
        made, _ = keyring.make(self._wrapping.wrap, passphrase, secret)
        with self._registry.one_write():
            person = self._registry.person_named(name)
            before = person.role if person else ""
            if person is None:
                person = self._registry.add(name, role, made.wrapped, self._time())
            self._registry.change(person.id, **_fresh(made))
            self._registry.forget_setup()
            self._note_rights("recovered", person.id, person.id, (before, person.role))
        self._notebook.send()
        return person

    # ------------------------------------------------------------ the vault's secret

    def _secret_for(self, by: Opener, post: Post) -> bytes:
        """Return what is to be sealed to somebody in this post.

        Raises:
            NoSecret: see there.
        """
        if not retrieves(self._profile, post.role):
            return b""
        if not by.secret:
            raise NoSecret(f"{by.id} cannot open the recordings, so cannot open them to others")
        return by.secret

    def _under_code(self, secret: bytes) -> tuple[str, dict[str, Any]]:
        """Make keys under a new one-time code; return it, and the columns that they stand in."""
        code = keys.new_setup_code()
        made, _ = keyring.make(self._wrapping.wrap, code, secret)
        return code, {**_fresh(made), "code_until": iso(self._now() + CODE_LASTS)}

    def _opened_or_closed(
        self, by: Opener, person: Person, post: Post
    ) -> tuple[str, dict[str, Any]]:
        """Return a one-time code, if there must be one, and what changes of somebody's keys."""
        secret = self._secret_for(by, post) if not person.opens else b""
        if secret:
            return "", {"vault": keyring.seal(secret, person.recipient)}
        if not person.opens or retrieves(self._profile, post.role):
            return "", {}
        self._registry.see_another_opens(person)
        if person.recipient:
            return "", {"vault": ""}
        return self._under_code(b"")  # their passphrase opens the secret itself

    # ------------------------------------------------------------ what is kept of it

    def _see_granter_left(self, person: Person, role: str) -> None:
        granting = {each.id for each in self._profile.who_may("rights.grant")}
        if person.code_until or not granting & person.roles or granting & set(role.split()):
            return
        others = (p for p in self._registry.people() if p.id != person.id and not p.code_until)
        if not any(granting & other.roles for other in others):
            raise LastGranter(person.name)

    def _person(self, person_id: str) -> Person:
        person = self._registry.person(person_id)
        if person is None:
            raise NobodyThere(person_id)
        return person

    def _note_rights(self, act: str, by: str, who: str, roles: tuple[str, str]) -> None:
        """Note a change of rights, in the write it is part of, for the ledger and the history."""
        self._note(act, by, who=who, before=roles[0], after=roles[1])
        self._registry.keep_rights_change(RightsChange(self._time(), by, who, act, *roles))

    def _note(self, act: str, by: str, **facts: str) -> None:
        """Note an act, in the write it is part of; without the note there is no act."""
        if not self._notebook.keep(act, by, **facts):
            raise LedgerBehind("too many notes wait for the recorder: start it again")

    def _time(self) -> str:
        return iso(self._now()) or ""


def retrieves(profile: Profile, role: str) -> bool:
    """Say whether one of these roles, ids with a space between, opens recordings."""
    return any(profile.may(role.split(), right) for right in RETRIEVING)


def may_manage(profile: Profile, people: Sequence[Person], person: Person, first: str) -> bool:
    """Say whether somebody may add people, change their roles, and remove them.

    Until somebody who has the right that the rule gives for it has chosen a passphrase, the first
    administrator may: somebody must let the others in.

    Args:
        first: the role of the first administrator.
    """
    granting = {role.id for role in profile.who_may("rights.grant")}
    if any(granting & each.roles and not each.code_until for each in people):
        return bool(granting & person.roles)
    return first in person.roles


def _fresh(made: keyring.Keyring) -> dict[str, Any]:
    """Return the columns of new keys; what was sealed to the old ones is forgotten."""
    kept = {"wrapped": made.wrapped, "recipient": made.recipient, "vault": made.vault}
    return {**kept, "factor": "", "factor_step": 0, "code_until": None}


def check_passphrase(passphrase: str) -> None:
    """See that a new passphrase is neither too short nor too long.

    Raises:
        PassphraseTooShort: see there.
    """
    low, high = keys.PASSPHRASE_MIN, keys.PASSPHRASE_MAX
    if not low <= len(passphrase) <= high:
        raise PassphraseTooShort(
            f"got a passphrase of {len(passphrase)} characters, want {low} to {high}"
        )


def code_lasts(person: Person, now: datetime) -> bool:
    """Say whether somebody has a one-time code that is still good."""
    return person.code_until is not None and now < datetime.fromisoformat(person.code_until)
