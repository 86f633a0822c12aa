import random

import pyrage
import pytest

from appliance import bech32
from appliance.bech32 import NotBech32

# BIP-173, "Test vectors": valid, and why the others are not.
VALID = [
    "A12UEL5L",
    "a12uel5l",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "?1ezyfcl",
]
INVALID = [
    "pzry9x0s0muk",  # no separator
    "1pzry9x0s0muk",  # no prefix
    "x1b4n0q5v",  # not a letter of it
    "li1dgmt3",  # checksum too short
    "A1G7SGD8",  # checksum of capital letters
    "10a06t8",
    "1qzzfhee",
    "abc1rzg",  # cut off
    "A12uEL5L",  # mixed
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e2w",
]


@pytest.mark.parametrize("text", VALID)
def test_what_the_standard_calls_valid_is(text):
    prefix, data = bech32.decode(text)
    assert bech32.encode(prefix, data) == text.lower()


@pytest.mark.parametrize("text", INVALID)
def test_what_the_standard_calls_invalid_is_not(text):
    with pytest.raises(NotBech32):
        bech32.decode(text)


def test_ages_keys_come_out_as_they_went_in():
    for _ in range(50):
        text = str(pyrage.x25519.Identity.generate())
        prefix, data = bech32.decode(text)
        assert (prefix, len(data)) == ("age-secret-key-", 32)
        assert bech32.encode(prefix, data).upper() == text


def test_every_wrong_letter_is_seen():
    text = bech32.encode("age-secret-key-", random.Random(3).randbytes(32))
    start = text.index("1") + 1
    for at in range(start, len(text)):
        for letter in set(bech32.LETTERS) - {text[at]}:
            with pytest.raises(NotBech32):
                bech32.decode(text[:at] + letter + text[at + 1 :])


def test_bits_left_over_are_no_bytes():
    body = [1]  # five bits: less than a byte, and not zero
    check = bech32._polymod([*bech32._expand("a"), *body, 0, 0, 0, 0, 0, 0]) ^ 1
    letters = [*body, *((check >> 5 * (5 - at)) & 31 for at in range(6))]
    with pytest.raises(NotBech32, match="left over"):
        bech32.decode("a1" + "".join(bech32.LETTERS[value] for value in letters))
