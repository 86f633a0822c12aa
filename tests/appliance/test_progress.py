import io

from appliance.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_how_much_is_done():
    out = Terminal()
    with Progress("replaying", 200, out) as progress:
        progress.at(100)
    assert "replaying ███████████████···············  50%" in out.getvalue()
    assert out.getvalue().endswith("\r\033[K")


def test_more_than_all_is_all():
    out = Terminal()
    Progress("x", 10, out).at(20)
    assert "100%" in out.getvalue()


def test_a_pipe_sees_nothing():
    out = io.StringIO()
    with Progress("replaying", 200, out) as progress:
        progress.at(100)
    assert out.getvalue() == ""
