"""The recovery key as a person can write it down, and reading it back from what they typed.

Three ways of writing the same 32 bytes, all on the sheet:

    words     24 words of a BIP-39 list, in the city's language; the last 8 bits are a checksum
    letters   "1  7V6D A0HF 2PE3 AT0A  UC": the age identity in four lines with check letters
    QR code   the age identity itself, "AGE-SECRET-KEY-1...", which the stock `age` tool takes

The check letters of line n are the first two bytes of SHA-256(n and the line's letters), five bits
of each, in Bech32's alphabet.

A word that is another of the list's passes its own look-up and fails the checksum; since the box
knows the public half, the one word whose change makes the key fit is found and named.

Source: BIP-39 (word lists: English; Korean, by Mangsub Lee and others; Japanese, by dabura667).
"""

import re
import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from hashlib import sha256
from itertools import chain, combinations
from typing import TYPE_CHECKING, Final

from appliance import bech32, keys

if TYPE_CHECKING:
    from mnemonic import Mnemonic

WORDS: Final = 24

_PREFIX: Final = "AGE-SECRET-KEY-1"
_LINE_LETTERS: Final = 16
_KEY_BYTES: Final = 32
#: A policy's language, and the list's name; any other gets English.
_LISTS: Final = {"en": "english", "ko": "korean", "ja": "japanese"}
_WORD_BITS: Final = 11
_LIST_WORDS: Final = 1 << _WORD_BITS
_ANOTHERS: Final = "the sheet is another box's, or of an earlier set-up of this one"


class SheetMisread(ValueError):
    """The text is not that of a recovery sheet; the message says where it goes wrong."""


class WrongSheet(ValueError):
    """The sheet reads well and is another box's."""


def in_words(identity: str, language: str) -> list[str]:
    """Return an age identity as 24 words."""
    words = _list(language).to_mnemonic(_bytes_of(identity))
    return [unicodedata.normalize("NFC", word) for word in words.split()]


def in_letters(identity: str) -> list[str]:
    """Return an age identity as four lines, each with two check letters."""
    body = identity.removeprefix(_PREFIX)
    lines = [body[at : at + _LINE_LETTERS] for at in range(0, len(body), _LINE_LETTERS)]
    return [
        f"{number}  {' '.join(re.findall('.{1,4}', line))}  {_check_letters(number, line)}"
        for number, line in enumerate(lines, 1)
    ]


def read(typed: str, recipient: str) -> str:
    """Return the identity on a sheet, from its words, letters or QR code, however spaced.

    Args:
        recipient: the public half of the right one, "age1...".

    Raises:
        SheetMisread, WrongSheet: see there.
    """
    typed = typed.replace("│", " ")  # copied from the terminal, frame and all
    words = re.sub(r"\b\d+[.):]?(?=\s|$)", " ", typed).split()
    language = _language(words)
    if language:
        return _from_words([_plain(word) for word in words], language, recipient)
    identity = _from_letters(unicodedata.normalize("NFKC", typed).upper())
    if keys.recipient_of(identity) != recipient:
        raise WrongSheet(_ANOTHERS)
    return identity


def _from_words(words: list[str], language: str, recipient: str) -> str:
    known = _numbers(language)
    for number, word in enumerate(words, 1):
        if word not in known:
            near = get_close_matches(word, known, 3)
            hint = f"; near it are: {', '.join(map(_shown, near))}" if near else ""
            raise SheetMisread(f"word {number}, {_shown(word)!r}, is not of the list{hint}")
    if len(words) != WORDS:
        raise SheetMisread(f"got {len(words)} words, want {WORDS}: one was left out or added")
    joined = 0
    for word in words:
        joined = joined << _WORD_BITS | known[word]
    key = _key(joined)
    if key is not None and _fits(key, recipient):
        return _identity(key)
    raise _what_is_wrong(joined, recipient)


def _what_is_wrong(joined: int, recipient: str) -> ValueError:
    """Say which word is another, or which two changed places; 0.1 s for all 50 000 ways."""
    for what, at, other in chain(_one_changed(joined), _two_swapped(joined)):
        key = _key(other)
        if key is not None and _fits(key, recipient):
            return SheetMisread(what.format(*at) + ": look at the sheet again")
    if _key(joined) is not None:
        return WrongSheet(_ANOTHERS)
    return SheetMisread(
        "every word is of the list, but more than one is not as on the sheet, or not in its place"
    )


#: What was done to which words, and what then is joined.
_Changes = Iterator[tuple[str, tuple[int, ...], int]]


def _one_changed(joined: int) -> _Changes:
    for at in range(WORDS):
        without = joined & ~_at(_LIST_WORDS - 1, at)
        for other in range(_LIST_WORDS):
            yield "word {} is another", (at + 1,), without | _at(other, at)


def _two_swapped(joined: int) -> _Changes:
    for first, second in combinations(range(WORDS), 2):
        differ = _word(joined, first) ^ _word(joined, second)
        swapped = joined ^ _at(differ, first) ^ _at(differ, second)
        yield "words {} and {} have changed places", (first + 1, second + 1), swapped


def _at(number: int, place: int) -> int:
    return number << (WORDS - 1 - place) * _WORD_BITS


def _word(joined: int, place: int) -> int:
    return joined >> (WORDS - 1 - place) * _WORD_BITS & _LIST_WORDS - 1


def _key(joined: int) -> bytes | None:
    """Return the 32 bytes of 24 words, joined, or None when the checksum does not fit."""
    key = (joined >> 8).to_bytes(_KEY_BYTES)
    return key if sha256(key).digest()[0] == joined & 255 else None


def _fits(key: bytes, recipient: str) -> bool:
    return keys.recipient_of(_identity(key)) == recipient


def _from_letters(typed: str) -> str:
    letters = "".join(typed.split())
    if letters.startswith(_PREFIX):
        return _sheet_identity(letters)
    body = ""
    rows = ["".join(row.split()) for row in typed.splitlines() if row.strip()]
    for number, row in enumerate(rows, 1):
        line, check = row[1:-2], row[-2:]
        if row[:1] != str(number) or _check_letters(number, line) != check:
            raise SheetMisread(f"line {number} is not as printed")
        body += line
    return _sheet_identity(_PREFIX + body)


def _sheet_identity(text: str) -> str:
    try:
        return _identity(_bytes_of(text))
    except bech32.NotBech32:
        raise SheetMisread("the sheet is not complete, or a letter is wrong") from None


def _bytes_of(identity: str) -> bytes:
    return bech32.decode(identity)[1]


def _identity(key: bytes) -> str:
    return bech32.encode("age-secret-key-", key).upper()


def _check_letters(number: int, line: str) -> str:
    digest = sha256(f"{number}{line}".encode()).digest()
    return "".join(bech32.LETTERS[byte & 31] for byte in digest[:2]).upper()


def _language(words: list[str]) -> str | None:
    """Return the language most of whose words these are; None when most are of no list."""
    hits = {code: sum(_plain(w) in _numbers(code) for w in words) for code in _LISTS}
    best = max(hits, key=lambda code: hits[code])
    return best if words and hits[best] * 2 > len(words) else None


@cache
def _list(language: str) -> "Mnemonic":
    from mnemonic import Mnemonic  # noqa: PLC0415 (other commands need no words)

    return Mnemonic(_LISTS.get(language, _LISTS["en"]))


@cache
def _numbers(language: str) -> dict[str, int]:
    return {_plain(word): number for number, word in enumerate(_list(language).wordlist)}


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKD", word.casefold())


def _shown(word: str) -> str:
    return unicodedata.normalize("NFC", word)
