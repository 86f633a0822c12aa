"""Bech32: bytes as letters that are hard to confuse, with a checksum; age writes its keys so.

    AGE-SECRET-KEY-1GFPYYSJZ... = "age-secret-key-", "1", 5 bits a letter, 6 letters of checksum

Without BIP-173's limit of 90 letters, as age has it; upper or lower case, never both.

Source: BIP-173; C2SP age.md, "The X25519 recipient type".
"""

from collections.abc import Iterable
from typing import Final

LETTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LETTERS: Final = 6


class NotBech32(ValueError):
    """The text is none, or a letter of it is wrong."""


def encode(prefix: str, data: bytes) -> str:
    """Return bytes as lower-case letters after a prefix."""
    values = _regroup(data, 8, 5)
    seed = [*_expand(prefix), *values, *([0] * _CHECKSUM_LETTERS)]
    check = _polymod(seed) ^ 1
    values += [(check >> 5 * (_CHECKSUM_LETTERS - 1 - at)) & 31 for at in range(_CHECKSUM_LETTERS)]
    return f"{prefix}1" + "".join(LETTERS[value] for value in values)


def decode(text: str) -> tuple[str, bytes]:
    """Return the prefix, in lower case, and the bytes.

    Raises:
        NotBech32: see there.
    """
    if text not in (text.lower(), text.upper()):
        raise NotBech32("capital and small letters are mixed")
    prefix, _, body = text.lower().rpartition("1")
    if not prefix or len(body) < _CHECKSUM_LETTERS or set(body) - set(LETTERS):
        raise NotBech32("not of its letters")
    values = [LETTERS.index(letter) for letter in body]
    if _polymod([*_expand(prefix), *values]) != 1:
        raise NotBech32("the checksum does not fit")
    bits = _regroup(values[:-_CHECKSUM_LETTERS], 5, 8)
    return prefix, bytes(bits)


def _expand(prefix: str) -> list[int]:
    codes = prefix.encode()
    return [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes)]


def _polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return check


def _regroup(values: Iterable[int], of: int, to: int) -> list[int]:
    """Return the same bits in groups of another size; the last is filled up to 5, cut off to 8."""
    gathered, bits, groups = 0, 0, []
    for value in values:
        gathered, bits = gathered << of | value, bits + of
        while bits >= to:
            bits -= to
            groups.append(gathered >> bits & (1 << to) - 1)
    rest = gathered & (1 << bits) - 1
    if to < of and bits:
        groups.append(rest << to - bits)
    elif bits >= of or rest:
        raise NotBech32("bits are left over")
    return groups
