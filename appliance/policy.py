"""A city's rule as data: the policy profile.

A profile is a TOML file; the two that ship are in `policies/`. Every rule in it names the clause it
comes from. This module reads the parts that the recorder and the page act on today: city, purposes,
modes, notice and retention.
"""

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class PolicyError(ValueError):
    """The profile cannot be used; the message says what it lacks."""


@dataclass(frozen=True)
class Purpose:
    """What a recording may be listened to for."""

    id: str
    text: str
    clause: str


@dataclass(frozen=True)
class Policy:
    """What one city's rule asks for.

    Attributes:
        id: the city, for example "kr-osan".
        notice_required: parties are to be told that a call is recorded.
        retention_days: whole days a recording is kept, the first day not counted.
        retention_clause: the article that says so.
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

    def day(self, at: datetime) -> date:
        """Return the site's day to which a moment belongs."""
        return at.astimezone(self.zone).date()

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
        f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")
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
        PolicyError: it is not TOML, or a value is missing or of the wrong kind.
    """
    try:
        raw = tomllib.loads(text)
        city, retention = raw["city"], raw["retention"]
        days = retention["days"]
        if not isinstance(days, int) or not 0 < days <= 36_525:
            raise PolicyError(f"retention.days is {days!r}, want whole days from 1 to 36525")
        return Policy(
            id=str(city["id"]),
            city=str(city["name"]),
            language=str(city["language"]),
            zone=ZoneInfo(city["timezone"]),
            rule_title=str(city["rule_title"]),
            purposes=tuple(Purpose(p["id"], p["text"], p["clause"]) for p in raw["purpose"]),
            notice_required=bool(raw["notice"]["required"]),
            notice_text=str(raw["notice"].get("text", "")),
            retention_days=days,
            retention_clause=str(retention["clause"]),
        )
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"not a TOML file: {error}") from None
    except ZoneInfoNotFoundError:
        raise PolicyError(f"city.timezone is {city['timezone']!r}, which is no time zone") from None
    except KeyError as error:
        raise PolicyError(f"the profile lacks {error.args[0]!r}") from None


def load(name_or_file: str) -> Policy:
    """Read a profile by name or file.

    Raises:
        PolicyError: there is none, or it cannot be used.
    """
    return parse(profile_text(name_or_file))
