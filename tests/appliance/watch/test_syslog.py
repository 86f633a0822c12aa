import re
import socket
from datetime import UTC, datetime

import pytest

from appliance.api import Alarm
from appliance.site_notices import Syslog
from appliance.watch.syslog import Entry, SyslogSender, local_form, rfc5424

NOW = datetime(2026, 11, 23, 2, 10, tzinfo=UTC)
DOWN = Alarm("line_down", "line 3", "2026-11-23T02:09:58.000Z")


def test_an_entry_is_rfc_5424_with_the_alarm_as_structured_data():
    text = rfc5424(Entry(DOWN, "raised"), NOW, "box", 712).decode()
    assert text == (
        "<26>1 2026-11-23T02:10:00.000Z box kirok 712 alarm"
        ' [alarm@32473 what="line_down" where="line 3" state="raised"'
        ' since="2026-11-23T02:09:58.000Z"] \ufeffA telephone line is dead: line 3'
    )


@pytest.mark.parametrize(
    "what, state, priority",
    [
        ("line_down", "raised", 26),
        ("line_silent", "raised", 28),
        ("open_line", "raised", 29),
        ("line_down", "over", 30),
        ("new_thing", "raised", 28),
    ],
)
def test_the_severity_is_the_alarms(what, state, priority):
    assert Entry(Alarm(what, "", NOW.isoformat()), state).priority == priority


def test_values_cannot_leave_their_quotes_or_their_line():
    odd = Alarm("selftest_failed", "line 3", "", facts={"wrong": 'a"] <1>\\ b\nc'})
    text = rfc5424(Entry(odd, "raised"), NOW, "", 1).decode()
    assert 'wrong="a\\"\\] <1>\\\\ b c"' in text
    assert "\n" not in text
    assert " - kirok 1 alarm " in text


def test_this_machines_own_log_gets_the_older_form(tmp_path):
    path = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.settimeout(10)
        log.bind(path)
        assert SyslogSender(Syslog("local"), path).send(Entry(DOWN, "raised"), NOW)
        got = log.recv(4096).decode()
    assert re.fullmatch(
        r'<26>kirok\[\d+\]: A telephone line is dead: line 3 what="line_down" .*', got
    )
    assert local_form(Entry(DOWN, "over"), 7).startswith(b"<30>kirok[7]: over: A telephone")


def test_a_log_host_gets_a_datagram_each():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
        host.settimeout(10)
        host.bind(("127.0.0.1", 0))
        sender = SyslogSender(Syslog(f"udp://127.0.0.1:{host.getsockname()[1]}"))
        assert sender.send(Entry(DOWN, "raised"), NOW)
        assert host.recv(4096).startswith(b"<26>1 2026-11-23T02:10:00.000Z ")


def test_over_tcp_entries_are_framed_by_their_length_and_a_new_connection_is_made():
    with socket.create_server(("127.0.0.1", 0)) as host:
        host.settimeout(10)
        sender = SyslogSender(Syslog(f"tcp://127.0.0.1:{host.getsockname()[1]}"))
        assert sender.send(Entry(DOWN, "raised"), NOW)
        first, _ = host.accept()
        with first:
            assert sender.send(Entry(DOWN, "over"), NOW)
            got = b""
            while got.count(b"alarm@32473") < 2:
                got += first.recv(4096)
        length, _, rest = got.partition(b" ")
        assert rest[: int(length)].startswith(b"<26>1 ")
        assert rest[int(length) :].split(b" ")[1].startswith(b"<30>1")
        assert sender.send(Entry(DOWN, "raised"), NOW)
        second, _ = host.accept()
        with second:
            assert second.recv(4096)
        sender.close()


def test_a_host_that_is_not_there_costs_the_entry_and_nothing_else(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as host:
        port = host.getsockname()[1]
    assert not SyslogSender(Syslog(f"tcp://127.0.0.1:{port}")).send(Entry(DOWN, "raised"), NOW)
    assert not SyslogSender(Syslog("local"), str(tmp_path / "no")).send(Entry(DOWN, "over"), NOW)
