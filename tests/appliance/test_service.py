from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from appliance.api import BoxStatus, LineStatus, NoSuchCall, Refused
from appliance.clock_keeper import NotTheHostsClock
from appliance.index import CallIndex
from appliance.ledger_people import LedgerPeople
from appliance.policy import load
from appliance.raised import Raised
from appliance.service import Duties, Service
from tests.appliance.test_index import row


class FakeWriter:
    def __init__(self):
        self.told = []

    def ask(self, question, timeout_s):
        return question(self)

    def open_key(self, *facts):
        self.told.append(facts)
        return b"age"

    def enter_package(self, *facts):
        self.told.append(facts)
        return 7

    def sign_manifest(self, manifest):
        return b"signed"

    def hearings(self, call_id):
        return [call_id]

    def opened(self, call_id, whole):
        self.told.append((call_id, whole))
        return call_id == "waited"

    def note(self, act, facts):
        self.told.append((act, facts))

    def hold(self, call_id, hold):
        self.told.append((call_id, hold.reason, hold.until))

    def release(self, *facts):
        self.told.append(facts)


class FakeDuty:
    def __init__(self):
        self.sweeps = []

    def sweep_at(self, now):
        self.sweeps.append(now)


class FakeClock:
    def __init__(self):
        self.confirmed = []

    def confirm(self, person):
        if person == "nobody":
            raise NotTheHostsClock("the recorder is told a time that is 1 s behind the kernel's")
        self.confirmed.append(person)


def some_duties():
    ledger = SimpleNamespace(people=LedgerPeople())
    return Duties(FakeClock(), FakeDuty(), FakeDuty(), None, ledger, None)


LINE = LineStatus(2, "two", "", "full", "idle", False, None, -60.0, 48.0, None, None)
STATUS = BoxStatus("now", "before", "streaming", "idle", None, "ntp", lines=[LINE])


@pytest.fixture
def service(tmp_path):
    with CallIndex.open(tmp_path / "calls.db") as index:
        now = datetime.now(UTC)
        index.put(row(1, line=2, start=now, proof="verified", proved=now, audio_samples=8000))
        alarms = Raised(lambda *change: None)
        yield Service(FakeWriter(), index, load("goshogawara"), alarms, some_duties())


def test_the_status_has_todays_counts_and_when_each_line_was_proved(service):
    with pytest.raises(ValueError, match="starting"):
        service.status()
    service.publish(STATUS)
    status = service.status()
    assert status.counts == {"seen": 1, "recorded": 1, "proved": 1, "failed": 0, "pending": 0}
    assert status.lines[0].last_proved is not None


def test_the_button_is_passed_on(service):
    assert not service.button.is_set()
    service.press_button()
    assert service.button.is_set()


def test_a_key_is_asked_of_the_store_for_a_listen_or_an_export_only(service):
    assert service.open_key("c", "p1", "listen", "dispute") == b"age"
    assert service._writer.told == [("c", "p1", "listen", "dispute", "")]
    with pytest.raises(ValueError, match="listen, export or prove"):
        service.open_key("c", "p1", "peek", "dispute")
    assert service.hearings("c") == ["c"]


def test_what_happens_at_the_page_is_entered(service):
    service.note("login", "p1", address="127.0.0.1")
    assert service._writer.told == [("login", {"person": "p1", "address": "127.0.0.1"})]


def test_who_was_removed_gets_no_key_whatever_the_page_believes(service):
    service.note("person_removed", "p1", who="p2")
    with pytest.raises(NoSuchCall):
        service.open_key("c", "p2", "listen", "dispute")
    assert service.open_key("c", "p1", "listen", "dispute") == b"age"
    (alarm,) = service._alarms.all()
    assert (alarm.what, alarm.facts) == ("registry_behind", {"acts": "listen p2"})


def test_a_registry_of_an_earlier_moment_is_an_alarm(service):
    service.note("registry_behind", "", acts="person_removed p2")
    (alarm,) = service._alarms.all()
    assert (alarm.what, alarm.facts) == ("registry_behind", {"acts": "person_removed p2"})


@pytest.mark.parametrize(
    "call, whole, alarm",
    [
        ("waited", True, []),
        ("waited", False, [("proof_failed", "waited")]),
        ("proved", False, [("vault_damaged", "proved")]),
    ],
)
def test_a_call_that_does_not_open_whole_is_an_alarm(tmp_path, call, whole, alarm):
    alarms = Raised(lambda *told: None)
    with CallIndex.open(tmp_path / "calls.db") as index:
        service = Service(FakeWriter(), index, load("osan"), alarms, some_duties())
        service.opened(call, whole)
    assert [(each.what, each.where) for each in alarms.all()] == alarm


def test_an_alarm_is_acknowledged_in_a_persons_name(tmp_path):
    told = []
    with CallIndex.open(tmp_path / "calls.db") as index:
        alarms = Raised(lambda act, facts, _: told.append((act, facts)))
        alarms.set("proof_failed", "01JD", True)
        service = Service(FakeWriter(), index, load("osan"), alarms, some_duties())
        service.acknowledge("proof_failed", "01JD", "7")
    assert not alarms.all()
    assert told[-1] == ("alarm_seen", {"what": "proof_failed", "where": "01JD", "person": "7"})


def test_a_hold_is_asked_of_the_store_if_the_rule_allows_it(service):
    service.hold("c", "管財課長", "係争中", "2999-12-31")
    assert service._writer.told == [("c", "係争中", "2999-12-31")]
    for until in ("2020-01-01", "tomorrow"):
        with pytest.raises(Refused):
            service.hold("c", "管財課長", "係争中", until)
    assert len(service._writer.told) == 1


def test_after_a_release_what_is_due_is_looked_for_at_once(service):
    service.release("c", "管財課長", "終結")
    assert service._writer.told == [("c", "管財課長", "終結")]
    assert service._duties.retention.sweeps == [None]


def test_a_sweep_is_passed_on(service):
    service.sweep()
    service.sweep("2027-01-01T00:00:00+09:00")
    assert service._duties.retention.sweeps == [None, datetime(2026, 12, 31, 15, tzinfo=UTC)]


def test_a_package_is_entered_with_the_three_sums(service):
    sums = {"opus": "a1", "wav": "b2", "record": "c3"}
    assert service.enter_package("01JD", "p1", "trial", sums) == 7
    with pytest.raises(ValueError, match="want"):
        service.enter_package("01JD", "p1", "trial", {"opus": "a1"})


def test_nothing_but_a_manifest_is_signed(service):
    assert service.sign_manifest("a" * 64 + "  record.json\n") == b"signed"
    with pytest.raises(ValueError, match="MANIFEST"):
        service.sign_manifest("kirok/box-7\n1\n")


def test_a_person_confirms_the_clock_or_is_told_why_not(service):
    assert service.confirm_clock("김관리") == ""
    assert service._duties.clock.confirmed == ["김관리"]
    assert "the kernel's" in service.confirm_clock("nobody")
