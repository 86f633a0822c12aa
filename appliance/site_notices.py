"""What site.toml says of the night's tests and of where alarms go.

[selftest] [mail] [syslog] [metrics], each of which may be left out.

Passwords are in none of it: the mail server's is in a file of its own, or a credential of systemd's
(`LoadCredential=mail-password:...`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from email.utils import parseaddr
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

from appliance.strict import build

T = TypeVar("T")

#: The system's name of the mail password's credential.
CREDENTIAL: Final = "mail-password"
_PORTS: Final = {"udp": 514, "tcp": 601}  # RFC 5426, RFC 6587


@dataclass(frozen=True)
class SelfTest:
    """Attributes: at, when idle lines are tested each night, in the site's zone."""

    at: time = time(2, 10)


@dataclass(frozen=True)
class Mail:
    """Where alarms are mailed.

    Attributes:
        tls: "starttls" (port 587), "tls" from the first byte (465), or "none", to this machine
            alone.
        password_file: mode 0600; "" for the systemd credential, or where there is no user.
        ca_file: the authority that signed the server's certificate, where the system does not know
            it.
    """

    server: str
    from_: str
    to: tuple[str, ...]
    port: int = 0
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: str = ""
    ca_file: str = ""

    def __post_init__(self) -> None:
        if not self.to:
            raise ValueError("mail.to is empty, want addresses")
        for address in (self.from_, *self.to):
            if "@" not in parseaddr(address)[1]:
                raise ValueError(f"mail: {address!r} is no address")
        if self.tls == "none" and (self.user or self.server not in ("localhost", "127.0.0.1")):
            raise ValueError(
                'mail.tls is "none": want "starttls" or "tls", but for a server on this machine '
                "that asks for no password"
            )
        if not 0 <= self.port <= 65535:
            raise ValueError(f"mail.port is {self.port}, want 1 to 65535")

    @property
    def at_port(self) -> int:
        return self.port or {"starttls": 587, "tls": 465, "none": 25}[self.tls]


@dataclass(frozen=True)
class Syslog:
    """Attributes: to, "local" (/dev/log), "udp://HOST[:PORT]" or "tcp://HOST[:PORT]"."""

    to: str

    def __post_init__(self) -> None:
        way = urlsplit(self.to)
        if self.to != "local" and not (way.scheme in _PORTS and way.hostname):
            raise ValueError(f'syslog.to is {self.to!r}, want "local", udp://HOST or tcp://HOST')

    @property
    def address(self) -> tuple[str, str, int] | None:
        """Return "udp" or "tcp", host and port; None for this machine's own log."""
        way = urlsplit(self.to)
        if self.to == "local":
            return None
        return way.scheme, str(way.hostname), way.port or _PORTS[way.scheme]


@dataclass(frozen=True)
class Metrics:
    """Attributes: port, on 127.0.0.1, for Prometheus; 0: none."""

    port: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ValueError(f"metrics.port is {self.port}, want 0 to 65535")


@dataclass(frozen=True)
class Notices:
    """All of it; None for what is not set up."""

    selftest: SelfTest = field(default_factory=SelfTest)
    mail: Mail | None = None
    syslog: Syslog | None = None
    metrics: Metrics = field(default_factory=Metrics)


SECTIONS: Final = frozenset({"selftest", "mail", "syslog", "metrics"})


def read(raw: Mapping[str, Any]) -> Notices:
    """Return what the sections say.

    Raises:
        ValueError: the message names the key, what it has and what is wanted.
    """
    kinds: dict[str, Callable[[object], object]] = {
        "selftest": _selftest,
        "mail": lambda each: build(Mail, each, "mail"),
        "syslog": lambda each: build(Syslog, each, "syslog"),
        "metrics": lambda each: build(Metrics, each, "metrics"),
    }
    found: dict[str, Any] = {name: make(raw[name]) for name, make in kinds.items() if name in raw}
    return Notices(**found)


@dataclass(frozen=True)
class _SelfTestText:
    at: str = "02:10"


def _selftest(raw: object) -> SelfTest:
    at = build(_SelfTestText, raw, "selftest").at
    try:
        return SelfTest(time.fromisoformat(at))
    except ValueError:
        raise ValueError(f'selftest.at is {at!r}, want a time such as "02:10"') from None


TEMPLATE: Final = """
[selftest]
at = "02:10"           # when idle lines are tested each night

# [mail]               # alarms by mail, from `kirok watch`; try it with `kirok alarm-test`
# server = "mail.city.example"
# from = "kirok@city.example"
# to = ["telecom@city.example"]
# tls = "starttls"     # port 587; "tls": 465
# user = "kirok"       # its password: the systemd credential mail-password, or
# password_file = "/etc/kirok/mail-password"

# [syslog]
# to = "local"         # or udp://HOST, tcp://HOST

[metrics]
port = 0               # for Prometheus, on 127.0.0.1 alone, such as 9187; 0: none
"""
