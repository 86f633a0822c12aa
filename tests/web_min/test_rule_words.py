import dataclasses
import typing

import pytest

from appliance import profile
from web_min import rule
from web_min.rule_words import KEYS, RIGHTS, SECTIONS, VALUES


def dataclasses_of(kind, where=""):
    """Yield each dataclass below a kind, with its place in a profile."""
    for name, hint in typing.get_type_hints(kind).items():
        for each in (hint, *typing.get_args(hint)):
            left_out = kind is profile.Profile and name in rule._LEFT_OUT
            if dataclasses.is_dataclass(each) and not left_out:
                place = f"{where}.{name}".lstrip(".")
                yield place, each
                yield from dataclasses_of(each, place)


PLACES = dict(dataclasses_of(profile.Profile))


def choices(hint):
    if typing.get_origin(hint) is typing.Literal:
        return set(typing.get_args(hint))
    return set().union(*map(choices, typing.get_args(hint)))


@pytest.mark.parametrize("place", PLACES)
def test_each_key_and_choice_of_the_schema_has_a_word(place):
    kind = PLACES[place]
    assert place in SECTIONS
    if "clause" not in {each.name for each in dataclasses.fields(kind)}:
        return  # it is shown with none of its values
    for name, hint in typing.get_type_hints(kind).items():
        if name in rule._UNSAID or name in rule._OWN_WORDS or f"{place}.{name}" in PLACES:
            continue
        assert name.rstrip("_") in KEYS
        for choice in choices(hint) - {""}:
            assert choice in VALUES or choice in rule._WORDS


def test_each_right_has_a_word():
    assert set(RIGHTS) == profile.RIGHTS
