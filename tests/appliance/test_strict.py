from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pytest

from appliance.strict import NotAsTheSchema, build


@dataclass(frozen=True)
class Leaf:
    from_: str
    kind: Literal["a", "b"] = "a"


@dataclass(frozen=True)
class Tree:
    size: int
    on: bool
    leaves: tuple[Leaf, ...] = ()
    named: Mapping[str, Leaf] = field(default_factory=dict)
    one: Leaf | None = None
    words: frozenset[str] = frozenset()


def test_all_of_a_schema_is_read():
    raw = {
        "size": 3,
        "on": True,
        "leaves": [{"from": "x"}, {"from": "y", "kind": "b"}],
        "named": {"z": {"from": "z"}},
        "one": {"from": "q"},
        "words": ["p", "p"],
    }
    assert build(Tree, raw) == Tree(
        3, True, (Leaf("x"), Leaf("y", "b")), {"z": Leaf("z")}, Leaf("q"), frozenset({"p"})
    )


def test_what_may_be_missing_has_its_default():
    assert build(Tree, {"size": 1, "on": False, "one": None}) == Tree(1, False)


@pytest.mark.parametrize(
    "raw, says",
    [
        ({"on": True}, "missing: size"),
        ({"size": 1, "on": True, "colour": 1, "age": 2}, "not known: age, colour"),
        ({"size": True, "on": True}, "size is True, want a whole number"),
        ({"size": 1, "on": 1}, "on is 1, want true or false"),
        ({"size": 1, "on": True, "leaves": {}}, "leaves is {}, want a list"),
        ({"size": 1, "on": True, "leaves": [{"from": 3}]}, "leaves[0].from is 3, want text"),
        (
            {"size": 1, "on": True, "one": {"from": "x", "kind": "c"}},
            "one.kind is 'c', want one of",
        ),
        ({"size": 1, "on": True, "named": {"z": []}}, "named.z is [], want a table"),
        ([], "is [], want a table"),
    ],
)
def test_what_is_not_as_the_schema_is_named(raw, says):
    with pytest.raises(NotAsTheSchema) as error:
        build(Tree, raw)
    assert says in str(error.value)
