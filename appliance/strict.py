"""A dataclass from a table of plain values, with nothing unknown, missing or of the wrong kind.

A key that is spelt like a word of Python (`from`, `return`) has a field with an underscore behind.
What policies and the registry's rows are read with: the dataclass is the schema.
"""

from collections.abc import Hashable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from functools import cache
from types import UnionType
from typing import Any, Final, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

_NAMES: Final = {str: "text", int: "a whole number", bool: "true or false", date: "a date"}


class NotAsTheSchema(ValueError):
    """The message says which value it is, what it is, and what is wanted."""


def build(kind: type[T], raw: object, where: str = "") -> T:
    """Return a dataclass of this kind.

    Args:
        raw: a mapping of plain values, lists and mappings.
        where: what messages call it.

    Raises:
        NotAsTheSchema: it is not of the kind's fields.
    """
    if not isinstance(raw, Mapping):
        raise NotAsTheSchema(f"{where} is {raw!r}, want a table")
    known, hints = _schema(cast(Hashable, kind))
    unknown = sorted(set(raw) - set(known))
    if unknown:
        raise NotAsTheSchema(f"not known: {', '.join(_at(where, name) for name in unknown)}")
    values = {}
    for name, each in known.items():
        if name in raw:
            values[each.name] = _value(hints[each.name], raw[name], _at(where, name))
        elif each.default is MISSING and each.default_factory is MISSING:
            raise NotAsTheSchema(f"missing: {_at(where, name)}")
    return kind(**values)


@cache
def _schema(kind: Hashable) -> "tuple[dict[str, Field[Any]], dict[str, Any]]":
    assert is_dataclass(kind)
    return {each.name.rstrip("_"): each for each in fields(kind)}, get_type_hints(kind)


def _value(kind: Any, raw: object, where: str) -> Any:
    origin, inside = get_origin(kind), get_args(kind)
    if origin is UnionType:  # a value or None
        return None if raw is None else _value(inside[0], raw, where)
    if origin is Literal:
        return _one_of(inside, raw, where)
    if origin in (tuple, frozenset):
        return origin(_value(inside[0], each, f"{where}[{n}]") for n, each in _list(raw, where))
    if origin is not None:  # a mapping of names
        if not isinstance(raw, Mapping):
            raise NotAsTheSchema(f"{where} is {raw!r}, want a table")
        return {name: _value(inside[1], each, _at(where, name)) for name, each in raw.items()}
    if is_dataclass(kind):
        assert isinstance(kind, type)
        return build(kind, raw, where)
    if type(raw) is not kind:  # a bool is no int here, a date and time no date
        raise NotAsTheSchema(f"{where} is {raw!r}, want {_NAMES.get(kind, kind)}")
    return raw


def _one_of(choices: tuple[Any, ...], raw: object, where: str) -> object:
    if not any(raw == each and type(raw) is type(each) for each in choices):
        raise NotAsTheSchema(f"{where} is {raw!r}, want one of {', '.join(map(repr, choices))}")
    return raw


def _list(raw: object, where: str) -> "enumerate[Any]":
    if not isinstance(raw, list | tuple):
        raise NotAsTheSchema(f"{where} is {raw!r}, want a list")
    return enumerate(raw)


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
