"""What the page takes for an answer of its own; that it says so, test_service.py."""

import socket
from threading import Thread

import pytest

from appliance.site import Web
from tests.waiting import free_port
from web_min.pulse import answers

LIMIT_S = 20


@pytest.mark.parametrize(
    "status, alive", [(b"200 OK", True), (b"303 See Other", True), (b"500 Broken", False)]
)
def test_an_answer_is_one_that_is_no_fault(status, alive):
    with socket.create_server(("127.0.0.1", 0)) as server:
        head = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"

        def serve():
            client, _ = server.accept()
            with client:
                client.recv(1000)
                client.sendall(head)

        serving = Thread(target=serve)
        serving.start()
        assert answers(Web("0.0.0.0", server.getsockname()[1]), LIMIT_S) == alive
        serving.join()


def test_nobody_there_is_no_answer():
    assert not answers(Web(port=free_port()), 1.0)
