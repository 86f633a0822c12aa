import email
import email.policy
import logging

import pytest

from appliance.site_notices import Mail
from appliance.watch.post import MailFailed, password, send
from tests.appliance.watch.smtp_server import PASSWORD, USER, SmtpServer, certificate


@pytest.fixture
def server_of():
    started = []

    def server_of(**kinds):
        started.append(SmtpServer(**kinds))
        return started[-1]

    yield server_of
    for server in started:
        server.close()


@pytest.fixture
def tls(tmp_path):
    return certificate(tmp_path)


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    path.chmod(0o600)
    return str(path)


def mail_of(server, **more):
    given = {"server": "localhost", "from_": "kirok@city.example", "to": ("a@city.example",)}
    return Mail(**{**given, "port": server.port, "tls": "none", **more})


def message():
    made = email.message.EmailMessage()
    made["Subject"], made["From"], made["To"] = "경보", "kirok@city.example", "a@city.example"
    made.set_content("회선 3번\n")
    return made


def test_a_mail_arrives_as_it_was_written(server_of):
    server = server_of()
    send(mail_of(server), message())
    (raw,) = server.mails
    got = email.message_from_bytes(raw, policy=email.policy.default)
    assert (got["Subject"], got.get_content().strip()) == ("경보", "회선 3번")


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_it_goes_encrypted_to_a_server_whose_certificate_is_known(server_of, tls, secret, way):
    server = server_of(tls=tls, implicit=way == "tls")
    send(mail_of(server, tls=way, user=USER, password_file=secret, ca_file=str(tls[0])), message())
    assert len(server.mails) == 1
    assert sum(command.startswith("AUTH") for command in server.said) == 1


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_gets_no_mail_and_no_password(
    server_of, tls, secret, way
):
    server = server_of(tls=tls, implicit=way == "tls")
    with pytest.raises(MailFailed, match="certificate verify failed"):
        send(mail_of(server, tls=way, user=USER, password_file=secret), message())
    assert not server.mails
    assert not any(command.startswith("AUTH") for command in server.said)


def test_a_certificate_of_another_name_is_refused(server_of, tmp_path):
    tls = certificate(tmp_path, "mail.other.example")
    server = server_of(tls=tls)
    with pytest.raises(MailFailed, match="mismatch"):
        send(mail_of(server, tls="starttls", ca_file=str(tls[0])), message())


def test_a_server_that_does_not_encrypt_gets_nothing(server_of, secret):
    server = server_of()
    with pytest.raises(MailFailed, match="STARTTLS"):
        send(mail_of(server, tls="starttls", user=USER, password_file=secret), message())
    assert not server.mails


def test_a_wrong_password_is_told_without_it(server_of, tls, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "password"
    path.write_text("not the one")
    path.chmod(0o600)
    server = server_of(tls=tls)
    mail = mail_of(server, tls="starttls", user=USER, password_file=str(path), ca_file=str(tls[0]))
    with pytest.raises(MailFailed, match="535 not you") as failed:
        send(mail, message())
    for text in (str(failed.value), repr(mail), caplog.text):
        assert "not the one" not in text


def test_a_server_that_refuses_is_told_with_its_answer(server_of):
    server = server_of()
    server.refuse = {"MAIL": "451 try later"}
    with pytest.raises(MailFailed, match="451 try later"):
        send(mail_of(server), message())
    server.refuse = {"RCPT": "550 no such user"}
    with pytest.raises(MailFailed, match=r"takes no mail for a@city\.example"):
        send(mail_of(server), message())


def test_a_server_that_says_nothing_is_given_up(server_of):
    server = server_of(hang=True)
    with pytest.raises(MailFailed, match="timed out"):
        send(mail_of(server), message(), answer_s=0.2)


def test_a_server_that_is_not_there_is_told(server_of):
    server = server_of()
    mail = mail_of(server)
    server.close()
    with pytest.raises(MailFailed, match="refused"):
        send(mail, message())


def test_a_password_that_others_can_read_is_not_used(tmp_path, secret):
    (tmp_path / "password").chmod(0o644)
    mail = Mail("mail", "a@b.c", ("d@e.f",), user=USER, password_file=secret)
    with pytest.raises(MailFailed, match="chmod 600"):
        password(mail)


def test_the_password_may_be_a_credential_of_systemds(tmp_path, monkeypatch):
    (tmp_path / "mail-password").write_text(PASSWORD + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert password(Mail("mail", "a@b.c", ("d@e.f",), user=USER)) == PASSWORD
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(MailFailed, match="no password for kirok"):
        password(Mail("mail", "a@b.c", ("d@e.f",), user=USER))
    assert password(Mail("mail", "a@b.c", ("d@e.f",))) == ""
