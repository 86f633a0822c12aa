"""A mail server of one thread a client: enough of SMTP to be mailed, and to misbehave."""

import base64
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "kirok", "tap board 48 V"


def certificate(folder, name="localhost"):
    """Write a certificate that nobody signed but itself; return it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return folder / "cert.pem", folder / "key.pem"


class SmtpServer:
    """Attributes: mails, as they came; said, every command; refuse, answers by command."""

    def __init__(self, tls=None, implicit=False, hang=False):
        self.mails = []
        self.said = []
        self.refuse = {}
        self.hang = hang
        self._context = None
        if tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*tls)
        self._implicit = implicit
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._clients = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self):
        with suppress(OSError):  # closed already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for client in self._clients:
            client.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._guarded, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _guarded(self, client):
        self._clients.append(client)
        try:
            if self._context and self._implicit:
                client = self._context.wrap_socket(client, server_side=True)
                self._clients.append(client)
            self._serve(client)
        except OSError:
            pass
        finally:
            client.close()

    def _serve(self, client):  # noqa: C901  a table of answers
        if self.hang:
            client.recv(1)
            return
        secure, name = self._implicit, "user"
        file = client.makefile("rb")
        self._say(client, "220 ready")
        while line := file.readline():
            command = line.decode().strip()
            verb = command.split(" ")[0].upper()
            self.said.append(command)
            if verb in self.refuse:
                self._say(client, self.refuse[verb])
            elif verb == "EHLO":
                more = "250-STARTTLS\r\n" if self._context and not secure else ""
                self._say(client, f"250-hello\r\n{more}250 AUTH PLAIN")
            elif verb == "STARTTLS":
                self._say(client, "220 go on")
                client = self._context.wrap_socket(client, server_side=True)
                self._clients.append(client)
                file, secure = client.makefile("rb"), True
            elif verb == "AUTH":
                name, word = base64.b64decode(command.split(" ")[2]).decode().split("\0")[1:]
                good = secure and (name, word) == (USER, PASSWORD)
                self._say(client, "235 welcome" if good else "535 not you")
            elif verb == "DATA":
                self._say(client, "354 go on")
                rows = []
                while (row := file.readline()) not in (b".\r\n", b""):
                    rows.append(row)
                self.mails.append(b"".join(rows))
                self._say(client, "250 taken")
            elif verb == "QUIT":
                self._say(client, "221 bye")
                return
            else:
                self._say(client, "250 fine")

    def _say(self, client, text):
        client.sendall(text.encode() + b"\r\n")
