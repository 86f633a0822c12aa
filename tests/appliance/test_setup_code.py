import re

import pytest

from appliance.setup_code import ALPHABET, as_passphrase, new_code


def test_a_code_is_twelve_letters_in_groups_of_four():
    assert re.fullmatch(rf"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{2}}", new_code())


def test_two_codes_differ():
    assert len({new_code() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "typed",
    ["7K3M-Q0ZD-92XB", "7k3mq0zd92xb", " 7K3M Q0ZD 92XB\n", "7K3M-QOZD-92XB", "7K3M–Q0ZD–92XB"],
)
def test_however_it_is_typed_it_is_the_same_code(typed):
    assert as_passphrase(typed) == "7K3MQ0ZD92XB"


@pytest.mark.parametrize("misread, meant", [("O", "0"), ("I", "1"), ("l", "1"), ("o", "0")])
def test_what_a_hurried_reader_mistakes_still_counts(misread, meant):
    assert as_passphrase(misread) == meant


def test_another_code_is_another_passphrase():
    assert as_passphrase("7K3M-Q0ZD-92XC") != as_passphrase("7K3M-Q0ZD-92XB")
