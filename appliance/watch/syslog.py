"""Alarms to the system's log: this machine's (/dev/log), or a log host over UDP or TCP.

A log host gets RFC 5424, with the alarm as structured data; TCP frames it by its length (RFC 6587,
octet counting). This machine's own daemon reads the older form, and gets the same data as text:

    <26>1 2026-11-23T02:10:00.000Z box kirok 712 alarm [alarm@32473 what="line_down" where="line 8"
        state="raised" since="2026-11-23T02:09:58.000Z"] A telephone line is dead: line 8

32473 is the enterprise number for examples (RFC 5612): the project has none of its own.
"""

import logging
import os
import select
import socket
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from appliance.alarms import Grave, kind_of
from appliance.api import Alarm
from appliance.index_row import iso
from appliance.site_notices import Syslog

log = logging.getLogger(__name__)

LOCAL: Final = "/dev/log"
_DAEMON: Final = 3  # facility
_SEVERITY: Final = {Grave.LOSING: 2, Grave.SOON: 4, Grave.NOTE: 5}  # critical, warning, notice
_OVER: Final = 6  # informational
_WAIT_S: Final = 5.0


@dataclass(frozen=True)
class Entry:
    """Attributes: state, "raised" or "over"."""

    alarm: Alarm
    state: str

    @property
    def priority(self) -> int:
        grave = kind_of(self.alarm.what).grave
        return _DAEMON * 8 + (_SEVERITY[grave] if self.state == "raised" else _OVER)

    @property
    def data(self) -> str:
        """Return the structured data (RFC 5424, 6.3)."""
        facts = {
            "what": self.alarm.what,
            "where": self.alarm.where,
            "state": self.state,
            "since": self.alarm.since,
            **self.alarm.facts,
        }
        return "".join(f' {name}="{_escaped(value)}"' for name, value in facts.items() if value)

    @property
    def text(self) -> str:
        title, where = kind_of(self.alarm.what).title, self.alarm.where
        over = "" if self.state == "raised" else "over: "
        return f"{over}{title}: {where}" if where else f"{over}{title}"


def rfc5424(entry: Entry, now: datetime, host: str, pid: int) -> bytes:
    """Return an entry for a log host."""
    head = f"<{entry.priority}>1 {iso(now)} {host or '-'} kirok {pid} alarm"
    return f"{head} [alarm@32473{entry.data}] \ufeff{entry.text}".encode()


def local_form(entry: Entry, pid: int) -> bytes:
    """Return an entry for this machine's own daemon, which puts time and host to it."""
    return f"<{entry.priority}>kirok[{pid}]: {entry.text}{entry.data}".encode()


class SyslogSender:
    """Not for two threads. One that cannot be reached costs a message, and says so in our log."""

    def __init__(self, where: Syslog, local: str = LOCAL) -> None:
        self._where = where
        self._local = local
        self._tcp: socket.socket | None = None

    def send(self, entry: Entry, now: datetime) -> bool:
        """Send an entry, and say whether it went."""
        try:
            self._send(entry, now)
        except OSError as error:
            log.error("alarms cannot be logged to %s: %s", self._where.to, error)
            self.close()
            return False
        return True

    def close(self) -> None:
        if self._tcp is not None:
            self._tcp.close()
            self._tcp = None

    def _send(self, entry: Entry, now: datetime) -> None:
        address = self._where.address
        if address is None:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
                to.settimeout(_WAIT_S)
                to.sendto(local_form(entry, os.getpid()), self._local)
            return
        way, host, port = address
        data = rfc5424(entry, now, socket.gethostname(), os.getpid())
        if way == "tcp":
            self._connected(host, port).sendall(b"%d %s" % (len(data), data))
            return
        family, kind, protocol, _, at = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as to:
            to.settimeout(_WAIT_S)
            to.sendto(data, at)

    def _connected(self, host: str, port: int) -> socket.socket:
        if self._tcp is not None and _is_closed(self._tcp):
            self.close()
        if self._tcp is None:
            self._tcp = socket.create_connection((host, port), timeout=_WAIT_S)
        return self._tcp


def _is_closed(sock: socket.socket) -> bool:
    """Say whether the host has closed a connection on which it never says anything."""
    waits = select.poll()
    waits.register(sock, select.POLLIN)
    return bool(waits.poll(0))


def _escaped(value: str) -> str:
    one_line = "".join(c if c.isprintable() else " " for c in value)
    return one_line.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")
