import os
import socket

import pytest

from appliance.systemd import notify, watchdog_s


@pytest.fixture
def listener(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(5)
        yield sock


def test_a_state_reaches_the_socket(listener):
    assert notify("READY=1", listener.getsockname())
    assert listener.recv(100) == b"READY=1"


def test_the_environment_names_the_socket(listener, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", listener.getsockname())
    assert notify("WATCHDOG=1")
    assert listener.recv(100) == b"WATCHDOG=1"


def test_the_abstract_namespace():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("\0kirok-test-notify")
        sock.settimeout(5)
        assert notify("STOPPING=1", "@kirok-test-notify")
        assert sock.recv(100) == b"STOPPING=1"


def test_nobody_there_is_no_error(tmp_path, monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify("READY=1")
    assert not notify("READY=1", str(tmp_path / "gone"))


@pytest.mark.parametrize(
    "usec, pid, seconds",
    [
        (None, None, None),
        ("120000000", None, 120.0),
        ("500000", "ours", 0.5),
        ("500000", "1", None),
        ("0", None, None),
        ("soon", None, None),
    ],
)
def test_the_watchdog_is_told_by_the_environment(monkeypatch, usec, pid, seconds):
    for name, value in (("WATCHDOG_USEC", usec), ("WATCHDOG_PID", pid)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, str(os.getpid()) if value == "ours" else value)
    assert watchdog_s() == seconds
