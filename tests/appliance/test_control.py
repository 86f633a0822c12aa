import json
import os
import socket

import pytest

from appliance import address
from appliance.api import (
    Alarm,
    BoxStatus,
    DiskStatus,
    Hearing,
    LineStatus,
    NoSuchCall,
    RecorderAway,
    Refused,
)
from appliance.control import MAX_REQUEST_BYTES, METHODS, ControlClient, ControlServer

LINE = LineStatus(
    1,
    "민원실 1",
    "민원과",
    "full",
    "idle",
    False,
    None,
    -60.5,
    48.0,
    None,
    None,
    "2026-11-23T02:10",
)
STATUS = BoxStatus(
    now="2026-11-23T03:00:00.000Z",
    started="2026-11-23T00:00:00.000Z",
    board="streaming",
    lamp="attention",
    button_line=6,
    clock="ntp",
    lines=[LINE],
    alarms=[Alarm("line_down", "line 8", "2026-11-23T02:00:00.000Z")],
    counts={"seen": 3},
    disk=DiskStatus(63_000_000_000, 500_000_000, 126, 91),
)


class FakeRecorder:
    def __init__(self):
        self.told = []

    def status(self):
        return STATUS

    def press_button(self):
        self.told.append("button")

    def open_key(self, call_id, person, act, purpose, note=""):
        if call_id == "none":
            raise NoSuchCall(call_id)
        if call_id == "broken":
            raise OSError("the disk is gone")
        self.told.append((call_id, person, act, purpose))
        self.asked_from = address.here()
        return bytes(range(256))

    def opened(self, call_id, whole):
        self.told.append((call_id, whole))

    def hearings(self, call_id):
        return [Hearing("2026-11-23T03:00:00.000Z", "김", "listen", "dispute")]

    def note(self, act, person, **facts):
        self.told.append((act, person, facts))

    def exempt_notice(self, call_id, clause, person):
        self.told.append(("exempt_notice", call_id, clause, person))

    def hold(self, call_id, person, reason, until):
        if call_id == "osan":
            raise Refused("the rule knows no hold (art. 8①)")
        self.told.append(("hold", call_id, person, reason, until))

    def release(self, call_id, person, reason):
        self.told.append(("release", call_id, person, reason))

    def sweep(self, now=None):
        self.told.append(("sweep", now))


@pytest.fixture
def recorder():
    return FakeRecorder()


@pytest.fixture
def path(tmp_path, recorder):
    with ControlServer(tmp_path / "record.sock", recorder, lambda _: METHODS):
        yield tmp_path / "record.sock"


@pytest.fixture
def client(path):
    return ControlClient(path)


def test_what_the_recorder_says_arrives_as_it_was_said(client, recorder):
    assert client.status() == STATUS
    assert client.hearings("x") == recorder.hearings("x")
    assert client.open_key("01", "김민원", "listen", "분쟁") == bytes(range(256))
    client.opened("01", False)
    client.press_button()
    client.note("login", "김민원", address="127.0.0.1")
    assert recorder.told == [
        ("01", "김민원", "listen", "분쟁"),
        ("01", False),
        "button",
        ("login", "김민원", {"address": "127.0.0.1"}),
    ]


def test_each_asks_from_where_they_are(client, recorder):
    for who in ("192.0.2.7", "192.0.2.8", ""):
        with address.at(who):
            client.open_key("01", "김민원", "listen", "분쟁")
            assert recorder.told.pop() and recorder.asked_from == who


def test_a_call_that_is_not_there(client):
    with pytest.raises(NoSuchCall, match="none"):
        client.open_key("none", "a", "listen", "b")


def test_a_failing_disk_is_told_and_the_next_request_is_answered(client):
    with pytest.raises(RecorderAway, match="the disk is gone"):
        client.open_key("broken", "a", "listen", "b")
    assert client.status() == STATUS


def test_nobody_at_the_socket(tmp_path):
    with pytest.raises(RecorderAway):
        ControlClient(tmp_path / "record.sock").status()


@pytest.mark.parametrize(
    "request_line",
    [
        b"\n",
        b"not json\n",
        b"[1]\n",
        b'{"method": "stop", "arguments": {}}\n',
        b'{"method": "__init__", "arguments": {}}\n',
        b'{"method": "hearings", "arguments": {"nonsense": 1}}\n',
        b'{"method": "hearings"}\n',
    ],
)
def test_what_is_not_understood_is_refused(path, client, request_line):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        sock.sendall(request_line)
        assert json.loads(sock.recv(10_000))["error"] == "BadRequest"
    assert client.status() == STATUS


def test_an_endless_request_is_cut_off(path, client):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        with pytest.raises(OSError, match=r"Broken pipe|reset"):
            for _ in range(1000):
                sock.sendall(b"x" * MAX_REQUEST_BYTES)
    assert client.status() == STATUS


def test_a_socket_left_by_a_dead_recorder_is_replaced(tmp_path, recorder):
    path = tmp_path / "record.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with ControlServer(path, recorder, lambda _: METHODS):
        assert ControlClient(path).status() == STATUS
        assert path.stat().st_mode & 0o777 == 0o660
    assert not path.exists()


def test_an_exemption_from_the_notice_is_asked_for(client, recorder):
    client.exempt_notice("01", "7②1", "p1")
    assert recorder.told == [("exempt_notice", "01", "7②1", "p1")]


def test_holds_and_sweeps_are_asked_for(client, recorder):
    client.hold("01", "管財課長", "係争中", "2027-03-31")
    client.release("01", "管財課長", "終結")
    client.sweep()
    client.sweep("2027-01-01T00:00:00+09:00")
    assert recorder.told == [
        ("hold", "01", "管財課長", "係争中", "2027-03-31"),
        ("release", "01", "管財課長", "終結"),
        ("sweep", None),
        ("sweep", "2027-01-01T00:00:00+09:00"),
    ]


def test_what_is_refused_says_why(client):
    with pytest.raises(Refused, match=r"no hold \(art. 8①\)"):
        client.hold("osan", "a", "b", "2027-03-31")


def test_a_user_is_answered_what_is_for_it_and_nobody_else_is_listened_to(tmp_path, recorder):
    path, reach = tmp_path / "record.sock", {}
    asked = ControlClient(path)
    with ControlServer(path, recorder, lambda uid: frozenset(reach.get(uid, ()))):
        with pytest.raises(RecorderAway, match="does not answer"):
            asked.status()
        reach[os.geteuid()] = {"status"}
        assert asked.status() == STATUS
        with pytest.raises(RecorderAway, match="press_button is not for this user"):
            asked.press_button()
        reach[os.geteuid()] = METHODS
        asked.press_button()
    assert recorder.told == ["button"]
