import pytest

from appliance.cli import main
from tests.appliance.watch.smtp_server import SmtpServer


@pytest.fixture
def server():
    server = SmtpServer()
    yield server
    server.close()


def add(trial, text):
    with trial.site_file.open("a") as site:
        site.write(text)


def mail(server):
    return (
        f'\n[mail]\nserver = "localhost"\nport = {server.port}\ntls = "none"\n'
        'from = "kirok@city.example"\nto = ["a@city.example"]\n'
    )


def test_a_test_mail_arrives(trial, server, capsys):
    add(trial, mail(server))
    assert main(["alarm-test", "--config", str(trial.site_file)]) == 0
    assert len(server.mails) == 1
    assert "has taken it for a@city.example" in capsys.readouterr().out


def test_what_the_server_answers_is_said(trial, server, capsys):
    add(trial, mail(server))
    server.refuse = {"MAIL": "550 we do not know you"}
    assert main(["alarm-test", "--config", str(trial.site_file)]) == 1
    assert "550 we do not know you" in capsys.readouterr().err


def test_a_site_without_mail_and_log_is_told_that_alarms_go_nowhere(trial, capsys):
    assert main(["alarm-test", "--config", str(trial.site_file)]) == 1
    assert "alarms go nowhere" in capsys.readouterr().out
