"""An office of each city, with the people that its rule names, and calls to ask for."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from appliance.api import NoSuchCall
from appliance.index_row import CallRow
from appliance.office.cabinet import Cabinet
from appliance.office.clerk import Actor, Clerk, Given
from appliance.office.conditions import Conditions
from appliance.office.documents import Applicant, Proof, Request
from appliance.policy import profile_text
from appliance.profile_reader import parse
from appliance.registry import Registry

NOW = datetime(2026, 3, 4, 1, 30, tzinfo=UTC)  # Wednesday, 10:30 in Seoul


@dataclass
class FakeCalls:
    """Calls that there are. The outside world: `rows`."""

    rows: dict[str, CallRow]

    def get(self, call_id):
        if call_id not in self.rows:
            raise NoSuchCall(call_id)
        return self.rows[call_id]

    def erase(self, call_id):
        self.rows[call_id] = replace(self.rows[call_id], erased=NOW)


class Office:
    """One city's office. The outside world: `now`, `calls`."""

    def __init__(self, city, path, call):
        self.profile = parse(profile_text(city))
        Registry.create(path, {})
        self.registry = Registry(path)
        self.now = NOW
        self.calls = FakeCalls({"c1": call("c1"), "c2": call("c2")})
        self.cabinet = Cabinet(self.registry)
        conditions = Conditions(self.profile, self.cabinet, self.calls, lambda: self.now)
        self.clerk = Clerk(self.profile, self.cabinet, lambda: self.now, conditions)
        self.people = {
            role.id: Actor(f"p-{role.id}", frozenset({role.id}), "세정과")
            for role in self.profile.role
        }
        self.people["other_head"] = Actor("p-other", frozenset({"unit_head"}), "건축과")

    def by(self, role):
        return self.people[role]

    def do(self, role, document, act, facts=None, **changes):
        signed = {"signed": "1"} if act == "pledge" else {}
        return self.clerk.do(self.by(role), document, act, Given(facts or signed, changes))

    def later(self, **span):
        self.now += timedelta(**span)

    def request(self, **changes):
        maker = changes.pop("by", "unit_head")
        plain = Request(
            id=self.cabinet.new_id(Request),
            kind="provide",
            ground="user" if self.profile.city.country == "KR" else "fair",
            purpose="dispute" if self.profile.city.country == "KR" else "fair",
            reason="민원 처리 확인",
            applicant=Applicant("박과장", "세정과", "사무관", "지방세", "1975-02-03"),
            made_by=self.by(maker).id,
            department=self.by(maker).department,
            made="",
            calls=("c1",),
        )
        request = replace(plain, **changes)
        return self.clerk.file(self.by(maker), "file", request, {"reason": request.reason})

    def approved(self, **changes):
        return self.do("head", self.request(**changes), "approve")

    def notes(self):
        return [(note["act"], note["person"], note["state"]) for note in self.registry.unsent()]


@pytest.fixture
def call():
    def make(call_id):
        start = NOW - timedelta(days=1)
        return CallRow(
            id=call_id,
            day="2026-03-03",
            line=3,
            line_name="세정과 1",
            department="세정과",
            policy="kr-osan",
            direction="in",
            start=start,
            end=start + timedelta(minutes=3),
            mode="full",
            why="full",
            clock="ntp",
            audio_samples=8000,
            stretches=[],
            events=[],
            gaps=[],
        )

    return make


@pytest.fixture
def osan(tmp_path, call):
    office = Office("osan", tmp_path / "osan.json", call)
    yield office
    office.registry.close()


@pytest.fixture
def goshogawara(tmp_path, call):
    office = Office("goshogawara", tmp_path / "goshogawara.json", call)
    yield office
    office.registry.close()


PAPER = Proof("오산경찰서", "수사과-1234", "2026-03-02")
