"""`kirok watch`: the process that tells when something is wrong, also when the recorder is dead.

It asks the recorder and the page every few seconds, and owns nothing of theirs. It listens on
127.0.0.1 alone, for Prometheus, and only where site.toml names a port.
"""

import logging
import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final

from prometheus_client import start_http_server

from appliance import box, page_asked, pid_file, site
from appliance.api import BoxStatus, RecorderAway
from appliance.box import Box
from appliance.control import ControlClient
from appliance.ledger_walk import HEAD
from appliance.site import Site
from appliance.site_notices import Mail
from appliance.stopping import told_to_stop
from appliance.systemd import notify
from appliance.watch import metrics, state
from appliance.watch.letter import Writer
from appliance.watch.metrics import Snapshot
from appliance.watch.notices import Digest
from appliance.watch.post import MailFailed, send
from appliance.watch.rounds import RECORDER_AWAY_S, Look, Round, Ways
from appliance.watch.state import Shown
from appliance.watch.syslog import SyslogSender

log = logging.getLogger(__name__)

EVERY_S: Final = 5.0
_ASK_S: Final = 4.0
LOOPBACK: Final = "127.0.0.1"


def watch(config: Path, every_s: float = EVERY_S, recorder_away_s: float = RECORDER_AWAY_S) -> int:
    """Watch until told to stop; return the exit code.

    Args:
        config: site.toml.
        every_s: it looks so often.
        recorder_away_s: a recorder that does not answer for so long is an alarm.

    Raises:
        SiteError, BoxMissing: it cannot start.
        OSError: the metrics' port is taken, or the disk failed.
    """
    here = site.load(config)
    opened = box.open_box(here.data)
    with ExitStack() as undo:
        stop = undo.enter_context(told_to_stop())
        undo.enter_context(pid_file.shown_in(opened.run / "watch.pid"))
        ways = Ways(lambda book: state.write_book(opened.data, book))
        if here.notices.mail is not None:
            ways.mail = _postman(here.notices.mail, writer_of(opened), opened.ledger / HEAD)
        if here.notices.syslog is not None:
            ways.syslog = SyslogSender(here.notices.syslog)
        round_ = Round(ways, state.read_book(opened.data), recorder_away_s=recorder_away_s)
        if here.notices.metrics.port:
            _serve(here.notices.metrics.port, lambda: _snapshot(opened, round_), undo)
        notify("READY=1")
        while not stop.is_set():
            round_.turn(_look(opened, here))
            state.show(opened.data, _shown(round_))
            notify("WATCHDOG=1")
            stop.wait(every_s)
        notify("STOPPING=1")
    return 0


def writer_of(opened: Box) -> Writer:
    policy = opened.policy
    return Writer(policy.city, opened.id, policy.language, policy.zone)


def _look(opened: Box, here: Site) -> Look:
    found: BoxStatus | None = None
    try:
        found = ControlClient(opened.socket, timeout_s=_ASK_S).status()
    except RecorderAway as error:
        log.info("%s", error)
    return Look(datetime.now(UTC), monotonic(), found, page_asked.answers(here.web, _ASK_S))


def _postman(mail: Mail, writer: Writer, head: Path) -> "Callable[[Digest], Future[None]]":
    """Return what begins to send a digest, on a thread of its own."""

    def work(digest: Digest, answer: "Future[None]") -> None:
        try:
            send(mail, writer.digest(mail, digest, datetime.now(UTC), _text(head)))
        except MailFailed as error:
            answer.set_exception(error)
        else:
            answer.set_result(None)

    def begin(digest: Digest) -> "Future[None]":
        answer: Future[None] = Future()
        threading.Thread(target=work, args=(digest, answer), name="mail", daemon=True).start()
        return answer

    return begin


def _text(head: Path) -> str:
    """Return the ledger's signed head; that it cannot be read is said by others."""
    try:
        return head.read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _serve(port: int, snapshot: Callable[[], Snapshot], undo: ExitStack) -> None:
    server, thread = start_http_server(port, LOOPBACK, metrics.registry(snapshot))
    undo.callback(thread.join)
    undo.callback(server.server_close)
    undo.callback(server.shutdown)


def _snapshot(opened: Box, round_: Round) -> Snapshot:
    away = any(alarm.what == "recorder_away" for alarm in round_.alarms)
    return Snapshot(
        now=datetime.now(UTC),
        box=None if away else round_.box,
        alarms=round_.alarms,
        disk_free_bytes=shutil.disk_usage(opened.data).free,
        ledger_bytes=sum(path.stat().st_size for path in opened.ledger.rglob("*")),
        restarts=round_.restarts,
        mails=round_.mails,
        mails_failed=round_.failed,
    )


def _shown(round_: Round) -> Shown:
    works = "failing" if round_.mail_note else "ok"
    mail = works if round_.ways.mail is not None else "off"
    return Shown(mail, round_.mail_note, round_.mail_since, os.getpid())
