import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from urllib.error import HTTPError

import pytest

from appliance import box, policy, site
from appliance.registry import Registry, read_people
from tests.appliance.test_registry_age import Desk
from tests.waiting import free_port
from web_min.service import CONNECTIONS_MAX, _listening

LIMIT_S = 20
WATCHDOG_S = 2.0
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    """A data folder as `kirok init` makes it; the one-time code in `code`."""
    data, port = tmp_path / "data", free_port()
    text = box.default_site().replace("port = 8077", f"port = {port}")
    plan = box.Plan(policy.profile_text("osan"), trial=True, site_text=text)
    made = box.create(data, plan, NOW)
    return data, port, made.setup_code


def run(config, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "web_min", "--config", str(config)],
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(data, **environment):
    """Run the service, from when it says that it is ready; yield it and what it says next."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
        ready.bind(str(data / "run" / "notify"))
        ready.settimeout(LIMIT_S)
        process = run(data / "site.toml", NOTIFY_SOCKET=str(data / "run" / "notify"), **environment)
        try:
            assert ready.recv(100) == b"READY=1"
            yield process, ready
        finally:
            process.kill()
            process.communicate(timeout=LIMIT_S)


def test_the_service_serves_the_page_and_ends_when_told(folder):
    data, port, _ = folder
    with running(data) as (process, _):
        assert (data / "run" / "web.pid").read_text() == f"{process.pid}\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=LIMIT_S) as answer:
            assert answer.url == f"http://127.0.0.1:{port}/setup"
            assert answer.headers["Server"] is None
            assert 'name="code"' in answer.read().decode()
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0
    assert not (data / "run" / "web.pid").exists()


def test_set_up_with_the_real_code_makes_the_first_administrator(folder):
    data, port, code = folder
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    address = f"http://127.0.0.1:{port}/setup"
    with running(data) as (process, _):
        form = opener.open(address, timeout=LIMIT_S).read().decode()
        token = form.split('name="token" value="')[1].split('"')[0]
        fields = {
            "token": token,
            "code": code,
            "name": "A",
            "passphrase": "ten letters",
            "again": "ten letters",
        }
        sent = urllib.parse.urlencode(fields).encode()
        with opener.open(address, sent, timeout=LIMIT_S) as answer:
            assert answer.url == f"http://127.0.0.1:{port}/"
        process.send_signal(signal.SIGTERM)
        process.wait(LIMIT_S)
    registry = Registry(data / "page/registry.json")
    first, *colleagues = registry.people()
    assert (first.name, first.role) == ("A", box.FIRST_ROLE)
    assert {p.role for p in colleagues if p.opens} == {"head", "deputy"}
    assert registry.setup_wrap() is None
    # The recorder was not there: its ledger gets this later.
    acts = [note["act"] for note in registry.unsent()]
    assert acts == ["setup", *["person_added"] * len(colleagues)]
    registry.close()


def test_who_was_removed_is_not_let_in_by_a_registry_that_was_put_back(folder, tmp_path):
    data, copies = folder[0], tmp_path / "copies"
    desk = Desk(box.open_box(data))
    with closing(desk.registry):
        gone, stays = desk.add("이두리"), desk.add("박세리")
        shutil.copytree(data / "page", copies)
        desk.people.remove(stays, gone, last_too=True)
    shutil.copytree(copies, data / "page", dirs_exist_ok=True)
    with running(data) as (process, _):
        assert [each.id for each in read_people(data / "page/registry.json")] == [stays]
        process.send_signal(signal.SIGTERM)
        process.wait(LIMIT_S)


def test_another_name_is_not_answered(folder):
    data, port, _ = folder
    with running(data):
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/", headers={"Host": "evil.example"}
        )
        with pytest.raises(HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=LIMIT_S)
        assert refused.value.code == 421
        refused.value.close()


@pytest.mark.parametrize(
    "spoil, says",
    [
        (lambda data: (data / "page/registry.json").unlink(), "registry.json is missing"),
        (lambda data: (data / "page/registry.json").write_text("{"), "registry.json is not JSON"),
        (lambda data: (data / "box.toml").unlink(), "is not a data folder"),
        (lambda data: (data / "site.toml").write_text("webb = 1"), "unknown key webb"),
    ],
)
def test_what_is_broken_stops_the_start_with_a_sentence(folder, spoil, says):
    data, _, _ = folder
    shutil.rmtree(data / "spare")
    (data / "page/registry.spare.json").unlink()
    spoil(data)
    process = run(data / "site.toml")
    _, told = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 1
    assert told.startswith("kirok web: ")
    assert says in told
    assert "Traceback" not in told


@pytest.mark.parametrize("left", ["gone", "folder", "dead link", "pipe", "noise"])
@pytest.mark.parametrize(
    "name",
    ["page/access.db", "page/registry.lock", "ledger/entries.log", "calls.db", "run/web.pid"],
)
def test_the_page_starts_with_what_it_can_still_do(folder, name, left):
    data, port, _ = folder
    path = data / name
    path.unlink(missing_ok=True)
    if left == "folder":
        path.mkdir()
    elif left == "dead link":
        path.symlink_to("gone/away")
    elif left == "pipe":
        os.mkfifo(path)
    elif left == "noise":
        path.write_bytes(b"neither table nor log " * 900)
    with (
        running(data) as (process, _),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=LIMIT_S) as answer,
    ):
        assert answer.status == 200
        process.terminate()
        assert "Traceback" not in process.stderr.read()


def test_two_pages_on_one_folder_are_one_too_many(folder):
    data, _, _ = folder
    held = Registry(data / "page/registry.json")
    process = run(data / "site.toml")
    _, told = process.communicate(timeout=LIMIT_S)
    held.close()
    assert process.returncode == 1
    assert "another process writes this registry" in told


def test_a_proxy_is_believed_only_where_the_installer_says_there_is_one():
    bare, behind = _listening(site.Web()), _listening(site.Web(tls=True))
    assert "trusted_proxy" not in bare
    assert bare["clear_untrusted_proxy_headers"]
    assert behind["trusted_proxy"] == "127.0.0.1"


def next_notice(told):
    try:
        return told.recv(100)
    except TimeoutError:
        return b""


def test_a_page_that_is_crowded_out_is_not_said_to_live(folder):
    data, port, _ = folder
    with running(data, WATCHDOG_USEC=str(round(WATCHDOG_S * 1e6))) as (_, told):
        told.settimeout(LIMIT_S)
        assert [told.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        with ExitStack() as crowd:
            for _ in range(CONNECTIONS_MAX):  # the process lives, its thread too: nobody is served
                crowd.enter_context(socket.create_connection(("127.0.0.1", port), LIMIT_S))
            told.settimeout(WATCHDOG_S)
            while next_notice(told):
                pass  # what was on its way
            assert next_notice(told) == b""
        told.settimeout(LIMIT_S)
        assert told.recv(100) == b"WATCHDOG=1"


def test_a_page_without_a_watchdog_says_nothing(folder):
    data, _, _ = folder
    with running(data) as (_, told):
        told.settimeout(1.0)
        assert next_notice(told) == b""
