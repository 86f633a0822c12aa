"""How long to wait after tries that failed, so that guessing is hopeless and a typing error is not.

The count is by account and by address, is on the disk, and outlives a restart: Korea's safety
measures for personal data ask that an account be barred after failures.

    failures   1 2 3 4   5      6      7      8      9 and more
    wait       none      1 min  2 min  4 min  8 min  15 min

A name that nobody has is barred like one that somebody has, so a bar tells nothing.

Source: 개인정보의 안전성 확보조치 기준 (PIPC notice), art. 5.
"""

from typing import Final

from appliance.registry import Failures

#: The first wait, in seconds; each further failure doubles it.
FIRST_WAIT_S: Final = 60.0
#: The longest: 96 tries a day, against 10 characters. Longer would let anybody bar a colleague.
LONGEST_WAIT_S: Final = 900.0
#: Tries that cost no wait: a person mistypes two or three times.
FREE_TRIES: Final = 5
#: From one address several people may come, behind one proxy.
FREE_TRIES_ADDRESS: Final = 20


def wait_s(failures: Failures, now_s: float, free: int = FREE_TRIES) -> float:
    """Return how many seconds must pass before the next try; 0 when it may be made now.

    Args:
        failures: in a row, and when the newest was.
        now_s: seconds since 1970. A clock set back makes no wait longer than it was at first.
        free: tries that cost no wait.
    """
    if failures.count < free:
        return 0.0
    wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures.count - free, 10))
    return min(wait, max(0.0, failures.last_s + wait - now_s))
