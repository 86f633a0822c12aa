"""Who may come in: passphrases, the one-time code, and what failing at them costs.

There is no list of passphrase hashes: the right passphrase is the one that opens the person's own
keys (appliance/keyring.py). One is tried at a time, since each costs the memory and the time of an
argon2id.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Final

from appliance import keyring, keys
from appliance.factors import WrongCode
from appliance.keyring import Wrapped
from appliance.keys import PASSPHRASE_MAX
from appliance.people import Opener, Wrapping, code_lasts
from appliance.registry import Person, Registry, same_name
from web_min.lockout import FREE_TRIES, FREE_TRIES_ADDRESS, wait_s

#: Seconds that a try waits for those before it; argon2id takes 0.04 s, 0.5 s on a small board.
QUEUE_S: Final = 5.0

_CODE_KEY: Final = "code"


class Refused(Exception):
    """Wrong; it is not said whether the name or the passphrase."""


class Barred(Exception):
    """Too many failures before; the try was not looked at.

    Attributes:
        wait_s: seconds until the next one will be.
    """

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wait {wait_s:.0f} s")
        self.wait_s = wait_s


class Busy(Exception):
    """Too many people are signing in at this moment."""


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What the first administrator typed."""

    name: str
    role: str
    passphrase: str = field(repr=False)


class Door:
    def __init__(self, registry: Registry, wrapping: Wrapping, now: Callable[[], datetime]) -> None:
        self._registry = registry
        self._wrapping = wrapping
        self._now = now
        self._one_at_a_time = Lock()
        # What a name that nobody has is tried against, so that it takes as long as a real one.
        self._nobody = wrapping.wrap(secrets.token_bytes(32), secrets.token_urlsafe(32))

    def open(self, name: str, passphrase: str, address: str) -> tuple[Person, Opener]:
        """Return who it is, with their keys.

        Raises:
            Refused: the failure is counted, on the disk.
            Barred, Busy: nothing was tried or counted.
        """
        with _Turn(self._one_at_a_time):
            person = self._registry.person_named(name)
            if person and person.code_until:
                person = None  # a one-time code is no passphrase: `join` takes it
            person, opener = self._try_name(name, person, passphrase, address)
            if self._wrapping.as_now(person.wrapped) and person.recipient:
                return person, opener
            again, own = keyring.rewrapped(
                self._wrapping.wrap, passphrase[:PASSPHRASE_MAX], person.recipient, opener.own
            )
            self._registry.change(person.id, code_until=None, **again)
            return person, Opener(person.id, opener.secret, own)

    def join(self, name: str, code: str, address: str) -> tuple[Person, Opener]:
        """Return who has this one-time code, with their keys, to be put under a passphrase.

        Raises:
            Refused: also when the code is used or too old; the failure is counted, on the disk.
            Barred, Busy: nothing was tried or counted.
        """
        with _Turn(self._one_at_a_time):
            person = self._registry.person_named(name)
            if person and not code_lasts(person, self._now()):
                person = None
            return self._try_name(name, person, keys.tidy_setup_code(code), address)

    def set_up(self, code: str, new: NewPerson, address: str) -> tuple[Person, Opener]:
        """Let whoever has the one-time code become the first administrator.

        Raises:
            Refused: wrong code, or it was used before; the failure is counted, on the disk.
            Barred, Busy: nothing was tried or counted.
        """
        bars = {_CODE_KEY: FREE_TRIES, _address(address): FREE_TRIES_ADDRESS}
        with _Turn(self._one_at_a_time):
            wrapped = self._registry.setup_wrap()
            if wrapped is None:
                raise Refused
            secret = self._try(wrapped, keys.tidy_setup_code(code), bars)
            made, own = keyring.make(self._wrapping.wrap, new.passphrase, secret)
            added = self._now().isoformat(timespec="seconds")
            with self._registry.one_write():
                person = self._registry.add_first(new.name, new.role, made.wrapped, added)
                self._registry.change(person.id, recipient=made.recipient, vault=made.vault)
            return person, Opener(person.id, secret, own)

    def prove(self, person_id: str, address: str, check: Callable[[], None]) -> None:
        """See whether a second factor's code is right; guessing costs as it does at a passphrase.

        The right passphrase does not forgive wrong codes: who guesses has it already.

        Args:
            check: takes the code, or raises WrongCode.

        Raises:
            Refused: the failure is counted, on the disk.
            Barred, Busy: nothing was tried or counted.
        """
        bars = {f"factor:{person_id}": FREE_TRIES, _address(address): FREE_TRIES_ADDRESS}
        with _Turn(self._one_at_a_time), self._counted(bars, WrongCode):
            check()

    def _try_name(
        self, name: str, person: Person | None, passphrase: str, address: str
    ) -> tuple[Person, Opener]:
        bars = {f"name:{same_name(name)[:100]}": FREE_TRIES, _address(address): FREE_TRIES_ADDRESS}
        own = self._try(person.wrapped if person else self._nobody, passphrase, bars)
        if person is None:  # the odds are 2**-256
            raise Refused
        secret = keyring.vault_secret(person.recipient, person.vault, own)
        return person, Opener(person.id, secret, own)

    def _try(self, wrapped: Wrapped, passphrase: str, bars: dict[str, int]) -> bytes:
        with self._counted(bars, keys.WrongPassphrase, ValueError):
            return self._wrapping.unwrap(wrapped, passphrase[:PASSPHRASE_MAX])

    @contextmanager
    def _counted(self, bars: dict[str, int], *wrong: type[Exception]) -> Iterator[None]:
        """Let a try be made, and count how it went.

        Raises:
            Refused, Barred: see `open`.
        """
        now_s = self._now().timestamp()
        wait = max(wait_s(self._registry.failures(key), now_s, free) for key, free in bars.items())
        if wait > 0:
            raise Barred(wait)
        try:
            yield
        except wrong:
            for key in bars:
                self._registry.add_failure(key, now_s)
            raise Refused from None
        # An address keeps its count: its owner's own account must not buy more guesses at others.
        for key in bars:
            if not key.startswith("address:"):
                self._registry.clear_failures(key)


class _Turn:
    """Waits for the lock, but not for ever: a queue of guesses must not hold every thread."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=QUEUE_S):
            raise Busy

    def __exit__(self, *exc: object) -> None:
        self._lock.release()


def _address(address: str) -> str:
    return f"address:{address}"
