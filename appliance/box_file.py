"""box.toml: what a data folder is, with its own sum.

    format = 1
    id = "01JE..."            ULID
    trial = false
    vault = "age1..."         recipient of every data key
    recovery = "age1..."      the second one: the sheet in the safe
    public_key = "..."        the box's Ed25519 key, base 64
    sums = {"policy.toml" = "...", ...}   SHA-256, hex, of the files that never change
    check = "..."             SHA-256 of the bytes before this line, hex

Written once, when the folder is made. The sums are there because a bit that flips in a file of text
would otherwise be taken for a rule: 90 days are one byte from 10.
"""

import json
import tomllib
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

NAME = "box.toml"
FORMAT = 1


class BoxBroken(ValueError):
    """box.toml is not as it was written."""


def pack(facts: Mapping[str, object]) -> str:
    """Return the file that says so; facts are strings, numbers, booleans, or sums by name."""
    values = {"format": FORMAT, **facts}
    body = "".join(f"{name} = {_toml(value)}\n" for name, value in values.items())
    return f'{body}check = "{_sum(body)}"\n'


def unpack(text: str) -> dict[str, Any]:
    """Return what a file says.

    Raises:
        BoxBroken: see there.
    """
    body, _, check = text.rpartition("check = ")
    try:
        facts = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BoxBroken(str(error)) from None
    if check != f'"{_sum(body)}"\n':
        raise BoxBroken("its sum is not that of its lines: it was changed after it was made")
    if facts["format"] != FORMAT:
        raise BoxBroken(f"format {facts['format']}, want {FORMAT}")
    return facts


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)  # a JSON string, number or boolean is a TOML one too


def _sum(text: str) -> str:
    return sha256(text.encode()).hexdigest()
