"""JSON with one encoding for each value, so that bytes can be hashed and compared.

Keys sorted, no spaces, UTF-8, no NaN or infinity, every key once: RFC 8785, but for floats, which
are written as Python writes them (1.0, not 1), and keys beyond the basic plane, which we do not
use.
"""

import json
from collections.abc import Mapping


class NotCanonical(ValueError):
    """The bytes are no JSON object, or not its one encoding."""


def encode(value: Mapping[str, object]) -> bytes:
    """Return the one encoding of an object.

    Raises:
        TypeError, ValueError: it holds what JSON has no word for.
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def decode(data: bytes) -> dict[str, object]:
    """Return the object.

    Raises:
        NotCanonical: see there.
    """
    try:
        value = json.loads(data)
        same = isinstance(value, dict) and encode(value) == data
    except (ValueError, RecursionError):
        raise NotCanonical("not JSON") from None
    if not same:
        raise NotCanonical("not an object in canonical form")
    assert isinstance(value, dict)
    return value
