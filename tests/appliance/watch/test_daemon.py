"""`kirok watch` as a process, with a mail server, a log host, and no recorder."""

import email
import email.policy
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from appliance import box, policy
from appliance.box import Plan
from appliance.watch.state import shown
from tests.appliance.scene import START
from tests.appliance.watch.smtp_server import SmtpServer
from tests.waiting import free_port, wait_for

LIMIT_S = 90.0


@pytest.fixture
def mail_server():
    server = SmtpServer()
    yield server
    server.close()


def site_of(tmp_path, mail_port, log_port, metrics_port):
    text = box.default_site().replace("port = 0 ", f"port = {metrics_port} ")
    return text + (
        f'\n[mail]\nserver = "localhost"\nport = {mail_port}\ntls = "none"\n'
        'from = "kirok@city.example"\nto = ["a@city.example"]\n'
        f'\n[syslog]\nto = "udp://127.0.0.1:{log_port}"\n'
    )


def test_that_the_recorder_is_dead_is_mailed_logged_and_measured(tmp_path, mail_server):
    metrics_port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as log:
        log.bind(("127.0.0.1", 0))
        log.settimeout(LIMIT_S)
        text = site_of(tmp_path, mail_server.port, log.getsockname()[1], metrics_port)
        plan = Plan(policy.profile_text("osan"), trial=True, site_text=text)
        box.create(tmp_path / "data", plan, START)
        opened = box.open_box(tmp_path / "data")
        impatient = (
            "import sys, pathlib; from appliance.watch.daemon import watch;"
            "sys.exit(watch(pathlib.Path(sys.argv[1]), every_s=0.5, recorder_away_s=2))"
        )
        process = subprocess.Popen([sys.executable, "-c", impatient, str(opened.site_file)])
        try:
            wait_for(lambda: shown(opened.data), LIMIT_S)
            with urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics") as answer:
                assert b"kirok_up 0.0" in answer.read()
            (raw,) = wait_for(lambda: mail_server.mails, LIMIT_S)
            assert b'what="recorder_away"' in log.recv(4096)
            wait_for(lambda: shown(opened.data).mail_since, LIMIT_S)
            assert shown(opened.data).mail == "ok"
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
    got = email.message_from_bytes(raw, policy=email.policy.default)
    assert "녹취기가 응답하지 않습니다" in got["Subject"]
    (head,) = [part.get_content() for part in got.iter_attachments()]
    assert head.decode() == (opened.ledger / "head").read_text()
    assert not (opened.run / "watch.pid").exists()
    assert "recorder_away" in (opened.data / "watch" / "told.json").read_text()


def test_the_figures_are_for_this_machine_alone(tmp_path):
    port = free_port()
    text = box.default_site().replace("port = 0 ", f"port = {port} ")
    box.create(tmp_path / "data", Plan(policy.profile_text("osan"), site_text=text), START)
    opened = box.open_box(tmp_path / "data")
    command = [sys.executable, "-m", "appliance", "watch", "--config", str(opened.site_file)]
    process = subprocess.Popen(command)
    try:
        wait_for(lambda: shown(opened.data), LIMIT_S)
        assert shown(opened.data).mail == "off"
        address = socket.gethostbyname(socket.gethostname())
        if not address.startswith("127."):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address, port), timeout=5).close()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
