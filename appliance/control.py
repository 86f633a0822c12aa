"""The socket on which the page asks the recorder, both ends.

A Unix stream socket in the data folder's run/, mode 0660. One request a connection: a line of
JSON with the name of a method of `appliance.api.Recorder`, its arguments, and the address that
whoever asks is signed in from; one line of JSON back, with either `result` or `error`. Bytes travel
as base64. A request that is too long, too late or not understood gets an error and costs the
recorder nothing. Who asks is told by the kernel (SO_PEERCRED), and what they may ask by their user.
"""

import base64
import dataclasses
import json
import logging
import os
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Self

from appliance import address
from appliance.api import (
    Alarm,
    BoxStatus,
    DiskStatus,
    Hearing,
    LineStatus,
    LineTest,
    NightCount,
    NoSuchCall,
    Recorder,
    RecorderAway,
    Refused,
)

log = logging.getLogger(__name__)

#: A request is a few hundred bytes; an answer with 64 lines some 30 kB.
MAX_REQUEST_BYTES = 65_536
MAX_ANSWER_BYTES = 4_194_304
#: A client that says nothing is dropped after this long.
CLIENT_TIMEOUT_S = 5.0
#: The page waits this long for the recorder's disk, then shows that it is away.
ANSWER_TIMEOUT_S = 10.0

METHODS: Final = frozenset(
    {"status", "press_button", "open_key", "opened", "hearings", "note", "acknowledge"}
    | {
        "set_mode",
        "hold",
        "release",
        "sweep",
        "self_test",
        "confirm_clock",
        "exempt_notice",
        "enter_package",
        "sign_manifest",
    }
)


class ControlServer:
    """Answers requests on a thread of its own, one at a time."""

    def __init__(
        self, path: Path, recorder: Recorder, reach: Callable[[int], frozenset[str]]
    ) -> None:
        """Listen on a socket, in the place of one that a dead recorder left.

        Args:
            reach: which methods a user may ask for.
        """
        self._recorder = recorder
        self._reach = reach
        self._path = path
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._listener.bind(str(path))
            os.chmod(path, 0o660)
            self._listener.listen(16)
        except OSError:
            self._listener.close()
            raise
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._path.unlink(missing_ok=True)
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=CLIENT_TIMEOUT_S + 1)
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            with client:
                client.settimeout(CLIENT_TIMEOUT_S)
                try:
                    may = self._reach(_uid_of(client))
                    if may:  # nobody else is listened to
                        client.sendall(self._answer(_read_line(client, MAX_REQUEST_BYTES), may))
                except OSError as error:
                    log.debug("control: %s", error)

    def _answer(self, line: bytes, may: frozenset[str]) -> bytes:
        try:
            request = json.loads(line)
            name, arguments = request["method"], request["arguments"]
            if name not in METHODS:
                raise ValueError(f"no method {name!r}")
            if name not in may:
                raise ValueError(f"{name} is not for this user")
            with address.at(str(request.get("address", ""))):
                answer = {"result": _encode(getattr(self._recorder, name)(**arguments))}
        except NoSuchCall as error:
            answer = {"error": "NoSuchCall", "text": str(error)}
        except Refused as error:
            answer = {"error": "Refused", "text": str(error)}
        except (ValueError, KeyError, TypeError) as error:
            log.warning("control: not understood: %s", error)
            answer = {"error": "BadRequest", "text": str(error)}
        except Exception as error:  # the outermost of this thread: recording goes on
            log.exception("control: %s", name)
            answer = {"error": "Failed", "text": f"{type(error).__name__}: {error}"}
        return json.dumps(answer, ensure_ascii=False).encode() + b"\n"


