"""Reads a translation as translators write it (`.po`): nothing compiled lies in the project.

Only what our catalogues use: msgctxt, msgid, msgid_plural, msgstr, msgstr[n], continued strings and
comments. What is read becomes a catalogue of the standard library's gettext.

Source: GNU gettext manual, "The Format of PO Files" and "The Format of GNU MO Files".
"""

import ast
import io
import re
import struct
from collections.abc import Iterator
from gettext import GNUTranslations
from typing import Final

_ENTRY: Final = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s+(".*")')
_MO_MAGIC: Final = 0x950412DE


class BadCatalogue(ValueError):
    """A line that is neither an entry nor a comment."""


def entries(text: str) -> Iterator[dict[str, str]]:
    """Yield each message as its keywords and their strings, the header first."""
    entry: dict[str, str] = {}
    keyword = ""
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith("#"):
            continue
        match = _ENTRY.fullmatch(line)
        if match:
            keyword, string = match[1], match[2]
            begins = keyword == "msgctxt" or (keyword == "msgid" and set(entry) != {"msgctxt"})
            if begins and entry:
                yield entry
                entry = {}
            entry[keyword] = ast.literal_eval(string)
        elif line.startswith('"') and keyword:
            entry[keyword] += ast.literal_eval(line)
        else:
            raise BadCatalogue(f"line {number}: {line!r}, want a keyword and a string")
    if entry:
        yield entry


def catalogue(text: str) -> GNUTranslations:
    """Return what gettext looks words up in."""
    pairs = sorted(_pair(entry) for entry in entries(text) if entry.get("msgstr") != "")
    return GNUTranslations(io.BytesIO(_compiled(pairs)))


def _pair(entry: dict[str, str]) -> tuple[bytes, bytes]:
    context = f"{entry['msgctxt']}\x04" if "msgctxt" in entry else ""
    if "msgid_plural" not in entry:
        return (context + entry["msgid"]).encode(), entry["msgstr"].encode()
    forms = [entry[key] for key in sorted(entry) if key.startswith("msgstr[")]
    return (
        f"{context}{entry['msgid']}\x00{entry['msgid_plural']}".encode(),
        "\x00".join(forms).encode(),
    )


def _compiled(pairs: list[tuple[bytes, bytes]]) -> bytes:
    """Return the MO form: a header, a table of lengths and offsets for each side, the strings."""
    strings = b""
    tables: tuple[list[int], list[int]] = ([], [])
    first = 28 + 16 * len(pairs)
    for side, table in enumerate(tables):
        for pair in pairs:
            table += [len(pair[side]), first + len(strings)]
            strings += pair[side] + b"\x00"
    header = [_MO_MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, first]
    numbers = [*header, *tables[0], *tables[1]]
    return struct.pack(f"<{len(numbers)}I", *numbers) + strings
