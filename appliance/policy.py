"""The policy in force: a city's profile by name or file, and the days that it counts.

A profile is a TOML file; the two that ship are in `policies/`. `appliance.profile` has all of it;
the recorder needs city, notice and retention alone.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance import profile_reader
from appliance.profile import Profile, Purpose
from appliance.profile_reader import ProfileError


class PolicyError(ValueError):
    """The profile cannot be used; the message says what it lacks."""


@dataclass(frozen=True)
class Policy:
    """What one city's rule asks for.

    Attributes:
        id: the city, for example "kr-osan".
        notice_required: parties are to be told that a call is recorded.
        retention_days: whole days a recording is kept, the first day not counted.
        retention_clause: the article that says so.
        profile: the whole rule.
    """

    id: str
    city: str
    language: str
    zone: ZoneInfo
    rule_title: str
    purposes: tuple[Purpose, ...]
    notice_required: bool
    notice_text: str
    retention_days: int
    retention_clause: str
    profile: Profile

    @property
    def overwrites(self) -> bool:
        """Whether the oldest recordings make room on a full disk; else recording stops."""
        return self.profile.retention.on_full == "overwrite_oldest"

    @property
    def agreement(self) -> str:
        """The clause by which both parties agree to what is begun by hand, "" if it asks none."""
        modes = self.profile.mode
        return next((each.clause for each in modes if each.consent == "both_parties"), "")

    def day(self, at: datetime) -> date:
        """Return the site's day to which a moment belongs."""
        return at.astimezone(self.zone).date()

    def midnight(self, at: datetime) -> datetime:
        """Return the moment, UTC, at which the site's day began to which a moment belongs."""
        return datetime.combine(self.day(at), time(), self.zone).astimezone(UTC)

    def due(self, started: datetime) -> datetime:
        """Return the moment, UTC, at which a call that began then is to be erased.

        The first day is not counted (Korea: Civil Act art. 157; Japan: Civil Code art. 140), and
        the last is kept whole: 90 days from 4 March end as 2 June ends.
        """
        erased_on = self.day(started) + timedelta(days=self.retention_days + 1)
        return datetime.combine(erased_on, time(), self.zone).astimezone(UTC)


def shipped() -> list[str]:
    """Return the names of the profiles that come with Kirok."""
    folder = resources.files("appliance") / "policies"
    return sorted(
        f.name.removesuffix(".toml")
        for f in folder.iterdir()
        if f.name.endswith(".toml") and not f.name.endswith(".rule.toml")
    )


def profile_text(name_or_file: str) -> str:
    """Return a profile's TOML by the name of one that ships, or from a file.

    Raises:
        PolicyError: there is none.
    """
    if name_or_file in shipped():
        return (resources.files("appliance") / "policies" / f"{name_or_file}.toml").read_text()
    try:
        return Path(name_or_file).read_text()
    except OSError as error:
        names = ", ".join(shipped())
        raise PolicyError(
            f"no policy {name_or_file!r} ({error.strerror}): give one of {names}, or a file"
        ) from None


def parse(text: str) -> Policy:
    """Read a profile.

    Raises:
        PolicyError: it is not TOML, or a value is missing, unknown, of the wrong kind, or at odds
            with another.
    """
    try:
        profile = profile_reader.parse(text)
    except ProfileError as error:
        raise PolicyError(str(error)) from None
    city = profile.city
    return Policy(
        id=city.id,
        city=city.name,
        language=city.language,
        zone=ZoneInfo(city.timezone),
        rule_title=city.rule_title,
        purposes=profile.purpose,
        notice_required=profile.notice.required,
        notice_text=profile.notice.text,
        retention_days=profile.retention.days,
        retention_clause=profile.retention.clause,
        profile=profile,
    )


def load(name_or_file: str) -> Policy:
    """Read a profile by name or file.

    Raises:
        PolicyError: there is none, or it cannot be used.
    """
    return parse(profile_text(name_or_file))
