"""A city hall's calls, made up: the rows of the index that `kirok bench index` measures with.

Of working days from nine to six; six calls of ten come in and three go out, one is missed. A third
are with the same few thousand people, most of all with a few of them; the others' numbers are met
once or twice. One in twelve has no number.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from appliance.index_row import CallRow
from appliance.policy import Policy
from appliance.ulid import Ulids
from dsp.units import AUDIO_HZ

LINES: Final = 32
DAYS: Final = 130
#: Of the first day, a Monday; the last is some time before the box would erase the first.
FIRST_DAY: Final = datetime(2026, 7, 6, tzinfo=UTC)
_REGULARS: Final = 4000


def rows(count: int, policy: Policy, seed: int) -> Iterator[CallRow]:
    """Yield so many calls, oldest first."""
    rng = random.Random(seed)
    ids = Ulids(rng.randbytes)
    regulars = [_number(rng) for _ in range(_REGULARS)]
    for number in range(count):
        yield _row(rng, ids, regulars, _moment(number, count, rng, policy), policy)


def _moment(number: int, count: int, rng: random.Random, policy: Policy) -> datetime:
    """Return when a call began: working days one after the other, nine hours each."""
    days = [day for day in range(DAYS) if day % 7 < 5]
    at = number * len(days) / count
    start = FIRST_DAY.replace(tzinfo=policy.zone) + timedelta(days=days[int(at)], hours=9)
    return (
        start + timedelta(hours=9) * (at % 1) + timedelta(milliseconds=rng.random() * 1e3)
    ).astimezone(UTC)


def _number(rng: random.Random) -> str:
    if rng.random() < 0.6:
        return f"010{rng.randrange(20_000_000, 100_000_000)}"
    return rng.choice(("031", "031", "02", "070")) + f"{rng.randrange(20_000_000, 90_000_000)}"


def _row(
    rng: random.Random, ids: Ulids, regulars: list[str], start: datetime, policy: Policy
) -> CallRow:
    kind = rng.choices(("in", "out", "missed"), (6, 3, 1))[0]
    known = regulars[int(_REGULARS * rng.random() ** 3)] if rng.random() < 1 / 3 else _number(rng)
    number = known if kind == "out" or rng.random() < 11 / 12 else None
    seconds = 0.0 if kind == "missed" else rng.expovariate(1 / 150)
    call_id = ids.new(round(start.timestamp() * 1000))
    day = policy.day(start).isoformat()
    line = rng.randrange(1, LINES + 1)
    return CallRow(
        id=call_id,
        line=line,
        line_name=f"민원실 {line}",
        department="민원봉사과",
        policy=policy.id,
        direction="out" if kind == "out" else "in",
        number=number,
        number_source="dialled" if kind == "out" else "caller_id" if number else None,
        digits=known if kind == "out" else "",
        start=start,
        answer=None if kind == "missed" else start + timedelta(seconds=6),
        end=start + timedelta(seconds=6 + seconds),
        clock="ntp",
        drift_ppm=3.1,
        rings=0 if kind == "out" else 2,
        mode="full",
        why="missed" if kind == "missed" else "full",
        ended_by="missed" if kind == "missed" else "on_hook",
        audio_samples=round(seconds * AUDIO_HZ),
        stretches=[{"at_s": 6.0, "audio_s": 0.0, "until_s": round(6 + seconds, 4)}],
        events=[
            {"kind": "speech", "at_s": round(at * seconds / 6, 2), "level_dbm0": -21.5}
            for at in range(6)
        ],
        gaps=[],
        notice="announcement" if kind == "in" else None,
        proof="none" if kind == "missed" else "verified",
        proved=None if kind == "missed" else start + timedelta(seconds=8 + seconds),
        due=policy.due(start),
        day=day,
        reel="" if kind == "missed" else f"{day}/000.reel",
        last_offset=None if kind == "missed" else rng.randrange(1 << 30),
        chain=None if kind == "missed" else rng.randbytes(32).hex(),
    )
