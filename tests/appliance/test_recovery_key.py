"""The recovery key written down and typed back, with every kind of mistake named."""

import random
import unicodedata
from hashlib import sha256

import pytest
from mnemonic import Mnemonic

from appliance import bech32
from appliance.keys import new_age_pair, recipient_of
from appliance.recovery_key import SheetMisread, WrongSheet, in_letters, in_words, read

IDENTITY = bech32.encode("age-secret-key-", random.Random(20261123).randbytes(32)).upper()
RECIPIENT = recipient_of(IDENTITY)
LANGUAGES = ["ko", "ja", "en"]
# BIP-39's own vectors for English and Japanese (bip32JP): entropy of 32 times 7f.
SEVENS = {
    "en": "legal winner thank year wave sausage worth useful legal winner thank year wave sausage"
    " worth useful legal winner thank year wave sausage worth title",
    "ja": "そつう れきだい ほんやく わかす りくつ ばいか ろせん やちん"
    " そつう れきだい ほんやく わかす りくつ ばいか ろせん やちん"
    " そつう れきだい ほんやく わかす りくつ ばいか ろせん まんきつ",
}


def in_sevens():
    return bech32.encode("age-secret-key-", b"\x7f" * 32).upper()


@pytest.mark.parametrize("language", SEVENS)
def test_the_words_are_those_of_the_standard(language):
    assert " ".join(in_words(in_sevens(), language)) == SEVENS[language]
    assert read(SEVENS[language], recipient_of(in_sevens())) == in_sevens()


def typings(words):
    """Yield ways in which people and programs write 24 words."""
    yield " ".join(words)
    yield "\u3000".join(words)
    yield "\n".join(f"{number}. {word}" for number, word in enumerate(words, 1))
    yield "\n".join(f" {number:2d}  {word}  " for number, word in enumerate(words, 1))
    yield unicodedata.normalize("NFD", " ".join(words)).upper()


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_read_back_however_they_are_typed(language):
    words = in_words(IDENTITY, language)
    assert len(words) == 24
    for typed in typings(words):
        assert read(typed, RECIPIENT) == IDENTITY


def test_a_language_without_a_list_gets_english():
    assert in_words(IDENTITY, "fr") == in_words(IDENTITY, "en")


def test_letters_and_the_qr_codes_text_read_back():
    for pair in [new_age_pair() for _ in range(20)]:
        text = "\n".join(in_letters(pair.identity))
        assert len(text.splitlines()) == 4
        for typed in (text, text.lower(), text.replace(" ", ""), text.replace("\n", "\n\n")):
            assert read(typed, pair.recipient) == pair.identity
        assert read(f" {pair.identity.lower()}\n", pair.recipient) == pair.identity


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("at", [0, 11, 23])
def test_one_wrong_word_is_told_by_its_number(language, at):
    words = in_words(IDENTITY, language)
    other = in_words(in_sevens(), language)[at]
    typed = " ".join([*words[:at], other, *words[at + 1 :]])
    with pytest.raises(SheetMisread, match=f"word {at + 1} is another"):
        read(typed, RECIPIENT)


def test_one_wrong_word_that_fits_the_checksum_is_no_other_boxs_sheet():
    words = in_words(IDENTITY, "en")
    names = Mnemonic("english").wordlist
    typed = next(
        [*words[:9], name, *words[10:]]
        for name in names
        if name != words[9] and Mnemonic("english").check(" ".join([*words[:9], name, *words[10:]]))
    )
    with pytest.raises(SheetMisread, match="word 10 is another"):
        read(" ".join(typed), RECIPIENT)


def test_two_words_that_changed_places_are_told():
    words = in_words(IDENTITY, "ko")
    words[3], words[20] = words[20], words[3]
    with pytest.raises(SheetMisread, match="words 4 and 21 have changed places"):
        read(" ".join(words), RECIPIENT)


def test_a_word_of_no_list_is_told_with_those_near_it():
    words = in_words(IDENTITY, "en")
    typed = [*words[:6], words[6][:-1] + "zz", *words[7:]]
    with pytest.raises(
        SheetMisread, match=rf"word 7, '{typed[6]}', is not of the list.*{words[6]}"
    ):
        read(" ".join(typed), RECIPIENT)


@pytest.mark.parametrize("change", [lambda w: w[1:], lambda w: [*w, w[0]], lambda w: w[:12]])
def test_a_word_left_out_or_added_is_told(change):
    words = change(in_words(IDENTITY, "ja"))
    with pytest.raises(SheetMisread, match=f"got {len(words)} words, want 24"):
        read(" ".join(words), RECIPIENT)


def test_words_in_disorder_are_told():
    with pytest.raises(SheetMisread, match="more than one"):
        read(" ".join(reversed(in_words(IDENTITY, "en"))), RECIPIENT)


@pytest.mark.parametrize("written", ["words", "letters", "qr"])
def test_another_boxs_sheet_is_told_from_a_misread_one(written):
    other = new_age_pair().identity
    typed = {
        "words": " ".join(in_words(other, "ko")),
        "letters": "\n".join(in_letters(other)),
        "qr": other,
    }[written]
    with pytest.raises(WrongSheet, match="another box's"):
        read(typed, RECIPIENT)


@pytest.mark.parametrize("line", [0, 1, 2, 3])
def test_a_misread_line_of_letters_is_named(line):
    rows = in_letters(IDENTITY)
    letter = "Q" if rows[line][5] != "Q" else "P"
    spoilt = [*rows]
    spoilt[line] = rows[line][:5] + letter + rows[line][6:]
    with pytest.raises(SheetMisread, match=f"line {line + 1} "):
        read("\n".join(spoilt), RECIPIENT)
    with pytest.raises(SheetMisread):
        read("\n".join(rows[:line] + rows[line + 1 :]), RECIPIENT)


@pytest.mark.parametrize("typed", ["", "AGE-SECRET-KEY-1QQQ", "\n", IDENTITY[:-1]])
def test_what_is_no_sheet_is_said(typed):
    with pytest.raises(SheetMisread, match="not complete"):
        read(typed, RECIPIENT)


def test_the_check_letters_are_as_described():
    row = in_letters(IDENTITY)[1]
    line = IDENTITY.removeprefix("AGE-SECRET-KEY-1")[16:32]
    digest = sha256(f"2{line}".encode()).digest()
    check = "".join(bech32.LETTERS[byte % 32] for byte in digest[:2]).upper()
    assert row == f"2  {line[:4]} {line[4:8]} {line[8:12]} {line[12:]}  {check}"
