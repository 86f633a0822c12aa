"""`kirok policy check` and `show`: a city's rule as the box understands it."""

import argparse
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Final

from appliance import policy
from appliance.articles import shipped_articles, words
from appliance.commands.common import DONE, WRONG, Subparsers, add_command
from appliance.policy_check import check
from appliance.profile import Profile

MISUSE: Final = ()
FAULTS: Final = ()


def add(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the commands of this group."""
    group = commands.add_parser("policy", help="a city's rule as the box understands it")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    checked = add_command(verbs, "check", _check, "say what a profile lacks")
    checked.add_argument("file", metavar="FILE", help="a profile, or the name of one that ships")
    shown = add_command(verbs, "show", _show, "print a profile, each rule beside its article")
    shown.add_argument("name", metavar="NAME", help="of one that ships, or a file")


def _check(given: argparse.Namespace) -> int:
    try:
        profile = policy.load(given.file).profile
    except policy.PolicyError as error:
        if given.file not in policy.shipped() and not Path(given.file).exists():
            raise  # misuse: there is none
        print(f"cannot be used: {error}")
        return WRONG
    remarks = check(profile, _articles(given.file, profile))
    for remark in remarks:
        print(f"{'LACKS ' if remark.missing else 'note  '} {remark.text}")
    missing = any(remark.missing for remark in remarks)
    if not missing:
        print(f"{profile.city.rule_title}: complete")
    return WRONG if missing else DONE


def _show(given: argparse.Namespace) -> int:
    profile = policy.load(given.name).profile
    articles = _articles(given.name, profile)
    print(f"{profile.city.name}  {profile.city.rule_title} {profile.city.rule_no}".rstrip())
    print(f"in force since {profile.city.effective}; days are counted in {profile.city.timezone}")
    for each in fields(profile):
        if each.name not in ("schema", "city", "local", "partial"):
            print("\n".join(_lines(each.name.rstrip("_"), getattr(profile, each.name), articles)))
    if profile.local:
        print(f"\nnot said by the rule, our own choice: {', '.join(profile.local)}")
    return DONE


def _articles(name: str, profile: Profile) -> Mapping[str, str]:
    """Return the rule's words: from NAME.rule.toml beside a file, or those that ship."""
    beside = Path(name).with_suffix(".rule.toml")
    if name not in policy.shipped() and beside.exists():
        try:
            return {str(k): str(v) for k, v in tomllib.loads(beside.read_text()).items()}
        except tomllib.TOMLDecodeError as error:
            raise policy.PolicyError(f"{beside}: {error}") from None
    return shipped_articles(profile)


def _lines(where: str, value: object, articles: Mapping[str, str]) -> Iterator[str]:
    """Yield a section as lines, its articles' words under it."""
    parts = value if isinstance(value, tuple) else (value,)
    for part in parts:
        if not is_dataclass(part):
            continue
        plain = {f.name.rstrip("_"): getattr(part, f.name) for f in fields(part)}
        said = [f"{name} {_word(each)}" for name, each in plain.items() if _is_said(each)]
        if said:
            yield f"\n[{where}] " + ", ".join(said)
            named = str(plain.get("clause", ""))
            yield from (f"    {clause}  {text}" for clause, text in words(articles, named))
        for name, each in plain.items():
            yield from _lines(f"{where}.{name}", each, articles)


def _is_said(value: object) -> bool:
    if isinstance(value, tuple | frozenset):
        return bool(value) and not any(is_dataclass(each) for each in value)
    return not is_dataclass(value) and not isinstance(value, Mapping) and value not in ("", None)


def _word(value: object) -> str:
    if isinstance(value, tuple | frozenset):
        return "/".join(map(str, sorted(value) if isinstance(value, frozenset) else value))
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )
