"""`kirok demo`: the real thing on this machine, with a simulated tap board.

Three processes, as on the box: the board simulator on a pseudo-terminal, `kirok record`, `kirok
web`. One that dies is started again, as systemd would. What is shown here is read from the call
index and asked of the recorder, like the page does.
"""

import os
import select
import socket
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic
from typing import Final

from appliance import box, durable, policy, show_calls, site
from appliance.api import RecorderAway
from appliance.box import Box
from appliance.call_list import CallList, CallListAway
from appliance.call_machine import Mode
from appliance.control import ControlClient
from appliance.index_query import CallQuery
from appliance.index_row import CallRow
from appliance.site import Line
from appliance.stopping import told_to_stop

LINES: Final = (
    Line(1, "민원실 1", "민원봉사과", "031-8036-7101"),
    Line(2, "민원실 2", "민원봉사과", "031-8036-7102"),
    Line(3, "교통민원", "교통과", "031-8036-7103"),
    Line(4, "복지상담", "사회복지과", "031-8036-7104"),
    Line(5, "환경신고", "환경과", "031-8036-7105"),
    Line(6, "세무상담", "세무과", "031-8036-7106", Mode.SELECTIVE),
    Line(7, "건축민원", "건축과", "031-8036-7107", Mode.SELECTIVE),
    Line(8, "심리상담", "보건소", "031-8036-7108", Mode.NONE),
)
LINES_JA: Final = (
    Line(1, "市民課 窓口1", "市民課", "0173-35-2101"),
    Line(2, "市民課 窓口2", "市民課", "0173-35-2102"),
    Line(3, "税務課", "税務課", "0173-35-2103"),
    Line(4, "福祉政策課", "福祉政策課", "0173-35-2104"),
    Line(5, "環境対策課", "環境対策課", "0173-35-2105"),
    Line(6, "土木課", "土木課", "0173-35-2106", Mode.SELECTIVE),
    Line(7, "建築住宅課", "建築住宅課", "0173-35-2107", Mode.SELECTIVE),
    Line(8, "こころの相談", "健康推進課", "0173-35-2108", Mode.NONE),
)
_NOT_KEPT: Final = {
    "missed": "missed",
    "not_asked": "not recorded, nobody asked for it",
    "mode_none": "not recorded, this line never is",
    "stopped": "still going on as the recorder stopped",
}
#: The simulator's first call on this line leaves half a minute to press it.
BUTTON_LINE: Final = 7
#: How often it looks at the index and at its processes.
_LOOK_S: Final = 0.25
#: A process that dies at once, again and again, is given time.
_AGAIN_S: Final = 1.0
#: Recorder, page and board come first on a slow machine.
_WATCH_AFTER_S: Final = 10.0
#: A page that has begun and does not answer yet holds up nobody.
_ANSWER_S: Final = 0.5
#: The recorder proves what it has before it goes.
_GOODBYE_S: Final = 30.0


class PortInUse(OSError):
    """Somebody else listens on the page's port."""


@dataclass
class _Process:
    """One of the demo's processes, started again when it dies."""

    name: str
    command: list[str]
    running: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    deaths: int = 0

    def look_after(self, now_s: float) -> None:
        """Start it if it does not run."""
        if self.running is not None and self.running.poll() is not None:
            print(f"{self.name} has ended (code {self.running.returncode}); starting it again")
            self.deaths += 1
            self.running = None
        again_s = self.started_s + (_AGAIN_S if self.deaths else 0.0)
        if self.running is None and now_s >= again_s:
            self.started_s = now_s
            self.running = subprocess.Popen(self.command, stdin=subprocess.DEVNULL)

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        if self.running is None:
            return
        self.running.terminate()
        try:
            self.running.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            print(f"{self.name} does not end; it is killed")
            self.running.kill()
            self.running.wait()


@dataclass
class _Page:
    """Where the page is: said once it answers."""

    port: int
    code: str | None
    is_said: bool = False

    def say(self) -> None:
        if self.is_said or not self._answers():
            return
        print(f"The page:      http://127.0.0.1:{self.port}/", flush=True)
        if self.code:
            print(f"One-time code: {self.code}   (the page asks for it once)", flush=True)
        self.is_said = True

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_S)
        try:
            connection.request("HEAD", "/sign-in")
            connection.getresponse()
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
        return True


@dataclass
class _Shown:
    """What has been said of the calls so far."""

    calls: CallList
    opened: Box
    since: datetime
    said: dict[str, str] = field(default_factory=dict)

    def say_new(self) -> None:
        """Say each call that has ended, and how its proof went."""
        for row in reversed(self.rows()):
            state = f"{row.proof} {row.ended_by}" if row.end else ""
            if row.end and row.proof != "pending" and self.said.get(row.id) != state:
                print(_sentence(row, self.opened), flush=True)
                self.said[row.id] = state

    def rows(self) -> list[CallRow]:
        try:
            return self.calls.search(CallQuery(from_utc=self.since, limit=None))
        except CallListAway:  # it has said so; the recorder makes the list anew
            return []

    def summary(self) -> tuple[str, bool]:
        """Return a line for people, and whether no proof has failed."""
        rows = self.rows()
        recorded = [row for row in rows if row.recorded]
        proved = [row for row in recorded if row.proof == "verified"]
        text = f"{len(rows)} calls seen, {len(recorded)} recorded, {len(proved)} proved"
        return text, not any(row.proof == "failed" for row in recorded)


