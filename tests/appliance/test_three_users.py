"""The three services on one folder, each as its own user: all works, and nothing else may be done.

Who breaks into the page is played by a program that runs as the page's user.
"""

import http.cookiejar
import json
import subprocess
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from appliance import box, owners, policy
from appliance.box import Admin, Plan
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.owners import Users
from appliance.site import Line
from tests.another_user import needs_root, pass_through, python_of_all
from tests.appliance.scene import PASSPHRASE
from tests.waiting import free_port, wait_for

USERS = Users(record=61_001, web=61_002, watch=61_003, group=61_000, makers=61_001)
STRANGER = 61_004
LIMIT_S = 180.0

pytestmark = [
    needs_root,
    pytest.mark.skipif(python_of_all() is None, reason="no Python here that other users can run"),
]

#: Tries each of (how, path, ...) and prints how it went.
TRY = """
import json, os, sys
HOW = {
    "read": lambda path: open(path, "rb").read(1),
    "write": lambda path: open(path, "r+b").close(),
    "make": lambda path: open(path, "xb").close(),
    "remove": os.unlink,
    "rename": lambda path: os.rename(path, path + ".x"),
    "list": os.listdir,
    "open up": lambda path: os.chmod(path, 0o777),
}
for how, path in json.load(sys.stdin):
    try:
        HOW[how](os.path.join(sys.argv[1], path))
        print("done", how, path)
    except PermissionError:
        print("refused", how, path)
"""
ASK = """
import sys
from pathlib import Path
from appliance.control import ControlClient
asked = ControlClient(Path(sys.argv[1]), timeout_s=20)
print(getattr(asked, sys.argv[2])(*sys.argv[3:]))
"""


