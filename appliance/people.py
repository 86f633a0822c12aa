"""The people who can open the vault: adding and removing them, and their passphrases.

Whoever can open it lets another in: the vault's secret is wrapped anew, under a one-time code that
the new person takes to choose a passphrase of their own, which nobody else ever has. Each change
and the note of it for the ledger are one write (`Registry.one_write`).

What a person removed once had in hand is not called back: somebody who copied the registry's file
and the disk while they had a passphrase keeps what they copied. On the box nothing opens for them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from appliance import keys
from appliance.index_row import iso
from appliance.notebook import Notebook
from appliance.registry import LedgerBehind, Person, Registry, Wrapped

#: A one-time code is good for a week and the weekend after it (bench value).
CODE_LASTS: Final = timedelta(days=9)


class PassphraseTooShort(ValueError):
    """Got fewer characters than PASSPHRASE_MIN, or more than PASSPHRASE_MAX."""


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
    """Somebody who can open the vault, with its secret in hand."""

    id: str
    secret: bytes = field(repr=False)


class People:
    def __init__(
        self,
        registry: Registry,
        notebook: Notebook,
        wrapping: Wrapping,
        now: Callable[[], datetime],
    ) -> None:
        self._registry = registry
        self._notebook = notebook
        self._wrapping = wrapping
        self._now = now

    def invite(self, by: Opener, name: str, role: str) -> tuple[Person, str]:
        """Add somebody; return them, and the one-time code that they choose a passphrase with.

        Raises:
            NameTaken, LedgerBehind: nothing is changed.
        """
        code = keys.new_setup_code()
        wrapped = self._wrapping.wrap(by.secret, code)
        until = iso(self._now() + CODE_LASTS)
        with self._registry.one_write():
            person = self._registry.add(name, role, wrapped, self._time(), until)
            self._note("person_added", by.id, who=person.id)
        self._notebook.send()
        return person, code

    def set_passphrase(self, who: Opener, passphrase: str) -> None:
        """Put the secret under a passphrase that a person chose.

        Raises:
            PassphraseTooShort, NobodyThere, LedgerBehind: nothing is changed.
        """
        check_passphrase(passphrase)
        wrapped = self._wrapping.wrap(who.secret, passphrase)
        with self._registry.one_write():
            self._registry.rewrap(who.id, wrapped)
            self._note("passphrase_set", who.id)
        self._notebook.send()

    def remove(self, by: str, person_id: str, *, last_too: bool = False) -> Person:
        """Take the vault from somebody.

        Args:
            by: the id of who does it.
            last_too: the recovery sheet has been seen, so that nobody need be left.

        Raises:
            NobodyThere, LastPerson, LedgerBehind: nothing is changed.
        """
        with self._registry.one_write():
            gone = self._registry.remove(person_id, self._time(), last_too=last_too)
            self._note("person_removed", by, who=gone.id)
        self._notebook.send()
        return gone

    def recover(self, secret: bytes, name: str, role: str, passphrase: str) -> Person:
        """Let somebody in who has the recovery sheet: a new person, or one whose name is known.

        Raises:
            PassphraseTooShort, LedgerBehind: nothing is changed.
        """
        check_passphrase(passphrase)
        wrapped = self._wrapping.wrap(secret, passphrase)
        with self._registry.one_write():
            person = self._registry.person_named(name)
            if person:
                self._registry.rewrap(person.id, wrapped)
            else:
                person = self._registry.add(name, role, wrapped, self._time())
            self._registry.forget_setup()
            self._note("recovered", person.id)
        self._notebook.send()
        return person

    def _note(self, act: str, by: str, **facts: str) -> None:
        """Note an act, in the write it is part of; without the note there is no act."""
        if not self._notebook.keep(act, by, **facts):
            raise LedgerBehind("too many notes wait for the recorder: start it again")

    def _time(self) -> str:
        return iso(self._now()) or ""


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
