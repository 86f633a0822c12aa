"""The notice to systemd goes while the page answers; with the real page: test_service.py."""

import socket

import pytest

from tests.answering import answering
from web_min.pulse import felt


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(0.5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "400000")
        yield listener


def test_a_page_that_answers_has_a_pulse(systemd):
    with answering() as web, felt(web):
        systemd.settimeout(20)
        assert [systemd.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3


def test_a_page_that_fails_has_none(systemd):
    with answering(500) as web, felt(web), pytest.raises(TimeoutError):
        systemd.recv(100)


def test_without_a_watchdog_nobody_asks(systemd, monkeypatch):
    monkeypatch.delenv("WATCHDOG_USEC")
    with answering() as web, felt(web), pytest.raises(TimeoutError):
        systemd.recv(100)