class ControlClient:
    """The recorder as the page sees it. Each method may raise RecorderAway."""

    def __init__(self, path: Path, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._path = path
        self._timeout_s = timeout_s

    def status(self) -> BoxStatus:
        """See `appliance.api.Recorder`, here and below."""
        return _status(self._ask("status"))

    def set_mode(self, line: int, mode: str, person: str, document: str) -> None:
        self._ask("set_mode", line=line, mode=mode, person=person, document=document)

    def press_button(self) -> None:
        self._ask("press_button")

    def self_test(self, person: str) -> None:
        self._ask("self_test", person=person)

    def open_key(self, call_id: str, person: str, act: str, purpose: str, note: str = "") -> bytes:
        asked = {"call_id": call_id, "person": person, "act": act, "purpose": purpose}
        sealed = self._ask("open_key", **asked, note=note)
        return base64.b64decode(sealed)

    def enter_package(self, call_id: str, person: str, purpose: str, sums: dict[str, str]) -> int:
        return int(
            self._ask("enter_package", call_id=call_id, person=person, purpose=purpose, sums=sums)
        )

    def sign_manifest(self, manifest: str) -> bytes:
        return base64.b64decode(self._ask("sign_manifest", manifest=manifest))

    def opened(self, call_id: str, whole: bool) -> None:
        self._ask("opened", call_id=call_id, whole=whole)

    def hearings(self, call_id: str) -> list[Hearing]:
        return [Hearing(**hearing) for hearing in self._ask("hearings", call_id=call_id)]

    def confirm_clock(self, person: str) -> str:
        return str(self._ask("confirm_clock", person=person))

    def acknowledge(self, what: str, where: str, person: str) -> None:
        self._ask("acknowledge", what=what, where=where, person=person)

    def exempt_notice(self, call_id: str, clause: str, person: str) -> None:
        self._ask("exempt_notice", call_id=call_id, clause=clause, person=person)

    def hold(self, call_id: str, person: str, reason: str, until: str) -> None:
        self._ask("hold", call_id=call_id, person=person, reason=reason, until=until)

    def release(self, call_id: str, person: str, reason: str) -> None:
        self._ask("release", call_id=call_id, person=person, reason=reason)

    def sweep(self, now: str | None = None) -> None:
        self._ask("sweep", now=now)

    def note(self, act: str, person: str, **facts: str) -> None:
        self._ask("note", act=act, person=person, **facts)

    def _ask(self, method: str, **arguments: object) -> Any:
        asked = {"method": method, "arguments": arguments, "address": address.here()}
        request = json.dumps(asked).encode() + b"\n"
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as to:
                to.settimeout(self._timeout_s)
                to.connect(str(self._path))
                to.sendall(request)
                answer = json.loads(_read_line(to, MAX_ANSWER_BYTES))
        except (OSError, ValueError) as error:
            raise RecorderAway(f"the recorder does not answer: {error}") from error
        if "result" in answer:
            return answer["result"]
        if answer.get("error") == "NoSuchCall":
            raise NoSuchCall(answer["text"])
        if answer.get("error") == "Refused":
            raise Refused(answer["text"])
        raise RecorderAway(f"the recorder refused: {answer.get('text')}")


def _uid_of(client: socket.socket) -> int:
    layout = struct.Struct("3i")  # pid, uid, gid; unix(7)
    credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, layout.size)
    return int(layout.unpack(credentials)[1])


def _read_line(sock: socket.socket, most: int) -> bytes:
    data = b""
    while not data.endswith(b"\n"):
        piece = sock.recv(65_536)
        if not piece:
            raise ConnectionError("the other end closed in mid-line")
        data += piece
        if len(data) > most:
            raise ConnectionError(f"a line of more than {most} bytes")
    return data


def _encode(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return value


def _line(raw: Mapping[str, Any]) -> LineStatus:
    test = LineTest(**raw["test"]) if raw["test"] else None
    return LineStatus(**{**raw, "test": test})


def _status(raw: Mapping[str, Any]) -> BoxStatus:
    make: Callable[..., BoxStatus] = BoxStatus
    lines = [_line(line) for line in raw["lines"]]
    alarms = [Alarm(**alarm) for alarm in raw["alarms"]]
    disk = DiskStatus(**raw["disk"]) if raw["disk"] else None
    night = NightCount(**raw["night"]) if raw["night"] else None
    return make(**{**raw, "lines": lines, "alarms": alarms, "disk": disk, "night": night})
