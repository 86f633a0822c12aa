"""Who called, among a line's other events.

Keys of a caller ID sent as DTMF become one; a burst that cannot be read, in mid-call, is a modem's
and nobody's number.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from dsp.caller_id_dtmf import DtmfCallerId
from dsp.events import CallerId, Dtmf, Event, LineDown, OffHook, OnHook
from dsp.units import AUDIO_HZ

#: A burst that cannot be read is told of on the hook, and so long after a lift: Japan's exchanges
#: wait 7 s for the silent first answer to end. Later it is a modem's.
FAILURE_TOLD: Final = 8 * AUDIO_HZ


class Callers:
    """Every line's; `push` the bank's events in their order."""

    def __init__(self, lines: int) -> None:
        self._keyed = [DtmfCallerId() for _ in range(lines)]
        self._lifted: list[int | None] = [None] * lines  # since when

    def push(self, events: Iterable[Event]) -> list[Event]:
        """Return the events, what they complete among them, and without what is out of place."""
        return [told for event in events for told in self._tell(event)]

    def _tell(self, event: Event) -> Iterator[Event]:
        i = event.line - 1
        if isinstance(event, OffHook):
            self._lifted[i] = event.sample
        elif isinstance(event, OnHook | LineDown):
            self._lifted[i] = None
        if isinstance(event, Dtmf) and (caller := self._keyed[i].push(event)):
            yield caller
        lifted = self._lifted[i]
        failed = isinstance(event, CallerId) and not event.valid
        if not failed or lifted is None or event.sample - lifted < FAILURE_TOLD:
            yield event
