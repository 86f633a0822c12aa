"""From a policy profile's TOML to a `Profile`: what the schema does not know is refused.

The schema is the dataclasses of `appliance.profile`; here is what they cannot say: that one value
agrees with another.
"""

import tomllib
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appliance.profile import RIGHTS, Ground, Profile
from appliance.strict import NotAsTheSchema, build

#: A hundred years: more is a mistake.
_MOST_DAYS: Final = 36_525
#: Steps of a provision, each with the section that switches it on.
_STEPS: Final = ("pledge", "report", "return")
#: Without one of these a request would stand still on its way.
_TO_PROVIDE: Final = ("request.make", "request.approve", "copy.make", "register.write")


class ProfileError(ValueError):
    """The profile cannot be used; the message says which value, and what is wanted."""


def parse(text: str) -> Profile:
    """Read a profile.

    Raises:
        ProfileError: it is not TOML, or a value is missing, unknown, of the wrong kind, or at odds
            with another.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"not a TOML file: {error}") from None
    try:
        profile = build(Profile, raw)
    except NotAsTheSchema as error:
        raise ProfileError(str(error)) from None
    wrong = list(_at_odds(profile))
    if wrong:
        raise ProfileError("; ".join(wrong))
    return profile


def _at_odds(profile: Profile) -> Iterator[str]:
    try:
        ZoneInfo(profile.city.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        yield f"city.timezone is {profile.city.timezone!r}, which is no time zone"
    days = profile.retention.days
    if not 0 < days <= _MOST_DAYS:
        yield f"retention.days is {days}, want whole days from 1 to {_MOST_DAYS}"
    within = profile.retention.erase_jitter_hours
    if within < 1:
        yield f"retention.erase_jitter_hours is {within}, want hours from 1"
    yield from _roles(profile)
    yield from _hold(profile)
    yield from _provision(profile)
    yield from _forms(profile)
    yield from _local(profile)


def _roles(profile: Profile) -> Iterator[str]:
    ids = [role.id for role in profile.role]
    for twice in sorted({each for each in ids if ids.count(each) > 1}):
        yield f"role {twice!r} is there twice"
    for role in profile.role:
        for right in sorted(role.can - RIGHTS):
            yield f"role {role.id!r}: no right is called {right!r}"
    for right in ("rights.grant", *(_TO_PROVIDE if profile.provision else ())):
        if not profile.who_may(right):
            yield f"nobody has {right!r}"
    for where, named in _named_roles(profile):
        if named and named not in profile.roles:
            yield f"{where} names {named!r}, which is no role"


def _named_roles(profile: Profile) -> Iterator[tuple[str, str]]:
    # "mayor" and the like may decide outside of the box: a role without rights or account.
    yield "line_application.by", profile.line_application.by
    yield "line_application.decided_by", profile.line_application.decided_by
    yield "retention.hold.by", profile.retention.hold.by
    yield "restriction.by", profile.restriction.by
    yield "report.to", profile.report.to
    yield "report.extension.decided_by", profile.report.extension.decided_by
    yield "media.destroyed_by", profile.media.destroyed_by
    yield from (("a ground's by", by) for ground in _grounds(profile) for by in ground.by)
    yield from (("a ground's needs", ground.needs) for ground in _grounds(profile))
    if profile.copy.recopy.startswith("approval_of:"):
        yield "copy.recopy", profile.copy.recopy.removeprefix("approval_of:")
    if profile.provision:
        yield "provision.decided_by", profile.provision.decided_by
        yield from (("provision.made_by", role) for role in profile.provision.made_by)
        others = (r for r in profile.provision.recipients if r != "requester")
        yield from (("provision.recipients", role) for role in others)


def _grounds(profile: Profile) -> Iterator[Ground]:
    yield from profile.line_application.ground
    yield from profile.restriction.ground
    yield from profile.outside_use.reason
    if profile.provision:
        yield from profile.provision.reason


def _hold(profile: Profile) -> Iterator[str]:
    holders = profile.who_may("call.hold")
    if profile.retention.hold.allowed and not holders:
        yield "the rule has a hold, and nobody has 'call.hold'"
    if holders and not profile.retention.hold.allowed:
        yield f"role {holders[0].id!r} has 'call.hold', and the rule has no hold"


def _provision(profile: Profile) -> Iterator[str]:
    if profile.provision is None:
        if not profile.partial:
            yield "the profile lacks 'provision'; name it partial = true if the rule is not known"
        return
    on = dict(
        zip(
            _STEPS,
            (profile.pledge.required, profile.report.required, profile.media.controlled),
            strict=True,
        )
    )
    for step, wanted in on.items():
        if (step in profile.provision.steps) != wanted:
            yield f"provision.steps and the section of {step!r} disagree"
    if profile.report.required and profile.report.due_days < 1:
        yield f"report.due_days is {profile.report.due_days}, want days from 1"


def _forms(profile: Profile) -> Iterator[str]:
    named = {
        "line_application.form": profile.line_application.form,
        "pledge.form": profile.pledge.form,
        "report.form": profile.report.form,
    }
    if profile.provision:
        named["provision.form"] = profile.provision.form
        named["provision.register"] = profile.provision.register
    for where, form in named.items():
        if form and form not in profile.forms:
            yield f"{where} is {form!r}, and forms has no such form"


def _local(profile: Profile) -> Iterator[str]:
    for name in profile.local:
        at: object = profile
        for part in name.split("."):
            at = getattr(at, part, getattr(at, f"{part}_", None))
            if at is None:
                yield f"local names {name!r}, which is no value"
                break
