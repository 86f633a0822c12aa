"""When the next mail may go. Pure; seconds that never step.

A mail a minute at most, and after six in an hour one each quarter of an hour: a line that goes up
and down must not fill a mailbox. While the server does not take them the pause grows from one
minute to an hour.
"""

from collections import deque
from typing import Final

SHORTEST_S: Final = 60.0
MANY: Final = 6
HOUR_S: Final = 3600.0
WHEN_MANY_S: Final = 900.0
LONGEST_S: Final = 3600.0


class Pacing:
    """Attributes: failures, tries in vain since the last mail that went."""

    def __init__(self) -> None:
        self.failures = 0
        self._sent: deque[float] = deque(maxlen=MANY)
        self._next_s = 0.0

    def may_send(self, now_s: float) -> bool:
        return now_s >= self._next_s

    def sent(self, now_s: float) -> None:
        """Note that a mail has gone."""
        self.failures = 0
        self._sent.append(now_s)
        many = len(self._sent) == MANY and now_s - self._sent[0] < HOUR_S
        self._next_s = now_s + (WHEN_MANY_S if many else SHORTEST_S)

    def failed(self, now_s: float) -> None:
        """Note that one has not."""
        self._next_s = now_s + min(LONGEST_S, SHORTEST_S * 2.0 ** min(self.failures, 16))
        self.failures += 1
