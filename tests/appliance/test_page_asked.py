"""What is taken for an answer of the page."""

import socket
from dataclasses import replace

import pytest

from appliance.page_asked import answers
from appliance.site import Web
from tests.answering import answering
from tests.waiting import free_port

LIMIT_S = 20


@pytest.mark.parametrize("status, alive", [(200, True), (303, True), (500, False)])
def test_an_answer_is_one_that_is_no_fault(status, alive):
    with answering(status) as web:
        assert answers(replace(web, host="0.0.0.0"), LIMIT_S) == alive


def test_nobody_there_is_no_answer():
    assert not answers(Web(port=free_port()), 1.0)


def test_a_port_behind_which_nobody_speaks_is_no_answer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not answers(Web(port=server.getsockname()[1]), 0.2)