class Service:
    def __init__(self, uid, *command, makers=False):
        python, environment = python_of_all()
        groups = [USERS.makers] if makers else []
        self.run = partial(
            subprocess.Popen,
            user=uid,
            group=STRANGER if uid == STRANGER else USERS.group,
            extra_groups=groups,
            umask=0o027,
            cwd="/",
            env=environment,
        )
        self.command = [python, *map(str, command)]

    def start(self):
        return self.run(self.command)

    def tell(self, text=""):
        """Return exit code and what is said."""
        with self.run(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            said, _ = process.communicate(text.encode(), LIMIT_S)
        return process.returncode, said.decode()


@pytest.fixture(scope="module")
def city(tmp_path_factory, capture):
    """A folder in which a recorder, a page and a watch have run as their users for some calls."""
    folder = tmp_path_factory.mktemp("city")
    data, port = folder / "data", free_port()
    lines = [Line(n, f"line {n}") for n in range(1, 5)]
    text = box.default_site(lines, port=str(data / "run" / "board.tty"))
    text = text.replace("port = 8077", f"port = {port}")
    plan = Plan(policy.profile_text("osan"), Admin("김하나", PASSPHRASE), True, text)
    box.create(data, plan, datetime.now(UTC))
    owners.give(data, USERS)
    for path in (folder, capture[0].parent):
        pass_through(path)
    for path in capture[0].parent.iterdir():
        path.chmod(0o644)
    config = data / "site.toml"
    link = ("--link", data / "run" / "board.tty", "--script", capture[0], "--speed", "2")
    services = [
        Service(USERS.record, "-m", "firmware_bridge.fake_board", *link),
        Service(USERS.record, "-m", "appliance", "record", "--config", config, makers=True),
        Service(USERS.web, "-m", "web_min", "--config", config),
        Service(USERS.watch, "-m", "appliance", "watch", "--config", config),
    ]
    running = [service.start() for service in services]
    try:
        yield City(data, port)
    finally:
        for process in running:
            process.kill()
            process.wait()


class City:
    def __init__(self, data, port):
        self.data = data
        self.address = f"http://127.0.0.1:{port}"
        wait_for(self.proved, LIMIT_S, (OSError,))
        jar = http.cookiejar.CookieJar()
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        wait_for(lambda: self.get("/sign-in"), LIMIT_S, (OSError,))

    def proved(self):
        with CallIndex.open_readonly(self.data / "calls.db") as index:
            return [one for one in index.search(CallQuery()) if one.proof == "verified"]

    def get(self, path):
        with self.browser.open(self.address + path, timeout=LIMIT_S) as answer:
            return answer.read().decode()

    def sign_in(self):
        token = self.get("/sign-in").split('name="token" value="')[1].split('"')[0]
        form = {"token": token, "name": "김하나", "passphrase": PASSPHRASE}
        sent = urllib.parse.urlencode(form).encode()
        self.browser.open(f"{self.address}/sign-in", sent, timeout=LIMIT_S).close()

    def attempts(self, uid, tried):
        service = Service(uid, "-c", TRY, self.data, makers=uid == USERS.record)
        code, said = service.tell(json.dumps(tried))
        assert code == 0, said
        return said.splitlines()

    def ask(self, uid, *question):
        return Service(uid, "-c", ASK, self.data / "run" / "record.sock", *question).tell()


def test_the_page_lists_the_calls_and_asks_the_recorder(city):
    city.sign_in()
    listed = city.get("/calls")
    assert all(call.id in listed for call in city.proved())
    assert "line 4" in city.get("/board")


def test_the_watch_shows_that_it_runs_and_each_service_its_number(city):
    wait_for((city.data / "watch" / "shown.json").exists, LIMIT_S)
    for name in ("record", "web", "watch"):
        assert int((city.data / "run" / f"{name}.pid").read_text())


def test_nothing_is_anybody_elses_than_it_should_be_after_a_day(city):
    assert list(owners.strangers(city.data, USERS)) == []


def not_ones_own(data, *own):
    """Return what there is on the disk but of these folders, as paths in the whole."""
    found = (path.relative_to(data) for path in sorted(data.rglob("*")))
    return [path for path in found if path.parts[0] not in own]


def written(data, paths):
    """Return every way to write these, and to make something beside them."""
    folders = [one for one in paths if (data / one).is_dir()]
    ways = {True: ("open up", "rename"), False: ("write", "open up", "remove", "rename")}
    tried = [(how, str(one)) for one in paths for how in ways[one in folders]]
    return [*tried, *(("make", f"{one}/new") for one in (*folders, "."))]


def refused(tried):
    return [f"refused {how} {path}" for how, path in tried]


SECRET = ["keys/box.key", "spare/box.key", "secrets", "keys"]


def test_who_breaks_into_the_page_can_write_nothing_else_and_read_no_key(city):
    others = not_ones_own(city.data, "page", "run", "watch")
    names = {str(path) for path in others}
    assert {"calls.db", "calls.db-wal", "calls.db-shm", "ledger/entries.log"} <= names
    assert any(name.endswith(".reel") for name in names) and "box.toml" in names
    tried = written(
        city.data, [one for one in others if not str(one).startswith(("keys/", "secrets/"))]
    )
    tried += [("write", "keys/box.key"), ("make", "run/new"), ("remove", "run/record.pid")]
    secrets = [f"secrets/{path.name}" for path in (city.data / "secrets").iterdir()]
    assert secrets
    tried += [("list" if (city.data / one).is_dir() else "read", one) for one in SECRET + secrets]
    assert city.attempts(USERS.web, tried) == refused(tried)


def test_the_recorder_can_neither_write_nor_read_the_registry(city):
    registry = ["page/registry.json", "page/registry.spare.json"]
    tried = [(how, one) for one in registry for how in ("read", "write", "remove", "rename")]
    tried += [("list", "page"), ("make", "page/new"), ("rename", "page"), ("open up", "page")]
    tried += [("write", "site.toml"), ("rename", "site.toml"), ("rename", "watch")]
    assert city.attempts(USERS.record, tried) == refused(tried)


def test_the_watch_can_write_what_it_has_told_and_nothing_else(city):
    tried = written(
        city.data, [Path("calls.db"), Path("alarms.json"), Path("ledger"), Path("page")]
    )
    tried += [("read", "page/registry.json"), ("read", "keys/box.key"), ("list", "secrets")]
    assert city.attempts(USERS.watch, tried) == refused(tried)


def test_each_can_do_its_own(city):
    """So that a refusal above is of the user and not of the trial."""
    own = [(USERS.web, "page/new"), (USERS.record, "vault/new"), (USERS.watch, "watch/new")]
    for uid, name in own:
        tried = [("make", name), ("write", name), ("remove", name)]
        assert city.attempts(uid, tried) == [f"done {how} {name}" for how, name in tried]
    assert city.attempts(USERS.web, [("read", "calls.db")]) == ["done read calls.db"]


def test_the_recorder_answers_the_page_tells_the_watch_how_it_is_and_nobody_else(city):
    assert city.ask(USERS.web, "status")[0] == city.ask(USERS.watch, "status")[0] == 0
    code, said = city.ask(USERS.watch, "press_button")
    assert (code, "press_button is not for this user" in said) == (1, True)
    for uid in (STRANGER, STRANGER + 1):  # without the group, and with it
        code, said = city.ask(uid, "status")
        assert (code, "RecorderAway" in said) == (1, True)


def test_a_stranger_sees_nothing(city):
    tried = [
        ("list", "."),
        ("read", "calls.db"),
        ("list", "vault"),
        ("list", "page"),
        ("list", "run"),
    ]
    tried += [("read", "site.toml"), ("read", "policy.toml"), ("make", "new")]
    assert city.attempts(STRANGER, tried) == refused(tried)
