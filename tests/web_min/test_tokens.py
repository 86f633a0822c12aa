import pytest

from web_min.tokens import Tokens


def test_a_token_is_good_for_its_session():
    tokens = Tokens()
    assert tokens.good("a", tokens.make("a"))


@pytest.mark.parametrize("token", ["", "x", "é", "0" * 64])
def test_another_token_is_not(token):
    assert not Tokens().good("a", token)


def test_a_token_is_for_one_session_and_one_process():
    tokens = Tokens()
    assert not tokens.good("b", tokens.make("a"))
    assert not Tokens().good("a", tokens.make("a"))
