"""The Range header of a request: which bytes of a file are wanted.

One range is served; a request for several, or one that cannot be read, gets the whole file, as RFC
9110 14.2 allows. `If-Range` is not needed: what lies under an address here never changes.

Source: RFC 9110, 14.1.2 (byte ranges), 14.2 (Range), 15.5.17 (416).
"""

import re

_ONE_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class Unsatisfiable(ValueError):
    """The range lies wholly outside the file: the answer is 416."""


def wanted(header: str | None, size: int) -> range | None:
    """Return the bytes that a request asks for, or None for the whole file.

    Args:
        header: the Range header, or None when there is none.
        size: bytes in the file.

    Raises:
        Unsatisfiable: there is nothing of the file in the range.
    """
    match = _ONE_RANGE.fullmatch(header or "")
    if not match or not any(match.groups()):
        return None
    first, last = match.groups()
    if first and last and int(last) < int(first):
        return None  # not a range at all: RFC 9110 14.1.1
    found = _range(first, last, size)
    if not found:
        raise Unsatisfiable(f"{header}: the file has {size} bytes")
    return found


def _range(first: str, last: str, size: int) -> range:
    if not first:
        return range(max(0, size - int(last)), size)
    stop = min(size, int(last) + 1) if last else size
    return range(int(first), stop)
