"""What the installer says of this site: lines, departments, board, panel, page.

`site.toml` in the data folder. A key it does not know is refused, since a typing error would
otherwise leave a line unrecorded in silence.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from appliance import exchange, notice_file, site_notices, spares
from appliance.call_machine import Mode
from appliance.exchange import Exchange, ExchangeError
from appliance.site_notices import Notices
from appliance.spares import Spared

MAX_LINES = 64
RECORD_KEY_DIGITS = frozenset("0123456789*#ABCD")


class SiteError(ValueError):
    """site.toml cannot be used; the message names the key, what it has and what is wanted."""


@dataclass(frozen=True)
class Line:
    """One telephone line. `phone` is its own number, printed on forms."""

    number: int
    name: str
    department: str = ""
    phone: str = ""
    mode: Mode = Mode.FULL


@dataclass(frozen=True)
class Panel:
    """The front panel by BCM pin numbers; None where a part is not fitted.

    Attributes:
        button_line: the line the button records; None for the first selective one.
    """

    lamp_pin: int | None = None
    button_pin: int | None = None
    button_line: int | None = None


Wires = Literal["spi", "i2c"]


@dataclass(frozen=True)
class Chip:
    """A chip for the day secrets, whose bytes can really be overwritten.

    Attributes:
        wires: "spi", at /dev/spidevBUS.DEVICE, or "i2c", at an address of /dev/i2c-BUS.
        device: chip select, or address.
    """

    wires: Wires
    bus: int
    device: int
    size_bytes: int


_OWN_ADDRESSES: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Web:
    """Where the page listens.

    Attributes:
        names: host names it answers to beside its address.
        tls: a server in front of it on this machine, such as nginx, speaks TLS.
    """

    host: str = "127.0.0.1"
    port: int = 8077
    names: tuple[str, ...] = ()
    tls: bool = False

    @property
    def in_clear(self) -> bool:
        """Whether passphrases cross the network unprotected."""
        return not self.tls and self.host not in _OWN_ADDRESSES


@dataclass(frozen=True)
class Site:
    """What site.toml says.

    Attributes:
        data: the data folder.
        board_port: the tap board's serial port.
        notice: the announcement that is looked for in calls, a file in the data folder; "": none.
        witness: where a USB stick is mounted that takes the ledger's heads away; None: nowhere.
        file: site.toml.
        chip: where the day secrets are kept; None: in files.
    """

    data: Path
    board_port: str
    lines: tuple[Line, ...]
    record_key: str = "*1"
    notice: str = "notice.wav"
    panel: Panel = field(default_factory=Panel)
    web: Web = field(default_factory=Web)
    exchange: Exchange = field(default_factory=Exchange)
    witness: Path | None = None
    file: Path = Path("site.toml")
    notices: Notices = field(default_factory=Notices)
    chip: Chip | None = None

    def line(self, number: int) -> Line:
        """Return a line; one that is not set up is recorded in full, under its number."""
        for line in self.lines:
            if line.number == number:
                return line
        return Line(number, f"line {number}")

    @property
    def button_line(self) -> int | None:
        """The line that the button records, or None."""
        if self.panel.button_line is not None:
            return self.panel.button_line
        selective = [line.number for line in self.lines if line.mode is Mode.SELECTIVE]
        return min(selective, default=None)


def load(path: Path) -> Site:
    """Read site.toml; where it cannot be used, what the recorder last started with.

    Raises:
        SiteError: it is missing or something in it is wrong, and there is no spare.
    """
    return _read(spares.believed(_spared(path, path.parent / spares.FOLDER)), path)


def own_files(site: Site) -> list[Spared]:
    """Return the installer's files, which are there twice: site.toml, and the announcement."""
    files = [_spared(site.file, site.data / spares.FOLDER)]
    if site.notice:
        notice = site.data / site.notice
        spare = site.data / spares.FOLDER / notice.name
        files.append(Spared(notice.name, notice, spare, False, notice_file.read))
    return files


