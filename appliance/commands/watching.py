"""`kirok watch`, `alarm-test`: alarms by mail and to the log, figures for Prometheus."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from appliance import box, site
from appliance.api import Alarm
from appliance.commands.common import DONE, WRONG, Subparsers, add_command
from appliance.index_row import iso
from appliance.watch.daemon import watch, writer_of
from appliance.watch.post import MailFailed, send
from appliance.watch.syslog import Entry, SyslogSender

MISUSE: Final[tuple[type[Exception], ...]] = ()
FAULTS: Final = (MailFailed,)

#: Of the entry that is no alarm.
_TEST_NAME: Final = "alarm_test"


def add(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    for name, run, does in (
        ("watch", _watch, "watch recorder and page; alarms by mail and to the log, /metrics"),
        ("alarm-test", _test, "send a test mail and a test entry to the log, as site.toml says"),
    ):
        command = add_command(commands, name, run, does)
        command.add_argument("--config", type=Path, metavar="FILE", required=True, help="site.toml")


def _watch(given: argparse.Namespace) -> int:
    return watch(given.config)


def _test(given: argparse.Namespace) -> int:
    here = site.load(given.config)
    opened = box.open_box(here.data)
    mail, syslog = here.notices.mail, here.notices.syslog
    if mail is None and syslog is None:
        print(f"{given.config}: neither [mail] nor [syslog] is set up: alarms go nowhere")
        return WRONG
    now = datetime.now(UTC)
    logged = True
    if syslog is not None:
        sender = SyslogSender(syslog)
        logged = sender.send(Entry(Alarm(_TEST_NAME, "", str(iso(now))), "raised"), now)
        sender.close()
        print(f"log: {'sent to' if logged else 'could not be sent to'} {syslog.to}")
    if mail is not None:
        send(mail, writer_of(opened).test(mail, now))
        print(f"mail: {mail.server} has taken it for {', '.join(mail.to)}")
    return DONE if logged else WRONG
