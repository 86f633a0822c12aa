"""From which address the person acts whose act is in hand: it stands in the ledger beside the act.

Set where a request comes in, and handed on with it: over the control socket, and to the thread that
writes. Two sessions of one person are told apart by it. Nobody's own doing has none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_ADDRESS: Final = ContextVar("address", default="")


def here() -> str:
    """Return the address of the act in hand, "" if it is nobody's at the page."""
    return _ADDRESS.get()


def begin(address: str) -> None:
    """What this thread does from now on is done from there; "" for from nowhere."""
    _ADDRESS.set(address)


@contextmanager
def at(address: str) -> Iterator[None]:
    """Do what is inside as from there."""
    token = _ADDRESS.set(address)
    try:
        yield
    finally:
        _ADDRESS.reset(token)