def run_demo(data: Path, port: int, profile: str | None, seconds: float | None) -> int:
    """Run it until Ctrl-C, or for so long; return the exit code.

    Raises:
        BoxExists, BoxMissing, PolicyError: the folder or the policy cannot be used.
        PortInUse: the page's port is taken.
    """
    _check_port(port)
    opened, code = _folder(data, port, profile)
    print(f"Kirok demo: policy {opened.policy.city}, data in {opened.data}")
    with told_to_stop() as stop, _keys(opened) as press:
        shown = _Shown(CallList(opened.index), opened, datetime.now(UTC))
        page = _Page(port, code)
        processes = _processes(opened)
        try:
            _watch(processes, (page.say, shown.say_new, press), stop, seconds)
        finally:
            for process in processes:
                process.stop()
        shown.say_new()
        text, whole = shown.summary()
    print(text)
    return 0 if whole else 1


def _watch(
    processes: list[_Process],
    looks: Sequence[Callable[[], None]],
    stop: threading.Event,
    seconds: float | None,
) -> None:
    began_s = monotonic()
    while not stop.is_set():
        now_s = monotonic()
        if seconds is not None and now_s - began_s >= seconds:
            return
        for process in processes:
            process.look_after(now_s)
        for look in looks:
            look()
        stop.wait(_LOOK_S)


def _processes(opened: Box) -> list[_Process]:
    """In the order in which they end: the recorder first, so that its calls end as calls do."""
    python, run = sys.executable, opened.run
    config = str(opened.site_file)
    watch = [python, "-m", "appliance", "watch"]
    board = [python, "-m", "firmware_bridge.fake_board", "--link", str(run / "board.tty")]
    return [
        _Process("recorder", [python, "-m", "appliance", "record", "--config", config]),
        _Process("page", [python, "-m", "web_min", "--config", config]),
        _Process("watch", [*watch, "--config", config], started_s=monotonic() + _WATCH_AFTER_S),
        _Process(
            "board simulator",
            [*board, "--script", "demo", "--lines", "8", "--pid", str(run / "board.pid")],
        ),
    ]


def _folder(data: Path, port: int, profile: str | None) -> tuple[Box, str | None]:
    """Open the demo's folder, or make it; return the one-time code if nobody has used it yet."""
    note = data / "run" / "setup-code"
    if not data.exists() or not any(data.iterdir()):
        name = profile or "osan"
        text = policy.profile_text(name)
        lines = LINES_JA if policy.parse(text).language == "ja" else LINES
        plan = box.Plan(text, trial=True, site_text=_site_text(data, port, lines))
        made = box.create(data, plan, datetime.now(UTC))
        note.write_text(str(made.setup_code))
        note.chmod(0o600)
    opened = box.open_box(data.resolve())
    if not opened.trial:
        raise box.BoxExists(f"{data} is a real data folder: give the demo one of its own")
    here = site.load(opened.site_file)
    text = _site_text(opened.data, port, here.lines)
    durable.replace(opened.site_file, text.encode(), mode=0o640)
    code = note.read_text() if note.exists() and box.waits_for_setup(opened) else None
    return opened, code


def _site_text(data: Path, port: int, lines: tuple[Line, ...]) -> str:
    text = box.default_site(lines, port=str(data.resolve() / "run" / "board.tty"))
    text = text.replace("port = 8077", f"port = {port}")
    return text.replace("# button_line = 6 ", f"button_line = {BUTTON_LINE}   ")


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortInUse(f"port {port}: {error.strerror}; give another with --port") from None


def _sentence(row: CallRow, opened: Box) -> str:
    """Return what happened, in a line."""
    start = show_calls.local(row.start, opened.policy.zone)[11:]
    way = {"in": "incoming", "out": "outgoing", "unknown": "in progress"}[row.direction]
    who = f" {row.number}" if row.number else ""
    if row.recorded:
        kept = f"recorded {row.audio_s:.1f} s, {row.proof}"
        kept += f" ({row.proof_note})" if row.proof_note else ""
    else:
        kept = _NOT_KEPT.get(row.reason, f"not recorded: {row.reason}")
    return f"{start}  line {row.line}  {way}{who}: {kept}"


@contextmanager
def _keys(opened: Box) -> Iterator[Callable[[], None]]:
    """At a terminal, the key b presses the front button."""
    if not sys.stdin.isatty():
        yield lambda: None
        return
    client = ControlClient(opened.socket)
    print("Key b presses the front button; Ctrl-C ends the demo.")
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)

    def press() -> None:
        while select.select([sys.stdin], [], [], 0)[0]:
            if os.read(sys.stdin.fileno(), 1) in (b"b", b"B"):
                with suppress(RecorderAway):
                    client.press_button()

    try:
        yield press
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
