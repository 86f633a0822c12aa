"""What must stay secret, looked for in all that real processes leave: files, logs, cores.

A recorder and a page work as on the box, somebody signs in, searches, and both crash. Numbers are
in the call index, names of people in the registry, and nowhere else; audio and passphrases nowhere.
"""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance import box, keyring, keys, policy, private_memory
from appliance.box import Admin, Plan
from appliance.demo import LINES
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.registry import read_people
from appliance.vault.day_secrets import DaySecrets
from appliance.vault.key_table import open_table
from appliance.vault.reader import read_call
from tests.waiting import free_port, wait_for

LIMIT_S = 60.0
NAME, PASSPHRASE, WRONG = "김관리자", "correct horse battery", "incorrect horse battery"
#: Shorter packets, of silence, may be alike by chance.
PACKET_BYTES = 24


class Rig:
    """A board simulator, a recorder and a page, each a process, logging to files."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        data = folder / "data"
        text = box.default_site(LINES, port=str(data / "run" / "board.tty"))
        text = text.replace("port = 8077", f"port = {self.port}")
        plan = Plan(policy.profile_text("osan"), Admin(NAME, PASSPHRASE), True, text)
        box.create(data, plan, datetime.now(UTC))
        self.box = box.open_box(data)
        link = ["--link", str(self.box.run / "board.tty"), "--seed", "7"]
        self.board = self.start("firmware_bridge.fake_board", *link)
        config = ["--config", str(self.box.site_file)]
        self.record = self.start("appliance", "record", *config)
        self.web = self.start("web_min", *config)

    def start(self, module, *arguments):
        """Start a process that may leave a core as large as it likes."""
        shell = 'ulimit -c "$(ulimit -Hc)"; cd "$0"; exec "$@"'
        command = [sys.executable, "-m", module, *arguments]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}
        with open(self.folder / f"{module}.log", "ab") as log:
            return subprocess.Popen(
                ["sh", "-c", shell, str(self.folder), *command],
                env=environment,
                stdout=log,
                stderr=log,
            )

    def end(self):
        for process in (self.web, self.record, self.board):
            process.kill()
            process.wait()

    def rows(self):
        with CallIndex.open_readonly(self.box.index) as index:
            return index.search(CallQuery(limit=None))

    def proved(self):
        """Return calls that were proved, once one of them has a number."""
        rows = [row for row in self.rows() if row.proof == "verified"]
        return rows if any(row.number for row in rows) else []

    def browse(self, number):
        """Fail to sign in, sign in, search for a number."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        at = f"http://127.0.0.1:{self.port}"

        def page(path, **form):
            sent = urllib.parse.urlencode(form).encode() if form else None
            try:
                with opener.open(at + path, sent, timeout=30) as answer:
                    return answer.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    return error.read().decode()

        wait_for(lambda: socket_answers(at), LIMIT_S)
        token = re.search(r'name="token" value="(\w+)"', page("/sign-in"))[1]
        for passphrase in (WRONG, PASSPHRASE):
            page("/sign-in", token=token, name=NAME, passphrase=passphrase)
        assert number in page(f"/calls?number={number}")


def socket_answers(at):
    try:
        urllib.request.urlopen(at, timeout=5).close()
    except OSError:
        return False
    return True


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.end()


def packets_of(opened, row):
    person = read_people(opened.registry)[0]
    own = keys.unwrap_secret(person.wrapped, PASSPHRASE)
    identity = keyring.vault_secret(person.recipient, person.vault, own).decode()
    table = open_table(opened.vault / row.day, DaySecrets(opened.secrets))
    data_key = keys.open_data_key(table.get(row.id), identity)
    table.close()
    found = read_call(opened.vault / row.reel, row.id, data_key, last_offset=row.last_offset)
    return [data_key, identity.encode(), *(p for p in found.packets if len(p) >= PACKET_BYTES)]


def files_with(folder, *texts):
    """Return which files have one of these in them."""
    wanted = [text.encode() if isinstance(text, str) else text for text in texts]
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder))
        for path in paths
        if any(text in content for content in [path.read_bytes()] for text in wanted)
    }


def limits_of(pid):
    text = Path(f"/proc/{pid}/limits").read_text()
    return re.search(r"Max core file size +(\d+|unlimited) +(\d+|unlimited)", text).groups()


def test_nothing_secret_is_in_files_logs_or_cores(rig):
    rows = wait_for(rig.proved, LIMIT_S)
    numbers = {text for row in rig.rows() for text in (row.number, row.digits) if text}
    rig.browse(next(row.number for row in rows if row.number))
    lockable = private_memory._without_limit()
    for process in (rig.record, rig.web):
        assert limits_of(process.pid) == ("0", "0")
        assert (private_memory.locked_kib(process.pid) > 0) == lockable
        assert PASSPHRASE not in Path(f"/proc/{process.pid}/cmdline").read_text()
        process.send_signal(signal.SIGABRT)
        status = os.waitpid(process.pid, 0)[1]
        assert (os.WTERMSIG(status), os.WCOREDUMP(status)) == (signal.SIGABRT, False)
    rig.board.kill()

    long_numbers = {number for number in numbers if len(number) >= 7}
    assert long_numbers
    index = {"data/calls.db", "data/calls.db-wal"}
    seen = files_with(rig.folder, *long_numbers)
    assert seen
    assert seen <= index
    assert files_with(rig.folder, NAME) == {
        "data/page/registry.json",
        "data/page/registry.spare.json",
    }
    assert files_with(rig.folder, PASSPHRASE, WRONG, "AGE-SECRET-KEY-1") == set()
    secrets = [secret for row in rows for secret in packets_of(rig.box, row)]
    assert len(secrets) > 100
    assert files_with(rig.folder, *secrets) == set()
    assert not [path for path in rig.folder.rglob("core*") if path.is_file()]