def _spared(path: Path, folder: Path) -> Spared:
    return Spared(path.name, path, folder / path.name, False, lambda file: _read(file, path))


def _read(file: Path, path: Path) -> Site:
    """Read a site.toml, or its spare, which speaks of the same folder."""
    try:
        raw = tomllib.loads(file.read_text())
    except PermissionError:
        raise  # it is there, and another's: the command says what to do
    except OSError as error:
        raise SiteError(
            f"{file}: {error.strerror}; `kirok init --data DIR` writes one to edit"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SiteError(f"{file}: not a TOML file: {error}") from None
    try:
        return _site(raw, path)
    except SiteError as error:
        raise SiteError(f"{file}: {error}") from None


def _site(raw: Mapping[str, Any], file: Path) -> Site:
    own = {"data", "board", "recording", "panel", "secrets", "web", "exchange", "ledger", "line"}
    _only(raw, "", own | site_notices.SECTIONS)
    board, recording = raw.get("board", {}), raw.get("recording", {})
    _only(board, "board.", {"port"})
    _only(recording, "recording.", {"key", "notice"})
    _only(raw.get("ledger", {}), "ledger.", {"witness"})
    witness = str(raw.get("ledger", {}).get("witness", ""))
    key = str(recording.get("key", "*1"))
    if not set(key) <= RECORD_KEY_DIGITS or len(key) > 8:
        raise SiteError(f"recording.key is {key!r}, want up to 8 of 0-9 * # A-D")
    lines = tuple(_line(entry) for entry in raw.get("line", []))
    numbers = [line.number for line in lines]
    for number in numbers:
        if numbers.count(number) > 1:
            raise SiteError(f"line {number} is set up twice")
    return Site(
        data=(file.parent / str(raw.get("data", "."))).resolve(),
        board_port=str(board.get("port", "")),
        lines=lines,
        record_key=key,
        notice=str(recording.get("notice", "notice.wav")),
        panel=_panel(raw.get("panel", {})),
        web=_web(raw.get("web", {})),
        exchange=_exchange(raw.get("exchange", {})),
        witness=(file.parent / witness).resolve() if witness else None,
        file=file,
        notices=_notices(raw),
        chip=_chip(raw.get("secrets", {})),
    )


def _line(raw: Mapping[str, Any]) -> Line:
    _only(raw, "line.", {"number", "name", "department", "phone", "mode"})
    number = _whole(raw, "line.number", 1, MAX_LINES)
    if number is None:
        raise SiteError("a [[line]] has no number")
    mode = str(raw.get("mode", "full"))
    if mode not in {m.value for m in Mode}:
        raise SiteError(f"line {number}: mode is {mode!r}, want full, selective or none")
    return Line(
        number=number,
        name=str(raw.get("name", f"line {number}")),
        department=str(raw.get("department", "")),
        phone=str(raw.get("phone", "")),
        mode=Mode(mode),
    )


def _panel(raw: Mapping[str, Any]) -> Panel:
    _only(raw, "panel.", {"lamp_pin", "button_pin", "button_line"})
    return Panel(
        lamp_pin=_whole(raw, "panel.lamp_pin", 0, 27),
        button_pin=_whole(raw, "panel.button_pin", 0, 27),
        button_line=_whole(raw, "panel.button_line", 1, MAX_LINES),
    )


#: Where a chip may be: its form in site.toml, the base of its second number, and what is wanted.
_CHIP_PLACES: Final[Mapping[Wires, tuple[str, int, str]]] = {
    "spi": (r"([0-9])\.([0-9])", 10, "bus and device, as in '0.1'"),
    "i2c": (r"([0-9]{1,2})\.(5[0-7])", 16, "bus and address, '1.50' to '1.57'"),
}


def _chip(raw: Mapping[str, Any]) -> Chip | None:
    _only(raw, "secrets.", {"spi", "i2c", "bytes"})
    if not raw:
        return None
    named = [wires for wires in _CHIP_PLACES if wires in raw]
    if len(named) != 1:
        raise SiteError("[secrets] names the chip's place once: spi = '0.1', or i2c = '1.50'")
    (wires,) = named
    form, base, want = _CHIP_PLACES[wires]
    place = re.fullmatch(form, str(raw[wires]))
    if place is None:
        raise SiteError(f"secrets.{wires} is {raw[wires]!r}, want {want}")
    # The chips' addresses have two bytes.
    size = _whole(raw, "secrets.bytes", 1024, 65_536)
    if size is None:
        raise SiteError("[secrets] has no bytes: the size of the chip, for example 32768")
    return Chip(wires, int(place[1]), int(place[2], base), size)


def _exchange(raw: object) -> Exchange:
    try:
        return exchange.read(raw)
    except ExchangeError as error:
        raise SiteError(str(error)) from None


def _web(raw: Mapping[str, Any]) -> Web:
    _only(raw, "web.", {"host", "port", "names", "tls"})
    port = _whole(raw, "web.port", 0, 65535)
    tls = raw.get("tls", False)
    if not isinstance(tls, bool):
        raise SiteError(f"web.tls is {tls!r}, want true or false")
    return Web(
        host=str(raw.get("host", "127.0.0.1")),
        port=8077 if port is None else port,
        names=tuple(str(name) for name in raw.get("names", [])),
        tls=tls,
    )


def _notices(raw: Mapping[str, Any]) -> Notices:
    try:
        return site_notices.read(raw)
    except ValueError as error:
        raise SiteError(str(error)) from None


def _only(raw: Mapping[str, Any], where: str, known: set[str]) -> None:
    if not isinstance(raw, dict):
        raise SiteError(f"{where.rstrip('.')} is {raw!r}, want a table")
    for key in raw:
        if key not in known:
            raise SiteError(f"unknown key {where}{key}; known are {', '.join(sorted(known))}")


def _whole(raw: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    value = raw.get(name.rsplit(".", 1)[-1])
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise SiteError(f"{name} is {value!r}, want a whole number from {low} to {high}")
    return value


_HEAD = """\
# This site. Change it, then restart the recorder: systemctl restart kirok-record kirok-web

[board]
port = "{port}"        # the tap board: a path that stays the same, from /dev/serial/by-id/

[recording]
key = "*1"             # typed in mid-call on a selective line: start, and again: stop
notice = "notice.wav"  # the announcement looked for in calls, in this folder, 8 kHz mono; "": none

[panel]                # BCM pins; leave out what is not fitted
# lamp_pin = 17
# button_pin = 22
# button_line = 6      # the line that the button records; else the first selective one

# [secrets]            # a chip where a byte really can be erased: FRAM, or an EEPROM on I2C
# spi = "0.1"          # /dev/spidev0.1
# i2c = "1.50"         # or address 0x50 of /dev/i2c-1
# bytes = 32768

[web]
host = "127.0.0.1"
port = {web_port}
names = []             # host names the page answers to, beside its address
# tls = true           # nginx in front of it on this machine speaks TLS

[exchange]             # what the exchange or PBX does, where it is not as usual
# plans = ["kr", "pbx"]  # tables of tones; else those of the policy's country, PBXs and Europe
# flash_max_ms = 1000  # a longer break of the loop is a hang-up, a shorter one a flash
# [[exchange.tone]]    # a tone of this exchange's own, or one that sounds otherwise here
# plan = "kr"
# name = "busy"
# hz = [480, 620]
# cadence_ms = [500, 500]

[ledger]
# witness = "/media/kirok-witness"  # where a USB stick is mounted that takes its heads away
"""
_LINES = """
# A line a table. mode: "full" every call, "selective" from the key or button on, "none".
"""
TEMPLATE = _HEAD + site_notices.TEMPLATE + _LINES


def line_table(line: Line) -> str:
    """Return a line as a [[line]] table of site.toml."""
    text = {"name": line.name, "department": line.department, "phone": line.phone}
    rows = [f"{key} = {_quoted(value)}" for key, value in text.items() if value]
    return "\n".join(
        ["[[line]]", f"number = {line.number}", *rows, f'mode = "{line.mode.value}"', ""]
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
