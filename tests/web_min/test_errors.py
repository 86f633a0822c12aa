import pytest

from tests.web_min.rig import call
from web_min.errors import PAGES


def test_a_fault_is_a_clear_page_that_tells_nothing(inside, caplog):
    def broken(query):
        raise RuntimeError("the password is hunter2 in /var/lib/kirok")

    inside.parts.calls = type("Broken", (), {"search": staticmethod(broken)})()
    answer = inside.get("/calls")
    assert answer.status_code == 500
    assert "Something went wrong on the box" in answer.text
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert "hunter2" in caplog.text


def test_without_the_list_of_calls_a_page_says_what_to_do_and_the_others_are_there(inside):
    inside.permit(inside.add(call()))
    inside.break_index()
    for path in ("/calls", f"/calls/{call().id}", "/requests/r1"):
        answer = inside.get(path)
        assert (answer.status_code, "Traceback" in answer.text) == (503, False)
        assert "The list of calls cannot be read" in answer.text
        assert "restart the recorder" in answer.text
    for path in ("/", "/health", "/rule", "/people"):
        assert inside.get(path).status_code == 200
    assert "The list of calls cannot be read" in inside.get("/health").text
    assert "녹취기를 다시 시작하면" in inside.get("/health", Accept_Language="ko").text


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize(
    "method, path, allowed",
    [("DELETE", "/calls", "GET, HEAD, OPTIONS"), ("GET", "/button", "OPTIONS, POST")],
)
def test_a_wrong_method_is_a_clear_page_and_says_which_are_right(
    inside, method, path, allowed, signed_in
):
    client = inside.client if signed_in else inside.app.test_client()
    answer = client.open(path, method=method, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)  # RFC 9110, 15.5.6
    assert "This cannot be done here" in answer.text


@pytest.mark.parametrize("language", ["ko", "ja", "en"])
def test_error_pages_are_in_the_readers_language(inside, language):
    page = inside.get("/nope", Accept_Language=language).text
    assert f'<html lang="{language}">' in page
    assert (PAGES[404][0] in page) == (language == "en")


@pytest.mark.parametrize("path", ["/calls/%ff", "/%2e%2e/%2e%2e/etc/passwd", "/calls/a/b/c"])
def test_odd_paths_are_not_found(inside, path):
    assert inside.get(path).status_code == 404
