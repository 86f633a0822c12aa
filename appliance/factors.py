"""Second factors in the registry: set up, asked for, taken off when the phone is lost.

A code that is taken, and the step or the recovery code that is spent with it, are one write: the
same code cannot be taken by two who send it at once.
"""

from collections.abc import Callable
from datetime import datetime

from appliance import keyring, second_factor
from appliance.index_row import iso
from appliance.notebook import Notebook
from appliance.people import Opener
from appliance.registry import LedgerBehind, NobodyThere, Person, Registry, RightsChange
from appliance.second_factor import Factor


class WrongCode(Exception):
    """Neither a code of the app that may be taken now, nor a recovery code that is left."""


class Factors:
    def __init__(self, registry: Registry, notebook: Notebook, now: Callable[[], datetime]) -> None:
        self._registry = registry
        self._notebook = notebook
        self._now = now

    def set_up(self, person_id: str, factor: Factor, typed: str) -> None:
        """Keep somebody's new factor, once their app gives its code.

        Raises:
            WrongCode, NobodyThere, LedgerBehind: nothing is changed.
        """
        step = second_factor.step_of(factor, typed, self._now().timestamp())
        if step is None:
            raise WrongCode
        with self._registry.one_write():
            self._keep(self._person(person_id), factor, step)
            self._note("factor_set", person_id)
        self._notebook.send()

    def take(self, opener: Opener, typed: str) -> None:
        """Take a code of somebody's app, or one of their recovery codes.

        Raises:
            WrongCode, NobodyThere, LedgerBehind: nothing is changed.
        """
        with self._registry.one_write():
            person, factor = self._of(opener)
            now_s = self._now().timestamp()
            step = second_factor.step_of(factor, typed, now_s, person.factor_step)
            if step is not None:
                self._registry.change(person.id, factor_step=step)
                return
            left = second_factor.without(factor, typed)
            if left is None:
                raise WrongCode
            self._keep(person, left, person.factor_step)
            self._note("recovery_code_used", person.id, left=str(len(left.papers)))
        self._notebook.send()

    def papers_left(self, opener: Opener) -> int:
        """Return how many recovery codes somebody has left."""
        return len(self._of(opener)[1].papers)

    def reset(self, by: str, person_id: str) -> None:
        """Take a factor off whose phone is lost: its owner sets up another at the next sign-in.

        Raises:
            NobodyThere, LedgerBehind: nothing is changed.
        """
        with self._registry.one_write():
            person = self._person(person_id)
            self._registry.change(person_id, factor="", factor_step=0)
            self._note("factor_reset", by, who=person_id)
            at, roles = str(iso(self._now())), person.role
            change = RightsChange(at, by, person_id, "factor_reset", roles, roles)
            self._registry.keep_rights_change(change)
        self._notebook.send()

    def _of(self, opener: Opener) -> tuple[Person, Factor]:
        person = self._person(opener.id)
        if not person.factor:  # taken off while they typed
            raise WrongCode
        return person, second_factor.unpack(keyring.unseal(person.factor, opener.own))

    def _keep(self, person: Person, factor: Factor, step: int) -> None:
        sealed = keyring.seal(second_factor.pack(factor), person.recipient)
        self._registry.change(person.id, factor=sealed, factor_step=step)

    def _person(self, person_id: str) -> Person:
        person = self._registry.person(person_id)
        if person is None:
            raise NobodyThere(person_id)
        return person

    def _note(self, act: str, by: str, **facts: str) -> None:
        if not self._notebook.keep(act, by, **facts):
            raise LedgerBehind("too many notes wait for the recorder: start it again")
