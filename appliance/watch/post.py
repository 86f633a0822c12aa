"""Sends one mail over SMTP: the edge to the city's mail server.

Encrypted with a certificate that is checked, as site.toml says; the password is read for each mail
and is in no message, log or argument. It may take long: a server that answers a byte at a time
keeps the timeout from ever running out, so whoever waits must not wait for ever (`rounds.py`).

Source: RFC 5321, RFC 3207 (STARTTLS), RFC 4954 (AUTH).
"""

import os
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from appliance.site_notices import CREDENTIAL, Mail

#: For each piece of an answer.
ANSWER_S: Final = 30.0


class MailFailed(Exception):
    """The mail did not go; the message says why, and holds no password."""


def send(mail: Mail, message: EmailMessage, answer_s: float = ANSWER_S) -> None:
    """Send a mail.

    Raises:
        MailFailed: it did not go, or it is not known whether it went.
    """
    try:
        secret = password(mail)
        context = ssl.create_default_context(cafile=mail.ca_file or None)
        with _connected(mail, context, answer_s) as server:
            if mail.tls == "starttls":
                server.starttls(context=context)
            if mail.user:
                server.login(mail.user, secret)
            refused = server.send_message(message)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise MailFailed(f"{mail.server}:{mail.at_port}: {_said(error)}") from None
    if refused:
        raise MailFailed(f"{mail.server} refused {', '.join(sorted(refused))}")


def password(mail: Mail) -> str:
    """Return the mail server's password, "" where there is no user.

    Raises:
        MailFailed: there is none, or others can read it.
    """
    if not mail.user:
        return ""
    path = Path(mail.password_file or Path(os.environ.get("CREDENTIALS_DIRECTORY", ""), CREDENTIAL))
    try:
        if mail.password_file and path.stat().st_mode & 0o077:
            raise MailFailed(f"{path} can be read by others: chmod 600 {path}")
        return path.read_text().rstrip("\n")
    except OSError as error:
        raise MailFailed(f"no password for {mail.user}: {path}: {error.strerror}") from None


def _connected(mail: Mail, context: ssl.SSLContext, answer_s: float) -> smtplib.SMTP:
    if mail.tls == "tls":
        return smtplib.SMTP_SSL(mail.server, mail.at_port, timeout=answer_s, context=context)
    return smtplib.SMTP(mail.server, mail.at_port, timeout=answer_s)


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        said = text.decode(errors="replace") if isinstance(text, bytes) else text
        return f"it answered {error.smtp_code} {said}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = {code for code, _ in error.recipients.values()}
        return f"it takes no mail for {', '.join(sorted(error.recipients))} ({answers})"
    return str(error) or type(error).__name__
